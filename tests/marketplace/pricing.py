"""Prices in tests: quotes at every stage of their life, through the public functions."""

from accounts.models import Organization
from listings.models import Listing
from marketplace import ordering
from marketplace.models import Order, Quote
from marketplace.quotes import request_quote
from tests.marketplace.trading import PURPOSE
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
