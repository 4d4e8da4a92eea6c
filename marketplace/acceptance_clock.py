"""The clock of silent acceptance: the venue's working days from the delivery, or from when reading is allowed again.

A buyer who may not read cannot examine what was delivered, so while the right is suspended silence says nothing.
"""

from datetime import UTC, datetime

from django.utils import timezone

from accounts.calendars import add_working_days
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import cancel, enqueue
from marketplace.models import Delivery, Entitlement

SILENCE_JOB = "delivery.accept_in_silence"


def silence_ends(venue: Venue, start: datetime) -> datetime:
    """Return when silence that began at `start` counts as acceptance, by the venue's working days."""
    return add_working_days(start, venue.acceptance_working_days, jurisdiction=venue.jurisdiction, tz=venue.zone)


def start_clock(delivery: Delivery) -> None:
    """Let silence until `delivery.accept_by` accept the delivery."""
    enqueue(
        SILENCE_JOB,
        key=_key(delivery),
        subject_id=delivery.id,
        due_at=delivery.accept_by,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
    )


def stop_clock(delivery: Delivery) -> None:
    """Let silence mean nothing for this delivery any more."""
    cancel(SILENCE_JOB, _key(delivery))


def restart_clocks(entitlement: Entitlement, *, actor: Actor) -> None:
    """Give the buyer the full days again for what awaits acceptance; the caller holds the order's lock."""
    for delivery in entitlement.deliveries.filter(state=Delivery.State.DELIVERED).select_related("venue"):
        accept_by = silence_ends(delivery.venue, timezone.now())
        if accept_by == delivery.accept_by:  # suspended and resumed within a day
            continue
        stop_clock(delivery)
        delivery.accept_by = accept_by
        delivery.save(update_fields=["accept_by"])
        details = {"accept_by": delivery.accept_by}
        audit.record("delivery.clock_restarted", subject=delivery, actor=actor, details=details)
        start_clock(delivery)


def _key(delivery: Delivery) -> str:
    assert delivery.accept_by is not None  # noqa: S101 - set when the delivery is made
    # The moment is part of the key: a clock that starts again is another job.
    return f"{delivery.id} {delivery.accept_by.astimezone(UTC).isoformat()}"
