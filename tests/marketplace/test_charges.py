"""Usage becomes charges and charges become money: once, to the cent, the same bytes whoever computes them again."""

import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier, Event, Thread

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from kernel.money import Currency, Money
from listings.listing import Parts, part_errors
from listings.metering import Metering, Tier, Unit, metering_of_json
from listings.models import Plan
from listings.plans import create_plan
from marketplace import charges, credit_notes, usage_runs
from marketplace.delivery.metering import period_named, summary_of
from marketplace.delivery.verification import ask_identity
from marketplace.models import Charge, CreditNote, Delivery, Entitlement, UsageRecord
from settlements.books import drifts, trial_balance
from settlements.fees import FeeLine, divide_back
from settlements.models import Account, Payee, Transfer
from tests.listings.offers import make_terms, registered_product
from tests.listings.trust.identified import PERSON, consented, hashed, programme_of
from tests.marketplace.interfaces import bought, count_usage, listed_interface
from tests.marketplace.trading import fund, funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db
OCTOBER, NOVEMBER, DECEMBER = map(period_named, ("2026-10", "2026-11", "2026-12"))
PLAN = Metering(Unit.CALL, unit_price=Decimal("0.015001"), included_units=10)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


@pytest.fixture
def delivery(provider: Organization, buyer: Organization) -> Delivery:
    """An interface sold by the call, delivered on the 20th of October."""
    with time_machine.travel(at("2026-10-20T09:00"), tick=False):
        return bought(listed_interface(provider, "https://api.example.com", PLAN), buyer)


def used(entitlement: Entitlement, moments: Iterable[str], units: int = 1, kind: str = "API_CALL") -> None:
    """Write down what was used, at moments of the venue's clock."""
    for moment in moments:
        with time_machine.travel(at(moment), tick=False):
            count_usage(entitlement, units, kind)


def run(period_name: str) -> int:
    """Let the run of a month happen when its job would, and what it asks for."""
    period = period_named(period_name)
    with time_machine.travel(period.end + usage_runs.SETTLING, tick=False):
        made = usage_runs.run_month(venue_id=venue("gzdex").id, period=period)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
    return made


def books_are_right() -> None:
    assert not any(trial_balance().values())
    assert drifts() == []


def test_a_month_of_calls_is_billed_once_and_divided(
    delivery: Delivery, provider: Organization, buyer: Organization
) -> None:
    entitlement = delivery.entitlement
    # 00:00 on the first of November by the venue's clock is still October in UTC.
    used(entitlement, ["2026-10-31T23:59"], units=100)
    used(entitlement, ["2026-11-01T00:00", "2026-11-30T23:59"], units=5_000)
    before = funds_of(buyer)

    with refused("period_not_over"), time_machine.travel(NOVEMBER.end - timedelta(seconds=1)):
        usage_runs.run_month(venue_id=entitlement.venue_id, period=NOVEMBER)
    assert [run("2026-10"), run("2026-10"), run("2026-11"), run("2026-11")] == [1, 0, 1, 0]

    october, november = Charge.objects.order_by("id")
    # (100 - 10) x 0.015001 = 1.35009; (10,000 - 10) x 0.015001 = 149.85999: each rounded once, half up.
    assert [each.gross_minor for each in (october, november)] == [135, 14_986]
    assert [each.state for each in (october, november)] == ["PAID", "PAID"]
    assert november.lines == [
        {
            "month": "2026-11",
            "late": False,
            "records": 2,
            "units_before": 0,
            "units": 10_000,
            "free_units": 10,
            "amount_minor": 14_986,
        }
    ]
    assert november.gross == summary_of(entitlement, NOVEMBER).charge
    # 2.5 % of 149.86 and at least 1.00 are the venue's.
    assert funds_of(buyer) == before - 135 - 14_986
    assert funds_of(provider, Account.Kind.PAYABLE) == 35 + 14_611
    assert funds_of(None, Account.Kind.FEES) == 100 + 375
    assert Transfer.objects.filter(kind=Transfer.Kind.CHARGE).count() == 2
    assert all(map(usage_runs.is_reproduced, (october, november)))
    assert set(AuditEvent.objects.filter(subject_id=november.id).values_list("action", flat=True)) == {
        "charge.made",
        "charge.paid",
    }
    books_are_right()


