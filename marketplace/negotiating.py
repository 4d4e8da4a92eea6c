"""Negotiating: offers and counter-offers for a plan, each valid for a time; an accepted one becomes a quote.

    OPEN → AGREED (a quote that the buyer orders by) | DECLINED | WITHDRAWN | EXPIRED

Only the newest offer is answered, by the side that did not make it. An answer names the round that it means, so that
nobody agrees to an offer that was changed in the same moment. What is said is never changed: every answer is a round.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_member, require_reason
from accounts.models import Capacity
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.money import Money
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.listing import Offer, offer_for
from listings.price_ceilings import refuse_price_above
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.models import Negotiation, NegotiationRound, Quote
from marketplace.parties import broker_of, buyer_of
from marketplace.quotes import make_quote
from settlements.models import DealOrigin

State = Negotiation.State
LONGEST_DAYS = 90  # that an offer may stay valid
MOST_ROUNDS = 50
# What two rounds are compared by, and what of a round an agreement holds besides the price.
COMPARED = ("price", "volume", "delivery", "delivery_days", "terms", "message", "valid_until")
CONDITIONS = ("volume", "delivery", "delivery_days", "terms")


@dataclass(frozen=True)
class Proposed:
    """What one side offers. Without a price, a buyer asks for one."""

    valid_until: datetime
    price: Money | None = None
    volume: str = ""
    delivery: str = ""
    delivery_days: int | None = None
    terms: str = ""
    message: str = ""


@dataclass(frozen=True)
class Difference:
    """One field of two rounds, side by side."""

    field: str
    before: Any
    after: Any

    @property
    def changed(self) -> bool:
        return bool(self.before != self.after)


@transaction.atomic
def open_negotiation(
    *, listing_id: UUID, plan_id: UUID, proposed: Proposed, actor: Actor, broker_id: UUID | None = None
) -> Negotiation:
    """Make the first offer for a plan, or ask for a price, by a buyer.

    Raises Problem `listing_not_available`, `takes_no_offers`, `forbidden`, why the listing is not for the buyer,
    `membership_required`, `own_product`, `broker_not_independent`, `negotiation_exists`, or `invalid`.
    """
    offer = offer_for(listing_id, plan_id)
    buyer = buyer_of(offer, actor)
    if not offer.plan.takes_offers:
        raise Problem("takes_no_offers")
    broker = broker_of(offer, buyer, broker_id)
    _check(proposed, offer)

    negotiation = Negotiation.objects.create(
        number=short_number(offer.venue.number_prefix, "N", timezone.localdate().year),
        venue=offer.venue,
        buyer=buyer,
        provider=offer.provider,
        broker=broker,
        listing=offer.listing,
        plan=offer.plan,
        awaiting=offer.provider,
        expires_at=proposed.valid_until,
    )
    made = _add_round(negotiation, buyer.pk, offer, proposed, actor)
    audit.record("negotiation.opened", subject=negotiation, actor=actor, details=_told(made))
    return negotiation


@transaction.atomic
def counter(*, negotiation_id: UUID, number: int, proposed: Proposed, actor: Actor) -> Negotiation:
    """Answer round `number` with another offer, which then is the newest one.

    Raises Problem `not_found`, `forbidden`, `offer_superseded` unless it is the newest, `own_offer`, `offer_expired`,
    `quote_expired` or `quote_used` where an offer was accepted before, `illegal_state` where the negotiation has ended
    otherwise, `listing_not_available`, `membership_required`, `too_many` rounds, or `invalid`.
    """
    negotiation, _answered = _to_answer(negotiation_id, number, actor)
    offer = _offer_of(negotiation)
    if negotiation.newest >= MOST_ROUNDS:
        raise Problem("too_many", most=MOST_ROUNDS)
    if proposed.price is None:
        raise field_problem("/price", "required", _("Say the price."))
    _check(proposed, offer)

    side = negotiation.awaiting_id
    negotiation.newest += 1
    negotiation.awaiting_id = negotiation.provider_id if side == negotiation.buyer_id else negotiation.buyer_id
    negotiation.expires_at = proposed.valid_until
    negotiation.save(update_fields=["newest", "awaiting", "expires_at"])
    made = _add_round(negotiation, side, offer, proposed, actor)
    audit.record("negotiation.countered", subject=negotiation, actor=actor, details=_told(made))
    return negotiation


@transaction.atomic
def accept_offer(*, negotiation_id: UUID, number: int, actor: Actor) -> Negotiation:
    """Agree to round `number`: it becomes a quote, by which the buyer may order until it expires.

    Raises as `counter` does, and `offer_without_price` for a buyer's question, `offer_outdated` where a material edit
    of the listing has been approved since the offer was made, `fee_schedule_missing`.
    """
    negotiation, agreed = _to_answer(negotiation_id, number, actor)
    offer = _offer_of(negotiation)
    if agreed.price is None:
        raise Problem("offer_without_price")
    if agreed.listing_revision != offer.listing.revision:
        raise Problem("offer_outdated", offered=agreed.listing_revision, now=offer.listing.revision)
    quote = make_quote(
        offer=offer,
        buyer=negotiation.buyer,
        broker=broker_of(offer, negotiation.buyer, negotiation.broker_id),
        gross=agreed.price,
        origin=DealOrigin.NEGOTIATED,
        conditions=_conditions(negotiation, agreed),
        actor=actor,
    )
    advance(
        negotiation, to=State.AGREED, actor=actor, details={"quote": quote.number, **_told(agreed)}, quote_id=quote.pk
    )
    return negotiation


@transaction.atomic
def decline_offer(*, negotiation_id: UUID, number: int, reason: str, actor: Actor) -> Negotiation:
    """End the negotiation by declining round `number`, by the side that was to answer it.

    Raises as `counter` does, but an expired offer may be declined; `invalid` without a reason.
    """
    negotiation = _locked(negotiation_id, actor)
    _refuse_ended(negotiation)
    _refuse_superseded(negotiation, number)
    if actor.organization_id != negotiation.awaiting_id:
        raise Problem("own_offer")
    said = require_reason(reason)
    advance(negotiation, to=State.DECLINED, actor=actor, reason=said, details={"round": number})
    return _with_reason(negotiation, said)


@transaction.atomic
def withdraw_offer(*, negotiation_id: UUID, reason: str, actor: Actor) -> Negotiation:
    """Take the newest offer back and end the negotiation, by the side that made it.

    Raises Problem `not_found`, `forbidden`, `quote_expired` or `quote_used` once it was accepted, `illegal_state` where
    the other side's offer waits for an answer, or `invalid` without a reason.
    """
    negotiation = _locked(negotiation_id, actor)
    _refuse_ended(negotiation)
    if actor.organization_id == negotiation.awaiting_id:
        raise Problem("illegal_state", _("The newest offer is the other side's: decline it."), state=negotiation.state)
    said = require_reason(reason)
    advance(negotiation, to=State.WITHDRAWN, actor=actor, reason=said, details={"round": negotiation.newest})
    return _with_reason(negotiation, said)


def expire_negotiations(limit: int = 200) -> int:
    """End negotiations whose newest offer is no longer valid; sent by beat. Nobody could answer it any more."""
    due = Negotiation.objects.open().filter(expires_at__lte=timezone.now()).order_by("expires_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    for negotiation_id in ids:
        with transaction.atomic():
            negotiation = _locked(negotiation_id, SYSTEM)
            if negotiation.state == State.OPEN and negotiation.expires_at <= timezone.now():
                advance(negotiation, to=State.EXPIRED, actor=SYSTEM, details={"round": negotiation.newest})
    return len(ids)


def differences(before: NegotiationRound, after: NegotiationRound) -> Sequence[Difference]:
    """Return every field of two rounds side by side."""
    return [Difference(name, getattr(before, name), getattr(after, name)) for name in COMPARED]


def shown(value: Any) -> str | None:
    """Return a compared value as a program reads it in one string."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Money):
        return value.plain()
    return None if value is None else str(value)


