"""Auctions: a provider announces one for a plan of its listing, a buyer for its demand, and it may be called off.

    ANNOUNCED → AWARDED → ORDERED | FORFEITED | FAILED (what was won can no longer be ordered)
              → FAILED (no bid, none at the reserve, nothing to sell any more) | CANCELLED

A buyer's begin in marketplace/reverse_auctions.py. Bids are in marketplace/bidding.py, the end is in
marketplace/knockdown.py, and what differs by direction in marketplace/directions.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.encryption import key_ring
from listings.listing import offer_for
from listings.models import Plan
from listings.price_ceilings import refuse_price_above
from marketplace import problems  # noqa: F401 - registers the codes raised here
from marketplace.models import Auction, AuctionDeposit, Demand, Order
from settlements import escrow

CLOSE_JOB = "auction.close"
SHORTEST = timedelta(minutes=10)
LONGEST = timedelta(days=30)
FURTHEST = timedelta(days=180)  # until an announced auction begins
MOST_EXTENSION_MINUTES = 60
MAY_HOLD: Mapping[Auction.Direction, Permission] = {
    Auction.Direction.FORWARD: Permission.LISTING_SUBMIT,
    Auction.Direction.REVERSE: Permission.DEMAND_POST,
}


@dataclass(frozen=True)
class Conditions:
    """How an auction goes. The reserve is known to who holds it and the exchange only, until it is over."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    start: Money
    step: Money
    deposit: Money
    reserve: Money | None = None
    extension_minutes: int = 5


@transaction.atomic
def announce_auction(*, listing_id: UUID, plan_id: UUID, conditions: Conditions, actor: Actor) -> Auction:
    """Announce the auction of a plan of a listing in the catalogue, by its provider.

    Raises Problem `listing_not_available`, `not_found`, `forbidden`, `auction_exists` while another one of the plan is
    not over, `price_above_ceiling`, or `invalid` with pointers.
    """
    offer = offer_for(listing_id, plan_id)
    if offer.provider.id != actor.organization_id:
        raise Problem("not_found")
    require(actor, Permission.LISTING_SUBMIT, organization_id=offer.provider.id)
    wrong = list(condition_errors(conditions, Currency(offer.plan.currency), Auction.Direction.FORWARD))
    if offer.plan.kind != Plan.Kind.AUCTION:
        wrong.insert(0, FieldError("/plan_id", "not_by_auction", _("Only a plan by auction is sold by auction.")))
    if wrong:
        raise Problem("invalid", errors=wrong)
    for price in filter(None, (conditions.start, conditions.reserve)):
        refuse_price_above(product=offer.product, venue=offer.venue, price=price)
    auction = new_auction(conditions, venue=offer.venue, currency=Currency(offer.plan.currency), actor=actor)
    auction.provider, auction.listing, auction.plan = offer.provider, offer.listing, offer.plan
    auction.listing_revision = offer.listing.revision
    announce(auction, actor=actor)
    return auction


def new_auction(conditions: Conditions, *, venue: Venue, currency: Currency, actor: Actor) -> Auction:
    """Return an auction under these conditions that is not saved yet, with a number and a key of its own."""
    key = uuid7()
    _key, wrapped = key_ring().new_data_key(owner=key)
    return Auction(
        id=key,
        number=short_number(venue.number_prefix, "K", timezone.localdate().year),
        venue=venue,
        kind=conditions.kind,
        starts_at=conditions.starts_at,
        announced_end=conditions.ends_at,
        ends_at=conditions.ends_at,
        currency=currency,
        start_minor=conditions.start.minor,
        step_minor=conditions.step.minor,
        reserve_minor=conditions.reserve.minor if conditions.reserve else None,
        deposit_minor=conditions.deposit.minor,
        extension_minutes=conditions.extension_minutes,
        key_id=wrapped.key_id,
        wrapped_key=wrapped.wrapped,
        announced_by=actor.person_id,
    )


def announce(auction: Auction, *, actor: Actor) -> None:
    """Save a new auction, and leave a job for its end."""
    auction.save(force_insert=True)
    deposit = auction.money(auction.deposit_minor).as_json()
    told = {"kind": auction.kind, "direction": auction.direction, "ends_at": auction.ends_at, "deposit": deposit}
    audit.record("auction.announced", subject=auction, actor=actor, details=told)
    ask_to_close(auction)


@transaction.atomic
def cancel_auction(*, auction_id: UUID, reason: str, actor: Actor) -> Auction:
    """Call an auction off: by its holder before it begins, by the venue's staff until it is over; deposits go back.

    Raises Problem `not_found`, `forbidden`, `too_late`, `illegal_state`, or `invalid` without a reason.
    """
    auction = locked_auction(auction_id, actor)
    phase = auction.phase_at(database_now())
    if actor.organization_id == auction.organization_id:
        require(actor, MAY_HOLD[Auction.Direction(auction.direction)])
        if phase != Auction.Phase.SCHEDULED:
            raise Problem("too_late", _("The auction has begun; only the exchange can call it off."))
    else:
        require(actor, Permission.LISTING_SUSPEND, venue_id=auction.venue_id)
        if auction.state == Auction.State.ANNOUNCED and phase == Auction.Phase.CLOSED:
            raise Problem("too_late", _("The auction is over."))
    said = require_reason(reason)

    advance(auction, to=Auction.State.CANCELLED, actor=actor, reason=said, outcome=said[:200])
    give_deposits_back(auction, actor=actor, reason=said)
    return auction


