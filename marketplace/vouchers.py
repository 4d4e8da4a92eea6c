"""The voucher that an order names: reserved as it is placed, certified as it closes (settlements/vouchers/uses.py)."""

from typing import Any
from uuid import UUID

from kernel.actors import Actor
from marketplace.models import Charge, Order
from settlements.vouchers import uses


def reserve_voucher(voucher_id: UUID | None, order: Order, product_type: str, actor: Actor) -> dict[str, Any] | None:
    """Reserve what a voucher pays of an order, and return what its agreement says of that; nothing without a voucher.

    Raises Problem as `uses.reserve` does.
    """
    if voucher_id is None:
        return None
    use = uses.reserve(
        voucher_id=voucher_id,
        order_id=order.id,
        buyer=order.buyer,
        sellers=[each for each in (order.provider, order.broker) if each is not None],
        venue_id=order.venue_id,
        product_type=product_type,
        price=order.gross,
        actor=actor,
    )
    return uses.as_agreed(use)


def certify_voucher(order: Order, certificate: str, actor: Actor) -> None:
    """Note the certificate of a closed order at its voucher and its charges', and pay what is paid afterwards."""
    sellers = [each for each in (order.provider_id, order.broker_id) if each is not None]
    charges = Charge.objects.filter(entitlement__agreement__order=order, state=Charge.State.PAID)
    for paid_id in (order.id, *charges.order_by("id").values_list("id", flat=True)):
        uses.certify(order_id=paid_id, certificate=certificate, sellers=sellers, actor=actor)