def _locked(negotiation_id: UUID, actor: Actor) -> Negotiation:
    rows = Negotiation.objects.visible_to(actor).select_related("buyer", "provider", "venue", "quote")
    negotiation = find(rows.select_for_update(of=("self",)), pk=negotiation_id)
    if not actor.is_system:
        _require_side(negotiation, actor)
    return negotiation


def _require_side(negotiation: Negotiation, actor: Actor) -> None:
    """Raise Problem `forbidden` unless the actor speaks for one of the two sides: staff only read."""
    if actor.organization_id == negotiation.provider_id:
        require(actor, Permission.PROPOSAL_MAKE)
    else:
        require(actor, Permission.ORDER_PLACE, organization_id=negotiation.buyer_id)


def _to_answer(negotiation_id: UUID, number: int, actor: Actor) -> tuple[Negotiation, NegotiationRound]:
    """Return the negotiation under its row lock and the offer that the actor may answer now."""
    negotiation = _locked(negotiation_id, actor)
    _refuse_ended(negotiation)
    _refuse_superseded(negotiation, number)
    if actor.organization_id != negotiation.awaiting_id:
        raise Problem("own_offer")
    if negotiation.expires_at <= timezone.now():
        raise Problem("offer_expired", expired_at=negotiation.expires_at.isoformat())
    return negotiation, negotiation.rounds.get(number=number)


