"""API clients and their tokens, through the public endpoints."""

import base64
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from accounts import clients, people
from accounts.models import Affiliation, ApiClient, Role
from accounts.permissions import SCOPE_PERMISSIONS
from kernel.models import AuditEvent, IdempotencyRecord
from tests.refusals import refused
from tests.world import (
    PASSWORD,
    Api,
    actor,
    affiliate,
    api,
    make_client,
    make_organization,
    make_person,
    make_token,
    person_of,
)

pytestmark = pytest.mark.django_db
AccessToken = get_access_token_model()


def basic(email, password=PASSWORD):
    return "Basic " + base64.b64encode(f"{email}:{password}".encode()).decode()


def by_password(person, password=PASSWORD):
    """Return an API client that sends email and password."""
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=basic(person.email, password))
    return client


def bearer(token):
    client = Api()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


@pytest.fixture
def trader(applicant):
    """The applicant's second administrator, who has a password."""
    return make_person(applicant, Role.ADMIN, password=PASSWORD)


@pytest.fixture
def made(trader):
    """The answer to making an API client with email and password."""
    response = by_password(trader).post("/api/v1/api-clients", {"name": "trading bot", "scopes": ["buy", "read-data"]})
    assert response.status_code == 201, response.json()
    return response.json()


@pytest.fixture
def granted(made):
    """The answer to asking for a token with that client's secret."""
    response = post_form(made)
    assert response.status_code == 200, response.json()
    return response.json()


def post_form(made, **fields):
    client = Api()
    return client.generic(
        "POST",
        "/oauth/token",
        "&".join(f"{key}={value}" for key, value in ({"grant_type": "client_credentials"} | fields).items()),
        content_type="application/x-www-form-urlencoded",
        HTTP_AUTHORIZATION=basic(made["client_id"], made["client_secret"]),
    )


