"""Freshness of what is offered: due by the declared frequency and the venue's calendar, marked when late."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from listings.freshness_monitor import State, freshness_of, watch_freshness
from listings.listing import suspend
from listings.models import Listing
from listings.quality.timeliness import as_of
from listings.revising import edit_listing
from tests.listings.offers import listed, provider_actor
from tests.marketplace.trading import listed_dataset
from tests.world import actor, api, make_member, person_of, staff

pytestmark = pytest.mark.django_db

DIMENSIONS = [
    {"name": "completeness", "score": 90.0, "weight": 25.0},
    {"name": "timeliness", "score": None, "weight": 10.0},
]
REPORT = {"score": 90.0, "grade": "A", "dimensions": DIMENSIONS}


def at(day: date) -> Any:
    return time_machine.travel(datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo("Asia/Shanghai")), tick=False)


@pytest.fixture
def provider() -> Organization:
    return make_member("gzdex", Capacity.PROVIDER)


def monthly(provider: Organization, *, until: date = date(2026, 8, 31)) -> Listing:
    return listed(provider, frequency="MONTH", time_from=date(2025, 1, 1), time_to=until)


# --- when newer data are due ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "due"),
    [
        (date(2026, 5, 31), date(2026, 6, 30)),
        (date(2026, 6, 30), date(2026, 7, 31)),
        (date(2026, 9, 30), date(2026, 11, 2)),  # 31 October is a Saturday
        (date(2025, 12, 31), date(2026, 2, 2)),  # so is 31 January
    ],
)
def test_data_are_due_on_a_working_day_of_the_venue(provider: Organization, until: date, due: date) -> None:
    listing = monthly(provider, until=until)
    assert (listing.data_until, listing.fresh_until) == (until, due)


def test_over_national_day_data_are_due_when_work_begins_again(provider: Organization) -> None:
    listing = listed(provider, frequency="WEEK", time_from=date(2026, 1, 1), time_to=date(2026, 9, 24))
    assert listing.fresh_until == date(2026, 10, 8)


def test_data_without_a_due_day_are_never_late(provider: Organization) -> None:
    listing = listed(provider, frequency="ON_DEMAND")
    assert freshness_of(listing).state == State.UNDATED
    with at(date(2040, 1, 1)):
        assert watch_freshness() == 0


def test_without_a_declared_end_the_day_of_sealing_counts(provider: Organization) -> None:
    listing = listed_dataset(provider)
    edit_listing(listing_id=listing.pk, dossier={"time_to": None}, reason="Open", actor=provider_actor(provider))
    listing.refresh_from_db()
    assert listing.data_until == timezone.localdate()
    assert freshness_of(listing).state == State.FRESH


# --- the monitor ----------------------------------------------------------------------------------------------------


def test_what_is_late_is_marked_once_and_its_provider_told(provider: Organization) -> None:
    listing = monthly(provider)  # due on 30 September 2026
    with at(date(2026, 9, 30)):
        assert watch_freshness() == 0
    with at(date(2026, 10, 9)):
        assert (watch_freshness(), watch_freshness()) == (1, 0)
        listing.refresh_from_db()
        told = freshness_of(listing)
    assert (told.state, told.days_late, told.due_on) == (State.LATE, 9, date(2026, 9, 30))
    event = AuditEvent.objects.get(action="listing.late")
    assert (event.organization_id, event.details["days_late"]) == (provider.pk, 9)


def test_newer_data_take_the_mark_away(provider: Organization) -> None:
    listing = monthly(provider)
    with at(date(2026, 10, 9)):
        watch_freshness()
        edit_listing(
            listing_id=listing.pk,
            dossier={"time_to": date(2026, 9, 30)},
            reason="September",
            actor=provider_actor(provider),
        )
        assert watch_freshness() == 1
    listing.refresh_from_db()
    assert (listing.late_since, listing.fresh_until) == (None, date(2026, 11, 2))
    assert AuditEvent.objects.filter(action="listing.fresh_again").count() == 1


def test_what_is_not_offered_is_not_watched(provider: Organization) -> None:
    listing = monthly(provider)
    suspend(listing_id=listing.pk, reason="x", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    with at(date(2026, 12, 1)):
        assert watch_freshness() == 0


def test_looking_costs_two_queries_when_nothing_is_late(provider: Organization) -> None:
    for _ in range(3):
        monthly(provider, until=date(2099, 1, 31))
    with CaptureQueriesContext(connection) as queries:
        assert watch_freshness() == 0
    assert len(queries) == 2


# --- what buyers see ------------------------------------------------------------------------------------------------


def test_buyers_see_how_late_data_are_and_what_it_costs_their_quality(provider: Organization) -> None:
    listing = listed_dataset(provider)
    path = f"/api/v1/catalogue/{listing.pk}"
    edit_listing(
        listing_id=listing.pk, dossier={"time_to": date(2026, 11, 30)}, reason="Kept", actor=provider_actor(provider)
    )
    with at(date(2027, 11, 1)):
        fresh = api().get(path).json()
    with at(date(2029, 12, 1)):
        late = api().get(path).json()
    assert (fresh["freshness"]["state"], late["freshness"]["state"]) == ("FRESH", "LATE")
    timeliness = [
        next(each["score"] for each in shown["quality"]["dimensions"] if each["name"] == "timeliness")
        for shown in (fresh, late)
    ]
    assert timeliness[0] == 100
    assert timeliness[1] == pytest.approx(100 - 100 * 732 / 365 / 3, abs=0.2)
    assert late["quality"]["score"] < fresh["quality"]["score"]
    found = api().get("/api/v1/catalogue").json()["items"]
    assert [each["freshness"]["state"] for each in found] == ["FRESH"]


def test_providers_see_it_on_their_listing(provider: Organization) -> None:
    listing = monthly(provider)
    with at(date(2026, 10, 9)):
        watch_freshness()
        shown = api(person_of(provider)).get(f"/api/v1/listings/{listing.pk}").json()["freshness"]
    assert (shown["state"], shown["due_on"], shown["days_late"]) == ("LATE", "2026-09-30", 9)
    assert shown["late_since"]


def test_only_timeliness_changes_with_the_day() -> None:
    last = date(2026, 6, 30)
    on_time = as_of(REPORT, frequency="MONTH", data_until=last, on=date(2026, 7, 31))
    assert (on_time["score"], on_time["grade"]) == (92.86, "A")
    late = as_of(REPORT, frequency="MONTH", data_until=last, on=last + timedelta(days=31 * 10))
    assert (late["score"], late["grade"]) == (64.29, "C")
    assert late["dimensions"][0] == DIMENSIONS[0]
    unjudged = as_of({"score": 80.0, "grade": "B"}, frequency="MONTH", data_until=last, on=date(2027, 1, 1))
    assert (unjudged["score"], unjudged["dimensions"]) == (80.0, None)
    assert as_of(REPORT, frequency="OTHER", data_until=last, on=date(2027, 1, 1))["score"] == 90.0
