"""What the page of a listing shows beside its dossier: charts, quality, prices, deliveries, the provider, comparisons.

Everything is computed from rows when it is asked for, by a stated method. What could tell one party's business is
withheld: figures of fewer than three trades, or of trades of fewer than three buyers, and every exact price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet
from django.db.models.functions import TruncQuarter
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.money import Currency, Money
from listings.audience import open_listing
from listings.catalogue_rows import FileSummary, summary_of
from listings.models import DataFile, Listing
from marketplace.matching import Match, listings_for, offered_listings, wish_of_listing
from marketplace.models import Delivery, Order, Scenario

LEAST = 3  # trades, and buyers, behind a figure
ON_TIME = timedelta(days=1)
COMPARED_DAYS = 366
SIMILAR = 6

KEPT = (Order.State.ACCEPTED, Order.State.SETTLED, Order.State.CERTIFIED)
FAILED = (Delivery.State.FAILED, Delivery.State.REJECTED)
ENDED = (Delivery.State.ACCEPTED, *FAILED)

METHODS: Mapping[str, str | Promise] = {
    "prices": _(
        "Accepted trades of this product by quarter of the venue, where there are at least three trades of at least "
        "three buyers; the band is rounded outwards to two figures."
    ),
    "deliveries": _(
        "All deliveries of this product: the median time from order to delivery, and the share of those that failed "
        "or were rejected among those that ended; withheld below three."
    ),
    "provider": _(
        "The provider's trades at this venue: those accepted, those rejected by the buyer, and the share delivered "
        "within 24 hours of the order; shares are withheld below three."
    ),
    "similar": _(
        "Other listings that the reader may know, by words and columns in common, industry and type; as in matching."
    ),
    "comparable": _(
        "Accepted trades of the last 366 days at this venue, of other products of the same type and industry; "
        "withheld below three trades, three buyers or three providers. The band is rounded outwards to two figures."
    ),
}


@dataclass(frozen=True)
class ColumnChart:
    """What may be drawn of one column. Frequent values and a histogram only where sample rows are public and nothing
    personal was found in the column.
    """

    name: str
    type: str
    format: str | None
    null_share: float | None
    distinct: int | None
    length: Mapping[str, Any] | None
    top: Sequence[Mapping[str, Any]] | None
    histogram: Mapping[str, Any] | None


@dataclass(frozen=True)
class FileCharts:
    """A file's summary with what may be drawn of it, and the masked sample where the provider shows it."""

    summary: FileSummary
    columns: list[ColumnChart]


@dataclass(frozen=True)
class Band:
    """Least and greatest price, rounded outwards, and how many trades are behind it: 3, or a multiple of five."""

    trades: int
    low: Money
    high: Money
    quarter: str = ""


@dataclass(frozen=True)
class Deliveries:
    """How deliveries went; None where too few are behind it."""

    counted: int
    median_minutes: int | None
    failure_share: float | None


@dataclass(frozen=True)
class ProviderRecord:
    """How the provider trades at the venue; None where too few are behind it."""

    trades: int
    rejected: int
    on_time_share: float | None


@dataclass(frozen=True)
class ProductPage:
    """Everything of the page, each part with its method in `METHODS`."""

    listing: Listing
    quality: Mapping[str, Any] | None
    files: list[FileCharts]
    prices: list[Band]
    deliveries: Deliveries
    provider: ProviderRecord
    similar: list[Match[Listing]]
    comparable: Band | None
    scenarios: list[Scenario]


def product_page(listing_id: UUID, actor: Actor) -> ProductPage:
    """Return the page of a listing that the actor may read, in a fixed number of queries.

    Raises Problem `not_found`, or why the listing is not for the actor.
    """
    sought = offered_listings(Listing.objects.sought_by(actor)).select_related("version")
    listing = open_listing(sought.prefetch_related("version__files"), listing_id)
    shown = listing.product.sample_rows_public
    return ProductPage(
        listing=listing,
        quality=(listing.version.profile or {}).get("quality"),
        files=[_charts(file, with_values=shown) for file in listing.version.files.all()],
        prices=price_bands(listing),
        deliveries=delivery_record(listing),
        provider=provider_record(listing),
        similar=similar_listings(listing, actor),
        comparable=comparable_deals(listing),
        scenarios=list(_scenarios(listing)),
    )


def price_bands(listing: Listing) -> list[Band]:
    """Return the price band of every quarter with enough trades of the product, the newest first; one query."""
    quarters = (
        Order.objects.filter(listing__product=listing.product_id, venue=listing.venue_id, state__in=KEPT)
        .annotate(quarter=TruncQuarter("created_at", tzinfo=listing.venue.zone))
        .values("quarter", "currency")
    )
    return [
        _band(row, quarter=f"{row['quarter']:%Y}-Q{(row['quarter'].month + 2) // 3}")
        for row in _counted(quarters).order_by("-quarter", "currency")[:20]
        if _enough(row)
    ]


