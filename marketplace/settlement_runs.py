"""Settlement on the venue's n-th working day after acceptance (DOMAIN §5, T+n), of all that is due in one run.

A venue that waits no day settles each order at once, by a job of its own. Otherwise one job for each venue and day
settles all that was accepted so many working days before, hundreds of orders in each transaction; when it finds very
many, it asks for a second one, so that another worker settles the next hundreds meanwhile.
"""

from datetime import datetime, time
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.calendars import add_working_days
from kernel.jobs import JobOrder, enqueue, enqueue_many, extend_lease
from kernel.models import Job
from kernel.problems import Problem
from marketplace.closing import settle_orders
from marketplace.models import Order

ORDER_JOB = "order.settle"
RUN_JOB = "orders.settle"
TOGETHER = 1000  # orders settled in one transaction
MANY = 5_000  # orders for which two workers are worth it
# By then whatever was accepted on the days before is committed, so that the day's one run finds all of it.
RELEASE_TIME = time(3)


def release_of(order: Order, accepted_at: datetime) -> datetime:
    """Return when an order that is accepted now may be settled: at once, or early on the venue's n-th working day."""
    venue = order.venue
    abroad = order.buyer.jurisdiction != order.provider.jurisdiction
    days = venue.release_working_days_abroad if abroad else venue.release_working_days
    if not days:
        return accepted_at
    ends = add_working_days(accepted_at, days, jurisdiction=venue.jurisdiction, tz=venue.zone)
    return datetime.combine(ends.date(), RELEASE_TIME, tzinfo=venue.zone)


def settle_when_released(order: Order, *, key: str = "") -> None:
    """Have an accepted order settled once it is released; `key` names what makes it due again after a dispute."""
    assert order.release_at is not None  # noqa: S101 - set when the order is accepted
    if order.release_at > timezone.now():
        _ask_for_run(order.venue_id, order.release_at)
        return
    enqueue(
        ORDER_JOB,
        key=f"{order.id} {key}".strip(),
        subject_id=order.id,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
    )


def run_settlement(*, venue_id: UUID, job: Job) -> int:
    """Settle all that is released at the venue and return how many orders that were; may run again.

    Runs of one venue work side by side: each takes what no other has locked. An order that cannot be settled gets a job
    of its own, whose failure staff see, and keeps no other waiting.
    """
    due = Order.objects.filter(venue=venue_id, state=Order.State.ACCEPTED, release_at__lte=timezone.now())
    whole, done = due.count(), 0
    if whole >= MANY and not job.payload:
        enqueue(RUN_JOB, key=f"{job.key} beside", payload={"beside": str(job.pk)}, venue_id=venue_id)
    together = _settle_next(due, venue_id)
    while together:
        done += len(together)
        extend_lease(job, progress=min(99, 100 * done // max(whole, done)))
        together = _settle_next(due.filter(id__gt=together[-1]), venue_id)
    return done


def _settle_next(due: QuerySet[Order], venue_id: UUID) -> list[UUID]:
    """Settle the first of those that are due and in no other hands, and return them."""
    order_ids: list[UUID] = []
    try:
        with transaction.atomic():
            free = due.order_by("id").select_for_update(of=("self",), skip_locked=True)
            order_ids = list(free.values_list("id", flat=True)[:TOGETHER])
            settle_orders(order_ids)
    except (Problem, ValueError, IntegrityError):
        enqueue_many(ORDER_JOB, [JobOrder(f"{key} alone", subject_id=key, venue_id=venue_id) for key in order_ids])
    return order_ids


def _ask_for_run(venue_id: UUID, release_at: datetime) -> None:
    enqueue(RUN_JOB, key=f"{venue_id} {release_at:%Y-%m-%d}", due_at=release_at, venue_id=venue_id)
