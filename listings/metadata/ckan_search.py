"""CKAN's package_search as far as harvesters and portals use it: words, filters, order, and a window of the hits.

Filters are Solr's plainest: `field:value`, `field:"value"`, `-field:value` and `field:[from TO to]`, joined by spaces
or AND.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime

from listings.metadata.ckan import as_uuid
from listings.metadata.offered import described
from listings.models import Listing
from listings.search.question import question_of, search_query

EVERYTHING = ("", "*:*", "*")
SORTS: Mapping[str, str] = {
    "metadata_modified": "listed_at",
    "metadata_created": "listed_at",
    "name": "number",
    "id": "pk",
}
NEWEST = ("-listed_at", "-pk")
# Fields that CKAN indexes and that are the same for everything here.
CONSTANT = {"state": "active", "dataset_type": "dataset", "capacity": "public", "private": "false"}

_FILTER = re.compile(r'\s*(?:AND\s+)?([+-]?)([A-Za-z_]+):(?:"([^"]*)"|\[(\S+) TO (\S+)\]|([^\s"\[\]()]+))(?=\s|$)')


class QueryRefused(Exception):
    """A search that cannot be understood; the message says where."""


@dataclass(frozen=True)
class Search:
    """The hits of a search, not yet fetched, and the order in CKAN's words."""

    hits: QuerySet[Listing]
    sort: str


def search(*, text: str, filters: str, sort: str) -> Search:
    """Return what is listed and wanted. Raises QueryRefused for a filter or an order that is not understood."""
    hits = described().filter(_condition(filters))
    if text.strip() not in EVERYTHING:
        query = search_query(question_of(text))
        hits = hits.none() if query is None else hits.filter(search=query)
    ordering, told = _ordering(sort)
    return Search(hits.order_by(*ordering), told)


def _condition(filters: str) -> Q:
    wanted = Q()
    place = 0
    filters = filters.strip()
    while place < len(filters) and filters not in EVERYTHING:
        found = _FILTER.match(filters, place)
        if found is None:
            raise QueryRefused(filters[place:])
        sign, field, quoted, start, end, plain = found.groups()
        value = quoted if quoted is not None else plain
        condition = _between(field, start, end) if start else _equal(field, value or "")
        wanted &= ~condition if sign == "-" else condition
        place = found.end()
    return wanted


def _equal(field: str, value: str) -> Q:
    if field in CONSTANT:
        return Q() if value == CONSTANT[field] else Q(pk__in=())
    if field not in FIELDS:
        raise QueryRefused(f"undefined field {field}")
    return FIELDS[field](value)


def _organization(value: str) -> Q:
    key = as_uuid(value)
    return Q(organization=key) if key else Q(pk__in=())


def _identifier(value: str) -> Q:
    key = as_uuid(value)
    return Q(pk=key) if key else Q(pk__in=())


FIELDS: Mapping[str, Callable[[str], Q]] = {
    "venue": lambda value: Q(venue__code=value),
    "groups": lambda value: Q(venue__code=value),
    "type": lambda value: Q() if value == "dataset" else Q(product_type=value.upper()),
    "product_type": lambda value: Q(product_type=value.upper()),
    "organization": _organization,
    "owner_org": _organization,
    "id": _identifier,
    "name": lambda value: Q(number=value.upper()),
    "res_format": lambda value: Q(formats__contains=[value.upper()]),
    "industry": lambda value: Q(filed_under__contains=[f"industry:{value.upper()}"]),
    "frequency": lambda value: Q(frequency=value.upper()),
}


def _between(field: str, start: str, end: str) -> Q:
    if SORTS.get(field) != "listed_at":
        raise QueryRefused(f"{field} has no order")
    wanted = Q()
    if start != "*":
        wanted &= Q(listed_at__gte=_moment(start))
    if end != "*":
        wanted &= Q(listed_at__lte=_moment(end))
    return wanted


def _moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise QueryRefused(f"{text} is no moment")
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _ordering(sort: str) -> tuple[tuple[str, ...], str]:
    """Return the order; relevance is the newest first, as everything that is asked for occurs in every hit."""
    columns, told = [], []
    for part in sort.split(","):
        field, _, direction = part.strip().partition(" ")
        if field in ("", "score"):
            continue
        if field not in SORTS or direction.strip() not in ("", "asc", "desc"):
            raise QueryRefused(f"cannot sort by {part.strip()}")
        down = direction.strip() == "desc"
        columns.append(("-" if down else "") + SORTS[field])
        told.append(f"{field} {'desc' if down else 'asc'}")
    if not columns:
        return NEWEST, "metadata_modified desc"
    return (*columns, "-pk" if columns[0].startswith("-") else "pk"), ", ".join(told)