def comparable_deals(listing: Listing) -> Band | None:
    """Return the price band of comparable trades in the listing's currency, or None where too few; one query."""
    since = timezone.now() - timedelta(days=COMPARED_DAYS)
    deals = Order.objects.filter(
        venue=listing.venue_id,
        state__in=KEPT,
        created_at__gte=since,
        currency=listing.currency,
        listing__industry=listing.industry,
        listing__product_type=listing.product_type,
    ).exclude(listing__product=listing.product_id)
    rows = _counted(deals.values("currency")).annotate(providers=Count("provider", distinct=True))
    row = rows.order_by("currency").first()
    return _band(row) if row and _enough(row) and row["providers"] >= LEAST else None


def delivery_record(listing: Listing) -> Deliveries:
    """Return how the product's deliveries went; one query."""
    made = Delivery.objects.filter(order__listing__product=listing.product_id, venue=listing.venue_id)
    made = made.exclude(kind=Delivery.Kind.RESULT)  # comes when it is asked for
    rows = list(made.order_by("-id").values_list("state", "order__created_at", "delivered_at")[:10_000])
    seconds = [(delivered - ordered).total_seconds() for _state, ordered, delivered in rows if delivered is not None]
    ended = [state for state, _ordered, _delivered in rows if state in ENDED]
    failed = sum(state in FAILED for state in ended)
    return Deliveries(
        counted=len(rows) if len(rows) >= LEAST else 0,
        median_minutes=round(median(seconds) / 60) if len(seconds) >= LEAST else None,
        failure_share=round(failed / len(ended), 2) if len(ended) >= LEAST else None,
    )


def provider_record(listing: Listing) -> ProviderRecord:
    """Return how the provider trades at the venue; two queries."""
    orders = Order.objects.filter(provider=listing.organization_id, venue=listing.venue_id)
    counts = orders.aggregate(
        trades=Count("pk", filter=Q(state__in=KEPT)), rejected=Count("pk", filter=Q(state=Order.State.REJECTED))
    )
    delivered = Delivery.objects.filter(
        order__provider=listing.organization_id, venue=listing.venue_id, delivered_at__isnull=False
    ).exclude(kind=Delivery.Kind.RESULT)
    times = list(delivered.order_by("-id").values_list("order__created_at", "delivered_at")[:10_000])
    on_time = sum(at is not None and at - ordered <= ON_TIME for ordered, at in times)
    return ProviderRecord(**counts, on_time_share=round(on_time / len(times), 2) if len(times) >= LEAST else None)


def similar_listings(listing: Listing, actor: Actor) -> list[Match[Listing]]:
    """Return other listings that are like this one, of those that the actor may know and read."""
    found = listings_for(wish_of_listing(listing), actor)
    return [match for match in found if match.row.product_id != listing.product_id][:SIMILAR]


def _scenarios(listing: Listing) -> QuerySet[Scenario]:
    published = Scenario.objects.filter(state=Scenario.State.PUBLISHED, products=listing.product_id)
    return published.select_related("venue").order_by("-id")[:50]


def _charts(file: DataFile, *, with_values: bool) -> FileCharts:
    profile: Mapping[str, Any] = file.profile or {}
    personal = {finding["position"] for finding in profile.get("findings", [])}
    columns = [
        _chart(column, with_values=with_values and place not in personal)
        for place, column in enumerate(profile.get("columns", []))
    ]
    return FileCharts(summary_of(file, with_samples=with_values), columns)


def _chart(column: Mapping[str, Any], *, with_values: bool) -> ColumnChart:
    found: Mapping[str, Any] = column.get("statistics") or {}
    length = found.get("length")
    named = found.get("format") or {}
    numbers = found.get("numbers") or {}
    return ColumnChart(
        name=column["name"],
        type=column["type"],
        format=named.get("name"),
        null_share=column.get("null_share"),
        distinct=column.get("distinct"),
        length={key: length[key] for key in ("min", "mean", "max")} if length else None,
        top=(found.get("top") or {}).get("values") if with_values else None,
        histogram=numbers.get("histogram") if with_values else None,
    )


def _counted(grouped: Any) -> Any:
    return grouped.annotate(
        trades=Count("pk"), buyers=Count("buyer", distinct=True), low=Min("gross_minor"), high=Max("gross_minor")
    )


def _enough(row: Mapping[str, Any]) -> bool:
    return bool(row["trades"] >= LEAST and row["buyers"] >= LEAST)


def _band(row: Mapping[str, Any], *, quarter: str = "") -> Band:
    currency = Currency(row["currency"])
    trades = row["trades"] if row["trades"] == LEAST else max(LEAST, row["trades"] // 5 * 5)
    return Band(
        trades=trades,
        low=Money(coarse(row["low"], up=False), currency),
        high=Money(coarse(row["high"], up=True), currency),
        quarter=quarter,
    )


def coarse(minor: int, *, up: bool) -> int:
    """Return an amount with two figures, rounded down or up: 12 345 → 12 000 or 13 000."""
    step: int = 10 ** max(0, len(str(minor)) - 2)
    return (minor + step - 1) // step * step if up else minor // step * step
