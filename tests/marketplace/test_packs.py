"""Units bought ahead are used after the free ones and before the price, those that expire first at the beginning."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organization, Role
from kernel.identifiers import uuid7
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.metering import Metering, Pack, Tier, Unit, checked_metering, metering_of_json
from marketplace import charges, packs, usage_runs
from marketplace.acceptance import accept_delivery
from marketplace.delivery.metering import period_named, summary_of
from marketplace.delivery.pack_cover import Stock, cover, edges_of, span_of
from marketplace.models import Charge, CreditNote, Delivery, Entitlement, PackDraw, UnitPack
from settlements.books import drifts, trial_balance
from settlements.models import Account
from tests.marketplace.interfaces import bought, count_usage, listed_interface
from tests.marketplace.trading import funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff, venue

# Ten calls a month are free, then packs; the next hundred cost 1.00 each, others 0.50, and a month at most 120.00.
PLAN = Metering(
    Unit.CALL,
    unit_price=Decimal(1),
    included_units=10,
    tiers=(Tier(110, Decimal("0.5")),),
    cap_minor=12_000,
    packs=(Pack(100, 8_000, 20), Pack(1_000, 50_000, 365)),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


def used(right: Entitlement, **units: int) -> None:
    """Write down what was used on days called like `nov_05`."""
    months = {"oct": "2026-10", "nov": "2026-11", "dec": "2026-12", "jan": "2027-01"}
    for day, count in units.items():
        with time_machine.travel(at(f"{months[day[:3]]}-{day[4:]}T12:00"), tick=False):
            count_usage(right, count)


def run(name: str) -> Charge:
    period = period_named(name)
    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        usage_runs.run_month(venue_id=venue("gzdex").id, period=period)
        usage_runs.run_month(venue_id=venue("gzdex").id, period=period)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
    return Charge.objects.get(kind=Charge.Kind.USAGE, period=name)


def lines_of(charge: Charge) -> list[tuple[Any, ...]]:
    shown = ("month", "units", "free_units", "amount_minor")
    packs_of = ([pack["units"] for pack in line.get("packs", ())] for line in charge.lines)
    return [(*(line[key] for key in shown), drawn) for line, drawn in zip(charge.lines, packs_of, strict=True)]


@pytest.fixture
def right(provider: Organization) -> Entitlement:
    """An interface sold by the call, delivered and accepted on the 20th of October."""
    with time_machine.travel(at("2026-10-20T09:00"), tick=False):
        buyer = make_buyer(funds="2000.00")
        delivery: Delivery = bought(listed_interface(provider, "https://api.example.com", PLAN), buyer)
        accept_delivery(delivery_id=delivery.pk, actor=actor(person_of(buyer)))
    return delivery.entitlement


def buy(right: Entitlement, day: str, units: int) -> UnitPack:
    with time_machine.travel(at(f"{day}T09:00"), tick=False):
        return packs.buy_pack(entitlement_id=right.pk, units=units, actor=actor(person_of(right.organization)))


@given(
    bounds=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40), st.integers(1, 50)), max_size=5),
    uses=st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), max_size=20),
    free=st.integers(0, 60),
)
def test_packs_cover_what_a_tiny_model_covers_unit_by_unit(
    bounds: list[tuple[int, int, int]], uses: list[tuple[int, int]], free: int
) -> None:
    def day(number: int) -> datetime:
        return datetime.fromtimestamp(number * 86_400, UTC)

    made = [(day(start), day(start + length), units) for start, length, units in bounds]
    stocks = [Stock(uuid7(), str(index), *each) for index, each in enumerate(made)]
    stocks.sort(key=lambda stock: (stock.expires_at, stock.number))
    edges, spans = edges_of(stocks), Counter[int]()
    for number, units in uses:
        spans[span_of(edges, day(number))] += units
    left, model = {stock.number: stock.left for stock in stocks}, Counter[str]()
    remaining = free
    for number, units in sorted(uses):
        for _ in range(units):
            if remaining:
                remaining -= 1
                continue
            valid = (s for s in stocks if s.starts_at <= day(number) < s.expires_at and left[s.number])
            if (stock := next(valid, None)) is not None:
                left[stock.number] -= 1
                model[stock.number] += 1
    assert cover(stocks, edges, spans, free) == dict(model)
    assert {stock.number: stock.left for stock in stocks} == left
    assert min(left.values(), default=0) >= 0


@pytest.mark.django_db
def test_free_units_then_packs_then_tiers_then_the_cap_and_the_same_bill_again(
    right: Entitlement, provider: Organization
) -> None:
    buyer, before = right.organization, funds_of(right.organization)
    used(right, nov_01=10, nov_02=5)  # ten free ones, and five before any pack: those cost their price
    year = buy(right, "2026-11-03", 1_000)
    short = buy(right, "2026-11-04", 100)  # expires on the 24th of November
    assert funds_of(buyer) == before - 58_000
    assert funds_of(provider, Account.Kind.PAYABLE) == 58_000 - 200 - 1_250  # 2.5 % of each
    used(right, nov_10=80, nov_25=30)
    with time_machine.travel(at("2026-11-26T09:00"), tick=False):
        summary = summary_of(right, period_named("2026-11"))
        # 80 of the pack that expires first, though it was bought later; after the 24th the other one.
        assert (summary.units, summary.pack_units, summary.pack_units_left) == (125, 110, 970)
        assert summary.charge == Money(500, Currency.CNY)
    november = run("2026-11")
    assert lines_of(november) == [("2026-11", 125, 10, 500, [30, 80])]
    short.refresh_from_db()
    year.refresh_from_db()
    assert (short.used_units, short.expired_units, short.units_left, year.used_units) == (80, 20, 0, 30)
    assert short.closed_at is not None
    expired = AuditEvent.objects.get(action="unitpack.expired")
    assert (expired.subject_id, expired.details["not_used"]) == (str(short.pk), 20)

    # Late use of November finds no pack that has expired; then December: 970 of the pack, tiers and cap for the rest.
    used(right, nov_20=50, dec_05=10 + 920 + 400)
    december = run("2026-12")
    assert lines_of(december) == [
        ("2026-11", 50, 0, 0, [50]),
        ("2026-12", 1_330, 10, 12_000, [920]),  # 100 x 1.00 + 300 x 0.50 = 250.00, at most 120.00
    ]
    year.refresh_from_db()
    assert (year.used_units, year.units_left, PackDraw.objects.count()) == (1_000, 0, 4)
    assert all(map(usage_runs.is_reproduced, (november, december)))
    assert all(map(packs.is_reproduced, Charge.objects.filter(kind=Charge.Kind.PACK)))
    assert not any(trial_balance().values())
    assert drifts() == []

    refusals = (
        "UPDATE marketplace_unitpack SET used_units = 0",
        "UPDATE marketplace_unitpack SET units = units + 1",
        "DELETE FROM marketplace_unitpack",
        "UPDATE marketplace_packdraw SET units = 1",
        # One unit more than the pack has, from the same right: whoever writes it.
        "INSERT INTO marketplace_packdraw (id, created_at, pack_id, charge_id, month, units)"
        f" SELECT gen_random_uuid(), now(), '{year.pk}', '{november.pk}', '2026-10', 1",
    )
    for statement in refusals:
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


@pytest.mark.django_db
def test_a_pack_is_bought_over_http_refused_with_a_reason_and_given_back_when_it_cannot_be_used(
    right: Entitlement, provider: Organization
) -> None:
    buyer, officer = right.organization, staff("gzdex", Role.SETTLEMENT_OFFICER)
    client, path = api(make_client(person_of(buyer))), f"/api/v1/entitlements/{right.pk}/unit-packs"
    with time_machine.travel(at("2026-11-03T09:00"), tick=False):
        assert client.post(path, {"units": 7}).json()["errors"][0]["code"] == "no_pack"
        made = client.post(path, {"units": 1_000}).json()
        assert (made["units_left"], made["price"]["amount"], made["draws"]) == (1_000, "500.00", [])
        theirs = api(make_client(person_of(provider)))
        assert theirs.get(f"/api/v1/unit-packs?entitlement={right.pk}").json()["items"] == [made]
        assert theirs.post(path, {"units": 1_000}).status_code == 403
        stranger = api(make_client(person_of(make_buyer(funds="0.00"))))
        assert stranger.get(f"/api/v1/unit-packs/{made['id']}").status_code == 404
        for _ in range(3):
            buy(right, "2026-11-03", 1_000)
        with refused("insufficient_funds"):
            buy(right, "2026-11-03", 1_000)
        assert UnitPack.objects.count() == Charge.objects.count() == 4
    used(right, nov_05=260)
    with time_machine.travel(at("2026-11-06T09:00"), tick=False), refused("usage_not_billed"):
        packs.close_pack(pack_id=made["id"], reason="The interface ends", actor=actor(officer))
    run("2026-11")
    with time_machine.travel(at("2026-12-02T09:00"), tick=False):
        packs.close_pack(pack_id=made["id"], reason="The interface ends", actor=actor(officer))
        note = CreditNote.objects.get()
        assert (note.amount_minor, note.charge.number) == (37_500, Charge.objects.get(pk=made["charge_id"]).number)
        shown = api(make_client(person_of(buyer))).get(f"/api/v1/unit-packs/{made['id']}").json()
        assert (shown["units_left"], shown["expired_units"], shown["draws"][0]["units"]) == (0, 750, 250)
        with refused("illegal_state"):
            packs.close_pack(pack_id=made["id"], reason="Again", actor=actor(officer))
        with refused("forbidden"):
            packs.close_pack(pack_id=UnitPack.objects.latest("id").pk, reason="No", actor=actor(person_of(buyer)))
        Charge.objects.filter(pk=made["charge_id"]).update(state=Charge.State.OVERDUE)
        with refused("charge_not_paid"):
            buy(right, "2026-12-02", 1_000)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_draw_a_pack_once(right: Entitlement) -> None:
    pack = buy(right, "2026-11-03", 100)
    used(right, nov_05=60, nov_06=60)
    period, gate = period_named("2026-11"), Barrier(2)

    def work() -> None:
        gate.wait()
        usage_runs.bill(entitlement_id=right.pk, period=period)
        connection.close()

    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        threads = [Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    pack.refresh_from_db()
    charge = Charge.objects.get(kind=Charge.Kind.USAGE)
    assert (pack.used_units, lines_of(charge)) == (100, [("2026-11", 120, 10, 1_000, [100])])


def test_packs_are_told_apart_by_their_units_and_agreements_keep_them() -> None:
    assert metering_of_json(PLAN.as_json()) == PLAN
    with refused("invalid") as caught:
        checked_metering(Metering(Unit.CALL, packs=(Pack(5, 1, 1), Pack(5, 2, 2))))
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/metering/packs", "repeated")]
