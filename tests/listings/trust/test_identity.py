"""Identity verification: yes or no under a consent, hashed identifiers alone, every answer counted once."""

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Capacity
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.problems import Problem
from listings.crossborder.permits import withdraw_permit
from listings.crossborder.trust.identity import MOST_MISSES
from listings.crossborder.trust.programmes import load_records
from listings.encryption import key_ring
from listings.models import IdentityConsent, IdentityProgramme, IdentityQuery, IdentityRecord, TransferPermit
from listings.rotation import rewrap_data_keys
from marketplace.delivery.verification import ask_identity
from marketplace.entitlements import suspend_entitlement
from marketplace.models import Entitlement, UsageRecord
from tests.api.operations import is_problem, nothing_changes
from tests.listings.trust.identified import PERSON, PURPOSE, consented, entitled, hashed, programme_of
from tests.marketplace.crossing import buy, exportable, funded, released, standing
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db


class Asking:
    """A client that asks under its entitlement."""

    def __init__(self, entitlement: Entitlement, key: bytes) -> None:
        self.entitlement, self.key, self.number = entitlement, key, 0
        self.api: Api = api(make_client(person_of(entitlement.organization)))
        self.address = f"/api/v1/entitlements/{entitlement.pk}"

    def ask(self, token: str | None = None, *, number: str = PERSON["id"], **changes: str) -> Any:
        """Ask about the person as presented; with a new consent unless a token is given."""
        self.number += 1
        values = hashed(self.key, **({"name": PERSON["name"], "phone": PERSON["phone"]} | changes))
        subject = hashed(self.key, id=number)["id"]
        token = token or consented(self.entitlement, self.key, number)[1]
        body = {"token": token, "nonce": f"n{self.number}", "subject": subject, **values}
        return self.api.post(f"{self.address}/identity-queries", body)


@pytest.fixture
def asking() -> Asking:
    entitlement, _programme, key = entitled()
    return Asking(entitlement, key)


def test_a_client_buys_asks_once_with_consent_and_gets_yes_or_no_in_one_shape(asking: Asking) -> None:
    key = asking.api.post(f"{asking.address}/identity-key").json()["key"]
    assert bytes.fromhex(key) == asking.key
    body = {"purpose": PURPOSE, "subject": hashed(asking.key, id=PERSON["id"])["id"], "days": 7}
    consent = asking.api.post(f"{asking.address}/identity-consents", body | {"evidence_sha256": "ab" * 32}).json()
    answers = [
        asking.ask(consent["token"]),
        asking.ask(name="陈大明"),
        asking.ask(phone="+8613800000001"),
        asking.ask(name="陈大明", phone="+8613800000001"),
        asking.ask(number="000000199001011235"),
    ]
    assert [(each.json()["result"], each.json()["reason"]) for each in answers] == [
        ("MATCH", "ALL_AGREE"),
        ("MISMATCH", "NAME_DIFFERS"),
        ("MISMATCH", "PHONE_DIFFERS"),
        ("MISMATCH", "SEVERAL_DIFFER"),
        ("NOT_FOUND", "NO_RECORD"),
    ]
    assert len({tuple(each.json()) for each in answers}) == 1
    used = asking.api.get(f"{asking.address}/usage").json()["items"]
    assert [(each["nonce"], each["units"]) for each in used] == [(f"n{number}", 1) for number in range(5, 0, -1)]
    assert is_problem(asking.ask(consent["token"]), 409)  # one consent, one answer
    [listed, *_others] = asking.api.get("/api/v1/identity-consents").json()["items"]
    assert "token" not in listed


def test_nothing_of_a_person_is_kept_but_keyed_hashes(asking: Asking) -> None:
    asking.ask()
    models = (IdentityRecord, IdentityConsent, IdentityQuery, IdentityProgramme, AuditEvent, UsageRecord)
    kept = str([list(model._base_manager.values()) for model in models])
    assert not any(value in kept for value in PERSON.values())
    assert asking.key.hex() not in kept
    told = str(list(IdentityQuery.objects.values()))
    assert not any(value in told for value in hashed(asking.key, **PERSON).values())