def test_what_arrives_late_costs_what_it_would_have_cost_in_time(delivery: Delivery) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00"], units=8)
    run("2026-10")
    # Two records of October commit after its run; they have older ids than those of November.
    used(delivery.entitlement, ["2026-10-31T21:00", "2026-10-31T22:00"], units=50)
    used(delivery.entitlement, ["2026-11-02T08:00"], units=20)
    run("2026-11")

    first, second = Charge.objects.order_by("id")
    late, on_time = second.lines
    assert (first.gross_minor, late["late"], on_time["late"]) == (0, True, False)
    assert (late["month"], late["units_before"], late["units"], late["free_units"]) == ("2026-10", 8, 100, 2)
    assert late["amount_minor"] == PLAN.charge(108, Currency.CNY).minor - PLAN.charge(8, Currency.CNY).minor
    assert on_time["amount_minor"] == PLAN.charge(20, Currency.CNY).minor
    assert second.gross_minor == late["amount_minor"] + on_time["amount_minor"]
    assert first.state == Charge.State.PAID  # nothing was owed, so that no transfer was made
    assert all(map(usage_runs.is_reproduced, (first, second)))
    assert not UsageRecord.objects.filter(charge__isnull=True).exists()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE marketplace_charge SET gross_minor = gross_minor + 1",
        "UPDATE marketplace_charge SET body = '{}'",
        "DELETE FROM marketplace_charge",
        "UPDATE marketplace_usagerecord SET charge_id = NULL",
        "UPDATE marketplace_usagerecord SET units = 1",
        "DELETE FROM marketplace_usagerecord",
    ],
)
def test_the_database_refuses_to_change_a_bill(delivery: Delivery, change: str) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00"], units=80)
    run("2026-10")
    with pytest.raises(Exception, match=r"never deleted|frozen|billed once"), transaction.atomic():
        connection.cursor().execute(change)


def test_an_unpaid_charge_is_dunned_until_it_is_paid(
    delivery: Delivery, provider: Organization, buyer: Organization
) -> None:
    entitlement = delivery.entitlement
    used(entitlement, ["2026-10-31T20:00"], units=200_000)  # 3,000.05: more than the buyer has
    run("2026-10")
    charge = Charge.objects.get()
    assert (charge.state, charge.dunning.count()) == (Charge.State.OVERDUE, 6)

    for day in range(1, 13):  # a try a day
        with time_machine.travel(charge.overdue_at + timedelta(days=day, seconds=1), tick=False):
            run_due_jobs(kinds=(charges.COLLECT_JOB,))
        entitlement.refresh_from_db()
        assert (entitlement.state == Entitlement.State.SUSPENDED) is (day >= 10), day
    steps = AuditEvent.objects.filter(subject_id=charge.id, action__in=["charge.reminded", "charge.suspended"])
    assert list(steps.order_by("id").values_list("action", flat=True)) == ["charge.reminded"] * 3 + ["charge.suspended"]
    with refused("insufficient_funds"):
        charges.pay_charge(charge_id=charge.id, actor=actor(person_of(buyer)))
    books_are_right()

    with time_machine.travel(charge.overdue_at + timedelta(days=14), tick=False):
        fund(buyer, "5000.00")
        run_due_jobs(kinds=("funds.arrived",))
        run_due_jobs(kinds=(charges.COLLECT_JOB,))  # the daily try finds it paid
    charge.refresh_from_db()
    entitlement.refresh_from_db()
    assert (charge.state, entitlement.state) == (Charge.State.PAID, Entitlement.State.ACTIVE)
    assert Transfer.objects.filter(kind=Transfer.Kind.CHARGE).count() == 1
    assert not Job.objects.filter(kind=charges.COLLECT_JOB, state=Job.State.WAITING).exists()
    books_are_right()


