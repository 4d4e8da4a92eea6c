"""A running subscription changes its plan: to a dearer one at once and by days, to any other when its term ends."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import LARGEST_MINOR, Currency, Money
from listings.cycles import Term, calendar_term, is_greater, rolling_term
from listings.models import Listing, Plan
from marketplace import charges, credit_notes, plan_changes, renewals
from marketplace.acceptance import accept_delivery
from marketplace.entitlements import expire_entitlements
from marketplace.models import Agreement, Charge, Order, PlanChange, Subscription
from marketplace.ordering import place_order
from marketplace.subscriptions import deliver_waiting
from settlements.books import drifts, trial_balance
from settlements.models import Account
from tests.marketplace.subscribing import bring_out, new_version, subscribed, subscription_listing
from tests.marketplace.trading import PURPOSE, funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, make_person, operator_of, person_of, staff

SHANGHAI = ZoneInfo("Asia/Shanghai")
KINDS = (renewals.RENEW_JOB, charges.COLLECT_JOB)
OTHERS = (
    {"price": Money(73_000, Currency.CNY), "new_versions": "MAJOR"},
    {"price": Money(30_000, Currency.CNY), "new_versions": "PATCH"},
    {"price": Money(900_000, Currency.CNY), "new_versions": "MAJOR", "cycle": "YEAR"},
    {"kind": "ONE_OFF", "new_versions": "", "cycle": ""},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


def plan_of(listing: Listing, price_minor: int) -> Plan:
    return listing.plans.get(price_minor=price_minor, kind="SUBSCRIPTION")


def books_are_right() -> None:
    assert not any(trial_balance().values())
    assert drifts() == []


@pytest.fixture
def monthly(provider: Organization) -> tuple[Subscription, Listing]:
    """A subscription of corrections alone, for 365.00 a month, of which November is paid and settled."""
    with time_machine.travel(at("2026-11-01T09:00"), tick=False):
        others = [{"cycle": "MONTH"} | other for other in OTHERS]
        sold = {"cycle": "MONTH", "new_versions": "PATCH", "term_days": 366}
        listing = subscription_listing(provider, others=others, **sold)
        subscription = subscribed(listing, make_buyer(funds="2000.00"))
        order = Order.objects.get(agreement=subscription.agreement_id)
        accept_delivery(delivery_id=order.deliveries.get().pk, actor=actor(person_of(order.buyer)))
        run_due_jobs()
    return subscription, listing


CYCLES = st.sampled_from(["", "MONTH", "QUARTER", "YEAR"])
PRICES = st.integers(1, LARGEST_MINOR)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))


def term_of(cycle: str, moment: datetime, days: int) -> Term:
    return calendar_term(cycle, moment, SHANGHAI) if cycle else rolling_term(moment, days, SHANGHAI)


@given(
    running=st.builds(term_of, CYCLES, MOMENTS, st.integers(1, 400)),
    prices=st.tuples(PRICES, PRICES),
    cycle=CYCLES,
    share=st.floats(0, 0.999),
)
def test_what_is_due_for_a_greater_plan_is_never_negative_and_to_the_cent(
    running: Term, prices: tuple[int, int], cycle: str, share: float
) -> None:
    price, new_price = prices
    moment = running.start + (running.end - running.start) * share
    new = term_of(cycle, moment, 30) if cycle or running.cycle else running
    unused, due = running.price_from(moment, price), new.price_from(moment, new_price)
    assert 0 <= unused <= price
    assert 0 <= due <= new_price
    if is_greater(new, new_price, running, price, moment):
        assert due - unused >= 0
        assert new.end >= running.end


@pytest.mark.django_db
def test_a_dearer_plan_is_taken_at_once_and_what_is_left_of_the_old_one_is_credited(
    monthly: tuple[Subscription, Listing], provider: Organization
) -> None:
    subscription, listing = monthly
    buyer = subscription.organization
    with time_machine.travel(at("2026-11-05T09:00"), tick=False):
        bring_out(listing, "code,name,kind\n440103001,沙面街道,1\n440103002,岭南街道,1\n440103003,华林街道,1\n")
        assert new_version(subscription).hindrance == "NOT_INCLUDED"
    client = api(make_client(person_of(buyer)))
    with time_machine.travel(at("2026-11-14T23:30"), tick=False):
        path = f"/api/v1/subscriptions/{subscription.pk}/plan-changes"
        quoted = client.post(path, {"plan_id": str(plan_of(listing, 73_000).pk)}).json()
    # 17 of 30 days: 730.00 x 17/30 = 413.6667, less 365.00 x 17/30 = 206.8333.
    assert [(line["line"], line["days"], line["of_days"], line["amount"]["amount"]) for line in quoted["lines"]] == [
        ("NEW_PLAN", 17, 30, "413.67"),
        ("UNUSED", 17, 30, "-206.83"),
    ]
    assert (quoted["state"], quoted["at_once"], quoted["due"]["amount"]) == ("QUOTED", True, "206.84")
    assert datetime.fromisoformat(quoted["expires_at"]) == at("2026-11-15T00:00")  # days are counted anew tomorrow
    theirs = api(make_client(person_of(provider)))
    assert theirs.get(f"/api/v1/plan-changes/{quoted['id']}").status_code == 404

    before, earned = funds_of(buyer), funds_of(provider, Account.Kind.PAYABLE)
    with time_machine.travel(at("2026-11-14T23:50"), tick=False):
        path = f"/api/v1/plan-changes/{quoted['id']}/confirm"
        done = client.post(path, {}).json()
        assert client.post(path, {}).json()["code"] == "illegal_state"
    charge = Charge.objects.get()
    assert (done["state"], done["charge_id"], charge.kind) == ("DONE", str(charge.pk), "PLAN_CHANGE")
    assert (charge.state, charge.gross_minor, funds_of(buyer)) == ("PAID", 20_684, before - 20_684)
    assert funds_of(provider, Account.Kind.PAYABLE) == earned + 20_684 - 517  # 2.5 %, half up
    assert plan_changes.is_reproduced(charge)
    assert client.get(f"/api/v1/charges/{charge.pk}/statement.csv").status_code == 200
    subscription.refresh_from_db()
    assert (subscription.price_minor, subscription.included) == (73_000, "MAJOR")
    assert subscription.agreement.expires_at == at("2026-12-01T00:00")
    books_are_right()

    # The new plan includes what the old one kept back; the next month costs its price.
    with time_machine.travel(at("2026-11-15T09:00"), tick=False):
        assert deliver_waiting() == 1
        renewals.set_renewal(subscription_id=subscription.pk, renews=True, actor=actor(person_of(buyer)))
    for moment in ("2026-11-30T09:00", "2026-12-01T00:00"):
        with time_machine.travel(at(moment), tick=False):
            renewals.ask_for_renewals()
            run_due_jobs(kinds=KINDS)
    renewed = Charge.objects.latest("id")
    assert (renewed.kind, renewed.state, renewed.gross_minor) == ("SUBSCRIPTION", "PAID", 73_000)
    assert renewals.is_reproduced(renewed)
    for change in ("UPDATE marketplace_planchange SET gross_minor = 1", "DELETE FROM marketplace_planchange"):
        with pytest.raises(Exception, match=r"frozen|never deleted"), transaction.atomic():
            connection.cursor().execute(change)


@pytest.mark.django_db
def test_a_cheaper_plan_follows_at_the_end_and_may_be_withdrawn_until_then(
    monthly: tuple[Subscription, Listing], provider: Organization
) -> None:
    subscription, listing = monthly
    buyer = actor(person_of(subscription.organization))
    cheaper, dearer = plan_of(listing, 30_000), plan_of(listing, 73_000)

    def quoted(plan: Plan) -> PlanChange:
        return plan_changes.quote_change(subscription_id=subscription.pk, plan_id=plan.pk, actor=buyer)

    with time_machine.travel(at("2026-11-14T09:00"), tick=False):
        change = quoted(cheaper)
        assert (change.at_once, change.gross_minor, len(change.lines)) == (False, 30_000, 1)
        assert change.body["takes_effect_at"].startswith("2026-11-30T16:00")  # midnight at the venue
        plan_changes.confirm_change(change_id=change.pk, actor=buyer)
        with refused("change_scheduled"):
            quoted(dearer)
        assert PlanChange.objects.visible_to(actor(person_of(provider))).get() == change
        plan_changes.withdraw_change(change_id=change.pk, reason="Kept", actor=buyer)
        with refused("illegal_state"):
            plan_changes.withdraw_change(change_id=change.pk, reason="Kept", actor=buyer)
        change = quoted(cheaper)
        plan_changes.confirm_change(change_id=change.pk, actor=buyer)
    subscription.refresh_from_db()
    assert (subscription.renews, subscription.price_minor, Charge.objects.count()) == (True, 36_500, 0)
    for moment in ("2026-11-30T09:00", "2026-12-01T00:00"):
        with time_machine.travel(at(moment), tick=False):
            renewals.ask_for_renewals()
            run_due_jobs(kinds=KINDS)
            expire_entitlements()
    charge = Charge.objects.get()
    change.refresh_from_db()
    subscription.refresh_from_db()
    assert (charge.kind, charge.state, charge.gross_minor, change.state) == ("PLAN_CHANGE", "PAID", 30_000, "DONE")
    assert (subscription.price_minor, subscription.included, subscription.plan) == (30_000, "PATCH", cheaper)
    assert subscription.agreement.expires_at == at("2027-01-01T00:00")
    assert plan_changes.is_reproduced(charge)

    # Cancelling takes what was scheduled back with it.
    with time_machine.travel(at("2026-12-10T09:00"), tick=False):
        yearly = quoted(plan_of(listing, 900_000))
        assert (yearly.at_once, yearly.term_ends_at) == (True, at("2027-01-01T00:00"))  # the year has 22 days left
        Charge.objects.all().update(state=Charge.State.OVERDUE)
        with refused("charge_not_paid"):
            plan_changes.confirm_change(change_id=yearly.pk, actor=buyer)
        Charge.objects.all().update(state=Charge.State.PAID)
        Listing.objects.filter(pk=listing.pk).update(revision=listing.revision + 7)
        with refused("quote_outdated"):
            plan_changes.confirm_change(change_id=yearly.pk, actor=buyer)
    with time_machine.travel(yearly.expires_at, tick=False), refused("quote_expired"):
        plan_changes.confirm_change(change_id=yearly.pk, actor=buyer)
    books_are_right()


@pytest.mark.django_db
def test_what_was_given_back_is_not_credited_again_and_what_ends_takes_its_change_with_it(
    monthly: tuple[Subscription, Listing],
) -> None:
    subscription, listing = monthly
    buyer = actor(person_of(subscription.organization))
    one = actor(staff("gzdex", Role.SETTLEMENT_OFFICER))
    two = actor(make_person(operator_of("gzdex"), Role.SETTLEMENT_OFFICER))

    def changed(price_minor: int) -> PlanChange:
        plan = plan_of(listing, price_minor)
        change = plan_changes.quote_change(subscription_id=subscription.pk, plan_id=plan.pk, actor=buyer)
        return plan_changes.confirm_change(change_id=change.pk, actor=buyer)

    with time_machine.travel(at("2026-11-16T09:00"), tick=False):  # 15 of 30 days
        charge = changed(73_000).charge
        assert charge is not None
        assert charge.gross_minor == 18_250
        back = Money(5_000, Currency.CNY)
        note = credit_notes.propose_credit(charge_id=charge.pk, amount=back, reason="Gaps", actor=one)
        credit_notes.approve_credit(note_id=note.pk, actor=two)
        plan = plan_of(listing, 900_000)
        yearly = plan_changes.quote_change(subscription_id=subscription.pk, plan_id=plan.pk, actor=buyer)
    # 46 of 365 days of the year; 365.00 for half of November, of which 50.00 went back.
    assert [line["amount_minor"] for line in yearly.lines] == [113_425, -31_500]
    with time_machine.travel(at("2026-11-16T10:00"), tick=False):
        plan_changes.confirm_change(change_id=yearly.pk, actor=buyer)
        assert changed(30_000).state == "SCHEDULED"
        renewals.set_renewal(subscription_id=subscription.pk, renews=False, reason="Enough", actor=buyer)
        assert PlanChange.objects.latest("id").state == "WITHDRAWN"
        scheduled = changed(30_000)
    subscription.refresh_from_db()
    assert (subscription.cycle, subscription.agreement.expires_at) == ("YEAR", at("2027-01-01T00:00"))
    Agreement.objects.filter(pk=subscription.agreement_id).update(state=Agreement.State.TERMINATED)
    assert [plan_changes.lapse_changes(), plan_changes.lapse_changes()] == [1, 0]
    scheduled.refresh_from_db()
    assert (scheduled.state, AuditEvent.objects.filter(action="planchange.lapsed").count()) == ("LAPSED", 1)
    books_are_right()


@pytest.mark.django_db
def test_what_may_not_change_is_refused_with_its_reason(
    monthly: tuple[Subscription, Listing], provider: Organization
) -> None:
    subscription, listing = monthly
    buyer, dearer = actor(person_of(subscription.organization)), plan_of(listing, 73_000)
    order, agreement = subscription.agreement.order, Agreement.objects.filter(pk=subscription.agreement_id)

    def change(plan: Plan = dearer, who: object = buyer) -> PlanChange:
        return plan_changes.quote_change(subscription_id=subscription.pk, plan_id=plan.pk, actor=who)

    with time_machine.travel(at("2026-11-14T09:00"), tick=False):
        for plan, code in ((subscription.plan, "same_plan"), (listing.plans.get(kind="ONE_OFF"), "not_subscribed")):
            with refused("invalid") as caught:
                change(plan)
            assert [(error.pointer, error.code) for error in caught.value.errors] == [("/plan_id", code)]
        elsewhere = subscription_listing(provider).plans.get()
        with refused("listing_not_available"):
            change(elsewhere)
        with refused("forbidden"):
            change(who=actor(person_of(provider)))
        with refused("not_found"):
            change(who=actor(person_of(make_buyer(funds="0.00"))))
        rows, abroad = Order.objects.filter(pk=order.pk), make_buyer(funds="0.00", jurisdiction="HK")
        undone: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
            ("order_not_settled", lambda: rows.update(state="DELIVERED"), lambda: rows.update(state="CERTIFIED")),
            ("illegal_state", lambda: agreement.update(state="SUSPENDED"), lambda: agreement.update(state="ACTIVE")),
            (
                "crosses_border",
                lambda: rows.update(buyer=abroad),
                lambda: rows.update(buyer=subscription.organization),
            ),
        ]
        for code, do, undo in undone:
            do()
            with refused(code):
                change()
            undo()
        quoted, once = change(), listing.plans.get(kind="ONE_OFF")
        for _ in range(4):
            place_order(listing_id=listing.pk, plan_id=once.pk, purpose=PURPOSE, actor=buyer)
        with refused("insufficient_funds"):
            plan_changes.confirm_change(change_id=quoted.pk, actor=buyer)
    subscription.refresh_from_db()
    assert (quoted.state, subscription.price_minor, Charge.objects.count()) == ("QUOTED", 36_500, 0)
    books_are_right()
