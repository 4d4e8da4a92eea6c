"""Placing an order and cancelling it before delivery."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Organization
from kernel.actors import SYSTEM, Actor
from kernel.digests import Json
from kernel.identifiers import uuid7
from kernel.jobs import GiveUp, cancel
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.crossborder.cases import open_case, withdraw_case
from listings.crossborder.clearing import clear_for_funding
from listings.crossborder.parties import crosses_border
from listings.crossborder.reassessing import reassess_order
from listings.listing import Offer, offer_for
from listings.models import DatasetVersion
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.agreements import draw_up
from marketplace.auctions import credit_win, refuse_cancelling_a_win
from marketplace.delivery.starting import begin_delivery, enqueue_delivery
from marketplace.entitlements import end_right
from marketplace.first_terms import first_price
from marketplace.locks import lock_order
from marketplace.milestone_rows import begin_milestones, give_up_milestones
from marketplace.models import Agreement, Delivery, Order, Quote
from marketplace.parties import broker_of, buyer_of
from marketplace.quotes import divided, division_of, refuse_outdated, refuse_without_price, usable_quote, use_quote
from marketplace.subscriptions import subscribe
from marketplace.vouchers import reserve_voucher
from settlements import escrow, exchange_quotes
from settlements.fees import FeeLine, total_of
from settlements.models import DealOrigin
from settlements.vouchers.uses import held_for


@transaction.atomic
def place_order(
    *,
    purpose: str,
    actor: Actor,
    listing_id: UUID | None = None,
    plan_id: UUID | None = None,
    broker_id: UUID | None = None,
    quote_id: UUID | None = None,
    onward_transfer_outside_gba: bool = False,
    voucher_id: UUID | None = None,
    exchange_quote_id: UUID | None = None,
    origin: DealOrigin = DealOrigin.LIST_PRICE,
) -> Order:
    """Buy a plan of a listing: freeze the agreement, hold the money, and let the delivery begin.

    A quote says which plan, by which broker, at which price and how that is divided; without one, a plan of a listing
    is bought at its price. A voucher pays a part of it; by an exchange quote of its own the buyer pays what is left in
    another currency. Where the data would cross a border, its route case is opened instead, and the order is funded
    once that is cleared.

    Raises `listing_not_available`, why the listing is not for the buyer (`denied_place`, `not_invited`, …),
    `membership_required`, `own_product`, `no_list_price`, `broker_not_independent`, `insufficient_funds`,
    `destination_not_allowed` or `cross_border_forbidden`; of a quote `not_found` (also anybody else's), `quote_used`,
    `quote_expired` or `quote_outdated`; of a voucher why it does not pay (settlements/vouchers/uses.py); of an exchange
    quote what `exchange_quotes.sign_quote` raises; `invalid` where neither or both of quote and plan are named. Then
    nothing at all has happened.
    """
    now = timezone.now()
    quote = _quote(quote_id, listing_id, plan_id, broker_id, actor)
    offer = offer_for(*_wanted(quote, listing_id, plan_id))
    buyer = buyer_of(offer, actor)
    broker = broker_of(offer, buyer, quote.broker_id if quote else broker_id)
    gross, origin, lines = _priced(quote, offer, buyer, broker, origin, now)

    order = Order.objects.create(
        number=short_number(offer.venue.number_prefix, "O", timezone.localdate(now).year),
        venue=offer.venue,
        buyer=buyer,
        provider=offer.provider,
        broker=broker,
        listing=offer.listing,
        plan=offer.plan,
        gross_minor=gross.minor,
        buyer_fees_minor=total_of(lines) - gross.minor,
        currency=gross.currency,
        origin=origin,
        purpose=purpose,
        placed_by=actor.person_id,
    )
    if quote:
        _use(quote, order, actor)
    crosses = crosses_border(offer.provider, buyer)
    border = {"onward_transfer_outside_gba": onward_transfer_outside_gba} if crosses else None
    voucher = reserve_voucher(voucher_id, order, offer.product.product_type, actor)
    exchange = _signed_exchange(exchange_quote_id, order, actor)
    agreement = draw_up(
        order=order, offer=offer, lines=lines, at=now, border=border, quote=quote, voucher=voucher, exchange=exchange
    )
    if crosses:
        open_case(
            order_id=order.id,
            listing=offer.listing,
            recipient=buyer,
            purpose=purpose,
            onward_transfer_outside_gba=onward_transfer_outside_gba,
            actor=actor,
        )
        return order
    _fund(order, agreement, offer.version, actor)
    return order


@transaction.atomic
def fund_order(*, order_id: UUID, actor: Actor) -> Order:
    """Hold the money of an order whose border has been cleared, and let the delivery begin.

    A job does it when the route case is cleared; a buyer without the funds then does it after the deposit. Raises
    `not_found`, `forbidden`, `illegal_state`, `route_not_cleared`, `route_no_longer_open` or `insufficient_funds`.
    """
    order = lock_order(order_id, actor, "venue", "buyer", "provider", "agreement")
    require(actor, Permission.ORDER_PLACE, organization_id=order.buyer_id)
    if order.state != Order.State.PLACED:
        raise Problem("illegal_state", state=order.state)
    case = clear_for_funding(order_id=order.id, actor=actor)
    _fund(order, order.agreement, case.version, actor)
    return order


def fund_when_cleared(*, order_id: UUID) -> None:
    """Fund an order whose route case has just been cleared, or take its delivery up again if it was funded before.

    Raises GiveUp with the reason where it cannot be: the buyer funds it after a deposit, and a case whose route more
    exports have closed meanwhile is assessed anew.
    """
    try:
        with transaction.atomic():
            order = lock_order(order_id, SYSTEM)
            if order.state == Order.State.PLACED:
                fund_order(order_id=order_id, actor=SYSTEM)
            elif order.state == Order.State.FUNDED:
                clear_for_funding(order_id=order_id, actor=SYSTEM)
                enqueue_delivery(order.deliveries.get(number=1), key=str(uuid7()))
    except Problem as problem:
        if problem.code == "route_no_longer_open":
            reassess_order(order_id=order_id, reason=str(problem.detail))
        raise GiveUp(str(problem.detail)) from problem


@transaction.atomic
def cancel_order(*, order_id: UUID, reason: str, actor: Actor) -> Order:
    """Cancel an order whose delivery has not been made, and give all the money back.

    Raises `illegal_state` once the data has been delivered, `won_at_auction` where a deposit stood for the order.
    """
    order = lock_order(order_id, actor)
    require(actor, Permission.ORDER_CANCEL, organization_id=order.buyer_id)
    refuse_cancelling_a_win(order)

    advance(order, to=Order.State.CANCELLED, actor=actor, reason=reason)
    give_up_milestones(order, reason=reason, actor=actor)
    withdraw_case(order_id=order.id, actor=actor, reason=reason)
    for delivery in order.deliveries.select_related("entitlement__agreement__order"):
        advance(delivery, to=Delivery.State.CANCELLED, actor=actor, reason=reason)
        end_right(delivery.entitlement, reason=reason, actor=actor)
        cancel("delivery.fulfil", str(delivery.id))
    escrow.refund_order(order_id=order.id, actor=actor, reason=reason)
    exchange_quotes.release_quote(order_id=order.id, actor=actor, reason=reason)
    return order


def _quote(
    quote_id: UUID | None, listing_id: UUID | None, plan_id: UUID | None, broker_id: UUID | None, actor: Actor
) -> Quote | None:
    if quote_id is None:
        return None
    for pointer, named in {"/listing_id": listing_id, "/plan_id": plan_id, "/broker_id": broker_id}.items():
        if named is not None:
            raise field_problem(pointer, "quoted", _("The quote says this already."))
    require(actor, Permission.ORDER_PLACE)
    return usable_quote(quote_id, actor)


def _wanted(quote: Quote | None, listing_id: UUID | None, plan_id: UUID | None) -> tuple[UUID, UUID]:
    if quote:
        return quote.listing_id, quote.plan_id
    if listing_id is None:
        raise field_problem("/listing_id", "required", _("Name a quote, or a listing and its plan."))
    if plan_id is None:
        raise field_problem("/plan_id", "required", _("Name a quote, or a listing and its plan."))
    return listing_id, plan_id


def _priced(
    quote: Quote | None,
    offer: Offer,
    buyer: Organization,
    broker: Organization | None,
    origin: DealOrigin,
    at: datetime,
) -> tuple[Money, DealOrigin, list[FeeLine]]:
    """Return the price, how it came about, and its division: as quoted, or of the plan as it is listed now."""
    if quote is not None:
        refuse_outdated(quote, offer)
        return quote.gross, DealOrigin(quote.origin), division_of(quote)
    refuse_without_price(offer)
    gross = first_price(offer, at)
    return gross, origin, divided(offer, gross, buyer=buyer, broker=broker, origin=origin)


def _use(quote: Quote, order: Order, actor: Actor) -> None:
    use_quote(quote, order, actor)
    if quote.origin == DealOrigin.AUCTION:
        credit_win(order, actor)


def _signed_exchange(quote_id: UUID | None, order: Order, actor: Actor) -> dict[str, Json] | None:
    if quote_id is None:
        return None
    return exchange_quotes.sign_quote(
        quote_id=quote_id,
        order_id=order.id,
        venue=order.venue,
        payer_id=order.buyer_id,
        price=Money(order.total.minor - held_for(order.id), order.total.currency),
        actor=actor,
    )


def _fund(order: Order, agreement: Agreement, version: DatasetVersion, actor: Actor) -> None:
    if "exchange" in agreement.body:
        exchange_quotes.pay_by_quote(order_id=order.id, actor=actor)
    if order.gross_minor:
        escrow.hold(order_id=order.id, venue=order.venue, payer=order.buyer, amount=order.total, actor=actor)
    advance(order, to=Order.State.FUNDED, actor=actor, details={"agreement_sha256": agreement.sha256})
    begin_milestones(order, agreement)
    begin_delivery(order, agreement, version)
    subscribe(order, agreement)
