"""Prices in tests: quotes and negotiations at every stage of their life, through the public functions."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organization
from kernel.money import Currency, Money
from listings.models import Listing
from marketplace import negotiating, ordering
from marketplace.models import Negotiation, Order, Quote
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
