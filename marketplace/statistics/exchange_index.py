"""The exchange index: listings, trades and prices of each product type, on a base of 1000 (method-*.json says how)."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Min

from accounts.models import Venue
from listings.models import Listing
from marketplace.models import IndexPoint
from marketplace.statistics.method import Method
from marketplace.statistics.quarter import Quarter

ACTIVITY = (Path(__file__).parent / "activity.sql").read_text(encoding="utf-8")
PRICES = (Path(__file__).parent / "prices.sql").read_text(encoding="utf-8")
ALL_TYPES = ""
NO_LEVELS: Mapping[str, int | None] = dict.fromkeys(("listings", "trades", "prices", "composite"))
DIGITS = 40  # of the arithmetic; far more than the two decimals that are published

Level = Decimal | None
PriceKey = tuple[UUID, str]  # product, currency


@dataclass(frozen=True)
class Activity:
    """What a product type did in one quarter."""

    listings: int = 0
    trades: int = 0
    buyers: int = 0
    sellers: int = 0

    def counts(self, fewest: int) -> bool:
        return self.listings > 0 and min(self.buyers, self.sellers) >= fewest


def points_of(venue: Venue, quarter: Quarter, method: Method, *, withheld: AbstractSet[str]) -> list[IndexPoint]:
    """Return the unsaved index points of a venue's quarter: of all product types together, then of each.

    Always reckoned from the venue's first quarter, so that the same records give the same index. The base quarter of a
    type is its first with listings and enough contributors. A type without them in this quarter has no level, nor have
    the types in `withheld`: those whose trades the table withholds, which an index would give away.
    """
    quarters = _quarters_until(venue, quarter)
    if not quarters:
        return []
    spans = [each.span(venue.zone) for each in quarters]
    activity, prices = _activity(venue, spans), _prices(venue, spans)
    types = sorted({product_type for _ordinal, product_type in activity})
    with localcontext(prec=DIGITS):
        return [
            IndexPoint(
                product_type=each,
                **(NO_LEVELS if each in withheld else _levels(each, len(quarters), activity, prices, method)),
            )
            for each in types
        ]


def _levels(
    product_type: str,
    count: int,
    activity: Mapping[tuple[int, str], Activity],
    prices: Mapping[str, Mapping[int, Mapping[PriceKey, Decimal]]],
    method: Method,
) -> Mapping[str, int | None]:
    quarters = [activity.get((ordinal, product_type), Activity()) for ordinal in range(1, count + 1)]
    last = quarters[-1]
    base = next((place for place, each in enumerate(quarters) if each.counts(method.fewest_contributors)), None)
    if base is None or not last.counts(method.fewest_contributors):
        return NO_LEVELS
    paid = prices.get(product_type, {})
    level = Decimal(method.base)
    parts = {
        "listings": level * last.listings / quarters[base].listings,
        "trades": level * last.trades / quarters[base].trades,
        "prices": level * chained([paid.get(ordinal, {}) for ordinal in range(base + 1, count + 1)]),
    }
    composite = sum((parts[name] * weight for name, weight in method.weights.items()), Decimal()) / 100
    return {name: _hundredths(value) for name, value in {**parts, "composite": composite}.items()}


def chained(quarters: Sequence[Mapping[PriceKey, Decimal]]) -> Decimal:
    """Return the price level of the last quarter relative to the first, by matched products (Jevons).

    `quarters` are the mean prices of each quarter. A step is the geometric mean of the ratios of the products that have
    a price in both quarters; without any, prices are taken to have stood still.
    """
    level = Decimal(1)
    for before, after in pairwise(quarters):
        logarithms = [(after[key] / before[key]).ln() for key in sorted(before.keys() & after.keys())]
        if logarithms:
            level *= (sum(logarithms, Decimal()) / len(logarithms)).exp()
    return level


def _hundredths(level: Decimal) -> int:
    return int((level * 100).to_integral_value(ROUND_HALF_UP))


def _quarters_until(venue: Venue, last: Quarter) -> list[Quarter]:
    first_listed = Listing.objects.filter(venue=venue).aggregate(first=Min("listed_at"))["first"]
    if first_listed is None:
        return []
    found, each = [], Quarter.at(first_listed.astimezone(venue.zone).date())
    while each <= last:
        found.append(each)
        each = each.next
    return found


def _activity(venue: Venue, spans: Sequence[tuple[Any, Any]]) -> dict[tuple[int, str], Activity]:
    rows = _rows(ACTIVITY, venue, spans)
    return {(ordinal, product_type): Activity(*figures) for ordinal, product_type, *figures in rows}


def _prices(venue: Venue, spans: Sequence[tuple[Any, Any]]) -> dict[str, dict[int, dict[PriceKey, Decimal]]]:
    prices: dict[str, dict[int, dict[PriceKey, Decimal]]] = {}
    for ordinal, product_type, product_id, currency, total, trades in _rows(PRICES, venue, spans):
        for each in (product_type, ALL_TYPES):
            of_quarter = prices.setdefault(each, {}).setdefault(ordinal, {})
            of_quarter[product_id, currency] = Decimal(total) / trades
    return prices


def _rows(statement: str, venue: Venue, spans: Sequence[tuple[Any, Any]]) -> list[tuple[Any, ...]]:
    written = [f"[{start.isoformat()},{end.isoformat()})" for start, end in spans]
    with connection.cursor() as cursor:
        cursor.execute(statement, {"venue": venue.pk, "spans": written})
        return list(cursor)