def test_staff_take_over_at_last_and_their_own_suspension_stays(delivery: Delivery, buyer: Organization) -> None:
    from marketplace.entitlements import suspend_entitlement

    entitlement = delivery.entitlement
    used(entitlement, ["2026-10-31T20:00"], units=200_000)
    run("2026-10")
    charge = Charge.objects.get()
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    suspend_entitlement(entitlement_id=entitlement.id, reason="Misuse", actor=officer)
    with time_machine.travel(charge.overdue_at + timedelta(days=60, minutes=1), tick=False):
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
        assert not Job.objects.filter(kind=charges.COLLECT_JOB, state=Job.State.WAITING).exists()
        fund(buyer, "5000.00")
        charges.pay_charge(charge_id=charge.id, actor=actor(person_of(buyer)))
    charge.refresh_from_db()
    entitlement.refresh_from_db()
    assert (charge.state, charge.suspends, entitlement.state) == ("PAID", False, Entitlement.State.SUSPENDED)


def test_two_people_credit_a_charge_and_the_split_goes_back_in_proportion(
    delivery: Delivery, provider: Organization, buyer: Organization
) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00"], units=10_010)  # 150.01: 146.26 and 3.75
    run("2026-10")
    charge = Charge.objects.get()
    one, two = (
        actor(staff("gzdex", Role.SETTLEMENT_OFFICER)),
        actor(make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER)),
    )
    before = funds_of(buyer)
    owner = api(person_of(provider))

    def earned() -> tuple[list[str], list[list[object]]]:
        """Return the row of use in the report, and the amounts of the workbook's charges."""
        [row] = [
            row["cells"] for row in owner.get("/api/v1/earnings").json()["rows"] if "use of a month" in row["cells"]
        ]
        answer = owner.get("/api/v1/earnings/assets.xlsx", headers={"accept-language": "en"})
        sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))["Charges"]
        return row[5:], [[cell.value for cell in line][9:] for line in sheet.iter_rows(min_row=2)]

    assert earned() == (["1", "150.01", "146.26"], [[150.01, 146.26]])

    def credited(minor: int) -> CreditNote:
        note = credit_notes.propose_credit(
            charge_id=charge.id, amount=Money(minor, Currency.CNY), reason="Wrong answers", actor=one
        )
        with refused("same_person"):
            credit_notes.approve_credit(note_id=note.id, actor=one)
        return credit_notes.approve_credit(note_id=note.id, actor=two)

    with refused("invalid"):
        credited(15_002)
    with refused("not_found"):
        credit_notes.propose_credit(
            charge_id=charge.id,
            amount=Money(1, Currency.CNY),
            reason="-",
            actor=actor(staff("szdex", Role.VENUE_ADMIN)),
        )
    first = credited(5_000)
    assert [part["amount_minor"] for part in first.division] == [4_876, 124]
    assert earned() == (["1", "100.01", "97.50"], [[150.01, 146.26], [-50, -48.76]])
    waiting = credit_notes.propose_credit(
        charge_id=charge.id, amount=Money(10_000, Currency.CNY), reason="All of it", actor=one
    )
    credited(10_001)
    with refused("invalid"):  # nothing is left by now
        credit_notes.approve_credit(note_id=waiting.id, actor=two)
    credit_notes.refuse_credit(note_id=waiting.id, reason="Credited already", actor=two)

    charge.refresh_from_db()
    assert (charge.state, charge.credited_minor) == (Charge.State.PAID, 15_001)
    assert funds_of(buyer) == before + 15_001
    assert funds_of(provider, Account.Kind.PAYABLE) == funds_of(None, Account.Kind.FEES) == 0
    assert usage_runs.is_reproduced(charge)
    fees = api(staff("gzdex", Role.SETTLEMENT_OFFICER)).get("/api/v1/reports/fee-income").json()
    kinds = fees["columns"].index(next(each for each in fees["columns"] if each["name"] == "product_type"))
    assert {row["cells"][kinds] for row in fees["rows"]} == {"API"}
    books_are_right()


