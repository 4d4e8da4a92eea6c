"""Review clocks count the venue's working days, stand still while the provider corrects, and show what is late."""

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import Role
from listings import review
from listings.checklists import Correction
from listings.models import Listing, ReviewClock
from tests.listings.offers import (
    all_ok,
    draft_listing,
    in_compliance,
    in_review,
    registered_product,
    submitted,
)
from tests.world import actor, make_member, staff

pytestmark = pytest.mark.django_db

SCENARIO = Correction("scenario_is_concrete", "say who checks what")


@pytest.fixture
def draft():
    return draft_listing(registered_product(make_member()))


@pytest.fixture
def clerk():
    return actor(staff("gzdex", Role.CLERK))


def at(text: str) -> time_machine.travel:
    """Set the clock to a moment of Guangzhou (UTC+8), without letting it run."""
    return time_machine.travel(datetime.fromisoformat(f"{text}+08:00"), tick=False)


def clock_of(listing: Listing, kind: str) -> ReviewClock:
    return ReviewClock.objects.get(listing=listing, kind=kind)


def end_of(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T23:59:59.999999+08:00").astimezone(UTC)


def test_a_submission_is_to_be_taken_up_within_three_working_days(draft):
    with at("2026-08-06T10:00:00"):  # a Thursday
        submitted(draft)
    clock = clock_of(draft, "ACCEPTANCE")
    assert (clock.working_days, clock.due_at) == (3, end_of("2026-08-11"))


def test_national_day_and_its_makeup_workday_are_counted_as_they_are_worked(draft):
    with at("2026-09-29T10:00:00"):
        in_review(draft)
    # 1 to 7 October are holidays, Saturday 10 October is worked.
    assert clock_of(draft, "DECISION").due_at == end_of("2026-10-19")


def test_taking_the_listing_up_stops_one_clock_and_starts_the_other(draft):
    with at("2026-09-17T10:00:00"):
        submitted(draft)
    with at("2026-09-18T10:00:00"):
        review.start_review(listing_id=draft.pk, actor=actor(staff("gzdex")))
    assert clock_of(draft, "ACCEPTANCE").stopped_at == datetime(2026, 9, 18, 2, tzinfo=UTC)
    assert clock_of(draft, "DECISION").working_days == 10


def test_the_clock_stands_still_while_the_provider_corrects(draft, clerk):
    with at("2026-08-03T10:00:00"):  # a Monday; ten working days end on Monday 17 August
        in_review(draft)
    assert clock_of(draft, "DECISION").due_at == end_of("2026-08-17")
    with at("2026-08-05T10:00:00"):
        review.request_correction(listing_id=draft.pk, corrections=[SCENARIO], actor=clerk)
    paused = clock_of(draft, "DECISION")
    assert paused.days_left == 8
    with at("2026-09-01T10:00:00"):
        assert not paused.is_overdue
        assert not ReviewClock.objects.overdue().exists()
        submitted(draft)
    resumed = clock_of(draft, "DECISION")
    assert (resumed.paused_at, resumed.due_at) == (None, end_of("2026-09-11"))


def test_a_pause_does_not_heal_a_limit_that_had_passed(draft, clerk):
    with at("2026-08-03T10:00:00"):
        in_review(draft)
    with at("2026-08-18T10:00:00"):
        review.request_correction(listing_id=draft.pk, corrections=[SCENARIO], actor=clerk)
    with at("2026-09-01T10:00:00"):
        submitted(draft)
        assert clock_of(draft, "DECISION").is_overdue
        assert {clock.listing for clock in ReviewClock.objects.overdue()} == {draft}


def test_a_pause_on_the_last_day_leaves_one_working_day(draft, clerk):
    with at("2026-08-03T10:00:00"):
        in_review(draft)
    with at("2026-08-17T10:00:00"):
        review.request_correction(listing_id=draft.pk, corrections=[SCENARIO], actor=clerk)
    with at("2026-09-04T10:00:00"):  # a Friday
        submitted(draft)
    assert clock_of(draft, "DECISION").due_at == end_of("2026-09-07")


def test_a_decision_stops_the_clock_and_keeps_whether_it_was_late(draft):
    with at("2026-08-03T10:00:00"):
        in_compliance(draft)
    with at("2026-08-20T10:00:00"):
        assert {clock.kind for clock in ReviewClock.objects.overdue()} == {"STAGE", "DECISION"}
        reviewer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
        review.approve(listing_id=draft.pk, answers=all_ok(draft, "COMPLIANCE"), actor=reviewer)
        assert not ReviewClock.objects.overdue().exists()
    assert clock_of(draft, "DECISION").is_overdue
