"""Locks in one order, everywhere: order, then agreement, entitlements and deliveries, then accounts of the ledger."""

from uuid import UUID

from accounts.access import find
from kernel.actors import Actor
from marketplace.models import Order


def lock_order(order_id: UUID, actor: Actor) -> Order:
    """Return the order with its row locked until the transaction ends; raises `not_found` if it cannot be seen."""
    parties = ("venue", "buyer", "provider", "broker")
    visible = Order.objects.visible_to(actor).select_related(*parties)
    return find(visible.select_for_update(of=("self",)), pk=order_id)
