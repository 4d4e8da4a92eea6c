"""A price is divided to the cent, by the schedules in force on the day."""

import os
import random
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Person, Venue
from settlements import fees
from settlements.fees import FeeLine
from settlements.models import FeePayer, FeeSchedule, Payee
from settlements.models.trade import LineKey
from tests.refusals import refused
from tests.settlements.purse import CNY, deal, yuan
from tests.world import actor, make_organization

TODAY = date(2026, 11, 24)
TRILLION = 10**12
BUYER = FeePayer.BUYER


def schedule(
    payee: Payee, rate_ppm: int, minimum: int = 0, cap: int | None = None, payer: FeePayer = FeePayer.PROVIDER
) -> FeeSchedule:
    return FeeSchedule(payee=payee, payer=payer, rate_ppm=rate_ppm, minimum_minor=minimum, cap_minor=cap, currency=CNY)


def brokered() -> fees.Deal:
    return deal(broker=make_organization())


@st.composite
def schedules(draw: st.DrawFn) -> list[FeeSchedule]:
    made = []
    kinds = [(payee, payer) for payee in (Payee.TAX, Payee.VENUE, Payee.BROKER) for payer in FeePayer]
    for payee, payer in draw(st.sets(st.sampled_from(kinds))):
        minimum = draw(st.integers(0, 10_000))
        cap = draw(st.none() | st.integers(minimum, TRILLION))
        made.append(schedule(payee, draw(st.integers(0, 1_000_000)), minimum, cap, payer))
    return made


@given(gross=st.integers(1, TRILLION), by=schedules())
def test_the_lines_sum_to_the_price_and_to_what_is_on_top_of_it(gross: int, by: list[FeeSchedule]) -> None:
    lines = fees.divide(gross_minor=gross, schedules=by)

    assert sum(line.amount_minor for line in lines if line.payer is FeePayer.PROVIDER) == gross
    on_top = sum(fees.fee_of(gross, row) for row in by if row.payer is FeePayer.BUYER)
    assert fees.total_of(lines) == gross + on_top
    assert all(line.amount_minor > 0 for line in lines)
    assert len({line.key for line in lines}) == len(lines)


