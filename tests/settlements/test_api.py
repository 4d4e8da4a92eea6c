"""Money over HTTP: lists, acts, refusals as problem+json, and a fixed number of queries."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, Person, Venue
from kernel.actors import SYSTEM
from settlements import escrow, fees
from settlements.models import Deposit, Payout
from settlements.payouts import request_payout
from settlements.settlement import SettlementDraft, settle
from tests.settlements.banking import payee
from tests.settlements.purse import Kind, account, deal, draft, give, holds, posted, yuan
from tests.world import actor, api, make_client, make_member, person_of

pytestmark = pytest.mark.django_db


def receipt(owner: Organization, **fields: Any) -> dict[str, Any]:
    return {
        "venue": "gzdex",
        "organization_id": str(owner.id),
        "amount": {"amount": "500.00", "currency": "CNY"},
        "bank_reference": "ICBC-1",
        "received_on": "2026-11-02",
    } | fields


def settled(there: Venue, payer: Organization, payee: Organization, amount: int = 120) -> None:
    """Trade once: hold and divide."""
    give(payer, yuan(amount))
    order_id, gross = uuid4(), yuan(amount)
    settle(
        [
            SettlementDraft(
                order_id=order_id,
                venue_id=there.id,
                hold=escrow.hold(order_id=order_id, venue=there, payer=payer, amount=gross, actor=SYSTEM),
                gross=gross,
                lines=fees.quote(venue=there, gross=gross, on=date(2026, 11, 24), deal=deal(payee, payer)),
                provider_id=payee.id,
                broker_id=None,
            )
        ],
        actor=SYSTEM,
    )


def test_a_receipt_travels_from_the_bank_to_the_buyers_balance(
    buyer: Organization, clerk: Person, officer: Person
) -> None:
    entered = api(clerk).post("/api/v1/deposits", receipt(buyer))
    assert entered.status_code == 201, entered.json()
    path = f"/api/v1/deposits/{entered.json()['id']}"

    credited = api(officer).post(f"{path}/credit")

    assert credited.json()["state"] == "CREDITED"
    assert credited.json()["decided_by"] == str(officer.id)
    [row] = api(person_of(buyer)).get("/api/v1/balances").json()["items"]
    assert row["kind"] == "CLIENT"
    assert row["balance"] == {"amount": "500.00", "currency": "CNY"}
    [entry] = api(person_of(buyer)).get(f"/api/v1/balances/{row['id']}/entries").json()["items"]
    assert (entry["kind"], entry["memo"]) == ("DEPOSIT", "ICBC-1")
    assert entry["amount"] == entry["balance_after"] == {"amount": "500.00", "currency": "CNY"}
    assert api(person_of(buyer)).get(path).json()["state"] == "CREDITED"


def test_an_api_client_with_the_money_scope_enters_receipts(buyer: Organization, clerk: Person) -> None:
    assert api(make_client(clerk, ["money"])).post("/api/v1/deposits", receipt(buyer)).status_code == 201
    refused = api(make_client(clerk, ["audit"])).post("/api/v1/deposits", receipt(buyer, bank_reference="ICBC-2"))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_the_same_person_is_told_so(buyer: Organization, officer: Person) -> None:
    entered = api(officer).post("/api/v1/deposits", receipt(buyer)).json()

    refused = api(officer).post(f"/api/v1/deposits/{entered['id']}/credit")

    assert (refused.status_code, refused.json()["code"]) == (409, "same_person")
    assert refused["Content-Type"] == "application/problem+json"


def test_a_receipt_is_refused_with_a_reason(buyer: Organization, clerk: Person, officer: Person) -> None:
    path = f"/api/v1/deposits/{api(clerk).post('/api/v1/deposits', receipt(buyer)).json()['id']}/refuse"

    assert api(officer).post(path, {}).json()["errors"][0]["pointer"] == "/reason"
    assert api(officer).post(path, {"reason": "unknown payer"}).json()["refusal"] == "unknown payer"


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"amount": {"amount": "0.001", "currency": "CNY"}}, "/amount/amount", "amount"),
        ({"amount": {"amount": "-1", "currency": "CNY"}}, "/amount/amount", "amount"),
        ({"amount": {"amount": 5, "currency": "CNY"}}, "/amount/amount", "amount"),
        ({"amount": {"amount": "1000000000000000000", "currency": "CNY"}}, "/amount/amount", "amount"),
        ({"amount": {"amount": "1.00", "currency": "EUR"}}, "/amount/currency", "currency"),
        ({"amount": {"amount": "0.00", "currency": "CNY"}}, "/amount", "not_positive"),
        ({"venue": "nowhere"}, "/venue", "unknown_venue"),
        ({"organization_id": str(uuid4())}, "/organization_id", "unknown_organization"),
        ({"received_on": "2999-01-01"}, "/received_on", "in_future"),
        ({"bank_reference": "x" * 65}, "/bank_reference", "max_length"),
        ({"bank_reference": " "}, "/bank_reference", "blank"),
        ({"colour": "red"}, "/colour", "unknown_field"),
    ],
)
def test_a_bad_receipt_is_refused_field_by_field(
    buyer: Organization, clerk: Person, fields: dict[str, Any], pointer: str, code: str
) -> None:
    refused = api(clerk).post("/api/v1/deposits", receipt(buyer, **fields))

    assert refused.status_code == 400, refused.json()
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]
    assert Deposit.objects.count() == 0


def test_a_stranger_to_the_venue_cannot_be_credited(clerk: Person, shenzhen: Venue) -> None:
    stranger = make_member("szdex")

    refused = api(clerk).post("/api/v1/deposits", receipt(stranger))

    assert refused.json()["errors"][0]["code"] == "unknown_organization"


def test_a_bank_reference_entered_twice_is_a_conflict(buyer: Organization, clerk: Person) -> None:
    api(clerk).post("/api/v1/deposits", receipt(buyer))

    refused = api(clerk).post("/api/v1/deposits", receipt(buyer))

    assert (refused.status_code, refused.json()["code"]) == (409, "bank_reference_taken")


@pytest.mark.parametrize(
    "path", ["deposits", "deposits/{}/credit", "deposits/{}/refuse", "payouts", "payouts/{}/approve"]
)
def test_money_moves_only_under_an_idempotency_key(officer: Person, path: str) -> None:
    refused = api(officer).post(f"/api/v1/{path.format(uuid4())}", {}, idempotency_key=None)

    assert (refused.status_code, refused.json()["code"]) == (400, "idempotency_key_missing")


def test_the_same_request_sent_twice_acts_once(buyer: Organization, clerk: Person, officer: Person) -> None:
    first = api(clerk).post("/api/v1/deposits", receipt(buyer), idempotency_key="receipt-1")
    again = api(clerk).post("/api/v1/deposits", receipt(buyer), idempotency_key="receipt-1")
    other = api(clerk).post("/api/v1/deposits", receipt(buyer, bank_reference="X"), idempotency_key="receipt-1")

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Deposit.objects.count() == 1


def test_a_provider_is_paid_out(
    guangzhou: Venue, buyer: Organization, provider: Organization, officer: Person, venue_admin: Person
) -> None:
    settled(guangzhou, buyer, provider)
    payee(provider)
    wanted = {"venue": "gzdex", "amount": {"amount": "117.00", "currency": "CNY"}}
    mine = api(make_client(person_of(provider), ["payouts"]))

    payout = mine.post("/api/v1/payouts", wanted)
    assert payout.status_code == 201, payout.json()
    path = f"/api/v1/payouts/{payout.json()['id']}"
    assert mine.post("/api/v1/payouts", wanted).json()["code"] == "insufficient_funds"
    assert mine.post(f"{path}/approve").status_code == 403
    assert api(venue_admin).post(f"{path}/approve").json()["state"] == "APPROVED"
    paid = api(officer).post(f"{path}/confirm-paid", {"bank_reference": "OUT-1"}).json()

    assert (paid["state"], paid["bank_reference"]) == ("PAID", "OUT-1")
    assert mine.get(path).json() == paid
    assert holds(Kind.PAYABLE, provider) == 0
    kinds = {row["kind"]: row["balance"]["amount"] for row in mine.get("/api/v1/balances").json()["items"]}
    assert kinds == {"PAYABLE": "0.00", "PAYOUT": "0.00"}


def test_a_payout_is_refused(guangzhou: Venue, provider: Organization, officer: Person) -> None:
    give(provider, yuan(5), Kind.PAYABLE)
    payout = request_payout(venue=guangzhou, amount=yuan(5), actor=actor(person_of(provider)))

    answer = api(officer).post(f"/api/v1/payouts/{payout.id}/refuse", {"reason": "wrong account"})

    assert (answer.json()["state"], answer.json()["refusal"]) == ("REFUSED", "wrong account")


def test_settlements_show_how_the_price_was_divided(
    guangzhou: Venue, buyer: Organization, provider: Organization, shenzhen_officer: Person
) -> None:
    settled(guangzhou, buyer, provider)

    [row] = api(person_of(provider)).get("/api/v1/settlements").json()["items"]

    assert row["gross"]["amount"] == "120.00"
    assert {line["payee"]: line["amount"]["amount"] for line in row["lines"]} == {"PROVIDER": "117.00", "VENUE": "3.00"}
    assert api(person_of(buyer)).get(f"/api/v1/settlements/{row['id']}").json() == row
    assert api(shenzhen_officer).get(f"/api/v1/settlements/{row['id']}").status_code == 404


def test_what_is_not_yours_is_not_there(
    guangzhou: Venue, buyer: Organization, provider: Organization, clerk: Person, shenzhen_officer: Person
) -> None:
    purse = give(buyer, yuan(5))
    paths = [f"/api/v1/balances/{purse}/entries"]

    for stranger in (person_of(provider), shenzhen_officer, clerk):  # a clerk may not read the ledger
        assert [api(stranger).get(path).status_code for path in paths] == [404]
        assert api(stranger).get("/api/v1/balances").json()["items"] == []
    assert api().get("/api/v1/balances").status_code == 401


def test_the_trial_balance_is_for_those_who_may_read_the_ledger(
    guangzhou: Venue,
    buyer: Organization,
    provider: Organization,
    officer: Person,
    clerk: Person,
    shenzhen_officer: Person,
) -> None:
    settled(guangzhou, buyer, provider)

    books = api(officer).get("/api/v1/ledger/trial-balance").json()

    assert books["totals"] == [{"currency": "CNY", "amount": "0.00"}]
    assert {row["kind"]: row["amount"] for row in books["accounts"]} == {
        "BANK": "-120.00",
        "CLIENT": "0.00",
        "ESCROW": "0.00",
        "FEES": "3.00",
        "PAYABLE": "117.00",
    }
    assert api(shenzhen_officer).get("/api/v1/ledger/trial-balance").json() == {"accounts": [], "totals": []}
    assert api(clerk).get("/api/v1/ledger/trial-balance").status_code == 403
    assert api(person_of(buyer)).get("/api/v1/ledger/trial-balance").status_code == 403


def test_anybody_may_read_the_fee_schedules(guangzhou: Venue, shenzhen: Venue) -> None:
    rows = api().get("/api/v1/fee-schedules?venue=szdex&payee=VENUE&currency=CNY").json()["items"]

    assert [(row["rate_ppm"], row["minimum"]["amount"], row["verified"]) for row in rows] == [(20_000, "1.00", False)]


def test_a_venue_announces_a_coming_rate(guangzhou: Venue, venue_admin: Person, officer: Person) -> None:
    announced = {
        "venue": "gzdex",
        "payee": "VENUE",
        "rate_ppm": 10_000,
        "minimum": {"amount": "2.00", "currency": "CNY"},
        "cap": {"amount": "1000.00", "currency": "CNY"},
        "valid_from": (timezone.localdate() + timedelta(days=30)).isoformat(),
        "source": "Notice 2026-7",
    }

    assert api().post("/api/v1/fee-schedules", announced).status_code == 401
    assert api(officer).post("/api/v1/fee-schedules", announced).status_code == 403
    answer = api(venue_admin).post("/api/v1/fee-schedules", announced)
    assert (answer.status_code, answer.json()["cap"]["amount"]) == (201, "1000.00")
    assert api(venue_admin).post("/api/v1/fee-schedules", announced).json()["code"] == "fee_announced"
    mixed = announced | {"cap": {"amount": "1.00", "currency": "HKD"}}
    assert api(venue_admin).post("/api/v1/fee-schedules", mixed).json()["errors"][0]["code"] == "other_currency"


def test_a_statement_is_paged_newest_first(buyer: Organization) -> None:
    purse, held = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)
    posted(*(draft((purse, -1), (held, 1)) for _ in range(24)))
    mine = api(person_of(buyer))

    path, after = f"/api/v1/balances/{purse}/entries", []
    query = "?limit=10"
    while query:
        page = mine.get(path + query).json()
        after += [item["balance_after"]["amount"] for item in page["items"]]
        query = f"?limit=10&cursor={page['next']}" if page["next"] else ""

    assert after == [f"0.{cents}" for cents in range(76, 100)] + ["1.00"]
    tampered = mine.get(f"{path}?cursor=nonsense")
    assert (tampered.status_code, tampered.json()["code"]) == (400, "invalid_cursor")


@pytest.mark.parametrize("path", ["balances", "balances/{}/entries", "deposits", "payouts", "settlements"])
def test_lists_take_the_same_queries_for_one_row_and_for_many(
    guangzhou: Venue, buyer: Organization, provider: Organization, clerk: Person, officer: Person, path: str
) -> None:
    purse = account(Kind.CLIENT, buyer)
    numbers = iter(range(1000))

    def trade() -> None:
        settled(guangzhou, buyer, provider)
        api(clerk).post("/api/v1/deposits", receipt(buyer, bank_reference=f"ICBC-{next(numbers)}"))
        request_payout(venue=guangzhou, amount=yuan(1), actor=actor(person_of(provider)))

    trade()
    few = _queries(lambda: _rows(officer, path.format(purse)))
    for _ in range(3):
        trade()
        give(make_member("gzdex"), yuan(1))
    many = _queries(lambda: _rows(officer, path.format(purse)))

    assert few == many


def test_filters_narrow_the_lists(guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person) -> None:
    api(clerk).post("/api/v1/deposits", receipt(buyer))

    for query, found in (
        ("state=ENTERED", 1),
        ("state=CREDITED", 0),
        ("venue=szdex", 0),
        (f"organization={buyer.id}", 1),
    ):
        assert len(api(officer).get(f"/api/v1/deposits?{query}").json()["items"]) == found
    assert api(officer).get("/api/v1/deposits?state=LOST").status_code == 400
    assert Payout.objects.count() == 0


def _rows(who: Person, path: str) -> None:
    answer = api(who).get(f"/api/v1/{path}")
    assert answer.status_code == 200
    assert answer.json()["items"]


def _queries(act: Callable[[], None]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)
