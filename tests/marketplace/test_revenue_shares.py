"""A share of revenue: reported by the buyer, accepted or objected to, billed between minimum and cap, corrected."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organization, Role
from config.queues import count_waiting
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.problems import Problem
from listings.cycles import prorated
from listings.revenue_shares import RevenueShare, share_of_json
from marketplace import charges, entitlements, revenue_bills, revenue_reports
from marketplace.acceptance import reject_delivery
from marketplace.credit_notes import approve_credit
from marketplace.evidence_pack import evidence_pack
from marketplace.models import Charge, CreditNote, Order, RevenuePeriod, RevenueStatement
from marketplace.quotes import request_quote
from marketplace.revenue_rows import CLOCK_JOB
from settlements.books import trial_balance
from settlements.models import Account
from settlements.payouts import request_payout
from tests.listings.offers import draft_product, make_plan
from tests.marketplace.trading import delivered, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.settlements.banking import payee
from tests.world import actor, api, make_client, make_member, person_of, staff

State = RevenuePeriod.State
# 12.5 % of a month's revenue, 100.00 at least and 1000.00 at most, reported until 15 days after the month.
TERMS = RevenueShare(125_000, "MONTH", report_days=15, grace_days=10, minimum_minor=10_000, cap_minor=100_000)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


def sold(provider: Organization, buyer: Organization, terms: RevenueShare = TERMS, **more: Any) -> RevenuePeriod:
    """Sell a share of revenue on the 22nd of September: the first period has nine days of thirty."""
    with time_machine.travel(at("2026-09-22T09:00"), tick=False):
        plan = {"kind": "REVENUE_SHARE", "revenue_share": terms}
        delivered(placed(listed_dataset(provider, price="0.00", plan=plan, **more), buyer))
    return RevenuePeriod.objects.get(organization=buyer)


@pytest.fixture
def september(db: None) -> RevenuePeriod:
    return sold(make_member(), make_buyer(funds="5000.00"))


def follow(day: str) -> None:
    """Let the worker follow the clocks and collect until a moment of the year 2026."""
    with time_machine.travel(at(f"2026-{day}T00:30"), tick=False):
        while run_due_jobs(kinds=(CLOCK_JOB, charges.COLLECT_JOB)):
            pass


def on(day: str) -> time_machine.travel:
    """Let it be noon of a day of the year 2026."""
    return time_machine.travel(at(f"2026-{day}T12:00"), tick=False)


def report(period: RevenuePeriod, minor: int, **more: Any) -> RevenueStatement:
    who, revenue = actor(person_of(period.organization)), Money(minor, Currency.CNY)
    return revenue_reports.report_revenue(period_id=period.pk, revenue=revenue, actor=who, **more)


def accept(period: RevenuePeriod, number: int = 1) -> RevenuePeriod:
    return revenue_reports.accept_statement(period_id=period.pk, number=number, actor=actor(person_of(period.provider)))


def refuse(period: RevenuePeriod, number: int = 1, reason: str = "Two shops are missing") -> RevenuePeriod:
    return revenue_reports.object_to_statement(
        period_id=period.pk, number=number, reason=reason, actor=actor(person_of(period.provider))
    )


def correct(period: RevenuePeriod, minor: int, corrects: int, reason: str = "A shop was missing") -> RevenueStatement:
    return report(period, minor, corrects=corrects, reason=reason)


def net(period: RevenuePeriod) -> int:
    """What the period was charged less what was given back of it."""
    made = Charge.objects.filter(revenue_bill__period=period)
    return sum(charge.gross_minor - charge.credited_minor for charge in made)


def state(period: RevenuePeriod) -> str:
    period.refresh_from_db()
    return str(period.state)


def test_a_share_is_half_up_once_and_between_the_minimum_by_days_and_the_cap() -> None:
    assert share_of_json(TERMS.as_json()) == TERMS
    cases = [
        (0, 30, [("SHARE", 0), ("MINIMUM", 10_000)]),
        (0, 9, [("SHARE", 0), ("MINIMUM", 3_000)]),
        (0, 1, [("SHARE", 0), ("MINIMUM", 333)]),
        (100_003, 30, [("SHARE", 12_500)]),  # 12500.375
        (100_004, 30, [("SHARE", 12_501)]),  # 12500.5
        (800_000, 30, [("SHARE", 100_000)]),
        (LARGEST_MINOR, 9, [("SHARE", 1_250_000_000_000), ("CAP", 100_000 - 1_250_000_000_000)]),
    ]
    for revenue, days, expected in cases:
        assert [(line["line"], line["amount_minor"]) for line in TERMS.lines(revenue, days, 30)] == expected


@pytest.mark.django_db
def test_a_plan_of_shared_revenue_says_what_is_shared_and_others_do_not() -> None:
    product = draft_product(make_member())
    plan = make_plan(product, "0.00", kind="REVENUE_SHARE", revenue_share=TERMS)
    assert plan.share == TERMS
    wrong = [
        ({"kind": "ONE_OFF", "revenue_share": TERMS}, "/revenue_share"),
        ({"kind": "REVENUE_SHARE"}, "/revenue_share"),
        ({"revenue_share": RevenueShare(0, "MONTH", 15)}, "/revenue_share/share_ppm"),
        ({"revenue_share": RevenueShare(1_000_001, "MONTH", 15)}, "/revenue_share/share_ppm"),
        ({"revenue_share": RevenueShare(1, "WEEK", 15)}, "/revenue_share/period"),
        ({"revenue_share": RevenueShare(1, "YEAR", 0)}, "/revenue_share/report_days"),
        ({"revenue_share": RevenueShare(1, "YEAR", 1, grace_days=367)}, "/revenue_share/grace_days"),
        ({"revenue_share": RevenueShare(1, "YEAR", 1, cap_minor=0)}, "/revenue_share/cap"),
        ({"revenue_share": RevenueShare(1, "YEAR", 1, minimum_minor=3, cap_minor=2)}, "/revenue_share/cap"),
    ]
    for fields, pointer in wrong:
        with refused("invalid") as caught:
            make_plan(product, "1.00", **({"kind": "REVENUE_SHARE"} | fields))
        assert [error.pointer for error in caught.value.errors] == [pointer]
    client = api(make_client(person_of(product.organization)))
    path = f"/api/v1/products/{product.pk}/plans"
    share = {"share_ppm": 125000, "period": "MONTH", "report_days": 15, "minimum": "100.00", "cap": "1000.00"}
    made = client.post(path, {"kind": "REVENUE_SHARE", "revenue_share": share}).json()
    assert (made["price"]["amount"], made["revenue_share"]) == ("0.00", share | {"grace_days": 10})
    steps = [{"title": {"en": n}, "criterion": {"en": n}, "share_ppm": 500_000, "due_days": 9} for n in "ab"]
    price = {"amount": "1.00", "currency": "CNY"}
    staged = client.post(path, {"kind": "ONE_OFF", "price": price, "milestones": steps}).json()
    assert staged["milestones"] == steps
    for bad in ({"cap": "1000.001"}, {"cap": "100000000000.00"}, {"share_ppm": "12.5"}, {"period": "WEEK"}):
        answer = client.post(path, {"kind": "REVENUE_SHARE", "revenue_share": share | bad})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_the_buyer_reports_the_provider_accepts_and_the_share_is_charged_and_divided(september: RevenuePeriod) -> None:
    buyer, provider = september.organization, september.provider
    assert september.agreement.body["revenue_share"] == TERMS.as_json()
    listing = september.agreement.order.listing
    quote = request_quote(listing_id=listing.pk, plan_id=listing.plans.get().pk, actor=actor(person_of(buyer)))
    assert (quote.gross_minor, quote.conditions["revenue_share"]["cap_minor"]) == (0, 100_000)
    assert (september.period, september.days, september.of_days) == ("2026-09", 9, 30)
    with on("09-30"), refused("revenue_period_open"):
        report(september, 400_000)
    follow("10-01")
    october = RevenuePeriod.objects.get(period="2026-10")
    assert (state(september), october.state, october.days) == (State.DUE, State.OPEN, 31)
    before = funds_of(buyer)
    with on("10-05"):
        report(september, 400_004, note="Two shops", evidence=[{"name": "sales.xlsx", "sha256": "a" * 64}])
        accept(september)
    follow("10-06")
    charge = Charge.objects.get(kind=Charge.Kind.REVENUE)
    assert (charge.state, charge.gross_minor, charge.period) == ("PAID", 50_001, "2026-09")
    assert [line["line"] for line in charge.lines] == ["SHARE"]
    assert before - funds_of(buyer) == 50_001
    assert funds_of(provider, Account.Kind.PAYABLE) == 50_001 - 1_250  # the venue's 2.5 %
    assert revenue_bills.is_reproduced(charge)
    assert not any(trial_balance().values())
    [earned] = api(make_client(person_of(provider))).get("/api/v1/earnings").json()["rows"]
    assert "500.01" in str(earned)
    for again in (accept, refuse):
        with refused("illegal_state"):
            again(september)
    # The provider has its part paid out: what a correction gives back waits for the venue's staff.
    payable = Money(funds_of(provider, Account.Kind.PAYABLE), Currency.CNY)
    payee(provider)
    request_payout(venue=september.venue, amount=payable, actor=actor(person_of(provider)))
    with on("10-07"):
        correct(september, 400_000, 1)
        accept(september, 2)
    note = CreditNote.objects.get()
    assert (note.state, note.amount_minor, net(september)) == ("PROPOSED", 1, 50_001)
    with evidence_pack(order_id=september.agreement.order_id, actor=actor(person_of(buyer))) as pack:
        kept = json.loads(zipfile.ZipFile(pack).read("revenue.json"))[0]
    assert [row["evidence"] for row in kept["statements"]] == [[{"name": "sales.xlsx", "sha256": "a" * 64}], []]
    assert [row["credit_notes"] for row in kept["bills"]] == [[], [note.number]]
    answered = ["reported", "to_answer", "accepted", "billed"]
    told = AuditEvent.objects.filter(subject_type="revenueperiod", subject_id=str(september.pk)).order_by("id")
    assert [event.action.partition(".")[2] for event in told] == ["begun", "due", *answered, *answered]


def test_corrections_charge_the_difference_or_give_it_back_by_red_entries(september: RevenuePeriod) -> None:
    follow("10-01")
    with on("10-05"):
        report(september, 400_000)
        refuse(september)
        with refused("illegal_state"):
            refuse(september)
        wrong = {"revenue_reported": {}, "not_found": {"corrects": 2, "reason": "x"}, "invalid": {"corrects": 1}}
        for code, said in wrong.items():
            with refused(code):
                report(september, 480_000, **said)
        correct(september, 480_000, 1)
        with refused("statement_superseded"):
            accept(september, 1)
        accept(september, 2)
        run_due_jobs(kinds=(charges.COLLECT_JOB,))
        assert net(september) == 60_000
        correct(september, 640_000, 2)
        with refused("statement_superseded"):
            correct(september, 1, 2)
        accept(september, 3)
        second = Charge.objects.get(period="2026-09/2")
        assert [line["amount_minor"] for line in second.lines] == [80_000, -60_000]
        # The second charge is not collected yet; all of it and a part of the first one is given back.
        correct(september, 400_000, 3, "Returned goods")
        accept(september, 4)
        second.refresh_from_db()
        assert (net(september), second.state, funds_of(september.organization)) == (50_000, "CANCELLED", 450_000)
        notes = CreditNote.objects.order_by("id")
        assert [(note.amount_minor, note.state, note.charge_id == second.pk) for note in notes] == [
            (20_000, "APPROVED", True),
            (10_000, "APPROVED", False),
        ]
        # In silence nobody has approved it: staff do.
        correct(september, 320_000, 4, "More returned goods")
    follow("12-01")
    note = CreditNote.objects.get(state="PROPOSED")
    assert (state(september), net(september), note.amount_minor) == (State.ACCEPTED, 50_000, 10_000)
    approve_credit(note_id=note.pk, actor=actor(staff("gzdex", Role.SETTLEMENT_OFFICER)))
    assert net(september) == 40_000
    assert list(september.bills.values_list("due_minor", flat=True)) == [60_000, 80_000, 50_000, 40_000]
    assert all(map(revenue_bills.is_reproduced, Charge.objects.all()))
    assert not any(trial_balance().values())
    refusals = (
        "UPDATE marketplace_revenuestatement SET revenue_minor = 1",
        "DELETE FROM marketplace_revenueanswer",
        "UPDATE marketplace_revenuebill SET due_minor = 1",
        "UPDATE marketplace_revenueperiod SET starts_at = now()",
        "DELETE FROM marketplace_revenueperiod",
        "INSERT INTO marketplace_revenuestatement (id, created_at, period_id, number, corrects_id, revenue_minor,"
        " currency, note, evidence, reason, reported_by_id) SELECT gen_random_uuid(), now(), period_id, 9, id, 1,"
        " currency, '', '[]', 'x', reported_by_id FROM marketplace_revenuestatement WHERE number = 2",
    )
    for statement in refusals:
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_who_does_not_report_is_late_and_charged_the_minimum_until_a_report_puts_it_right(
    september: RevenuePeriod,
) -> None:
    moments = [("10-15", State.DUE), ("10-16", State.LATE), ("10-25", State.LATE), ("10-26", State.ASSESSED)]
    officers = [actor(staff(code, Role.SETTLEMENT_OFFICER)) for code in ("gzdex", "szdex")]
    for day, expected in moments:
        follow(day)
        assert state(september) == expected, day
        queued = [count_waiting(officer)["late_revenue"] for officer in officers]
        assert queued == [expected == State.LATE, 0]
    assert net(september) == 3_000  # nine days of thirty
    charge = Charge.objects.get()
    assert [line["line"] for line in charge.lines] == ["SHARE", "MINIMUM"]
    assert revenue_bills.is_reproduced(charge)
    with on("10-27"):
        report(september, 80_000)
        accept(september)
    assert (state(september), net(september)) == (State.ACCEPTED, 10_000)
    # What the provider objects to and nobody corrects is charged as far as the buyer itself said it, never given back.
    follow("11-01")
    october = RevenuePeriod.objects.get(period="2026-10")
    with on("11-03"):
        report(october, 400_000)
        refuse(october)
    follow("11-18")
    assert state(october) == State.OBJECTED
    follow("11-30")
    assert (state(october), net(october)) == (State.ASSESSED, 50_000)
    with on("11-30"):
        correct(october, 0, 1)
        refuse(october, 2)
    with time_machine.travel(at("2027-02-01T12:00"), tick=False):
        run_due_jobs(kinds=(CLOCK_JOB,))
        run_due_jobs(kinds=(CLOCK_JOB,))
        assert (state(october), net(october)) == (State.LATE, 50_000)
        accept(october, 2)  # the provider gives in: the whole month's minimum is left
        assert (state(october), net(october)) == (State.ACCEPTED, 10_000)


def test_an_agreement_that_ends_is_reported_until_its_last_day_and_one_undone_is_not(september: RevenuePeriod) -> None:
    follow("10-01")
    october = RevenuePeriod.objects.get(period="2026-10")
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    right = september.agreement.entitlements.get()
    with on("10-10"):
        entitlements.revoke_entitlement(entitlement_id=right.pk, reason="Resold", actor=officer)
    with on("10-11"):
        report(october, 0)
        accept(october)
    october.refresh_from_db()
    assert (october.days, net(october)) == (10, prorated(10_000, 10, 31))
    follow("12-31")
    assert (RevenuePeriod.objects.count(), state(september)) == (2, State.ASSESSED)

    # Terms of forty days end on the first of November at nine: that day begun is a whole one.
    ending = sold(make_member(), make_buyer(funds="0.00"), RevenueShare(1_000, "QUARTER", 5), term_days=40)
    follow("10-01")
    last = RevenuePeriod.objects.get(agreement=ending.agreement, period="2026-Q4")
    assert (ending.period, last.days, last.of_days) == ("2026-Q3", 32, 92)
    with on("11-01"):
        entitlements.expire_entitlements()
        report(last, 0)
        accept(last)
    assert (state(last), net(last)) == (State.ACCEPTED, 0)
    follow("12-31")
    assert state(ending) == State.LATE  # no minimum, nothing to charge: it waits for the report

    undone = sold(make_member(), make_buyer(funds="0.00"), RevenueShare(1_000, "YEAR", 5))
    order = Order.objects.get(agreement=undone.agreement)
    with on("09-23"):
        reject_delivery(delivery_id=order.deliveries.get().pk, reason="Empty", actor=actor(person_of(order.buyer)))
    assert (undone.period, state(undone)) == ("2026", State.VOID)
    with on("12-31"), refused("illegal_state"):
        report(undone, 0)


def test_over_http_both_sides_work_and_bad_input_is_refused_with_its_place(september: RevenuePeriod) -> None:
    follow("10-01")
    buyer, seller = (api(make_client(person_of(who))) for who in (september.organization, september.provider))
    stranger = api(make_client(person_of(make_member())))
    path = f"/api/v1/revenue-periods/{september.pk}"

    def money(amount: object, currency: str = "CNY") -> dict[str, object]:
        return {"revenue": {"amount": amount, "currency": currency}}

    with on("10-05"):
        assert stranger.get(path).status_code == 404
        assert stranger.post(f"{path}/statements", money("1.00")).status_code == 404
        assert seller.post(f"{path}/statements", money("1.00")).json()["code"] == "forbidden"
        bad = [
            (money("1.001"), "/revenue/amount"),
            (money("-1.00"), "/revenue/amount"),
            (money("100000000000.00"), "/revenue/amount"),
            (money("1.00", "HKD"), "/revenue/currency"),
            (money("1.00", "USD"), "/revenue/currency"),
            (money("1.00") | {"corrects": 1}, "/corrects"),
            (money("1.00") | {"reason": "x"}, "/reason"),
            (money("1.00") | {"evidence": [{"name": "a", "sha256": "b"}]}, "/evidence/0/sha256"),
        ]
        for body, pointer in bad:
            answer = buyer.post(f"{path}/statements", body)
            told = [error["pointer"] for error in answer.json()["errors"]]
            assert (answer.status_code, told) == (400, [pointer]), body
        made = buyer.post(f"{path}/statements", money("4000.00") | {"note": "All shops"})
        assert (made.status_code, made.json()["state"]) == (201, "REPORTED")
        assert buyer.post(f"{path}/statements", money("1.00")).json()["code"] == "revenue_reported"
        assert buyer.post(f"{path}/statements/1/accept").json()["code"] == "forbidden"
        assert seller.post(f"{path}/statements/7/accept").status_code == 404
        objected = seller.post(f"{path}/statements/1/object", {"reason": "A shop is missing"}).json()
        assert objected["statements"][0]["answers"][0]["reason"] == "A shop is missing"
        fixed = buyer.post(f"{path}/statements", money("4800.00") | {"corrects": 1, "reason": "Shop 3"}).json()
        assert [row["corrects"] for row in fixed["statements"]] == [None, 1]
        assert seller.post(f"{path}/statements/1/accept").json()["code"] == "statement_superseded"
        done = seller.post(f"{path}/statements/2/accept").json()
        assert (done["state"], done["bills"][0]["due"]["amount"], done["bills"][0]["statement"]) == (
            "ACCEPTED",
            "600.00",
            2,
        )
        again = buyer.post(f"/api/v1/charges/{done['bills'][0]['charge_id']}/reproduce").json()
        assert again["reproduced"] is True
    assert [row["period"] for row in buyer.get("/api/v1/revenue-periods?state=OPEN").json()["items"]] == ["2026-10"]
    assert buyer.get(path).json() == seller.get(path).json() == done
    assert stranger.get("/api/v1/revenue-periods").json()["items"] == []
    console = Client()
    console.force_login(staff("gzdex", Role.SETTLEMENT_OFFICER), backend="django.contrib.auth.backends.ModelBackend")
    shown = console.get(reverse("admin:marketplace_revenueperiod_change", args=[september.pk]), secure=True)
    assert all(text in shown.content.decode() for text in ("CNY 4,800.00", "A shop is missing", "Shop 3", "CNY 600.00"))


@pytest.mark.django_db(transaction=True)
def test_of_an_answer_and_a_correction_at_once_the_second_sees_the_first() -> None:
    period = sold(make_member(), make_buyer(funds="5000.00"))
    follow("10-01")
    gate, ended = Barrier(2), []

    def work(act: Callable[[], object]) -> None:
        gate.wait()
        try:
            act()
        except Problem as problem:
            ended.append(problem.code)
        connection.close()

    with on("10-05"):
        report(period, 400_000)
        acts = (lambda: accept(period), lambda: correct(period, 480_000, 1))
        threads = [Thread(target=work, args=[act]) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Either the old statement was billed and is being corrected, or the answer came too late for it.
    assert (state(period), ended, net(period)) in [("REPORTED", [], 50_000), ("REPORTED", ["statement_superseded"], 0)]


SHARES = st.builds(
    lambda ppm, least, more: RevenueShare(ppm, "MONTH", 15, 10, least, None if more is None else (least or 0) + more),
    st.integers(1, 1_000_000),
    st.none() | st.integers(1, 50_000),
    st.none() | st.integers(1, 200_000),
)
STEPS = st.lists(st.tuples(st.integers(0, 300_000), st.booleans()), min_size=1, max_size=5)


@given(terms=SHARES, steps=STEPS, collected=st.lists(st.booleans(), min_size=5, max_size=5))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_charges_less_credits_are_the_share_of_what_was_accepted_last(
    september: RevenuePeriod, terms: RevenueShare, steps: list[tuple[int, bool]], collected: list[bool]
) -> None:
    with transaction.atomic(), on("10-05"):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # other terms than were agreed
            september.agreement.body["revenue_share"] = terms.as_json()
            september.agreement.save(update_fields=["body"])
            cursor.execute("SET LOCAL session_replication_role = origin")
        expected = 0
        for number, (revenue, agrees) in enumerate(steps, start=1):
            if number == 1:
                report(september, revenue)
            else:
                correct(september, revenue, number - 1)
            if agrees:
                accept(september, number)
                exact = (2 * revenue * terms.share_ppm + 10**6) // (2 * 10**6)
                exact = max(exact, prorated(terms.minimum_minor or 0, 9, 30))
                expected = min(exact, LARGEST_MINOR if terms.cap_minor is None else terms.cap_minor)
            else:
                refuse(september, number)
            if collected[number - 1]:
                run_due_jobs(kinds=(charges.COLLECT_JOB,))
            assert net(september) == expected
        assert all(map(revenue_bills.is_reproduced, Charge.objects.filter(revenue_bill__period=september)))
        assert not any(trial_balance().values())
        transaction.set_rollback(True)
