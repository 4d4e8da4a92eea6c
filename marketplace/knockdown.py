"""The end of an auction: the winner gets a quote, the others their deposits; who does not order forfeits its own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Capacity, Membership, Organization
from kernel.actors import SYSTEM
from kernel.jobs import enqueue
from kernel.problems import Problem
from kernel.states import advance
from listings.listing import Offer, offer_for
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.auctions import database_now, give_deposits_back, locked_auction, release_deposit
from marketplace.bidding import opened
from marketplace.models import Auction, AuctionDeposit, Bid, Quote
from marketplace.quotes import make_quote
from settlements import escrow
from settlements.models import DealOrigin

FOLLOW_JOB = "auction.follow"
State = Auction.State


class TooEarly(RuntimeError):
    """Raised when an auction's own end has not come by the database's clock; the job tries again."""


@transaction.atomic
def close_auction(*, auction_id: UUID, due: datetime) -> Auction:
    """Open the sealed bids, choose the highest one, the earlier of equal ones, and make its quote.

    Does nothing once it was closed, or for a job whose moment `due` was an end that late bids have moved since.
    """
    auction = locked_auction(auction_id, SYSTEM)
    now = database_now()
    if auction.state != State.ANNOUNCED:
        return auction
    if now < auction.ends_at:
        if due >= auction.ends_at:
            raise TooEarly(auction.ends_at.isoformat())
        return auction
    ranking = _ranked(auction)
    auction.closed_at = now
    if ranking:
        auction.lead_minor = ranking[0].amount_minor
    auction.save(update_fields=["closed_at", "lead_minor"])

    offer, hindrance = _still_offered(auction)
    if offer is None:
        return _fail(auction, hindrance)
    admitted = _admitted(auction, ranking)
    if not admitted:
        return _fail(auction, "no_bids")
    best = admitted[0]
    if auction.reserve_minor is not None and (best.amount_minor or 0) < auction.reserve_minor:
        return _fail(auction, "reserve_not_met")
    _award(auction, offer, best)
    return auction


@transaction.atomic
def follow_win(*, auction_id: UUID) -> Auction:
    """Let a winner who has not ordered in time forfeit its deposit to the provider.

    It gets the deposit back where it could not have ordered: the listing is gone or was materially edited. Does nothing
    where it has ordered, or still may.
    """
    quote_id = Auction.objects.values_list("quote", flat=True).get(pk=auction_id)
    # The quote first, as an order does.
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    auction = locked_auction(auction_id, SYSTEM)
    if auction.state != State.AWARDED or quote.state != Quote.State.EXPIRED:
        return auction
    deposit = auction.deposits.get(organization=quote.buyer_id)
    offer, hindrance = _still_offered(auction)
    if offer is None:
        release_deposit(deposit, to=AuctionDeposit.State.RETURNED, actor=SYSTEM, reason=hindrance)
        advance(auction, to=State.FAILED, actor=SYSTEM, reason=hindrance, outcome=hindrance)
        return auction
    reason = _("The winner has not ordered by %s.") % quote.expires_at.isoformat(timespec="seconds")
    advance(deposit, to=AuctionDeposit.State.FORFEITED, actor=SYSTEM, reason=reason, details=deposit.amount.as_json())
    escrow.forfeit(order_id=deposit.pk, to_id=auction.provider_id, actor=SYSTEM, reason=reason)
    advance(auction, to=State.FORFEITED, actor=SYSTEM, reason=reason, details={"quote": quote.number})
    return auction


def _ranked(auction: Auction) -> Sequence[Bid]:
    """Return the bid of each bidder that counts, the best first, sealed ones opened.

    An English bidder's last bid is its highest; of sealed ones the last replaces those before it. Of equal amounts the
    bid that came first wins.
    """
    counting: dict[UUID, Bid] = {}
    for bid in auction.bids.order_by("number"):
        if bid.amount_minor is None:
            bid.amount_minor = opened(auction, bid)
            bid.save(update_fields=["amount_minor"])
        counting[bid.organization_id] = bid
    return sorted(counting.values(), key=lambda bid: (-(bid.amount_minor or 0), bid.number))


def _admitted(auction: Auction, ranking: Sequence[Bid]) -> list[Bid]:
    """Keep the bids of those who may still buy at the venue."""
    buyers = Membership.objects.active().filter(venue=auction.venue_id, capacity=Capacity.BUYER)
    members = set(buyers.filter(organization__in=[bid.organization_id for bid in ranking]).values_list("organization"))
    return [bid for bid in ranking if (bid.organization_id,) in members]


def _still_offered(auction: Auction) -> tuple[Offer | None, str]:
    """Return what was announced, or None and why it cannot be sold any more, as a code."""
    try:
        offer = offer_for(auction.listing_id, auction.plan_id)
    except Problem as problem:
        return None, problem.code
    # Nobody is bound by a bid for something that was materially edited since.
    edited = offer.listing.revision != auction.listing_revision
    return (None, "listing_edited") if edited else (offer, "")


def _award(auction: Auction, offer: Offer, best: Bid) -> None:
    quote = make_quote(
        offer=offer,
        buyer=Organization.objects.get(pk=best.organization_id),
        broker=None,
        gross=auction.money(best.amount_minor or 0),
        origin=DealOrigin.AUCTION,
        conditions={"auction": auction.number, "bid": best.number},
        actor=SYSTEM,
    )
    details = {"quote": quote.number, "bid": best.number, "gross": quote.gross.as_json()}
    advance(auction, to=State.AWARDED, actor=SYSTEM, details=details, quote_id=quote.pk)
    lost = _("Another bid has won auction %s.") % auction.number
    give_deposits_back(auction, actor=SYSTEM, reason=lost, but=best.organization_id)
    _follow_at(auction, quote.expires_at)


def _follow_at(auction: Auction, moment: datetime) -> None:
    enqueue(
        FOLLOW_JOB,
        key=str(auction.pk),
        subject_id=auction.pk,
        due_at=moment,
        organization_id=auction.provider_id,
        venue_id=auction.venue_id,
    )


def _fail(auction: Auction, outcome: str) -> Auction:
    advance(auction, to=State.FAILED, actor=SYSTEM, reason=outcome, outcome=outcome)
    give_deposits_back(auction, actor=SYSTEM, reason=_("Auction %s was not awarded.") % auction.number)
    return auction
