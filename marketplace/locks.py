"""Locks in one order, everywhere: order, then agreement, entitlements and deliveries, then accounts of the ledger."""

from uuid import UUID

from accounts.access import find
from kernel.actors import Actor
from marketplace.models import Order


def lock_order(order_id: UUID, actor: Actor, *related: str) -> Order:
    """Return the order with its row locked until the transaction ends, and with the `related` rows that are read too.

    Raises `not_found` if the actor cannot see it.
    """
    orders = Order.objects.visible_to(actor)
    if related:
        orders = orders.select_related(*related)
    return find(orders.select_for_update(of=("self",)), pk=order_id)
