"""What differs between an auction to the highest bidder and one to the lowest: who bids, who wins, who owes what."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.access import Permission, require, require_member
from accounts.models import Capacity, Membership, Organization
from kernel.actors import SYSTEM, Actor
from kernel.money import Money
from kernel.problems import Problem
from kernel.states import advance
from listings.listing import Offer, offer_for
from listings.models import Listing, Plan
from listings.price_ceilings import refuse_price_above
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.awarding import reopen
from marketplace.demands import decline_others
from marketplace.models import Auction, Bid, Demand, Proposal, Quote
from marketplace.parties import buyer_of

Contenders = tuple[Sequence[tuple[Bid, Offer]], str]
# What a buyer can be quoted another price for than the listed one.
BID_FOR = (Plan.Kind.ONE_OFF, Plan.Kind.SUBSCRIPTION)


@dataclass(frozen=True)
class Rules:
    """The rules of one direction.

    `sign` makes the better of two amounts the smaller number. `contenders` keeps those of a ranking that can be
    awarded, or says as a code why none can. `blame` says of a win that nobody ordered whether the winner forfeits.
    """

    sign: int
    too_weak: str
    limit: str
    bidder: Callable[[Auction, Actor], Organization]
    contenders: Callable[[Auction, Sequence[Bid]], Contenders]
    buyer: Callable[[Auction, Bid], Organization]
    awarded: Callable[[Auction, Bid], None]
    winner: Callable[[Quote], UUID]
    blame: Callable[[Auction, Quote], tuple[bool, str]]
    came_to_nothing: Callable[[Auction, str], None]


def rules_of(auction: Auction) -> Rules:
    """Return the rules of an auction's direction."""
    return RULES[Auction.Direction(auction.direction)]


def next_bid(auction: Auction) -> int:
    """Return what must be bid now, in minor units: at least, or at most where the lowest bid wins."""
    if auction.kind == Auction.Kind.SEALED or auction.lead_minor is None:
        return auction.start_minor
    return auction.lead_minor - rules_of(auction).sign * auction.step_minor


def check_bid(auction: Auction, minor: int) -> None:
    """Raise Problem `bid_too_low` or `bid_too_high`, which name what must be bid, for one that is not good enough."""
    rules, most = rules_of(auction), next_bid(auction)
    if rules.sign * minor > rules.sign * most:
        said: dict[str, Any] = {rules.limit: auction.money(max(most, 0)).as_json()}
        raise Problem(rules.too_weak, **said)


def refuse_bid_above_ceiling(auction: Auction, bidder: Organization, amount: Money) -> None:
    """Raise Problem `price_above_ceiling` for a bid above the government-guided price of what would be sold."""
    listing = auction.listing
    if listing is None:
        proposal = proposal_of(auction, bidder.pk)
        listing = proposal.listing if proposal else None
    if listing is not None:
        refuse_price_above(product=listing.product, venue=listing.venue, price=amount)


# --- one plan, to the highest bidder ----------------------------------------------------------------------------------


def _of_plan(auction: Auction) -> tuple[UUID, UUID]:
    if auction.listing_id is None or auction.plan_id is None:
        raise ValueError("a forward auction sells a plan")
    return auction.listing_id, auction.plan_id


def _buying(auction: Auction, actor: Actor) -> Organization:
    return buyer_of(offer_for(*_of_plan(auction)), actor)


def _buyers(auction: Auction, ranking: Sequence[Bid]) -> Contenders:
    """Keep the bids of those who may still buy at the venue, while what was announced is still offered."""
    offer, hindrance = _offered(*_of_plan(auction), revision=auction.listing_revision)
    if offer is None:
        return [], hindrance
    return _within_ceilings(auction, [(bid, offer) for bid in _members(auction, ranking, Capacity.BUYER)])


def _who_bid(_auction: Auction, bid: Bid) -> Organization:
    return bid.organization


def _nothing_more(_auction: Auction, _what: Bid | str) -> None:
    """An auction of a plan moves nothing else."""


def _bought(quote: Quote) -> UUID:
    return quote.buyer_id


def _buyer_to_blame(auction: Auction, quote: Quote) -> tuple[bool, str]:
    """Blame a buyer who has not ordered, unless it could not: the listing is gone or was materially edited."""
    offer, hindrance = _offered(*_of_plan(auction), revision=auction.listing_revision)
    if offer is None:
        return False, hindrance
    return True, _("The winner has not ordered by %s.") % quote.expires_at.isoformat(timespec="seconds")


# --- one demand, to the lowest bidder ---------------------------------------------------------------------------------


def proposal_of(auction: Auction, organization_id: UUID | None) -> Proposal | None:
    """Return the living proposal of a provider by which it bids: of a listing of its own, in the auction's currency."""
    mine = Proposal.objects.living().filter(demand=auction.demand_id, organization=organization_id)
    by_listing = mine.filter(capacity=Capacity.PROVIDER, plan__kind__in=BID_FOR, currency=auction.currency)
    return by_listing.select_related("organization").first()