def ask_to_close(auction: Auction) -> None:
    """Leave a job for the auction's end; each end that late bids moved it to has one of its own."""
    enqueue(
        CLOSE_JOB,
        key=f"{auction.pk} {auction.ends_at.isoformat()}",
        subject_id=auction.pk,
        due_at=auction.ends_at,
        organization_id=auction.organization_id,
        venue_id=auction.venue_id,
    )


def locked_auction(auction_id: UUID, actor: Actor) -> Auction:
    """Return the auction with its row locked; bids, deposits and the end move under it. Raises `not_found`.

    The demand that it is about is locked before it, as whatever else moves a demand does.
    """
    seen = Auction.objects.all() if actor.is_system else Auction.objects.visible_to(actor)
    found = seen.filter(pk=auction_id).values_list("demand").first()
    if found is None:
        raise Problem("not_found")
    [demand_id] = found
    if demand_id is not None:
        Demand.objects.select_for_update(of=("self",)).get(pk=demand_id)
    rows = Auction.objects.select_related("venue", "provider", "quote", "demand__buyer")
    return find(rows.select_for_update(of=("self",)), pk=auction_id)


def database_now() -> datetime:
    """Return the database's own clock at this moment: the one by which all web processes judge an auction alike."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def give_deposits_back(auction: Auction, *, actor: Actor, reason: str, but: UUID | None = None) -> None:
    """Return the deposits that are still held, but that of one organization."""
    for deposit in auction.deposits.filter(state=AuctionDeposit.State.HELD).exclude(organization=but):
        release_deposit(deposit, to=AuctionDeposit.State.RETURNED, actor=actor, reason=reason)


def release_deposit(deposit: AuctionDeposit, *, to: str, actor: Actor, reason: str) -> None:
    """Give a deposit back to the bidder's available funds."""
    advance(deposit, to=to, actor=actor, reason=reason, details=deposit.amount.as_json())
    escrow.refund_order(order_id=deposit.pk, actor=actor, reason=reason)


def credit_win(order: Order, actor: Actor) -> None:
    """Let the deposit of a winner who orders go towards the price: it is available again before the price is held.

    Where a seller has won, it has its deposit back, and what was sought is ordered: the demand follows the order.
    """
    auction_id = Auction.objects.filter(quote__order=order).values_list("pk", flat=True).first()
    if auction_id is None:
        raise ValueError("the order's quote was not won")
    auction = locked_auction(auction_id, actor)
    demand = auction.demand
    deposit = auction.deposits.get(organization=order.provider_id if demand else order.buyer_id)
    reason = (_("Won: order %s") if demand else _("Credited to order %s")) % order.number
    to = AuctionDeposit.State.RETURNED if demand else AuctionDeposit.State.CREDITED
    release_deposit(deposit, to=to, actor=actor, reason=reason)
    advance(auction, to=Auction.State.ORDERED, actor=actor, details={"order": order.number})
    if demand:
        demand.order = order
        demand.save(update_fields=["order"])
        details = {"order": order.number, "auction": auction.number}
        audit.record("demand.ordered", subject=demand, actor=actor, details=details)


def refuse_cancelling_a_win(order: Order) -> None:
    """Raise Problem `won_at_auction` for an order that was won and funded, unless its delivery has failed.

    Otherwise a winner would order and cancel, and the deposit would secure nothing. A buyer who held the auction itself
    cancels as any other.
    """
    won = Auction.objects.filter(quote__order=order, direction=Auction.Direction.FORWARD).exists()
    if won and order.state == Order.State.FUNDED and not order.deliveries.filter(state="FAILED").exists():
        raise Problem("won_at_auction")


def condition_errors(conditions: Conditions, currency: Currency, direction: Auction.Direction) -> Iterator[FieldError]:
    """Yield what is wrong with the conditions of an auction that is to be announced now."""
    now = timezone.now()
    if not now <= conditions.starts_at <= now + FURTHEST:
        detail = _("An auction begins within %d days.") % FURTHEST.days
        yield FieldError("/starts_at", "out_of_range", detail)
    if not SHORTEST <= conditions.ends_at - conditions.starts_at <= LONGEST:
        detail = _("An auction runs for at least ten minutes and at most %d days.") % LONGEST.days
        yield FieldError("/ends_at", "out_of_range", detail)
    amounts = {
        "/start_price": conditions.start,
        "/step": conditions.step,
        "/deposit": conditions.deposit,
        "/reserve_price": conditions.reserve,
    }
    for pointer, amount in amounts.items():
        if amount is None:
            continue
        if amount.currency != currency:
            detail = _("All amounts of an auction are in %s.") % currency
            yield FieldError(pointer, "other_currency", detail)
        elif not 1 <= amount.minor <= LARGEST_MINOR:
            detail = _("A price is at least 0.01 and below 100 000 000 000.00.")
            yield FieldError(pointer, "out_of_range", detail)
    reserve, start = conditions.reserve, conditions.start
    if direction == Auction.Direction.FORWARD and reserve and reserve.minor < start.minor:
        yield FieldError("/reserve_price", "below_start", _("The reserve is not below the lowest bid."))
    if direction == Auction.Direction.REVERSE and reserve and reserve.minor > start.minor:
        yield FieldError("/reserve_price", "above_start", _("The ceiling is not above the first bid."))