def test_what_is_credited_before_payment_is_not_collected(delivery: Delivery, buyer: Organization) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00"], units=200_000)
    run("2026-10")
    charge = Charge.objects.get()
    one = actor(staff("gzdex", Role.SETTLEMENT_OFFICER))
    two = actor(make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER))
    for minor in (1, charge.gross_minor - 1):
        note = credit_notes.propose_credit(
            charge_id=charge.id, amount=Money(minor, Currency.CNY), reason="A fault of ours", actor=one
        )
        credit_notes.approve_credit(note_id=note.id, actor=two)
    charge.refresh_from_db()
    assert (charge.state, charge.credited_minor) == (Charge.State.CANCELLED, charge.gross_minor)
    assert funds_of(buyer) == 100_000
    with refused("illegal_state"):
        charges.pay_charge(charge_id=charge.id, actor=actor(person_of(buyer)))


@pytest.mark.django_db(transaction=True)
def test_two_workers_a_late_commit_and_a_death_bill_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that dies, then two at once while a record of the month is not committed yet: the books equal the bills."""
    with time_machine.travel(at("2026-10-20T09:00"), tick=False):
        offered = listed_interface(make_member("gzdex", Capacity.PROVIDER), "https://api.example.com", PLAN)
        rights = [bought(offered, make_buyer()).entitlement for _ in range(3)]
    for entitlement in rights:
        used(entitlement, ["2026-10-21T10:00", "2026-10-22T10:00"], units=700)
    deaths = iter([False, True])

    def ask_or_die(charge: Charge) -> None:
        if next(deaths, False):
            raise RuntimeError("the worker was killed")
        charges.ask_to_collect(charge)

    monkeypatch.setattr(usage_runs, "ask_to_collect", ask_or_die)
    with pytest.raises(RuntimeError):
        run("2026-10")
    assert (Charge.objects.count(), UsageRecord.objects.filter(charge__isnull=True).count()) == (1, 4)

    runs_are_over, failures = Event(), []

    def commit_late() -> None:
        with transaction.atomic():
            used(rights[2], ["2026-10-23T10:00"], units=11)
            written.set()
            runs_are_over.wait(30)

    def work() -> None:
        together.wait(30)
        usage_runs.run_month(venue_id=rights[0].venue_id, period=OCTOBER)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))

    def guarded(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as failure:  # noqa: BLE001 - shown by the assertion below
            failures.append(failure)
        finally:
            connection.close()

    written, together = Event(), Barrier(2)
    late = Thread(target=guarded, args=(commit_late,))
    late.start()
    assert written.wait(30)
    with time_machine.travel(OCTOBER.end + usage_runs.SETTLING, tick=False):
        workers = [Thread(target=guarded, args=(work,)) for _ in range(2)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
    runs_are_over.set()
    late.join()
    assert failures == []
    assert Charge.objects.count() == 3
    run("2026-11")

    assert [each.body["records"]["count"] for each in Charge.objects.order_by("id")] == [2, 2, 2, 1]
    assert not UsageRecord.objects.filter(charge__isnull=True).exists()
    for each in rights:
        billed = sum(Charge.objects.filter(entitlement=each).values_list("gross_minor", flat=True))
        units = sum(UsageRecord.objects.filter(entitlement=each).values_list("units", flat=True))
        assert billed == PLAN.charge(units, Currency.CNY).minor == 100_000 - funds_of(each.organization)
    assert Transfer.objects.filter(kind=Transfer.Kind.CHARGE).count() == 4
    assert all(map(usage_runs.is_reproduced, Charge.objects.all()))
    books_are_right()


def test_identity_answers_are_billed_by_a_metered_plan(provider: Organization, buyer: Organization) -> None:
    """The exchange answers by itself: no upstream is needed, each answer is a unit, and the month's limit is exact."""
    plan = Metering(Unit.CALL, unit_price=Decimal("0.5"), included_units=1, most_units=3)
    client = actor(person_of(buyer))
    with time_machine.travel(at("2026-10-20T09:00"), tick=False):
        listing = listed_interface(provider, metering=plan)
        _programme, key = programme_of(listing)
        entitlement = bought(listing, buyer).entitlement
        told = hashed(key, **PERSON)

        def ask() -> None:
            _consent, token = consented(entitlement, key)
            ask_identity(
                entitlement_id=entitlement.id,
                token=token,
                nonce=token[:32],
                subject=told["id"],
                name=told["name"],
                phone=told["phone"],
                actor=client,
            )

        for _ in range(3):
            ask()
        with refused("quota_exhausted"):
            ask()
    run("2026-10")
    charge = Charge.objects.get()
    assert (charge.units, charge.gross_minor, charge.state) == (3, 100, Charge.State.PAID)
    assert usage_runs.is_reproduced(charge)
    with time_machine.travel(at("2026-11-01T00:00"), tick=False):
        ask()


