"""Hand what proves a closed trade down to settlements, where somebody who is paid for it is abroad."""

from kernel.models import Certificate
from listings.crossborder.clearing import clearance_of
from marketplace.models import Order
from settlements.cross_border import prove_trade


def prove_if_paid_abroad(order: Order, certificate: Certificate) -> None:
    """Keep the proof of a trade whose provider or broker is on another side of the border than the venue."""
    sides = Order.objects.filter(pk=order.pk).values_list(
        "venue__jurisdiction", "provider__jurisdiction", "broker__jurisdiction"
    )
    here, provider, broker = sides.get()
    if {provider, broker or here} <= {here}:
        return
    prove_trade(
        order_id=order.id,
        venue_id=order.venue_id,
        agreement=(order.agreement.number, order.agreement.sha256),
        certificate=(certificate.number, certificate.statement_sha256),
        clearance=clearance_of(order.id),
    )
