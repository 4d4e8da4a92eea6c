"""Results as deliveries: what a clean room's gate lets out, or a compute job came to, is delivered by the right to ask.

It is read where it lies (clean_room/queries.py, compute/jobs.py) and nowhere else; its delivery holds the receipt, and
is accepted, rejected and made evidence as every other. What is held, refused or failed is none.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import Max
from django.utils import timezone

from kernel.actors import SYSTEM
from kernel.problems import Problem
from kernel.states import advance
from marketplace.acceptance_clock import silence_ends, start_clock
from marketplace.locks import lock_order
from marketplace.models import Delivery, Entitlement, Order

READABLE = (Delivery.State.DELIVERED, Delivery.State.ACCEPTED)


def lock_order_of(entitlement_id: UUID) -> Order:
    """Lock the order behind a right, before the row whose result is to be delivered under it."""
    order_id = Entitlement.objects.values_list("agreement__order", flat=True).get(pk=entitlement_id)
    return lock_order(order_id, SYSTEM, "venue")


def deliver_result(order: Order, entitlement_id: UUID, receipt: Mapping[str, Any]) -> Delivery:
    """Make a result the next delivery of its locked order, in the transaction that lets the result out."""
    now = timezone.now()
    last = order.deliveries.aggregate(Max("number"))["number__max"]
    delivery = Delivery.objects.create(
        order=order,
        entitlement_id=entitlement_id,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
        kind=Delivery.Kind.RESULT,
        number=last + 1,
    )
    advance(
        delivery,
        to=Delivery.State.DELIVERED,
        actor=SYSTEM,
        details={"sha256": [receipt["sha256"]]},
        receipt=dict(receipt),
        delivered_at=now,
        accept_by=silence_ends(order.venue, now),
    )
    start_clock(delivery)
    return delivery


def require_readable(delivery: Delivery | None, state: str) -> Delivery:
    """Return a result's delivery if it may be read. Raises Problem `result_not_released` with the state."""
    if delivery is None:
        raise Problem("result_not_released", state=state)
    if delivery.state not in READABLE:
        raise Problem("result_not_released", state=delivery.state)
    return delivery
