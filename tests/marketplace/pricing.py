"""Prices in tests: quotes, negotiations and auctions at every stage of their life, through the public functions."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.models import Job
from kernel.money import Currency, Money
from listings.models import Listing
from marketplace import auctions, bidding, negotiating, ordering
from marketplace.models import Auction, Bid, Negotiation, Order, Quote
from marketplace.quotes import request_quote
from tests.marketplace.trading import PURPOSE, listed_dataset
from tests.world import actor, person_of


def quoted(listing: Listing, buyer: Organization, broker: Organization | None = None) -> Quote:
    return request_quote(
        listing_id=listing.pk,
        plan_id=listing.plans.get().pk,
        broker_id=broker.pk if broker else None,
        actor=actor(person_of(buyer)),
    )


def ordered(quote: Quote, buyer: Organization) -> Order:
    return ordering.place_order(quote_id=quote.pk, purpose=PURPOSE, actor=actor(person_of(buyer)))


def negotiable(provider: Organization, price: str = "120.00") -> Listing:
    """Return a listing whose only plan is negotiated; its price is a guide."""
    return listed_dataset(provider, price=price, plan={"kind": "NEGOTIATED"})


def proposed(yuan: int | None, **changes: Any) -> negotiating.Proposed:
    price = None if yuan is None else Money(yuan * 100, Currency.CNY)
    defaults = {"price": price, "valid_until": timezone.now() + timedelta(days=5)}
    return negotiating.Proposed(**(defaults | changes))


def bargained(listing: Listing, buyer: Organization, yuan: int | None = 80, **changes: Any) -> Negotiation:
    """Let the buyer make the first offer."""
    return negotiating.open_negotiation(
        listing_id=listing.pk,
        plan_id=listing.plans.get().pk,
        proposed=proposed(yuan, **changes),
        actor=actor(person_of(buyer)),
    )


def answered(negotiation: Negotiation, number: int, yuan: int, **changes: Any) -> Negotiation:
    """Let the side that is to answer make a counter-offer to a round."""
    negotiation.refresh_from_db()
    return negotiating.counter(
        negotiation_id=negotiation.pk,
        number=number,
        proposed=proposed(yuan, **changes),
        actor=actor(person_of(negotiation.awaiting)),
    )


def agreed(negotiation: Negotiation) -> Quote:
    """Let the side that is to answer accept the newest offer."""
    negotiation.refresh_from_db()
    done = negotiating.accept_offer(
        negotiation_id=negotiation.pk, number=negotiation.newest, actor=actor(person_of(negotiation.awaiting))
    )
    assert done.quote is not None
    return done.quote


def by_auction(provider: Organization) -> Listing:
    """Return a listing whose only plan is sold by auction."""
    return listed_dataset(provider, plan={"kind": "AUCTION"})


def conditions(kind: str = "ENGLISH", **changes: Any) -> auctions.Conditions:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "starts_at": now + timedelta(minutes=1),
        "ends_at": now + timedelta(hours=2),
        "start": yuan(100),
        "step": yuan(10),
        "deposit": yuan(20),
    }
    return auctions.Conditions(kind=kind, **(defaults | changes))


def announced(listing: Listing, kind: str = "ENGLISH", **changes: Any) -> Auction:
    """Announce an auction that takes bids already."""
    auction = auctions.announce_auction(
        listing_id=listing.pk,
        plan_id=listing.plans.get().pk,
        conditions=conditions(kind, **changes),
        actor=actor(person_of(listing.organization)),
    )
    return shifted(auction, -timedelta(minutes=2))


def shifted(auction: Auction, by: timedelta) -> Auction:
    """Move a whole auction in time: its clock is the database's, which no test can move."""
    moments = ("starts_at", "announced_end", "ends_at")
    Auction.objects.filter(pk=auction.pk).update(**{name: F(name) + by for name in moments})
    Job.objects.filter(kind=auctions.CLOSE_JOB, subject_id=auction.pk).update(due_at=F("due_at") + by)
    auction.refresh_from_db()
    return auction


def over(auction: Auction) -> Auction:
    """Let the auction end a millisecond ago."""
    auction.refresh_from_db()
    return shifted(auction, auctions.database_now() - auction.ends_at - timedelta(milliseconds=1))


def closed_auction(auction: Auction) -> Auction:
    """Let the auction end and its job run."""
    over(auction)
    run_due_jobs(kinds=(auctions.CLOSE_JOB,))
    auction.refresh_from_db()
    return auction


def bid(auction: Auction, bidder: Organization, amount: int) -> Bid:
    return bidding.place_bid(auction_id=auction.pk, amount=yuan(amount), actor=actor(person_of(bidder)))


def yuan(amount: int) -> Money:
    return Money(amount * 100, Currency.CNY)