def _refuse_ended(negotiation: Negotiation) -> None:
    if negotiation.quote is not None:
        _refuse_quoted(negotiation.quote)
    if negotiation.state == State.EXPIRED:
        raise Problem("offer_expired", expired_at=negotiation.expires_at.isoformat())
    if negotiation.state != State.OPEN:
        raise Problem("illegal_state", _("The negotiation has ended."), state=negotiation.state)


def _refuse_quoted(quote: Quote) -> None:
    """Raise what stands against another offer once one was accepted: nothing may follow a used or an expired quote."""
    if quote.state == Quote.State.USED:
        raise Problem("quote_used", order=str(quote.order_id))
    if quote.state == Quote.State.EXPIRED:
        raise Problem("quote_expired", expired_at=quote.expires_at.isoformat())


def _refuse_superseded(negotiation: Negotiation, number: int) -> None:
    if number > negotiation.newest:
        raise field_problem("/round", "unknown", _("There is no such round."))
    if number < negotiation.newest:
        raise Problem("offer_superseded", newest=negotiation.newest)


def _offer_of(negotiation: Negotiation) -> Offer:
    offer = offer_for(negotiation.listing_id, negotiation.plan_id)
    require_member(negotiation.buyer_id, negotiation.venue_id, Capacity.BUYER)
    return offer


def _check(proposed: Proposed, offer: Offer) -> None:
    days = (proposed.valid_until - timezone.now()).total_seconds() / 86_400
    if not 0 < days <= LONGEST_DAYS:
        detail = _("The offer is valid until a moment in the future, at most %d days from now.") % LONGEST_DAYS
        raise field_problem("/valid_until", "out_of_range", detail)
    if proposed.price is None:
        return
    if proposed.price.currency != offer.plan.currency:
        raise field_problem("/price", "other_currency", _("The offer is in the currency of the plan."))
    if proposed.price.minor < 1:
        raise field_problem("/price", "out_of_range", _("A price is at least 0.01."))
    refuse_price_above(product=offer.product, venue=offer.venue, price=proposed.price)


def _add_round(
    negotiation: Negotiation, side: UUID, offer: Offer, proposed: Proposed, actor: Actor
) -> NegotiationRound:
    said = asdict(proposed)
    del said["price"]
    return NegotiationRound.objects.create(
        negotiation=negotiation,
        number=negotiation.newest,
        organization_id=side,
        listing_revision=offer.listing.revision,
        price_minor=proposed.price.minor if proposed.price else None,
        currency=offer.plan.currency,
        made_by=actor.person_id,
        **said,
    )


def _told(made: NegotiationRound) -> dict[str, Any]:
    """Return what an audit event says of a round."""
    return {"round": made.number, "price": made.price and made.price.as_json(), "valid_until": made.valid_until}


def _conditions(negotiation: Negotiation, agreed: NegotiationRound) -> dict[str, Any]:
    said = {name: getattr(agreed, name) for name in CONDITIONS}
    return {
        "negotiation": negotiation.number,
        "round": agreed.number,
        **{name: value for name, value in said.items() if value not in ("", None)},
    }


def _with_reason(negotiation: Negotiation, reason: str) -> Negotiation:
    negotiation.reason = reason
    negotiation.save(update_fields=["reason"])
    return negotiation
