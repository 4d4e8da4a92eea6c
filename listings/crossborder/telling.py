"""What the border tells the market, by jobs written in the same transaction: listings know nothing of orders.

The market's handlers are in marketplace/tasks.py.
"""

from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from listings.models import RouteCase, TransferPermit

CLEARED_JOB = "order.fund"
RELEASED_JOB = "delivery.cleared"
STOPPED_JOB = "transfers.stop"


def tell_cleared(case: RouteCase) -> None:
    """Let the order behind a case be funded."""
    _tell(CLEARED_JOB, case)


def tell_released(permit: TransferPermit) -> None:
    """Let the delivery behind a permit be opened to its buyer."""
    enqueue(
        RELEASED_JOB,
        key=str(permit.pk),
        subject_id=permit.delivery_id,
        organization_id=permit.recipient_id,
        venue_id=permit.case.venue_id,
    )


def tell_stopped(case: RouteCase, reason: str) -> None:
    """Let the rights to read that rest on a case be suspended; its permits have ended with it already."""
    _tell(STOPPED_JOB, case, reason=reason)


def _tell(kind: str, case: RouteCase, **payload: str) -> None:
    # A case may be cleared, and stopped, more than once: every time is a job of its own.
    enqueue(
        kind,
        key=f"{case.pk} {uuid7()}",
        subject_id=case.order_id,
        payload=payload,
        organization_id=case.organization_id,
        venue_id=case.venue_id,
    )
