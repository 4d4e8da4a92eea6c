"""Locks in one order, everywhere: order, then agreement, entitlements and deliveries, then accounts of the ledger."""

from uuid import UUID

from django.http import Http404

from kernel.actors import Actor
from marketplace.models import Order


def lock_order(order_id: UUID, actor: Actor) -> Order:
    """Return the order with its row locked until the transaction ends; raises Http404 if the actor cannot see it."""
    visible = Order.objects.visible_to(actor).filter(pk=order_id)
    order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("venue", "buyer", "provider", "broker")
        .filter(pk__in=visible.values("pk"))
        .first()
    )
    if order is None:
        raise Http404
    return order
