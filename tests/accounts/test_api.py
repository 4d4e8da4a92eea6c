"""The REST API of accounts over HTTP: sign-up, people, memberships, lists."""

from itertools import pairwise

import pytest

from accounts.models import Affiliation, Capacity, Membership, Organization, Person, Role
from kernel.models import AuditEvent
from tests.world import (
    PASSWORD,
    Api,
    api,
    make_client,
    make_member,
    make_membership,
    make_organization,
    make_person,
    operator_of,
    person_of,
    valid_uscc,
)

pytestmark = pytest.mark.django_db


def sign_up_body(**organization):
    return {
        "person": {"email": "li.na@example.com", "name": "李娜", "password": PASSWORD, "language": "zh-Hant"},
        "organization": {
            "name": {"zh-Hans": "南沙气象", "en": "Nansha Weather"},
            "legal_name": "南沙气象数据有限公司",
            "jurisdiction": "CN",
            "identifier": valid_uscc(91_000_001),
            "division_code": "440115",
        }
        | organization,
    }


def errors_of(answer):
    return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}


class TestSignUp:
    def test_a_newcomer_signs_up_and_makes_a_client_and_gets_a_token(self):
        answer = Api().post("/api/v1/sign-up", sign_up_body())
        assert answer.status_code == 201
        assert answer.json()["role"] == "ADMIN"
        assert answer.json()["organization"]["division_name"] == "南沙区"
        assert PASSWORD not in answer.content.decode()

    def test_the_same_request_twice_is_one_sign_up(self):
        first = Api().post("/api/v1/sign-up", sign_up_body(), idempotency_key="a")
        again = Api().post("/api/v1/sign-up", sign_up_body(), idempotency_key="a")
        assert again.json() == first.json()
        assert Person.objects.count() == 1

    def test_a_key_is_needed(self):
        answer = Api().post("/api/v1/sign-up", sign_up_body(), idempotency_key=None)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")

    @pytest.mark.parametrize(
        ("organization", "error"),
        [
            ({"identifier": "914403007084611360"}, ("/organization/identifier", "wrong_check_digit")),
            ({"identifier": ""}, ("/organization/identifier", "blank")),
            ({"division_code": "990000"}, ("/organization/division_code", "unknown_place")),
            ({"jurisdiction": "China"}, ("/organization/jurisdiction", "invalid")),
            ({"name": {"fr": "x"}}, ("/organization/name", "unknown_language")),
            ({"name": {"en": "x" * 121}}, ("/organization/name", "max_length")),
            ({"name": {}}, ("/organization/name", "required")),
            ({"owner": "x"}, ("/organization/owner", "unknown_field")),
        ],
    )
    def test_bad_organizations_are_refused_and_nothing_is_kept(self, organization, error):
        answer = Api().post("/api/v1/sign-up", sign_up_body(**organization))
        assert answer.status_code == 400
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert error in errors_of(answer)
        assert not Person.objects.exists()
        assert not Organization.objects.exists()

    def test_a_weak_password_is_refused_in_the_readers_language(self):
        body = sign_up_body()
        body["person"]["password"] = "short"
        answer = Api().post("/api/v1/sign-up", body)
        assert ("/person/password", "password_too_short") in errors_of(answer)

    def test_null_characters_are_refused(self):
        answer = Api().post("/api/v1/sign-up", sign_up_body(legal_name="a\x00b"))
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")

    def test_taken_addresses_and_organizations_have_their_own_codes(self):
        Api().post("/api/v1/sign-up", sign_up_body())
        answer = Api().post("/api/v1/sign-up", sign_up_body(identifier=valid_uscc(91_000_002)))
        assert (answer.status_code, answer.json()["code"]) == (409, "email_taken")
        body = sign_up_body()
        body["person"]["email"] = "other@example.com"
        answer = Api().post("/api/v1/sign-up", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "organization_exists")


