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
from listings.catalogue import Wanted, hits_of
from listings.industries import industries
from listings.models import DataFile, Frequency, ProductType

COUNTED = 10_000  # hits

FACETS = ("venue", "product_type", "industry", "jurisdiction", "frequency", "price", "format")

COUNT = """
WITH hits AS MATERIALIZED ({hits}),
     facts AS (
        SELECT facet, value
          FROM hits,
               LATERAL (VALUES ('venue', venue_code), ('product_type', product_type), ('industry', industry),
                               ('jurisdiction', provider_jurisdiction), ('frequency', frequency),
                               ('price', CASE WHEN price_from_minor = 0 THEN 'free' ELSE 'paid' END))
                       AS one (facet, value)
        UNION ALL
        SELECT 'format', unnest(formats) FROM hits)
SELECT facet, value, count(*) FROM facts GROUP BY facet, value
UNION ALL
SELECT '', '', count(*) FROM hits
"""


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
    newest = hits_of(wanted, actor).order_by("-listed_at", "-id").annotate(venue_code=F("venue__code"))
    columns = ("product_type", "industry", "provider_jurisdiction", "frequency", "price_from_minor", "formats")
    sql, parameters = newest.values("venue_code", *columns)[:COUNTED].query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(hits=sql), parameters)
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
    "price": {"free": _("free"), "paid": _("to be paid")},
}
