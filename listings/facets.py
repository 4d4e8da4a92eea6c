"""Facets of a search: how many of the hits each further choice would leave.

Counted over the newest hits only, in one query: counting all hits of a common word costs as much as ranking them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Venue
from kernel.actors import NOBODY, Actor
from kernel.languages import in_language
from kernel.money import Currency
from listings.catalogue import PRICE_BANDS, Wanted, found, hits_of
from listings.catalogue_rows import ANYWHERE
from listings.industries import industries
from listings.models import DataFile, DeliveryMode, Frequency, ProductType, RegionScope

COUNTED = 2_000  # hits

FACETS = (
    "venue",
    "product_type",
    "industry",
    "jurisdiction",
    "region_scope",
    "frequency",
    "price",
    "price_band",
    "quality_grade",
    "format",
    "delivery",
    "destination",
)
PLACES = ("CN", "HK", "MO")  # destinations that are counted where the data may go anywhere

COUNT = """
WITH hits AS MATERIALIZED ({hits}),
     facts AS (
        SELECT facet, value
          FROM hits,
               LATERAL (VALUES ('venue', venue_code), ('product_type', product_type), ('industry', industry),
                               ('jurisdiction', provider_jurisdiction), ('region_scope', region_scope),
                               ('frequency', frequency), ('quality_grade', quality_grade),
                               ('price', CASE WHEN price_from_minor = 0 THEN 'free' ELSE 'paid' END),
                               ('price_band', CASE WHEN currency = %s THEN (CASE {bands} END) END))
                       AS one (facet, value)
        UNION ALL
        SELECT 'format', unnest(formats) FROM hits
        UNION ALL
        SELECT 'delivery', unnest(deliveries) FROM hits
        UNION ALL
        SELECT 'destination', unnest(CASE WHEN destinations = '{{{anywhere}}}' THEN %s ELSE destinations END) FROM hits)
SELECT facet, value, count(*) FROM facts GROUP BY facet, value
UNION ALL
SELECT '', '', count(*) FROM hits
"""

COLUMNS = (
    "product_type",
    "industry",
    "provider_jurisdiction",
    "region_scope",
    "frequency",
    "currency",
    "price_from_minor",
    "quality_grade",
    "formats",
    "deliveries",
    "destinations",
)
BANDS = " ".join(f"WHEN price_from_minor <= {most} THEN '{band}'" for band, (_least, most) in PRICE_BANDS.items())


@dataclass(frozen=True)
class Choice:
    """A value that a search can be restricted to, and how many of the counted hits have it."""

    value: str
    name: str | Promise
    count: int


@dataclass(frozen=True)
class Facets:
    """The choices of every facet, the most frequent first; `complete` if all hits were counted."""

    counted: int
    complete: bool
    choices: Mapping[str, list[Choice]]


def facets_of(wanted: Wanted, actor: Actor = NOBODY) -> Facets:
    """Count what the hits of a search have in common, with one query; raises Problem `invalid` as the search does."""
    hits = found(wanted, actor, most=COUNTED) if wanted.order == "relevance" else hits_of(wanted, actor)
    newest = hits.order_by("-listed_at", "-id").annotate(venue_code=F("venue__code"))
    sql, parameters = newest.values("venue_code", *COLUMNS)[:COUNTED].query.sql_with_params()
    statement = COUNT.format(hits=sql, bands=BANDS, anywhere=ANYWHERE)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, wanted.currency or Currency.CNY, list(PLACES)])
        counts = cursor.fetchall()
    counted = next(count for facet, _value, count in counts if not facet)
    return Facets(
        counted=counted,
        complete=counted < COUNTED,
        choices={facet: _choices(facet, counts) for facet in FACETS},
    )


def _choices(facet: str, counts: Iterable[tuple[str, str, int]]) -> list[Choice]:
    found = sorted((-count, value) for name, value, count in counts if name == facet and value)
    names = _names(facet) if found else {}
    return [Choice(value, names.get(value, value), -count) for count, value in found]


def _names(facet: str) -> Mapping[str, str | Promise]:
    if facet == "venue":
        return {venue.code: in_language(venue.name) for venue in Venue.objects.all()}
    if facet == "industry":
        return {code: in_language(entry.name) for code, entry in industries().items()}
    return NAMES.get(facet, {})


NAMES: Mapping[str, Mapping[str, str | Promise]] = {
    "product_type": dict(ProductType.choices),
    "frequency": dict(Frequency.choices),
    "format": dict(DataFile.Format.choices),
    "region_scope": dict(RegionScope.choices),
    "delivery": dict(DeliveryMode.choices),
    "price_band": {
        "free": _("free"),
        "under-1000": _("below 1,000"),
        "1000-10000": _("from 1,000"),
        "10000-100000": _("from 10,000"),
        "100000-up": _("from 100,000"),
    },
    "price": {"free": _("free"), "paid": _("to be paid")},
}