@given(gross=st.integers(1, TRILLION), by=schedules(), share=st.integers(1, 1_000_000))
def test_a_credit_of_the_price_takes_its_fees_back_with_it(gross: int, by: list[FeeSchedule], share: int) -> None:
    lines = fees.divide(gross_minor=gross, schedules=by)
    credit = max(gross * share // 1_000_000, 1)
    back = fees.credit_back(lines, credit)

    assert fees.total_of(line for line in back if line.payer is FeePayer.PROVIDER) == credit
    left = fees.left_of(lines, back)
    assert all(line.amount_minor > 0 for line in left)
    if credit < gross:
        assert fees.left_of(left, fees.credit_back(left, gross - credit)) == []
    else:
        assert left == []


@given(gross=st.integers(1, TRILLION), by=schedules(), cuts=st.lists(st.integers(0, TRILLION), max_size=4))
def test_the_parts_of_a_price_are_divided_to_the_cent_and_nobody_gets_less_than_nothing(
    gross: int, by: list[FeeSchedule], cuts: list[int]
) -> None:
    whole = fees.divide(gross_minor=gross, schedules=by)
    gross = fees.total_of(whole)
    got: Counter[LineKey] = Counter()
    ends = [*sorted({cut % gross for cut in cuts} - {0}), gross]
    for start, end in pairwise([0, *ends]):
        lines = fees.portion(whole, end - start, before=dict(got))
        assert sum(line.amount_minor for line in lines) == end - start
        assert all(line.amount_minor > 0 for line in lines)
        got.update({line.key: line.amount_minor for line in lines})
    assert sum(got.values()) == gross
    # Only where the provider's part is a few cents can rounding earlier parts cost another payee one of them.
    assert all(abs(got[line.key] - line.amount_minor) <= len(whole) for line in whole)


def test_many_random_splits_sum_to_the_cent() -> None:
    """Some thousand splits of any size with a seed that is told; `make soak` tries millions."""
    seed = random.randrange(2**32)
    dice, kinds = random.Random(seed), [(Payee.VENUE, payer) for payer in FeePayer] + [(Payee.BROKER, BUYER)]
    for number in range(int(os.environ.get("SOAK_SPLITS", "5000"))):
        gross = dice.randint(1, 10 ** dice.randint(1, 13))
        by = [
            schedule(payee, dice.randint(0, 10 ** dice.randint(0, 6)), dice.randint(0, 200), None, payer)
            for payee, payer in dice.sample(kinds, dice.randint(0, 3))
        ]
        lines = fees.divide(gross_minor=gross, schedules=by)
        of_price = sum(line.amount_minor for line in lines if line.payer is not BUYER)
        on_top = sum(fees.fee_of(gross, row) for row in by if row.payer is BUYER)
        part = dice.randint(1, fees.total_of(lines))
        parts = fees.portion(lines, part)
        assert (of_price, fees.total_of(lines), fees.total_of(parts)) == (gross, gross + on_top, part), (seed, number)


@given(gross=st.integers(1, TRILLION), rate=st.integers(0, 1_000_000))
def test_a_fee_is_the_rate_rounded_half_up(gross: int, rate: int) -> None:
    fee = fees.fee_of(gross, schedule(Payee.VENUE, rate))

    assert abs(fee * 1_000_000 - gross * rate) <= 500_000
    assert 0 <= fee <= gross


@given(gross=st.integers(1, TRILLION), minimum=st.integers(0, 1_000), room=st.integers(0, 1_000))
def test_a_fee_stays_between_its_minimum_and_its_cap(gross: int, minimum: int, room: int) -> None:
    fee = fees.fee_of(gross, schedule(Payee.VENUE, 25_000, minimum, minimum + room))

    assert minimum <= fee <= minimum + room


@pytest.mark.parametrize(("gross", "fee"), [(19, 0), (20, 1), (59, 1), (60, 2), (100, 3), (1_000_000, 25_000)])
def test_half_a_cent_rounds_up(gross: int, fee: int) -> None:
    assert fees.fee_of(gross, schedule(Payee.VENUE, 25_000)) == fee


def test_a_tiny_price_goes_to_tax_and_venue_before_the_broker() -> None:
    lines = fees.divide(
        gross_minor=150,
        schedules=[schedule(Payee.TAX, 60_000), schedule(Payee.VENUE, 0, 100), schedule(Payee.BROKER, 0, 100)],
    )

    assert [(line.payee, line.amount_minor) for line in lines] == [
        (Payee.TAX, 9),
        (Payee.VENUE, 100),
        (Payee.BROKER, 41),
    ]


def test_a_line_survives_its_journey_through_an_agreement() -> None:
    for line in (
        FeeLine(Payee.PROVIDER, 0, 9_750, None),
        FeeLine(Payee.VENUE, 25_000, 250, uuid4()),
        FeeLine(Payee.VENUE, 25_000, 0, uuid4(), FeePayer.BUYER, uuid4()),
    ):
        assert FeeLine.from_json(line.as_json()) == line


@pytest.mark.django_db
def test_both_venues_start_with_unverified_schedules_of_a_named_source(guangzhou: Venue, shenzhen: Venue) -> None:
    rows = FeeSchedule.objects.select_related("venue")

    assert {(row.venue.code, row.payee) for row in rows} == {
        (code, payee) for code in ("gzdex", "szdex") for payee in (Payee.VENUE, Payee.BROKER)
    }
    assert not any(row.verified for row in rows)
    assert all(row.source for row in rows)


@pytest.mark.django_db
def test_a_quote_gives_the_remainder_to_the_provider(guangzhou: Venue, shenzhen: Venue) -> None:
    here = fees.quote(venue=guangzhou, gross=yuan(120), on=TODAY, deal=brokered())
    there = fees.quote(venue=shenzhen, gross=yuan(120), on=TODAY, deal=deal())

    assert {line.payee: line.amount_minor for line in here} == {
        Payee.PROVIDER: 11_100,
        Payee.VENUE: 300,
        Payee.BROKER: 600,
    }
    assert {line.payee: line.amount_minor for line in there} == {Payee.PROVIDER: 11_760, Payee.VENUE: 240}


@pytest.mark.django_db
def test_a_free_order_has_no_lines(guangzhou: Venue) -> None:
    assert fees.quote(venue=guangzhou, gross=yuan(0), on=TODAY, deal=brokered()) == []


@pytest.mark.django_db
def test_a_quote_takes_two_queries(guangzhou: Venue, django_assert_num_queries: object) -> None:
    asked = brokered()
    with django_assert_num_queries(2):  # type: ignore[operator]
        fees.quote(venue=guangzhou, gross=yuan(120), on=TODAY, deal=asked)


@pytest.mark.django_db
def test_before_the_first_schedule_there_is_no_quote(guangzhou: Venue) -> None:
    with refused("fee_schedule_missing"):
        fees.quote(venue=guangzhou, gross=yuan(120), on=date(2020, 1, 1), deal=deal())


@pytest.mark.django_db
def test_an_announced_rate_begins_on_its_day_and_the_past_stays_computable(
    guangzhou: Venue, venue_admin: Person
) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    fees.announce(
        venue=guangzhou,
        payee=Payee.VENUE,
        currency=CNY,
        rate_ppm=10_000,
        valid_from=tomorrow,
        source="Notice 2026-7",
        actor=actor(venue_admin),
    )

    def fee(on: date) -> int:
        lines = fees.quote(venue=guangzhou, gross=yuan(1000), on=on, deal=deal())
        return next(line.amount_minor for line in lines if line.payee is Payee.VENUE)

    assert (fee(tomorrow - timedelta(days=1)), fee(tomorrow), fee(tomorrow + timedelta(days=400))) == (
        2_500,
        1_000,
        1_000,
    )


@pytest.mark.django_db
def test_fees_are_announced_for_coming_days_by_those_who_may(
    guangzhou: Venue, venue_admin: Person, officer: Person
) -> None:
    def announce(who: Person, **fields: object) -> None:
        usual = {"payee": Payee.VENUE, "rate_ppm": 1, "valid_from": timezone.localdate() + timedelta(days=1)}
        fees.announce(venue=guangzhou, currency=CNY, source="–", actor=actor(who), **(usual | fields))  # type: ignore[arg-type]

    with refused("forbidden"):
        announce(officer)
    with refused("invalid"):
        announce(venue_admin, valid_from=timezone.localdate())
    with refused("invalid"):
        announce(venue_admin, minimum_minor=5, cap_minor=4)
    with refused("invalid"):
        announce(venue_admin, payee=Payee.PROVIDER)