class TestMe:
    def test_a_person_sees_who_they_are(self, applicant):
        me = api(person_of(applicant)).get("/api/v1/me").json()
        assert me["kind"] == "person"
        assert me["organization"]["id"] == str(applicant.pk)
        assert [each["role"] for each in me["organizations"]] == ["ADMIN"]
        assert me["venues"] == []
        assert "order.place" in me["permissions"]

    def test_staff_see_their_venue(self, clerk):
        assert api(clerk).get("/api/v1/me").json()["venues"] == ["gzdex"]

    def test_a_person_changes_their_name_and_language(self, applicant):
        answer = api(person_of(applicant)).patch("/api/v1/me/profile", {"name": "李娜", "language": "zh-Hant"})
        assert answer.json()["language"] == "zh-Hant"
        assert AuditEvent.objects.filter(action="person.updated").exists()

    def test_a_client_does_not_change_its_persons_profile(self, applicant):
        answer = api(make_client(person_of(applicant))).patch("/api/v1/me/profile", {"name": "x"})
        assert answer.status_code in {401, 403}

    def test_a_password_changes_with_the_present_one(self, applicant):
        person = make_person(applicant, password=PASSWORD)
        session = api(person)
        new = "another-long-passphrase"
        wrong = session.put("/api/v1/me/password", {"current_password": "guess", "new_password": new})
        assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong_credentials")
        weak = session.put("/api/v1/me/password", {"current_password": PASSWORD, "new_password": "short"})
        assert ("/new_password", "password_too_short") in errors_of(weak)
        assert (
            session.put("/api/v1/me/password", {"current_password": PASSWORD, "new_password": new}).status_code == 204
        )
        person.refresh_from_db()
        assert person.check_password(new)
        assert session.get("/api/v1/me").status_code == 200, "the session that changed it goes on"

    def test_a_session_needs_its_csrf_token(self, applicant):
        client = Api(enforce_csrf_checks=True)
        client.force_login(person_of(applicant), backend="django.contrib.auth.backends.ModelBackend")
        assert client.get("/api/v1/me").status_code == 200
        answer = client.post("/api/v1/memberships", {"venue": "gzdex", "capacity": "BUYER"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


class TestVenues:
    def test_anyone_sees_the_two_venues(self):
        venues = Api().get("/api/v1/venues").json()["items"]
        assert [each["code"] for each in venues] == ["gzdex", "szdex"]
        assert venues[0]["name"]["zh-Hans"] == "广州数据交易所"
        assert Api().get("/api/v1/venues/szdex").json()["number_prefix"] == "SZ"
        assert Api().get("/api/v1/venues/bjdex").status_code == 404


class TestOrganizations:
    def test_one_sees_and_changes_ones_own(self, applicant):
        session = api(person_of(applicant))
        assert [each["id"] for each in session.get("/api/v1/organizations").json()["items"]] == [str(applicant.pk)]
        path = f"/api/v1/organizations/{applicant.pk}"
        assert session.get(path).json()["in_gba"] is True
        assert session.patch(path, {"division_code": "440304"}).json()["division_name"] == "福田区"
        assert errors_of(session.patch(path, {"identifier": "x"})) == {("/identifier", "unknown_field")}

    def test_another_one_does_not_exist(self, applicant):
        path = f"/api/v1/organizations/{make_organization().pk}"
        assert api(person_of(applicant)).get(path).status_code == 404
        assert api(person_of(applicant)).patch(path, {"name": {"en": "x"}}).status_code == 404

    def test_staff_find_a_member_by_its_number(self, clerk):
        member = make_member("gzdex")
        make_member("gzdex")
        found = api(clerk).get("/api/v1/organizations", {"identifier": member.identifier}).json()["items"]
        assert [each["id"] for each in found] == [str(member.pk)]


class TestPeople:
    def test_a_newcomer_is_invited_and_joins(self, applicant):
        session = api(person_of(applicant))
        made = session.post("/api/v1/invitations", {"email": "wang@example.com", "role": "OPERATOR"})
        assert made.status_code == 201
        joined = Api().post(
            "/api/v1/invitations/accept", {"token": made.json()["token"], "name": "王伟", "password": PASSWORD}
        )
        assert joined.status_code == 201
        assert (joined.json()["role"], joined.json()["organization"]["id"]) == ("OPERATOR", str(applicant.pk))
        assert Person.objects.get(email="wang@example.com").check_password(PASSWORD)
        assert [each["state"] for each in session.get("/api/v1/invitations").json()["items"]] == ["ACCEPTED"]

    def test_someone_with_an_account_joins_by_its_password_alone(self, applicant):
        known = make_person(make_organization(), password=PASSWORD)
        token = (
            api(person_of(applicant))
            .post("/api/v1/invitations", {"email": known.email, "role": "VIEWER"})
            .json()["token"]
        )
        takeover = Api().post(
            "/api/v1/invitations/accept", {"token": token, "name": "x", "password": "a-password-of-my-own"}
        )
        assert (takeover.status_code, takeover.json()["code"]) == (401, "wrong_credentials")
        joined = Api().post("/api/v1/invitations/accept", {"token": token, "password": PASSWORD})
        assert joined.status_code == 201
        assert known.affiliations.count() == 2

    def test_guessing_that_password_locks_out(self, applicant):
        known = make_person(password=PASSWORD)
        token = (
            api(person_of(applicant))
            .post("/api/v1/invitations", {"email": known.email, "role": "VIEWER"})
            .json()["token"]
        )
        for n in range(8):
            answer = Api().post("/api/v1/invitations/accept", {"token": token, "password": f"guess number {n}"})
        assert (answer.status_code, answer.json()["code"]) == (429, "locked_out")

    def test_the_token_is_shown_once(self, applicant):
        session = api(person_of(applicant))
        body = {"email": "wang@example.com", "role": "OPERATOR"}
        made = session.post("/api/v1/invitations", body, idempotency_key="once")
        again = session.post("/api/v1/invitations", body, idempotency_key="once")
        assert again.json()["id"] == made.json()["id"]
        assert "token" not in again.json()
        assert made.json()["token"] not in session.get("/api/v1/invitations").content.decode()

    def test_a_repeated_acceptance_gets_the_same_answer(self, applicant):
        made = api(person_of(applicant)).post("/api/v1/invitations", {"email": "w@example.com", "role": "VIEWER"})
        body = {"token": made.json()["token"], "name": "王伟", "password": PASSWORD}
        first = Api().post("/api/v1/invitations/accept", body, idempotency_key="j")
        again = Api().post("/api/v1/invitations/accept", body, idempotency_key="j")
        assert (again.status_code, again.json()) == (201, first.json())
        used_up = Api().post("/api/v1/invitations/accept", body)
        assert (used_up.status_code, used_up.json()["code"]) == (410, "invitation_expired")

    def test_a_newcomer_says_their_name_and_chooses_well(self, applicant):
        made = api(person_of(applicant)).post("/api/v1/invitations", {"email": "w@example.com", "role": "VIEWER"})
        token = made.json()["token"]
        nameless = Api().post("/api/v1/invitations/accept", {"token": token, "password": PASSWORD})
        assert errors_of(nameless) == {("/name", "required")}
        weak = Api().post("/api/v1/invitations/accept", {"token": token, "name": "x", "password": "short"})
        assert ("/password", "password_too_short") in errors_of(weak)
        assert not Person.objects.filter(email="w@example.com").exists()

    def test_two_open_invitations_conflict(self, applicant):
        session = api(person_of(applicant))
        session.post("/api/v1/invitations", {"email": "w@example.com", "role": "VIEWER"})
        again = session.post("/api/v1/invitations", {"email": "W@example.com", "role": "VIEWER"})
        assert (again.status_code, again.json()["code"]) == (409, "invitation_exists")

    def test_roles_change_and_end(self, applicant):
        session = api(person_of(applicant))
        colleague = Affiliation.objects.get(person=make_person(applicant, Role.VIEWER))
        path = f"/api/v1/affiliations/{colleague.pk}"
        assert session.patch(path, {"role": "OPERATOR"}).json()["role"] == "OPERATOR"
        assert errors_of(session.patch(path, {"role": "CLERK"})) == {("/role", "role_not_here")}
        assert session.delete(path).status_code == 204
        assert session.delete(path).status_code == 404

    def test_the_last_administrator_stays(self, applicant):
        own = Affiliation.objects.get(person=person_of(applicant))
        answer = api(person_of(applicant)).delete(f"/api/v1/affiliations/{own.pk}")
        assert (answer.status_code, answer.json()["code"]) == (409, "last_administrator")
        assert Affiliation.objects.filter(pk=own.pk).exists()


class TestMemberships:
    def post(self, who, membership, act, body=None):
        return api(who).post(f"/api/v1/memberships/{membership['id']}/{act}", body or {})

    def test_an_application_goes_all_the_way_over_http(self, applicant, clerk, reviewer):
        admin = person_of(applicant)
        draft = api(admin).post("/api/v1/memberships", {"venue": "gzdex", "capacity": "PROVIDER"})
        assert (draft.status_code, draft.json()["state"]) == (201, "DRAFT")
        it = draft.json()
        assert self.post(admin, it, "submit", {"statement": "weather data"}).json()["state"] == "SUBMITTED"
        assert self.post(clerk, it, "start-review").json()["state"] == "IN_REVIEW"
        asked = self.post(clerk, it, "request-correction", {"corrections": ["licence is missing"]})
        assert asked.json()["corrections"] == ["licence is missing"]
        assert self.post(admin, it, "submit").json()["statement"] == "weather data"
        self.post(clerk, it, "start-review")
        assert self.post(clerk, it, "approve").json()["code"] == "forbidden"
        assert self.post(reviewer, it, "approve").json()["state"] == "APPROVED"
        assert self.post(reviewer, it, "activate").json()["state"] == "ACTIVE"
        assert self.post(reviewer, it, "suspend").status_code == 400
        assert self.post(reviewer, it, "suspend", {"reason": "licence expired"}).json()["state"] == "SUSPENDED"
        assert self.post(reviewer, it, "resume", {"reason": "renewed"}).json()["state"] == "ACTIVE"
        assert self.post(reviewer, it, "terminate", {"reason": "merged"}).json()["state"] == "TERMINATED"

    def test_the_reviewer_cannot_approve(self, applicant, reviewer):
        membership = {"id": make_membership(applicant, state=Membership.State.SUBMITTED).pk}
        self.post(reviewer, membership, "start-review")
        answer = self.post(reviewer, membership, "approve")
        assert (answer.status_code, answer.json()["code"]) == (409, "same_person")

    def test_an_act_twice_is_an_illegal_state_but_its_repetition_is_not(self, applicant, clerk):
        membership = make_membership(applicant, state=Membership.State.SUBMITTED)
        session = api(clerk)
        path = f"/api/v1/memberships/{membership.pk}/start-review"
        first = session.post(path, idempotency_key="r")
        assert session.post(path, idempotency_key="r").json() == first.json()
        answer = session.post(path)
        assert (answer.status_code, answer.json()["code"], answer.json()["state"]) == (
            409,
            "illegal_state",
            "IN_REVIEW",
        )

    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({"venue": "bjdex"}, ("/venue", "unknown_venue")),
            ({"capacity": "KING"}, ("/capacity", "invalid_choice")),
            ({"organization": "x"}, ("/organization", "unknown_field")),
            ({"statement": "x" * 4001}, ("/statement", "max_length")),
        ],
    )
    def test_bad_applications_are_refused(self, applicant, body, error):
        answer = api(person_of(applicant)).post("/api/v1/memberships", {"venue": "gzdex", "capacity": "BUYER"} | body)
        assert answer.status_code == 400
        assert error in errors_of(answer)
        assert not Membership.objects.exists()

    def test_a_second_application_conflicts(self, applicant):
        session = api(person_of(applicant))
        session.post("/api/v1/memberships", {"venue": "gzdex", "capacity": "BUYER"})
        again = session.post("/api/v1/memberships", {"venue": "gzdex", "capacity": "BUYER"})
        assert (again.status_code, again.json()["code"]) == (409, "membership_exists")

    def test_a_client_needs_the_scope(self, applicant):
        client = make_client(person_of(applicant), ["buy"])
        answer = api(client).post("/api/v1/memberships", {"venue": "gzdex", "capacity": "BUYER"})
        assert (answer.status_code, answer.json()["permission"]) == (403, "membership.apply")

    def test_another_organizations_membership_does_not_exist(self, applicant):
        stranger = person_of(make_organization())
        membership = make_membership(applicant, state=Membership.State.DRAFT)
        assert api(stranger).get(f"/api/v1/memberships/{membership.pk}").status_code == 404
        assert self.post(stranger, {"id": membership.pk}, "submit").status_code == 404