def test_a_repeated_nonce_is_the_same_question_and_is_counted_once(asking: Asking) -> None:
    _consent, token = consented(asking.entitlement, asking.key)
    first = asking.ask(token).json()
    asking.number = 0
    assert asking.ask(token).json() == first
    assert UsageRecord.objects.count() == 1
    asking.number = 0
    assert asking.ask().json()["code"] == "nonce_reused"


def test_what_a_consent_is_not_good_for(asking: Asking) -> None:
    other = Asking(entitled(asking.entitlement.organization)[0], asking.key)
    _consent, token = consented(asking.entitlement, asking.key)
    withdrawn, withdrawn_token = consented(asking.entitlement, asking.key)
    address = f"/api/v1/identity-consents/{withdrawn}/withdraw"
    assert asking.api.post(address, {"reason": "客户撤回"}).json()["state"] == "WITHDRAWN"
    with nothing_changes("accounts.ApiClient"):
        for answer in (
            asking.ask("nobody's"),
            asking.ask(withdrawn_token),
            asking.ask(token, number="000000199001011235"),  # another person
            other.ask(token),  # another programme
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "consent_unusable")
        with time_machine.travel(timezone.now() + timedelta(days=8)):
            late = Asking(asking.entitlement, asking.key)
            assert late.ask(token).json()["code"] == "consent_unusable"


def test_who_guesses_is_locked_out_for_a_day(asking: Asking) -> None:
    for _guess in range(MOST_MISSES):
        assert asking.ask(name="猜").json()["result"] == "MISMATCH"
    _consent, token = consented(asking.entitlement, asking.key)
    with nothing_changes():
        locked = asking.ask(token)
    assert is_problem(locked, 429)
    assert locked.json()["code"] == "identity_locked"
    assert 86_000 < int(locked["Retry-After"]) <= 86_400
    with time_machine.travel(timezone.now() + timedelta(days=1, minutes=1)):
        later = Asking(asking.entitlement, asking.key)
        later.number = asking.number
        assert later.ask(token).json()["result"] == "MATCH"


def test_only_while_the_entitlement_and_the_programme_are_in_force(asking: Asking) -> None:
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    assert is_problem(stranger.post(f"{asking.address}/identity-key"), 404)
    _consent, token = consented(asking.entitlement, asking.key)
    suspend_entitlement(
        entitlement_id=asking.entitlement.pk, reason="Complaint", actor=actor(staff("gzdex", "COMPLIANCE_REVIEWER"))
    )
    assert asking.ask(token).json()["code"] == "entitlement_not_active"
    assert is_problem(asking.api.post(f"{asking.address}/identity-key"), 403)

    other, programme, key = entitled()
    _consent, token = consented(other, key)
    source = api(make_client(person_of(programme.organization)))
    closed = source.post(f"/api/v1/identity-programmes/{programme.pk}/close", {"reason": "The contract ended"})
    assert closed.json()["state"] == "CLOSED"
    assert not IdentityRecord.objects.filter(programme=programme).exists()
    assert is_problem(Asking(other, key).ask(token), 409)


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_ask_at_once_with_one_consent_one_is_answered() -> None:
    entitlement, _programme, key = entitled()
    _consent, token = consented(entitlement, key)
    who = actor(person_of(entitlement.organization))
    told = {"subject": hashed(key, id=PERSON["id"])["id"], "phone": "", **hashed(key, name=PERSON["name"])}

    def race(number: int) -> str:
        try:
            ask_identity(entitlement_id=entitlement.pk, token=token, nonce=f"n{number}", **told, actor=who)
            return "answered"
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as racers:
        outcomes = sorted(racers.map(race, range(8)))
    assert outcomes == ["answered", *["consent_unusable"] * 7]
    assert UsageRecord.objects.count() == IdentityQuery.objects.count() == 1


