"""The venue's time limits for a review, counted in its working days: taking it up, each stage, and the whole.

A clock is paused while the provider corrects. Its remaining working days are kept, and it runs on with them (at least
one) when the provider submits again; a limit that had passed already stays passed.
"""

from datetime import datetime

from django.utils import timezone

from accounts.calendars import add_working_days, working_days_between
from listings.models import Listing, ReviewClock
from listings.models.listings import ReviewClockQuerySet

Kind = ReviewClock.Kind


def start_clock(listing: Listing, kind: str, days: int, *, stage: str = "") -> ReviewClock:
    """Start a clock of that kind with an allowance of `days` working days; one of the kind STAGE names its stage."""
    now = timezone.now()
    return ReviewClock.objects.create(
        listing=listing,
        organization_id=listing.organization_id,
        venue=listing.venue,
        kind=kind,
        stage=stage,
        working_days=days,
        started_at=now,
        due_at=_after(listing, now, days),
    )


def pause_clock(listing: Listing, kind: str) -> None:
    """Pause a running clock and remember how many working days it had left."""
    now = timezone.now()
    for clock in _open(listing, kind).filter(paused_at__isnull=True):
        clock.paused_at = now
        clock.days_left = working_days_between(
            now, clock.due_at, jurisdiction=listing.venue.jurisdiction, tz=listing.venue.zone
        )
        clock.save(update_fields=["paused_at", "days_left"])


def resume_clock(listing: Listing, kind: str) -> None:
    """Let a paused clock run on with the working days it had left; without a paused clock nothing happens."""
    now = timezone.now()
    for clock in _open(listing, kind).filter(paused_at__isnull=False):
        if not clock.is_overdue:
            clock.due_at = _after(listing, now, max(1, clock.days_left or 0))
        clock.paused_at = clock.days_left = None
        clock.save(update_fields=["due_at", "paused_at", "days_left"])


def stop_clock(listing: Listing, kind: str) -> None:
    """Stop the clock: what it waited for has happened."""
    _open(listing, kind).update(stopped_at=timezone.now())


def _open(listing: Listing, kind: str) -> ReviewClockQuerySet:
    return ReviewClock.objects.filter(listing=listing, kind=kind, stopped_at__isnull=True)


def _after(listing: Listing, start: datetime, days: int) -> datetime:
    return add_working_days(start, days, jurisdiction=listing.venue.jurisdiction, tz=listing.venue.zone)
