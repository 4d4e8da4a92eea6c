"""Facets of a search: how many of the hits each further choice would leave.

Counted over the newest hits only, in one query: counting all hits of a common word costs as much as ranking them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import F, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Venue
from kernel.actors import NOBODY, Actor
from kernel.languages import in_language
from kernel.money import Currency
from listings.catalogue import PRICE_BANDS, Wanted, searched
from listings.catalogue_rows import ANYWHERE
from listings.industries import industries
from listings.models import DataFile, DeliveryMode, Frequency, Listing, ProductType, RegionScope

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
# Each facet is grouped by for itself, in one pass; what has several values of one is counted for the list of them.
COUNT = """
WITH hits AS MATERIALIZED ({hits}),
     facts AS (
        SELECT venue_code AS venue, product_type, industry, provider_jurisdiction AS jurisdiction, region_scope,
               frequency, quality_grade,
               CASE WHEN price_from_minor = 0 THEN 'free' ELSE 'paid' END AS price,
               CASE WHEN currency = %s THEN (CASE {bands} END) END AS price_band,
               formats AS format, deliveries AS delivery,
               CASE WHEN destinations = '{{{anywhere}}}' THEN %s ELSE destinations END AS destination
          FROM hits)
SELECT GROUPING({facets}), coalesce({lists}, ARRAY[coalesce({texts})]), count(*)
  FROM facts GROUP BY GROUPING SETS ({facets}, ())
"""
LISTS = FACETS[-3:]
# What GROUPING says of each facet: a bit for every one that is not grouped by, the lowest that of the last.
OF_ALL = 2 ** len(FACETS) - 1
GROUPED = {OF_ALL ^ 2**bit: facet for bit, facet in enumerate(reversed(FACETS))}


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
    hits, parameters = _hits(wanted, actor)
    statement = COUNT.format(
        hits=hits,
        bands=BANDS,
        anywhere=ANYWHERE,
        facets=", ".join(FACETS),
        lists=", ".join(LISTS),
        texts=", ".join(FACETS[: -len(LISTS)]),
    )
    counted = 0
    counts: dict[str, Counter[str]] = {facet: Counter() for facet in FACETS}
    with connection.cursor() as cursor:
        cursor.execute(statement, [*parameters, wanted.currency or Currency.CNY, list(PLACES)])
        for grouped, values, count in cursor.fetchall():
            if grouped == OF_ALL:
                counted = count
            else:
                counts[GROUPED[grouped]].update({value: count for value in values if value})
    return Facets(
        counted=counted,
        complete=counted < COUNTED,
        choices={facet: _choices(facet, counts[facet]) for facet in FACETS},
    )


def _hits(wanted: Wanted, actor: Actor) -> tuple[str, tuple[Any, ...]]:
    """Return the statement that reads the newest hits, and after them what is only near in meaning."""

    def read(listings: QuerySet[Listing]) -> tuple[str, tuple[Any, ...]]:
        rows = listings.annotate(venue_code=F("venue__code")).values("venue_code", *COLUMNS)
        sql, parameters = rows.query.get_compiler(DEFAULT_DB_ALIAS, elide_empty=False).as_sql()
        return sql, tuple(parameters)

    found = searched(wanted, actor)
    said, parameters = read(found.saying.order_by("-listed_at", "-id")[:COUNTED])
    if not found.near:
        return said, parameters
    near, more = read(found.shelf.filter(pk__in=found.near).exclude(pk__in=found.saying.values("pk")))
    return f"({said}) UNION ALL ({near}) LIMIT {COUNTED}", (*parameters, *more)


def _choices(facet: str, counts: Counter[str]) -> list[Choice]:
    names = _names(facet) if counts else {}
    found = sorted(counts.items(), key=lambda choice: (-choice[1], choice[0]))
    return [Choice(value, names.get(value, value), count) for value, count in found]


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
