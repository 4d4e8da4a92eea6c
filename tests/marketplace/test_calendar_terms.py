"""Subscriptions by the calendar: the first term is paid by days, the next ones begin on the first, and it may end."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import LARGEST_MINOR, Currency, Money
from listings.cycles import Cycle, Term, calendar_term, prorated, rolling_term
from listings.listing import Parts, part_errors
from listings.models import Plan
from listings.plans import amend_plan, create_plan
from marketplace import agreements, charges, ordering, quotes, renewals
from marketplace.entitlements import expire_entitlements
from marketplace.models import Charge, Entitlement, Subscription
from settlements.books import drifts, trial_balance
from tests.listings.offers import make_terms
from tests.marketplace.subscribing import subscribed, subscription_listing
from tests.marketplace.trading import PURPOSE, funds_of, make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of

SHANGHAI, AUCKLAND = ZoneInfo("Asia/Shanghai"), ZoneInfo("Pacific/Auckland")
KINDS = (renewals.RENEW_JOB, charges.COLLECT_JOB)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+08:00").astimezone(UTC)


@pytest.mark.parametrize(
    ("cycle", "moment", "start", "end", "days", "left"),
    [
        ("MONTH", "2026-11-01T00:00", "2026-11-01", "2026-12-01", 30, 30),
        ("MONTH", "2026-11-30T23:59", "2026-11-01", "2026-12-01", 30, 1),
        ("MONTH", "2028-02-29T12:00", "2028-02-01", "2028-03-01", 29, 1),
        ("QUARTER", "2026-12-31T08:00", "2026-10-01", "2027-01-01", 92, 1),
        ("QUARTER", "2026-02-15T08:00", "2026-01-01", "2026-04-01", 90, 45),
        ("YEAR", "2028-01-02T08:00", "2028-01-01", "2029-01-01", 366, 365),
    ],
)
def test_terms_of_the_calendar_begin_on_the_first_by_the_venues_clock(
    cycle: str, moment: str, start: str, end: str, days: int, left: int
) -> None:
    term = calendar_term(cycle, at(moment), SHANGHAI)
    assert [each.isoformat()[:19] for each in (term.start, term.end)] == [f"{start}T00:00:00", f"{end}T00:00:00"]
    assert (term.days, term.days_left(at(moment))) == (days, left)


def test_an_hour_of_summer_time_is_no_part_of_a_day() -> None:
    # The clocks of Auckland went back on 5 April 2026: that month has thirty days and an hour.
    term = calendar_term("MONTH", datetime(2026, 4, 5, 14, tzinfo=UTC), AUCKLAND)
    assert (term.days, term.days_left(datetime(2026, 4, 5, 14, tzinfo=UTC))) == (30, 25)


@given(price=st.integers(1, LARGEST_MINOR), days=st.integers(1, 366), cuts=st.sets(st.integers(1, 365)))
def test_the_parts_of_a_term_sum_to_its_price_and_none_is_negative(price: int, days: int, cuts: set[int]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    term = rolling_term(start, days, SHANGHAI)
    edges = [start, *(start + timedelta(days=cut) for cut in sorted(cuts) if cut < days), term.end]
    left = [term.price_from(edge, price) for edge in edges]
    parts = [before - after for before, after in pairwise(left)]
    assert sum(parts) == price == left[0]
    assert min(parts) >= 0
    # No amount is further than half a fen from its exact share.
    for edge, amount in zip(edges, left, strict=True):
        assert abs(2 * days * amount - 2 * price * term.days_left(edge)) <= days


@given(price=st.integers(1, LARGEST_MINOR), cycle=st.sampled_from(Cycle), moment=st.datetimes(timezones=st.just(UTC)))
def test_what_is_left_of_any_term_costs_between_nothing_and_all_of_it(price: int, cycle: str, moment: datetime) -> None:
    if not 2000 <= moment.year <= 2900:
        moment = moment.replace(year=2000 + moment.year % 900, day=min(moment.day, 28))
    term = calendar_term(cycle, moment, SHANGHAI)
    assert term.start <= moment < term.end
    assert 0 < term.days_left(moment) <= term.days
    assert 0 <= term.price_from(moment, price) <= price == prorated(price, term.days, term.days)
    assert isinstance(term, Term)


@pytest.mark.django_db
def test_the_first_month_is_paid_by_days_and_the_next_ones_begin_on_the_first(provider: Organization) -> None:
    buyer = make_buyer(funds="2000.00")
    with time_machine.travel(at("2026-11-14T23:30"), tick=False):
        listing = subscription_listing(provider, cycle="MONTH")
        plan = listing.plans.get()
        quote = quotes.request_quote(listing_id=listing.pk, plan_id=plan.pk, actor=actor(person_of(buyer)))
        subscription = subscribed(listing, buyer)
        body = subscription.agreement.body
    # 17 of 30 days, today's included: 365.00 x 17 / 30 = 206.8333.
    term = {"cycle": "MONTH", "price": plan.price.as_json(), "start": "2026-11-01", "end": "2026-12-01"}
    term |= {"days": 30, "days_paid": 17}
    assert (quote.gross_minor, quote.conditions) == (20_683, {"first_term": term})
    assert body["price"] == {"amount": "206.83", "currency": "CNY"}
    assert body["subscription"]["first_term"] == term
    assert sum(line["amount_minor"] for line in body["division"]) == 20_683
    assert agreements.is_unchanged(subscription.agreement)
    assert (subscription.price, subscription.term_starts_at) == (plan.price, at("2026-11-01T00:00"))
    assert Entitlement.objects.get().expires_at == subscription.agreement.expires_at == at("2026-12-01T00:00")

    with time_machine.travel(at("2026-11-15T09:00"), tick=False):
        # What was quoted yesterday holds, for the same month.
        ordered = ordering.place_order(quote_id=quote.pk, purpose=PURPOSE, actor=actor(person_of(buyer)))
        assert (ordered.gross_minor, ordered.agreement.body["subscription"]["first_term"]) == (20_683, term)
        last = quotes.request_quote(listing_id=listing.pk, plan_id=plan.pk, actor=actor(person_of(buyer)))
        run_due_jobs(kinds=("delivery.fulfil",))
        renewals.set_renewal(subscription_id=subscription.pk, renews=True, actor=actor(person_of(buyer)))
    assert last.gross_minor == 19_467
    with time_machine.travel(at("2026-11-30T23:59"), tick=False):
        late = quotes.request_quote(listing_id=listing.pk, plan_id=plan.pk, actor=actor(person_of(buyer)))
    assert late.expires_at == at("2026-12-01T00:00")  # a day of November buys nothing of December
    before = funds_of(buyer)
    for month, end in (("2026-11-30", "2027-01-01"), ("2026-12-31", "2027-02-01")):
        for moment in (f"{month}T06:00", f"{month}T23:59"):
            with time_machine.travel(at(moment), tick=False):
                renewals.ask_for_renewals()
                run_due_jobs(kinds=KINDS)
                expire_entitlements()
        assert Charge.objects.latest("id").state == Charge.State.DUE
        with time_machine.travel(at(f"{end}T00:00") - timedelta(days=20), tick=False):
            run_due_jobs(kinds=KINDS)
        subscription.refresh_from_db()
        assert subscription.agreement.expires_at == at(f"{end}T00:00")
    first, second = Charge.objects.order_by("id")
    assert [charge.period for charge in (first, second)] == ["2026-12-01/2027-01-01", "2027-01-01/2027-02-01"]
    assert [(charge.gross_minor, charge.state) for charge in (first, second)] == [(36_500, "PAID")] * 2
    assert all(map(renewals.is_reproduced, (first, second)))
    assert funds_of(buyer) == before - 73_000
    assert not any(trial_balance().values())
    assert drifts() == []


@pytest.mark.django_db
def test_a_subscription_is_ended_with_a_reason_and_taken_up_again_until_its_term_is_over(
    provider: Organization, buyer: Organization
) -> None:
    with time_machine.travel(at("2026-11-14T09:00"), tick=False):
        subscription = subscribed(subscription_listing(provider, cycle="MONTH"), buyer)
        path = f"/api/v1/subscriptions/{subscription.pk}/renewal"

    def say(**body: object) -> Any:
        return api(make_client(person_of(buyer))).put(path, body)

    with time_machine.travel(at("2026-11-20T09:00"), tick=False):
        assert say(renews=True).json()["renews"] is True
        assert say(renews=True, reason="no").json()["errors"][0]["pointer"] == "/reason"
        ended = say(renews=False, reason="We count ourselves now").json()
        assert (ended["renews"], ended["ending_reason"]) == (False, "We count ourselves now")
        assert (ended["cycle"], ended["price"]["amount"]) == ("MONTH", "365.00")
    for moment, renews in (("2026-11-30T06:00", True), ("2026-11-30T23:58", True)):
        with time_machine.travel(at(moment), tick=False):
            renewals.ask_for_renewals()
            run_due_jobs(kinds=KINDS)
            assert not Charge.objects.exists()
            if moment.endswith("58"):
                assert say(renews=renews).json()["ending_reason"] == ""
                run_due_jobs(kinds=KINDS)
                assert Charge.objects.get().period == "2026-12-01/2027-01-01"
    said = AuditEvent.objects.filter(action="subscription.renewal_set").order_by("id").values_list("reason", flat=True)
    assert list(said) == ["", "We count ourselves now", ""]

    # What the provider withdraws says so to the buyer.
    Plan.objects.filter(pk=subscription.plan_id).update(price_minor=1)
    with time_machine.travel(at("2026-12-31T06:00"), tick=False):
        charges.collect_or_dun(charge_id=Charge.objects.get().pk)
        renewals.ask_for_renewals()
        run_due_jobs(kinds=KINDS)
    subscription = Subscription.objects.get(pk=subscription.pk)
    assert (subscription.renews, subscription.ending_reason) == (False, "offer_changed")
    with time_machine.travel(at("2027-01-01T00:00"), tick=False), refused("illegal_state"):
        renewals.set_renewal(subscription_id=subscription.pk, renews=True, actor=actor(person_of(buyer)))


@pytest.mark.django_db
def test_only_what_is_sold_at_its_price_runs_by_the_calendar(provider: Organization) -> None:
    with time_machine.travel(at("2026-11-14T09:00"), tick=False):
        listing = subscription_listing(provider, term_days=30)
        who, product = actor(person_of(provider)), listing.product
        price = Money(100, Currency.CNY)
        for kind, offers, pointer in (("ONE_OFF", False, "/cycle"), ("SUBSCRIPTION", True, "/takes_offers")):
            with refused("invalid") as caught:
                create_plan(product_id=product.pk, kind=kind, price=price, cycle="YEAR", takes_offers=offers, actor=who)
            assert [error.pointer for error in caught.value.errors] == [pointer]
        yearly = create_plan(product_id=product.pk, kind="SUBSCRIPTION", price=price, cycle="YEAR", actor=who)
        ended = part_errors(product, Parts(listing.version, listing.terms, (yearly,)))
        assert [error.code for error in ended] == ["term_too_short"]
        lasting = Parts(listing.version, make_terms(product), (yearly,))
        assert not list(part_errors(product, lasting))
        rolling = amend_plan(plan_id=yearly.pk, cycle="", actor=who)
        assert [error.code for error in part_errors(product, Parts(listing.version, lasting.terms, (rolling,)))] == [
            "term_missing"
        ]
