"""What the first term of a subscription costs: a rolling one its price, one of the calendar the days that are left."""

from datetime import datetime
from typing import Any

from kernel.money import Money
from listings.cycles import Term, calendar_term
from listings.listing import Offer


def first_price(offer: Offer, at: datetime) -> Money:
    """Return what a plan of the offer costs whoever buys it at this moment."""
    term, price = _calendar_term(offer, at), offer.plan.price
    return Money(term.price_from(at, price.minor), price.currency) if term else price


def first_term(offer: Offer, at: datetime) -> dict[str, Any]:
    """Say by which days the first term of the calendar is priced, as quotes and agreements show it; else nothing."""
    term = _calendar_term(offer, at)
    if term is None:
        return {}
    return {
        "cycle": offer.plan.cycle,
        "price": offer.plan.price.as_json(),
        "start": term.start.date().isoformat(),
        "end": term.end.date().isoformat(),
        "days": term.days,
        "days_paid": term.days_left(at),
    }


def end_of_first_term(offer: Offer, at: datetime) -> datetime | None:
    """Return when a term of the calendar bought at this moment ends; None where the terms say how long it is."""
    term = _calendar_term(offer, at)
    return term.end if term else None


def _calendar_term(offer: Offer, at: datetime) -> Term | None:
    return calendar_term(offer.plan.cycle, at, offer.venue.zone) if offer.plan.cycle else None
