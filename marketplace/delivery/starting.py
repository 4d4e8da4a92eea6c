"""Beginning a delivery: the right, the delivery, and its job as due."""

from kernel.jobs import enqueue
from listings.models import DatasetVersion
from marketplace.models import Agreement, Delivery, Entitlement, Order


def begin_delivery(order: Order, agreement: Agreement, version: DatasetVersion, *, number: int = 1) -> Delivery:
    """Write the right to a version as pending and its delivery as due; `number` counts the order's deliveries."""
    entitlement = Entitlement.objects.create(
        agreement=agreement,
        organization_id=order.buyer_id,
        provider_id=order.provider_id,
        venue_id=order.venue_id,
        version=version,
        expires_at=agreement.expires_at,
    )
    delivery = Delivery.objects.create(
        order=order,
        entitlement=entitlement,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
        number=number,
        kind=Delivery.Kind.ORDERED if number == 1 else Delivery.Kind.VERSION,
    )
    enqueue_delivery(delivery, key=str(delivery.id))
    return delivery


def enqueue_delivery(delivery: Delivery, *, key: str) -> None:
    """Let a worker make the delivery; another key is another attempt."""
    enqueue(
        "delivery.fulfil",
        key=key,
        subject_id=delivery.id,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
    )