def test_across_the_border_no_permit_no_answer() -> None:
    source = make_member("gzdex", Capacity.PROVIDER)
    standing(source)
    listing = exportable(source)
    _programme, key = programme_of(listing)
    delivery = released(funded(buy(listing, make_buyer(jurisdiction="HK"))))
    bank = Asking(delivery.entitlement, key)
    assert bank.ask().json()["result"] == "MATCH"
    permit = TransferPermit.objects.get(delivery_id=delivery.pk)
    assert permit.bytes_used == 1
    withdraw_permit(permit.declaration, actor=SYSTEM, reason="recalled")
    _consent, token = consented(delivery.entitlement, key)
    with nothing_changes():
        assert bank.ask(token).json()["code"] == "permit_not_in_force"


class TestTheSource:
    def test_loads_replaces_and_removes_hashes_as_they_stream_in(self, asking: Asking) -> None:
        programme = IdentityProgramme.objects.get()
        source = api(make_client(person_of(programme.organization)))
        address = f"/api/v1/identity-programmes/{programme.pk}/records"
        renamed = hashed(asking.key, **PERSON | {"name": "陈晓明"})
        more = [{"id": f"{number:064x}", "name": f"{number:064x}"} for number in range(4500)]
        body = "\n".join(json.dumps(row) for row in (renamed, *more, renamed)) + "\n"
        loaded = source.post(address, body.encode(), content_type="application/jsonl")
        assert loaded.json() == {"lines": 4502}
        assert IdentityRecord.objects.count() == 4501
        assert asking.ask(name="陈晓明").json()["result"] == "MATCH"
        assert source.post(f"{address}/remove", {"ids": [renamed["id"], "f" * 64]}).json() == {"removed": 1}
        assert asking.ask(name="陈晓明").json()["result"] == "NOT_FOUND"

    def test_is_told_the_line_that_is_wrong_and_nothing_is_loaded(self, asking: Asking) -> None:
        good = b"id,name,phone\n" + b",".join([b"b" * 64] * 3) + b"\n"
        wrong = [
            ("text/csv", b"", "/1"),
            ("text/csv", b"number,name,phone\n", "/1"),
            ("text/csv", good + b"a" * 64 + b"\n", "/3"),
            ("text/csv", good + "000000199001011234,陈小明,\n".encode(), "/3"),  # plain, not hashed
            ("text/csv", good + b"\n\xff\n", "/4"),
            ("text/csv", good + b"a" * 5000, "/3"),
            ("application/jsonl", b'{"id": "' + b"a" * 64 + b'"}', "/1"),
            ("application/jsonl", b"[]\n", "/1"),
            ("application/jsonl", b'{"id": 1, "name": 2}', "/1"),
            ("application/jsonl", b"{", "/1"),
        ]
        programme = IdentityProgramme.objects.get()
        who = actor(person_of(programme.organization))

        def load(media_type: str, *chunks: bytes) -> int:
            return load_records(programme_id=programme.pk, chunks=chunks, media_type=media_type, actor=who)

        with nothing_changes():
            for media_type, body, pointer in wrong:
                with refused("invalid") as refusal:
                    load(media_type, body[:20], body[20:])
                assert refusal.value.errors[0].pointer == pointer, body
            with refused("unsupported_media_type"):
                load("text/plain", good)
        assert load("text/csv", good[:30], good[30:]) == 1

    def test_the_key_is_wrapped_anew_with_the_keys_of_files(self, asking: Asking, settings: Any) -> None:
        old = key_ring()
        names = {"new": b"n" * 32} | dict(old.keys)
        settings.STORAGE_KEYS = [f"{name}:{b64encode(key).decode()}" for name, key in names.items()]
        rewrap_data_keys()
        assert IdentityProgramme.objects.get().key_id == "new"
        assert bytes.fromhex(asking.api.post(f"{asking.address}/identity-key").json()["key"]) == asking.key

    def test_answers_and_usage_only_grow(self, asking: Asking) -> None:
        asking.ask()
        for table in ("listings_identityquery", "marketplace_usagerecord"):
            with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {table}")
