"""Bidding: one bid after another under the auction's row lock, in time by the database's clock."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Organization
from kernel import audit
from kernel.actors import Actor
from kernel.money import Money
from kernel.problems import Problem, field_problem
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.auctions import ask_to_close, database_now, locked_auction
from marketplace.directions import check_bid, refuse_bid_above_ceiling, rules_of
from marketplace.models import Auction, AuctionDeposit, Bid
from marketplace.sealed_amounts import sealed, unsealed
from settlements import escrow

LONGEST_EXTENSION = timedelta(hours=24)  # beyond the announced end, so that every auction ends


@transaction.atomic
def place_bid(*, auction_id: UUID, amount: Money, actor: Actor) -> Bid:
    """Bid for the actor's organization; its first bid of an auction holds the deposit.

    A bid in the last minutes of an English auction moves the end. Of several sealed bids of one bidder the last counts.
    Raises Problem `not_found`, `forbidden`, `auction_not_open`, `auction_closed`, `bid_too_low`, `bid_too_high` where
    the lowest bid wins, `price_above_ceiling`, `insufficient_funds` for the deposit, `invalid` for another currency,
    and all that keeps the organization from buying the listing, or from selling what is sought.
    """
    auction = locked_auction(auction_id, actor)
    now = database_now()  # read under the lock: whoever waited for it too long has come too late
    _refuse_out_of_time(auction, now)
    bidder = rules_of(auction).bidder(auction, actor)
    _check(auction, amount)
    refuse_bid_above_ceiling(auction, bidder, amount)

    deposit = _deposit(auction, bidder, actor)
    auction.bids_count += 1
    open_bid = auction.kind == Auction.Kind.ENGLISH
    bid = Bid.objects.create(
        auction=auction,
        number=auction.bids_count,
        organization=bidder,
        paddle=deposit.paddle,
        amount_minor=amount.minor if open_bid else None,
        sealed=None if open_bid else sealed(auction, amount.minor, owner=bidder.pk),
        placed_at=now,
        made_by=actor.person_id,
    )
    if open_bid:
        auction.lead_minor = amount.minor
        _extend(auction, now, actor)
    auction.save(update_fields=["bids_count", "lead_minor", "ends_at"])
    # What is sealed is not told to whoever reads the audit log either.
    told = {"amount": amount.as_json()} if open_bid else {}
    audit.record("auction.bid", subject=auction, actor=actor, details={"bid": bid.number, **told})
    return bid


def opened(auction: Auction, bid: Bid) -> int:
    """Return what was bid, in minor units."""
    if bid.amount_minor is not None:
        return bid.amount_minor
    return unsealed(auction, bytes(bid.sealed or b""), owner=bid.organization_id)


def _refuse_out_of_time(auction: Auction, now: datetime) -> None:
    phase = auction.phase_at(now)
    if phase == Auction.Phase.SCHEDULED:
        raise Problem("auction_not_open", starts_at=auction.starts_at.isoformat())
    if phase == Auction.Phase.CLOSED:
        raise Problem("auction_closed", ended_at=auction.ends_at.isoformat())


def _check(auction: Auction, amount: Money) -> None:
    if amount.currency != auction.currency:
        raise field_problem("/amount", "other_currency", _("All amounts of an auction are in %s.") % auction.currency)
    check_bid(auction, amount.minor)


def _deposit(auction: Auction, bidder: Organization, actor: Actor) -> AuctionDeposit:
    """Return the bidder's deposit, held now if this is its first bid."""
    standing = auction.deposits.filter(organization=bidder).first()
    if standing is not None:
        return standing
    deposit = AuctionDeposit.objects.create(
        auction=auction,
        organization=bidder,
        venue_id=auction.venue_id,
        paddle=auction.deposits.count() + 1,
        amount_minor=auction.deposit_minor,
        currency=auction.currency,
    )
    escrow.hold(order_id=deposit.pk, venue=auction.venue, payer=bidder, amount=deposit.amount, actor=actor)
    return deposit


def _extend(auction: Auction, now: datetime, actor: Actor) -> None:
    """Leave the others as many minutes to answer a late bid as were announced."""
    until = min(now + auction.extension, auction.announced_end + LONGEST_EXTENSION)
    if until <= auction.ends_at:
        return
    auction.ends_at = until
    audit.record("auction.extended", subject=auction, actor=actor, details={"ends_at": until})
    ask_to_close(auction)
