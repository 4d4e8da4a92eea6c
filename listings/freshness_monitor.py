"""Whether what is offered is as fresh as its provider declares; what is late is marked, and its provider told.

The last day that data cover is the declared end of their period, else the last time in them, else the day on which they
were sealed. They are due by the end of the next period (listings/quality/freshness.py), moved to the venue's next
working day. Both are written into the listing's catalogue row, so that finding what is late reads one small index.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.calendars import deadline
from accounts.models import Venue
from kernel import audit
from kernel.actors import SYSTEM
from listings.hits import Hit
from listings.models import DataFile, DatasetVersion, Listing, Product
from listings.quality.freshness import freshness
from listings.quality.timeliness import as_of


class State(models.TextChoices):
    FRESH = "FRESH", _("fresh")
    LATE = "LATE", _("late")
    UNDATED = "UNDATED", _("no due day")


@dataclass(frozen=True)
class ListingFreshness:
    """How fresh a listing's data are today; `UNDATED` where the declared frequency sets no due day."""

    state: State
    frequency: str
    data_until: date | None
    due_on: date | None
    days_late: int
    late_since: datetime | None


def freshness_of(listing: Listing | Hit) -> ListingFreshness:
    """Return how fresh a listing's data are today."""
    today, due = timezone.localdate(), listing.fresh_until
    late = max(0, (today - due).days) if due else 0
    state = State.UNDATED if due is None else State.LATE if late else State.FRESH
    return ListingFreshness(state, listing.frequency, listing.data_until, due, late, listing.late_since)


def due_columns(product: Product, version: DatasetVersion, venue: Venue) -> dict[str, date | None]:
    """Return the columns of a listing's row that the monitor reads."""
    last = data_until(product, version)
    told = freshness(product.frequency, last, last) if last else None
    if told is None or told.due.year >= 9999:
        return {"data_until": last, "fresh_until": None}
    due = deadline(told.due, 0, jurisdiction=venue.jurisdiction, tz=venue.zone).at.date()
    return {"data_until": last, "fresh_until": due}


def data_until(product: Product, version: DatasetVersion) -> date | None:
    """Return the last day that the data cover; times in them after they were sealed are not taken for it."""
    if product.time_to:
        return product.time_to
    sealed = timezone.localdate(version.sealed_at) if version.sealed_at else None
    spans = DataFile.objects.filter(version=version).values_list("profile__table__time_span__last", flat=True)
    days = [date.fromisoformat(text[:10]) for text in spans if text]
    seen = [day for day in days if sealed is None or day <= sealed]
    return max(seen, default=sealed)


def quality_today(listing: Listing) -> dict[str, Any] | None:
    """Return the quality of what is offered as of today, or None for a version that was never judged."""
    report = (listing.version.profile or {}).get("quality")
    if not report:
        return None
    return as_of(report, frequency=listing.frequency, data_until=listing.data_until, on=timezone.localdate())


def watch_freshness(limit: int = 500) -> int:
    """Mark what became late, and unmark what is fresh again, each with an event for its provider; return how many."""
    today = timezone.localdate()
    listed = Listing.objects.in_catalogue()
    late = listed.filter(late_since__isnull=True, fresh_until__lt=today)
    fresh = listed.filter(late_since__isnull=False).exclude(fresh_until__lt=today)
    keys = [*late.values_list("pk", flat=True)[:limit], *fresh.values_list("pk", flat=True)[:limit]]
    return sum(_mark(listing_id) for listing_id in keys)


@transaction.atomic
def _mark(listing_id: UUID) -> bool:
    """Bring one listing's mark up to date, under its lock; return whether that changed anything."""
    listing = Listing.objects.in_catalogue().select_for_update(of=("self",)).filter(pk=listing_id).first()
    if listing is None:
        return False
    told = freshness_of(listing)
    is_late = told.state == State.LATE
    if is_late == (listing.late_since is not None):
        return False

    listing.late_since = timezone.now() if is_late else None
    listing.save(update_fields=["late_since"])
    details = {
        "data_until": told.data_until,
        "due_on": told.due_on,
        "days_late": told.days_late,
        "frequency": told.frequency,
    }
    audit.record("listing.late" if is_late else "listing.fresh_again", subject=listing, actor=SYSTEM, details=details)
    return True