@pytest.mark.parametrize(
    ("deliveries", "unit", "refusal"),
    [(["TABLE"], Unit.CALL, None), (["TABLE"], Unit.ROW, "not_metered"), (["FILE"], Unit.CALL, "not_metered")],
)
def test_what_is_counted_can_be_metered(
    provider: Organization, deliveries: list[str], unit: str, refusal: str | None
) -> None:
    product = registered_product(provider, deliveries=deliveries)
    metering = Metering(unit, unit_price=Decimal("1.25"))
    plan = create_plan(
        product_id=product.pk, kind="METERED", price=None, metering=metering, actor=actor(person_of(provider))
    )
    parts = Parts(version=product.dataset.versions.get(), terms=make_terms(product), plans=(plan,))
    codes = {error.code for error in part_errors(product, parts) if error.pointer == "/plan_ids"}
    assert codes == ({refusal} if refusal else set())


def test_both_sides_read_pay_and_check_a_charge_over_http(
    delivery: Delivery, provider: Organization, buyer: Organization
) -> None:
    used(delivery.entitlement, ["2026-10-31T20:00", "2026-10-31T21:00"], units=100_000)
    run("2026-10")
    charge = Charge.objects.get()
    theirs, ours = api(make_client(person_of(buyer))), api(make_client(person_of(provider)))
    for client in (theirs, ours):
        [shown] = client.get("/api/v1/charges", {"period": "2026-10", "state": "OVERDUE"}).json()["items"]
        assert shown["gross"] == {"amount": "3000.05", "currency": "CNY"}
        assert shown["statement"] == charge.body
        assert [step["act"] for step in shown["dunning"]][3] == "SUSPEND"
        records = client.get(f"/api/v1/charges/{charge.id}/records", {"limit": 1}).json()
        assert (len(records["items"]), records["next"] is None) == (1, False)
        assert client.post(f"/api/v1/charges/{charge.id}/reproduce", {}).json() == {
            "reproduced": True,
            "sha256": charge.sha256,
        }
    sheet = b"".join(theirs.get(f"/api/v1/charges/{charge.id}/statement.csv").streaming_content).decode()
    rows = [line.split(",") for line in sheet.splitlines()]
    assert [row[0] for row in rows] == ["row", "line", "record", "record", "total"]
    assert (rows[1][9], rows[-1][7:10]) == ("3000.05", ["200000", "", "3000.05"])

    keyed = {"Idempotency-Key": "pay-1"}
    assert ours.post(f"/api/v1/charges/{charge.id}/pay", {}, headers=keyed).status_code == 403
    assert theirs.post(f"/api/v1/charges/{charge.id}/pay", {}, headers=keyed).json()["code"] == "insufficient_funds"
    fund(buyer, "2500.00")
    paid = theirs.post(f"/api/v1/charges/{charge.id}/pay", {}, headers={"Idempotency-Key": "pay-2"})
    assert (paid.status_code, paid.json()["state"]) == (200, "PAID")
    assert [line["amount_minor"] for line in paid.json()["division"]] == [292_505, 7_500]

    desk = Client()
    desk.force_login(staff("gzdex", Role.SETTLEMENT_OFFICER), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:marketplace_charge_credit", args=[charge.pk])
    assert "Give an amount" in desk.post(page, {"amount": "1.001", "why": "x"}).content.decode()
    assert desk.post(page, {"amount": "12.34", "why": "One answer was wrong"}).status_code == 302
    assert CreditNote.objects.get().amount == Money(1_234, Currency.CNY)


@given(
    parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=4),
    shares=st.lists(st.integers(1, 1000), min_size=1, max_size=5),
)
@settings(max_examples=300, deadline=None)
def test_credits_never_take_more_than_was_given_and_all_of_it_in_the_end(parts: list[int], shares: list[int]) -> None:
    payees = (Payee.PROVIDER, Payee.VENUE, Payee.BROKER, Payee.TAX)
    left = [FeeLine(payee, 0, amount, None) for payee, amount in zip(payees, parts, strict=False)]
    for share in [*shares, None]:
        rest = sum(line.amount_minor for line in left)
        if rest == 0:
            return
        credit = rest if share is None else max(1, rest * share // 1000)
        taken = {line.payee: line.amount_minor for line in divide_back(left, credit)}
        assert sum(taken.values()) == credit
        assert all(0 <= taken.get(line.payee, 0) <= line.amount_minor for line in left)
        after = (FeeLine(line.payee, 0, line.amount_minor - taken.get(line.payee, 0), None) for line in left)
        left = [line for line in after if line.amount_minor]
    assert left == []


def test_further_units_cost_less_and_a_month_no_more_than_its_cap(provider: Organization, buyer: Organization) -> None:
    who = api(make_client(person_of(provider)))
    product = registered_product(provider, product_type="API", deliveries=["API"])
    metering = {
        "unit": "CALL",
        "unit_price": "0.10",
        "included_units": 10,
        "tiers": [{"beyond_units": 100, "unit_price": "0.05"}, {"beyond_units": 1000, "unit_price": "0.0125"}],
        "cap": "60.00",
    }
    body = {"kind": "METERED", "metering": metering}
    made = who.post(f"/api/v1/products/{product.pk}/plans", body)
    assert made.json()["metering"]["tiers"][1] == {"beyond_units": 1000, "unit_price": "0.012500"}
    assert made.json()["metering"]["cap"] == "60.00"
    descending = {**metering, "tiers": metering["tiers"][::-1]}
    refusal = who.post(f"/api/v1/products/{product.pk}/plans", {**body, "metering": descending}).json()
    assert refusal["errors"][0]["pointer"] == "/metering/tiers"

    plan = Plan.objects.get(pk=made.json()["id"]).metering
    assert plan is not None
    costs = {10: 0, 11: 10, 100: 900, 101: 905, 1000: 5_400, 1001: 5_401, 1480: 6_000, 10**6: 6_000}
    assert {units: plan.charge(units, Currency.CNY).minor for units in costs} == costs
    assert metering_of_json(plan.as_json()) == plan


@given(
    price=st.decimals(min_value=0, max_value=50, places=6),
    further=st.lists(st.decimals(min_value=0, max_value=50, places=6), max_size=3),
    cap=st.none() | st.integers(1, 10**6),
    included=st.integers(0, 500),
    batches=st.lists(st.integers(0, 300), min_size=1, max_size=6),
)
@settings(max_examples=300, deadline=None)
def test_lines_of_late_records_sum_to_what_the_month_costs(
    price: Decimal, further: list[Decimal], cap: int | None, included: int, batches: list[int]
) -> None:
    tiers = tuple(Tier(included + 70 * (place + 1), each) for place, each in enumerate(further))
    metering = Metering(Unit.CALL, unit_price=price, included_units=included, tiers=tiers, cap_minor=cap)
    before = total = free = 0
    for units in batches:
        use = usage_runs._Use("2026-10", 1, before, 0, units, {})
        line = usage_runs._line(use, metering, Currency.CNY, late=True)
        assert line["amount_minor"] >= 0
        before += units
        total += line["amount_minor"]
        free += line["free_units"]
    assert total == metering.charge(before, Currency.CNY).minor
    assert free == min(before, included)
