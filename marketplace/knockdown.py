"""The end of an auction: what was won becomes a quote, the others get their deposits; a winner may forfeit its own."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.states import advance
from listings.listing import Offer
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.auctions import database_now, give_deposits_back, locked_auction, release_deposit
from marketplace.bidding import opened
from marketplace.directions import rules_of
from marketplace.models import Auction, AuctionDeposit, Bid, Quote
from marketplace.quotes import make_quote
from marketplace.sealed_amounts import unsealed
from settlements import escrow
from settlements.models import DealOrigin

FOLLOW_JOB = "auction.follow"
State = Auction.State


class TooEarly(RuntimeError):
    """Raised when an auction's own end has not come by the database's clock; the job tries again."""


@transaction.atomic
def close_auction(*, auction_id: UUID, due: datetime) -> Auction:
    """Open the sealed bids, choose the best one, the earlier of equal ones, and make its quote.

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
    if auction.reserve_sealed is not None:
        auction.reserve_minor = unsealed(auction, bytes(auction.reserve_sealed), owner=auction.organization_id)
    auction.save(update_fields=["closed_at", "lead_minor", "reserve_minor"])

    rules = rules_of(auction)
    contenders, hindrance = rules.contenders(auction, ranking)
    if not contenders:
        return _fail(auction, hindrance or "no_bids")
    best, offer = contenders[0]
    reserve = auction.reserve_minor
    if reserve is not None and rules.sign * (best.amount_minor or 0) > rules.sign * reserve:
        return _fail(auction, "reserve_not_met")
    _award(auction, offer, best)
    return auction


@transaction.atomic
def follow_win(*, auction_id: UUID) -> Auction:
    """Let the winner forfeit its deposit to who held the auction, if it is to blame that nothing was ordered in time.

    It gets the deposit back where the other side is, or the venue; the rules of the direction say so. Does nothing
    where what was won is ordered, or still may be.
    """
    quote_id = Auction.objects.values_list("quote", flat=True).get(pk=auction_id)
    # The quote first, as an order does.
    quote = Quote.objects.select_for_update(of=("self",)).get(pk=quote_id)
    auction = locked_auction(auction_id, SYSTEM)
    if auction.state != State.AWARDED or quote.state != Quote.State.EXPIRED:
        return auction
    rules = rules_of(auction)
    forfeits, why = rules.blame(auction, quote)
    if forfeits:
        forfeit_win(auction, quote, actor=SYSTEM, reason=why)
        return auction
    deposit = auction.deposits.get(organization=rules.winner(quote))
    release_deposit(deposit, to=AuctionDeposit.State.RETURNED, actor=SYSTEM, reason=why)
    advance(auction, to=State.FAILED, actor=SYSTEM, reason=why, outcome=why)
    rules.came_to_nothing(auction, why)
    return auction


def forfeit_win(auction: Auction, quote: Quote, *, actor: Actor, reason: str) -> None:
    """Give the winner's deposit to who held the auction; the caller holds the locks of quote and auction."""
    rules = rules_of(auction)
    deposit = auction.deposits.get(organization=rules.winner(quote))
    advance(deposit, to=AuctionDeposit.State.FORFEITED, actor=actor, reason=reason, details=deposit.amount.as_json())
    escrow.forfeit(order_id=deposit.pk, to_id=auction.organization_id, actor=actor, reason=reason)
    advance(auction, to=State.FORFEITED, actor=actor, reason=reason, details={"quote": quote.number})
    rules.came_to_nothing(auction, reason)


def _ranked(auction: Auction) -> Sequence[Bid]:
    """Return the bid of each bidder that counts, the best first, sealed ones opened.

    An English bidder's last bid is its best; of sealed ones the last replaces those before it. Of equal amounts the
    bid that came first wins.
    """
    counting: dict[UUID, Bid] = {}
    for bid in auction.bids.select_related("organization").order_by("number"):
        if bid.amount_minor is None:
            bid.amount_minor = opened(auction, bid)
            bid.save(update_fields=["amount_minor"])
        counting[bid.organization_id] = bid
    sign = rules_of(auction).sign
    return sorted(counting.values(), key=lambda bid: (sign * (bid.amount_minor or 0), bid.number))


def _award(auction: Auction, offer: Offer, best: Bid) -> None:
    quote = make_quote(
        offer=offer,
        buyer=rules_of(auction).buyer(auction, best),
        broker=None,
        gross=auction.money(best.amount_minor or 0),
        origin=DealOrigin.AUCTION,
        conditions={"auction": auction.number, "bid": best.number},
        actor=SYSTEM,
    )
    details = {"quote": quote.number, "bid": best.number, "gross": quote.gross.as_json()}
    advance(auction, to=State.AWARDED, actor=SYSTEM, details=details, quote_id=quote.pk)
    rules_of(auction).awarded(auction, best)
    lost = _("Another bid has won auction %s.") % auction.number
    give_deposits_back(auction, actor=SYSTEM, reason=lost, but=best.organization_id)
    _follow_at(auction, quote.expires_at)


def _follow_at(auction: Auction, moment: datetime) -> None:
    enqueue(
        FOLLOW_JOB,
        key=str(auction.pk),
        subject_id=auction.pk,
        due_at=moment,
        organization_id=auction.organization_id,
        venue_id=auction.venue_id,
    )


def _fail(auction: Auction, outcome: str) -> Auction:
    advance(auction, to=State.FAILED, actor=SYSTEM, reason=outcome, outcome=outcome)
    give_deposits_back(auction, actor=SYSTEM, reason=_("Auction %s was not awarded.") % auction.number)
    return auction
