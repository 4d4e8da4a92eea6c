"""Placing an order and cancelling it before delivery."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import Permission, require, require_member
from accounts.models import Capacity, Organization
from kernel.actors import Actor
from kernel.jobs import cancel, enqueue
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.audience import refuse_unadmitted
from listings.listing import Offer, offer_for
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.agreements import draw_up
from marketplace.entitlements import end_right
from marketplace.locks import lock_order
from marketplace.models import Agreement, Delivery, Entitlement, Order
from settlements import escrow, fees


@transaction.atomic
def place_order(*, listing_id: UUID, plan_id: UUID, purpose: str, actor: Actor, broker_id: UUID | None = None) -> Order:
    """Buy a plan of a listing: freeze the agreement, hold the money, and let the delivery begin.

    Raises `listing_not_available`, why the listing is not for the buyer (`denied_place`, `not_invited`, …),
    `membership_required`, `own_product`, `cross_border_not_open`, `broker_not_independent` or `insufficient_funds`;
    then nothing at all has happened.
    """
    offer = offer_for(listing_id, plan_id)
    require(actor, Permission.ORDER_PLACE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    refuse_unadmitted(offer.listing, actor)
    buyer = require_member(actor.organization_id, offer.venue.id, Capacity.BUYER).organization
    _check_parties(offer, buyer)
    broker = _broker(offer, buyer, broker_id)

    order = Order.objects.create(
        number=short_number(offer.venue.number_prefix, "O", timezone.localdate().year),
        venue=offer.venue,
        buyer=buyer,
        provider=offer.provider,
        broker=broker,
        listing=offer.listing,
        plan=offer.plan,
        gross_minor=offer.plan.price_minor,
        currency=offer.plan.currency,
        purpose=purpose,
        placed_by=actor.person_id,
    )
    lines = fees.quote(venue=offer.venue, gross=order.gross, on=timezone.localdate(), has_broker=broker is not None)
    agreement = draw_up(order=order, offer=offer, lines=lines)
    if order.gross_minor:
        escrow.hold(order_id=order.id, venue=order.venue, payer=buyer, amount=order.gross, actor=actor)
    advance(order, to=Order.State.FUNDED, actor=actor, details={"agreement_sha256": agreement.sha256})

    _begin_delivery(order, agreement, offer)
    return order


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor: Actor) -> Order:
    """Cancel an order whose delivery has not been made, and give all the money back.

    Raises `illegal_state` once the data has been delivered.
    """
    order = lock_order(order_id, actor)
    require(actor, Permission.ORDER_CANCEL, organization_id=order.buyer_id)

    advance(order, to=Order.State.CANCELLED, actor=actor, reason=reason)
    for delivery in order.deliveries.select_related("entitlement__agreement__order"):
        advance(delivery, to=Delivery.State.CANCELLED, actor=actor, reason=reason)
        end_right(delivery.entitlement, reason=reason, actor=actor)
        cancel("delivery.fulfil", str(delivery.id))
    escrow.refund_order(order_id=order.id, actor=actor, reason=reason)
    return order


def _check_parties(offer: Offer, buyer: Organization) -> None:
    if buyer.id == offer.provider.id:
        raise Problem("own_product")
    if buyer.jurisdiction != offer.provider.jurisdiction:
        raise Problem("cross_border_not_open")
    if offer.product.buyer_regions and buyer.jurisdiction not in offer.product.buyer_regions:
        raise Problem("buyer_not_eligible")


def _broker(offer: Offer, buyer: Organization, broker_id: UUID | None) -> Organization | None:
    if broker_id is None:
        return None
    if broker_id in {buyer.id, offer.provider.id}:
        raise Problem("broker_not_independent")
    try:
        return require_member(broker_id, offer.venue.id, Capacity.BROKER).organization
    except Problem as problem:
        raise field_problem("/broker_id", problem.code, problem.detail) from problem


def _begin_delivery(order: Order, agreement: Agreement, offer: Offer) -> None:
    entitlement = Entitlement.objects.create(
        agreement=agreement,
        organization=order.buyer,
        provider=order.provider,
        venue=order.venue,
        version=offer.version,
        expires_at=agreement.expires_at,
    )
    delivery = Delivery.objects.create(
        order=order, entitlement=entitlement, organization=order.buyer, venue=order.venue
    )
    enqueue(
        "delivery.fulfil",
        key=str(delivery.id),
        subject_id=delivery.id,
        organization_id=order.buyer_id,
        venue_id=order.venue_id,
    )
