"""Reverse auctions: a buyer lets sellers bid one another down for its demand; the lowest bid becomes its quote.

A provider bids by its living proposal that names a listing (marketplace/proposals.py), so whoever may not propose may
not bid either. The winner's proposal is awarded at the price that was bid; the buyer orders by the quote.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import require_reason
from accounts.models import Capacity, Membership
from kernel.actors import Actor
from kernel.money import Currency
from kernel.problems import FieldError, Problem
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.auctions import Conditions, announce, condition_errors, locked_auction, new_auction
from marketplace.demands import own_demand, refuse_during_auction
from marketplace.knockdown import forfeit_win
from marketplace.models import Auction, AuctionInvitation, Demand, Quote
from marketplace.sealed_amounts import sealed

REVERSE = Auction.Direction.REVERSE
MOST_INVITED = 100


@transaction.atomic
def announce_reverse_auction(
    *, demand_id: UUID, conditions: Conditions, invited: Sequence[UUID] = (), actor: Actor
) -> Auction:
    """Announce the auction of an open demand, by its buyer; to the sellers that it invites, or to whoever may propose.

    `conditions.start` is what may be bid at most, and the reserve, if there is one, the ceiling above which nothing is
    bought; where bids are sealed, so is the ceiling. Raises Problem `not_found`, `forbidden`, `demand_closed`,
    `auction_runs` while another one of the demand is not over, or `invalid` with pointers.
    """
    demand = own_demand(demand_id, actor)
    if demand.state not in Demand.TAKES_PROPOSALS:
        raise Problem("demand_closed", state=demand.state)
    refuse_during_auction(demand)
    currency = Currency(demand.currency)
    errors = list(condition_errors(conditions, currency, REVERSE))
    if conditions.ends_at > demand.deadline:
        errors.append(FieldError("/ends_at", "after_deadline", _("An auction ends before the demand's deadline.")))
    sellers = _sellers(demand, invited)
    errors += [
        FieldError(f"/invited/{index}", "not_a_seller", _("There is no such provider at this venue that may bid."))
        for index, organization_id in enumerate(invited)
        if organization_id not in sellers
    ]
    if errors:
        raise Problem("invalid", errors=errors)

    auction = new_auction(conditions, venue=demand.venue, currency=currency, actor=actor)
    auction.direction, auction.demand, auction.by_invitation = REVERSE, demand, bool(invited)
    if conditions.reserve and auction.kind == Auction.Kind.SEALED:
        auction.reserve_sealed = sealed(auction, conditions.reserve.minor, owner=demand.buyer_id)
        auction.reserve_minor = None
    announce(auction, actor=actor)
    AuctionInvitation.objects.bulk_create(
        AuctionInvitation(auction=auction, organization_id=organization_id) for organization_id in sellers
    )
    return auction


@transaction.atomic
def withdraw_win(*, auction_id: UUID, reason: str, actor: Actor) -> Auction:
    """Take back what one has won before it is ordered, by the seller: the deposit goes to the buyer.

    The demand is open again until its deadline. Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid`
    without a reason.
    """
    # The quote first, as an order does: of the two that come at one moment the second finds what the first has done.
    won = Quote.objects.filter(auction=auction_id, provider=actor.organization_id, auction__direction=REVERSE)
    quote = won.select_for_update(of=("self",)).first()
    auction = locked_auction(auction_id, actor)
    if quote is None:
        raise Problem("forbidden", _("Only who has won a reverse auction takes its win back."))
    # Who was not ordered from in time owes nothing any more.
    if auction.state != Auction.State.AWARDED or quote.state != Quote.State.OPEN:
        raise Problem("illegal_state", _("The win has been ordered, or has ended."), state=auction.state)
    forfeit_win(auction, quote, actor=actor, reason=require_reason(reason))
    return auction


def _sellers(demand: Demand, invited: Sequence[UUID]) -> list[UUID]:
    """Keep those of the invited that are active providers of the demand's venue, each once."""
    providers = Membership.objects.active().filter(venue=demand.venue_id, capacity=Capacity.PROVIDER)
    found = providers.filter(organization__in=invited).exclude(organization=demand.buyer_id)
    return sorted(set(found.values_list("organization_id", flat=True)))
