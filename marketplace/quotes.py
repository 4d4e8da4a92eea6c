"""Quotes: what an order would cost, divided line by line, at a price that holds until the quote expires.

A quote is asked for at the list price, or made when a price was negotiated or won. Each is used by one order, and the
agreement then freezes exactly its lines. An order without a quote is priced by the same function at that moment.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import find
from accounts.models import Organization
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem
from listings.listing import Offer, offer_for
from listings.price_ceilings import refuse_price_above
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.first_terms import end_of_first_term, first_price, first_term
from marketplace.models import Order, Quote
from marketplace.parties import broker_of, buyer_of
from settlements import fees
from settlements.fees import FeeLine
from settlements.models import DealOrigin

# How long a price holds by itself. What was negotiated leaves time to have the order approved at home.
VALIDITY: Mapping[DealOrigin, timedelta] = {
    DealOrigin.LIST_PRICE: timedelta(hours=24),
    DealOrigin.NEGOTIATED: timedelta(days=7),
    DealOrigin.AUCTION: timedelta(days=3),
}


@transaction.atomic
def request_quote(*, listing_id: UUID, plan_id: UUID, actor: Actor, broker_id: UUID | None = None) -> Quote:
    """Say what a plan of a listing costs the actor's organization, line by line, and let the price hold for a day.

    Raises Problem `listing_not_available`, `no_list_price`, `forbidden`, why the listing is not for the buyer,
    `membership_required`, `own_product`, `buyer_not_eligible`, `broker_not_independent`, `fee_schedule_missing`, or
    `invalid`.
    """
    offer = offer_for(listing_id, plan_id)
    refuse_without_price(offer)
    buyer = buyer_of(offer, actor)
    broker = broker_of(offer, buyer, broker_id)
    now = timezone.now()
    term, share = first_term(offer, now), offer.plan.revenue_share
    return make_quote(
        offer=offer,
        buyer=buyer,
        broker=broker,
        gross=first_price(offer, now),
        origin=DealOrigin.LIST_PRICE,
        actor=actor,
        conditions={**({"first_term": term} if term else {}), **({"revenue_share": share} if share else {})},
        ends_at=end_of_first_term(offer, now),
    )


def make_quote(
    *,
    offer: Offer,
    buyer: Organization,
    broker: Organization | None,
    gross: Money,
    origin: DealOrigin,
    actor: Actor,
    conditions: Mapping[str, Any] | None = None,
    ends_at: datetime | None = None,
) -> Quote:
    """Freeze a price for one buyer until it expires, by `ends_at`; the caller has decided that it is due.

    Raises Problem `price_above_ceiling`.
    """
    refuse_price_above(product=offer.product, venue=offer.venue, price=gross)
    now = timezone.now()
    until = now + VALIDITY[origin]
    lines = divided(offer, gross, buyer=buyer, broker=broker, origin=origin)
    quote = Quote.objects.create(
        number=short_number(offer.venue.number_prefix, "Q", timezone.localdate(now).year),
        venue=offer.venue,
        buyer=buyer,
        provider=offer.provider,
        broker=broker,
        listing=offer.listing,
        listing_revision=offer.listing.revision,
        plan=offer.plan,
        origin=origin,
        gross_minor=gross.minor,
        currency=gross.currency,
        lines=[line.as_json() for line in lines],
        conditions=dict(conditions or {}),
        expires_at=until if ends_at is None else min(until, ends_at),
        asked_by=actor.person_id,
    )
    details = {"origin": origin, "gross": gross.as_json(), "expires_at": quote.expires_at}
    audit.record("quote.made", subject=quote, actor=actor, details=details)
    return quote


def divided(
    offer: Offer, gross: Money, *, buyer: Organization, broker: Organization | None, origin: DealOrigin
) -> list[FeeLine]:
    """Divide a price of the offer as an agreement made today would."""
    deal = fees.Deal(offer.provider, buyer, broker, offer.product.product_type, origin)
    return fees.quote(venue=offer.venue, gross=gross, on=timezone.localdate(), deal=deal)


def division_of(quote: Quote) -> list[FeeLine]:
    """Return the lines that were quoted."""
    return [FeeLine.from_json(line) for line in quote.lines]


def usable_quote(quote_id: UUID, actor: Actor) -> Quote:
    """Return the buyer's own quote with its row locked, while it may be used.

    Raises Problem `not_found` for anybody else's, `quote_used` or `quote_expired`.
    """
    mine = Quote.objects.filter(buyer=actor.organization_id) if actor.organization_id else Quote.objects.none()
    quote = find(mine.select_for_update(of=("self",)), pk=quote_id)
    if quote.order_id is not None:
        raise Problem("quote_used", order=str(quote.order_id))
    if quote.state == Quote.State.EXPIRED:
        raise Problem("quote_expired", expired_at=quote.expires_at.isoformat())
    return quote


def refuse_without_price(offer: Offer) -> None:
    """Raise Problem `no_list_price` where the price is negotiated or bid for, and nobody has it as it is listed."""
    if not offer.plan.has_list_price:
        raise Problem("no_list_price", kind=offer.plan.kind)


def refuse_outdated(quote: Quote, offer: Offer) -> None:
    """Raise Problem `quote_outdated` or `price_above_ceiling` where what was quoted is not to be had so any more."""
    if offer.listing.revision != quote.listing_revision:
        raise Problem("quote_outdated", quoted=quote.listing_revision, offered=offer.listing.revision)
    # A ceiling that has come into force since binds what was quoted before.
    refuse_price_above(product=offer.product, venue=offer.venue, price=quote.gross)


def use_quote(quote: Quote, order: Order, actor: Actor) -> None:
    """Write down which order used the quote."""
    quote.order = order
    quote.save(update_fields=["order"])
    audit.record("quote.used", subject=quote, actor=actor, details={"order": order.number})


def terms_of_quote(quote: Quote) -> dict[str, Any]:
    """Return what the agreement says of the quote that priced it."""
    return {
        "id": str(quote.id),
        "number": quote.number,
        "origin": quote.origin,
        "expires_at": quote.expires_at.isoformat(),
        "conditions": quote.conditions,
    }