def _selling(auction: Auction, actor: Actor) -> Organization:
    """Return the actor's organization, if it may sell what is sought.

    Raises Problem `forbidden`, `not_invited`, `membership_required`, `proposal_wanted` or `listing_not_available`.
    """
    require(actor, Permission.PROPOSAL_MAKE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    if auction.by_invitation and not auction.invitations.filter(organization=actor.organization_id).exists():
        raise Problem("not_invited")
    seller = require_member(actor.organization_id, auction.venue_id, Capacity.PROVIDER).organization
    proposal = proposal_of(auction, seller.pk)
    if proposal is None:
        raise Problem("proposal_wanted")
    offer_for(*_of_proposal(proposal))
    return seller


def _sellers(auction: Auction, ranking: Sequence[Bid]) -> Contenders:
    """Keep the bids of those who still sell at the venue what they proposed, while the demand is open."""
    if _demand(auction).state not in Demand.TAKES_PROPOSALS:
        return [], "demand_closed"
    return _within_ceilings(auction, list(_with_offers(auction, _members(auction, ranking, Capacity.PROVIDER))))


def _with_offers(auction: Auction, ranking: Sequence[Bid]) -> Iterator[tuple[Bid, Offer]]:
    for bid in ranking:
        proposal = proposal_of(auction, bid.organization_id)
        offer, _hindrance = _offered(*_of_proposal(proposal)) if proposal else (None, "")
        if offer is not None:
            yield bid, offer


def _who_seeks(auction: Auction, _bid: Bid) -> Organization:
    return _demand(auction).buyer


def _award_demand(auction: Auction, best: Bid) -> None:
    demand, proposal = _demand(auction), proposal_of(auction, best.organization_id)
    if proposal is None:
        raise ValueError("a contender has a proposal")
    details = {"auction": auction.number, "bid": best.number}
    advance(proposal, to=Proposal.State.AWARDED, actor=SYSTEM, details=details, price_minor=best.amount_minor)
    advance(demand, to=Demand.State.AWARDED, actor=SYSTEM, details={"proposal": proposal.pk, **details})
    reason = _("Another bid has won auction %s.") % auction.number
    decline_others(demand, actor=SYSTEM, reason=reason, but=[proposal.pk])


def _sold(quote: Quote) -> UUID:
    return quote.provider_id


def _seller_to_blame(_auction: Auction, quote: Quote) -> tuple[bool, str]:
    """Blame a seller that does not offer any more what it won with, unless the venue has suspended it."""
    offer, hindrance = _offered(quote.listing_id, quote.plan_id, revision=quote.listing_revision)
    if offer is not None:
        return False, "not_ordered"
    if Listing.objects.filter(pk=quote.listing_id, state=Listing.State.SUSPENDED).exists():
        return False, hindrance
    return True, _("The winner does not offer it any more: %s") % hindrance


def _reopen_demand(auction: Auction, reason: Bid | str) -> None:
    demand = _demand(auction)
    if demand.state == Demand.State.AWARDED and demand.order_id is None:
        reopen(demand, reason=str(reason), details={"auction": auction.number})


def _demand(auction: Auction) -> Demand:
    if auction.demand is None:
        raise ValueError("a reverse auction seeks by a demand")
    return auction.demand


def _of_proposal(proposal: Proposal) -> tuple[UUID, UUID]:
    if proposal.listing_id is None or proposal.plan_id is None:
        raise ValueError("the proposal names no listing")
    return proposal.listing_id, proposal.plan_id


# --- both -------------------------------------------------------------------------------------------------------------


def _members(auction: Auction, ranking: Sequence[Bid], capacity: Capacity) -> list[Bid]:
    active = Membership.objects.active().filter(venue=auction.venue_id, capacity=capacity)
    members = set(active.filter(organization__in=[bid.organization_id for bid in ranking]).values_list("organization"))
    return [bid for bid in ranking if (bid.organization_id,) in members]


def _within_ceilings(auction: Auction, bids: Sequence[tuple[Bid, Offer]]) -> Contenders:
    """Leave out what a ceiling that has come into force since it was bid forbids."""
    kept, hindrance = [], ""
    for bid, offer in bids:
        try:
            refuse_price_above(product=offer.product, venue=offer.venue, price=auction.money(bid.amount_minor or 0))
        except Problem as problem:
            hindrance = problem.code
        else:
            kept.append((bid, offer))
    return kept, "" if kept else hindrance


def _offered(listing_id: UUID, plan_id: UUID, *, revision: int | None = None) -> tuple[Offer | None, str]:
    """Return what can be ordered, or None and why it cannot, as a code; not as it was once, if that is named."""
    try:
        offer = offer_for(listing_id, plan_id)
    except Problem as problem:
        return None, problem.code
    # Nobody is bound by a bid for something that was materially edited since.
    edited = revision is not None and offer.listing.revision != revision
    return (None, "listing_edited") if edited else (offer, "")


RULES: Mapping[Auction.Direction, Rules] = {
    Auction.Direction.FORWARD: Rules(
        sign=-1,
        too_weak="bid_too_low",
        limit="least",
        bidder=_buying,
        contenders=_buyers,
        buyer=_who_bid,
        awarded=_nothing_more,
        winner=_bought,
        blame=_buyer_to_blame,
        came_to_nothing=_nothing_more,
    ),
    Auction.Direction.REVERSE: Rules(
        sign=1,
        too_weak="bid_too_high",
        limit="most",
        bidder=_selling,
        contenders=_sellers,
        buyer=_who_seeks,
        awarded=_award_demand,
        winner=_sold,
        blame=_seller_to_blame,
        came_to_nothing=_reopen_demand,
    ),
}