class TestMaking:
    def test_email_and_password_are_enough(self, made, trader, applicant):
        client = ApiClient.objects.get(pk=made["id"])
        assert (client.person, client.organization) == (trader, applicant)
        assert client.scopes == ["buy", "read-data"]
        assert timedelta(days=364) < client.expires_at - timezone.now() <= timedelta(days=365)

    def test_the_secret_is_shown_once_and_stored_hashed(self, made):
        secret = made["client_secret"]
        assert ApiClient.objects.get(pk=made["id"]).client_secret.startswith("pbkdf2_sha256_client_secret$")
        for table in ("accounts_apiclient", "kernel_idempotencyrecord", "kernel_auditevent"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table} row WHERE row::text LIKE %s", [f"%{secret}%"])
                assert cursor.fetchone() == (0,), table

    def test_a_repeated_request_makes_one_client_and_shows_no_secret(self, trader):
        body = {"name": "bot", "scopes": ["buy"]}
        first = by_password(trader).post("/api/v1/api-clients", body, idempotency_key="k1")
        again = by_password(trader).post("/api/v1/api-clients", body, idempotency_key="k1")
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json()["id"] == first.json()["id"]
        assert "client_secret" not in again.json()
        assert ApiClient.objects.count() == IdempotencyRecord.objects.count() == 1

    @pytest.mark.parametrize(
        ("body", "pointer", "code"),
        [
            ({"scopes": []}, "/scopes", "min_length"),
            ({"scopes": ["everything"]}, "/scopes/0", "invalid_choice"),
            ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "out_of_range"),
            ({"expires_at": "2126-01-01T00:00:00Z"}, "/expires_at", "out_of_range"),
            ({"secret": "mine"}, "/secret", "unknown_field"),
            ({"name": ""}, "/name", "blank"),
        ],
    )
    def test_bad_bodies_are_refused(self, trader, body, pointer, code):
        answer = by_password(trader).post("/api/v1/api-clients", {"name": "bot", "scopes": ["buy"]} | body)
        assert answer.status_code == 400
        assert (pointer, code) in {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
        assert not ApiClient.objects.exists()

    def test_a_viewer_makes_none(self, applicant):
        viewer = make_person(applicant, Role.VIEWER, password=PASSWORD)
        answer = by_password(viewer).post("/api/v1/api-clients", {"name": "bot", "scopes": ["buy"]})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_a_client_makes_another_only_within_its_own_permissions(self, trader):
        narrow = actor(make_client(trader, ["organization"]))
        with refused("forbidden"):
            clients.create_client(name="wide", scopes=["organization", "payouts"], actor=narrow)
        client, _secret = clients.create_client(name="same", scopes=["organization"], actor=narrow)
        assert client.person == trader

    def test_a_person_of_two_organizations_says_for_which(self, trader):
        other = make_organization()
        affiliate(trader, other, Role.ADMIN)
        asking = by_password(trader)
        body = {"name": "bot", "scopes": ["buy"]}
        undecided = asking.post("/api/v1/api-clients", body)
        assert undecided.status_code == 403
        assert "Dawan-Organization" in undecided.json()["detail"]
        chosen = asking.post("/api/v1/api-clients", body, headers={"Dawan-Organization": str(other.pk)})
        assert chosen.json()["organization_id"] == str(other.pk)
        stranger = asking.post("/api/v1/api-clients", body, headers={"Dawan-Organization": str(make_organization().pk)})
        assert stranger.json()["code"] == "forbidden"
        odd = asking.post("/api/v1/api-clients", body, headers={"Dawan-Organization": "Nansha"})
        assert odd.json()["code"] == "invalid"

    def test_the_database_takes_no_other_grant(self, trader):
        with pytest.raises(IntegrityError, match="client_is_confidential"), transaction.atomic():
            make_client(trader, authorization_grant_type=ApiClient.GRANT_PASSWORD)


class TestPasswords:
    def test_a_wrong_password_is_refused_and_locks_out_in_the_end(self, trader):
        for _ in range(8):
            answer = by_password(trader, "wrong").get("/api/v1/api-clients")
        assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")
        right = by_password(trader).get("/api/v1/api-clients")
        assert (right.status_code, right.json()["code"]) == (429, "locked_out")
        assert right.headers["Content-Type"] == "application/problem+json"
        assert int(right.headers["Retry-After"]) > 0

    def test_capitals_do_not_start_a_new_count(self, trader):
        for n in range(8):
            email = trader.email.upper() if n % 2 else trader.email
            client = Api()
            client.credentials(HTTP_AUTHORIZATION=basic(email, "wrong"))
            answer = client.get("/api/v1/api-clients")
        assert answer.status_code == 429

    def test_failures_on_a_post_stay_counted(self, trader):
        for _ in range(8):
            answer = by_password(trader, "wrong").post("/api/v1/api-clients", {"name": "bot", "scopes": ["buy"]})
        assert answer.status_code == 429

    def test_the_lockout_ends(self, trader):
        for _ in range(8):
            by_password(trader, "wrong").get("/api/v1/api-clients")
        with time_machine.travel(timezone.now() + timedelta(minutes=16)):
            assert by_password(trader).get("/api/v1/api-clients").status_code == 200

    @pytest.mark.parametrize("header", ["Basic", "Basic ???", "Basic " + base64.b64encode(b"\xff\xfe").decode()])
    def test_unreadable_credentials_are_wrong_credentials(self, header):
        client = Api()
        client.credentials(HTTP_AUTHORIZATION=header)
        answer = client.get("/api/v1/api-clients")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")

    def test_null_characters_are_wrong_credentials(self):
        client = Api()
        client.credentials(HTTP_AUTHORIZATION=basic("a\x00@example.com", "x"))
        assert client.get("/api/v1/api-clients").json()["code"] == "wrong_credentials"

    def test_a_wrong_password_challenges_for_basic(self, trader):
        answer = by_password(trader, "wrong").get("/api/v1/api-clients")
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_credentials")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def test_passwords_open_nothing_else(self, trader):
        for path in ("/api/v1/me", "/api/v1/memberships", "/api/v1/organizations"):
            answer = by_password(trader).get(path)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_a_deactivated_person_is_refused(self, trader):
        trader.is_active = False
        trader.save()
        assert by_password(trader).get("/api/v1/api-clients").json()["code"] == "wrong_credentials"


class TestTokens:
    def test_a_token_opens_the_api_for_half_an_hour(self, granted, applicant):
        assert granted["token_type"] == "Bearer"
        assert granted["expires_in"] == 1800
        me = bearer(granted["access_token"]).get("/api/v1/me").json()
        assert me["kind"] == "client"
        assert me["organization"]["id"] == str(applicant.pk)
        assert set(me["permissions"]) == SCOPE_PERMISSIONS["buy"] | SCOPE_PERMISSIONS["read-data"]

    def test_only_its_checksum_is_stored(self, granted):
        stored = AccessToken.objects.get()
        assert stored.token == ""
        assert granted["access_token"] not in str(stored.__dict__)

    def test_giving_one_leaves_an_event(self, granted, trader):
        event = AuditEvent.objects.get(action="apiclient.token_given")
        assert event.person_id == trader.pk
        assert event.details["scopes"] == ["buy", "read-data"]

    def test_a_token_may_ask_for_fewer_scopes_but_not_for_more(self, made):
        fewer = post_form(made, scope="buy").json()
        assert fewer["scope"] == "buy"
        more = post_form(made, scope="money")
        assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")

    @pytest.mark.parametrize("grant", ["password", "authorization_code", "refresh_token", "implicit"])
    def test_there_is_no_other_grant(self, made, grant):
        answer = post_form(made, grant_type=grant, username="x", password="y")
        assert answer.status_code == 400
        assert answer.json()["error"] == "unsupported_grant_type"

    def test_a_wrong_secret_gets_no_token(self, made):
        answer = post_form(made | {"client_secret": "wrong"})
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")

    def test_an_expired_token_says_so(self, granted):
        with time_machine.travel(timezone.now() + timedelta(minutes=31)):
            answer = bearer(granted["access_token"]).get("/api/v1/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    @pytest.mark.parametrize("token", ["", "unknown", "é" * 20])
    def test_an_unknown_token_is_invalid(self, token):
        answer = bearer(token).get("/api/v1/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_no_token_is_unauthenticated(self):
        answer = Api().get("/api/v1/me")
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer ")

    def test_a_token_in_the_address_is_not_read(self, granted):
        assert Api().get(f"/api/v1/me?access_token={granted['access_token']}").status_code == 401

    def test_a_client_of_one_organization_cannot_name_another(self, granted):
        answer = bearer(granted["access_token"]).get(
            "/api/v1/me", headers={"Dawan-Organization": str(make_organization().pk)}
        )
        assert answer.json()["code"] == "forbidden"

    def test_authenticating_takes_one_query(self, granted, django_assert_num_queries):
        client = bearer(granted["access_token"])
        with django_assert_num_queries(1):  # a method that the address does not take is refused after authentication
            assert client.patch("/api/v1/venues", {}).status_code == 405

    def test_revoking_a_token_ends_it(self, made, granted):
        answer = Api().generic(
            "POST",
            "/oauth/revoke",
            f"token={granted['access_token']}",
            content_type="application/x-www-form-urlencoded",
            HTTP_AUTHORIZATION=basic(made["client_id"], made["client_secret"]),
        )
        assert answer.status_code == 200
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"


class TestEnding:
    def test_revoking_a_client_kills_its_tokens_at_once(self, made, granted, trader):
        answer = by_password(trader).post(f"/api/v1/api-clients/{made['id']}/revoke")
        assert answer.json()["revoked_at"]
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"
        assert post_form(made).json()["error"] == "invalid_client"
        assert AuditEvent.objects.get(action="apiclient.revoked").details == {"tokens_ended": 1}

    def test_a_client_past_its_date_is_dead(self, made, granted):
        ApiClient.objects.update(expires_at=timezone.now())
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"
        assert post_form(made).json()["error"] == "invalid_client"

    def test_a_token_of_a_revoked_client_is_dead_even_if_one_slipped_in(self, made):
        client = ApiClient.objects.get(pk=made["id"])
        ApiClient.objects.update(revoked_at=timezone.now())
        assert bearer(make_token(client)).get("/api/v1/me").json()["code"] == "invalid_token"

    def test_a_client_dies_with_its_persons_role(self, made, granted, trader, applicant):
        own = Affiliation.objects.get(person=trader)
        people.remove(affiliation_id=own.pk, actor=actor(person_of(applicant)))
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"
        assert post_form(made).json()["error"] == "invalid_client"

    def test_a_client_dies_with_its_persons_account(self, made, granted, trader):
        type(trader).objects.filter(pk=trader.pk).update(is_active=False)
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"
        assert post_form(made).json()["error"] == "invalid_client"

    def test_a_client_shrinks_with_its_persons_role(self, granted, trader):
        Affiliation.objects.filter(person=trader).update(role=Role.VIEWER)
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["permissions"] == []

    def test_a_new_secret_replaces_the_old_one_and_its_tokens(self, made, granted, trader):
        answer = by_password(trader).post(f"/api/v1/api-clients/{made['id']}/rotate-secret").json()
        assert answer["client_secret"] != made["client_secret"]
        assert bearer(granted["access_token"]).get("/api/v1/me").json()["code"] == "invalid_token"
        assert post_form(made).json()["error"] == "invalid_client"
        assert post_form(answer).status_code == 200

    def test_only_its_own_person_gets_the_new_secret(self, made, applicant, trader):
        answer = api(person_of(applicant)).post(f"/api/v1/api-clients/{made['id']}/rotate-secret")
        assert answer.json()["code"] == "forbidden"
        through_a_client = api(make_client(trader)).post(f"/api/v1/api-clients/{made['id']}/rotate-secret")
        assert through_a_client.json()["code"] == "forbidden"

    def test_any_administrator_may_revoke(self, made, applicant):
        assert api(person_of(applicant)).post(f"/api/v1/api-clients/{made['id']}/revoke").status_code == 200

    def test_another_organizations_client_does_not_exist(self, made):
        stranger = person_of(make_organization())
        for act in ("revoke", "rotate-secret"):
            assert api(stranger).post(f"/api/v1/api-clients/{made['id']}/{act}").status_code == 404
        assert api(stranger).get(f"/api/v1/api-clients/{made['id']}").status_code == 404

    def test_dead_tokens_are_cleared_after_a_day(self, granted):
        assert clients.clear_dead_tokens() == 0
        with time_machine.travel(timezone.now() + timedelta(days=2)):
            assert clients.clear_dead_tokens() == 1


def test_the_authorization_server_describes_itself(db):
    answer = Api().get("/.well-known/oauth-authorization-server").json()
    assert answer["token_endpoint"] == "http://testserver/oauth/token"
    assert answer["revocation_endpoint"] == "http://testserver/oauth/revoke"
    assert answer["grant_types_supported"] == ["client_credentials"]
    assert answer["scopes_supported"] == sorted(SCOPE_PERMISSIONS)
    assert "authorization_endpoint" not in answer