class TestLists:
    @pytest.fixture
    def crowd(self):
        """Twelve members of Guangzhou, four of Shenzhen."""
        capacities = [Capacity.PROVIDER, Capacity.BUYER]
        for n in range(12):
            make_member("gzdex", capacities[n % 2])
        for _ in range(4):
            make_member("szdex")

    def pages(self, session, path, limit):
        cursor = None
        while True:
            answer = session.get(path, {"limit": limit} | ({"cursor": cursor} if cursor else {})).json()
            yield answer["items"]
            cursor = answer["next"]
            if cursor is None:
                return

    def test_staff_page_through_their_venues_memberships_newest_first(self, crowd, clerk):
        pages = list(self.pages(api(clerk), "/api/v1/memberships", 5))
        assert [len(page) for page in pages] == [5, 5, 2]
        ids = [each["id"] for page in pages for each in page]
        assert all(newer > older for newer, older in pairwise(ids))
        assert {each["venue"] for page in pages for each in page} == {"gzdex"}

    def test_they_filter(self, crowd, clerk):
        found = api(clerk).get("/api/v1/memberships", {"capacity": "BUYER", "state": "ACTIVE"}).json()["items"]
        assert len(found) == 6
        assert api(clerk).get("/api/v1/memberships", {"venue": "szdex"}).json()["items"] == []
        assert api(clerk).get("/api/v1/memberships", {"state": "DEAD"}).status_code == 400

    def test_a_tampered_cursor_is_refused(self, crowd, clerk):
        cursor = api(clerk).get("/api/v1/memberships", {"limit": 5}).json()["next"]
        answer = api(clerk).get("/api/v1/memberships", {"cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")

    @pytest.mark.parametrize("path", ["memberships", "organizations", "affiliations", "invitations", "api-clients"])
    def test_a_list_takes_two_queries_whatever_the_page(self, path, crowd, venue_admin, django_assert_num_queries):
        client = api(make_client(venue_admin))
        for limit in (1, 10):
            with django_assert_num_queries(2):  # one to authenticate, one for the rows
                assert client.get(f"/api/v1/{path}", {"limit": limit}).status_code == 200

    def test_nobody_lists_anything(self):
        for path in ("memberships", "organizations", "affiliations", "invitations", "api-clients", "me"):
            answer = Api().get(f"/api/v1/{path}")
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


def test_one_may_be_of_several_organizations_and_choose(applicant):
    other = make_organization()
    person = person_of(applicant)
    Affiliation.objects.create(person=person, organization=other, role=Role.VIEWER)
    assert api(person).get("/api/v1/organizations").json()["items"] == []
    assert len(api(person).get("/api/v1/me").json()["organizations"]) == 2
    chosen = api(person, other).get("/api/v1/organizations").json()["items"]
    assert [each["id"] for each in chosen] == [str(other.pk)]
    refused = api(person, operator_of()).get("/api/v1/organizations")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
