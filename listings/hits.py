"""A hit: what a page of the catalogue shows of a listing, read as plain columns.

A search that has found its listings spends most of its time on building them; objects of three models for each hit cost
ten times as much as this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from accounts.places import in_gba
from listings.search.highlights import highlighted
from listings.search.question import Question

# What a hit is made of; the search vector is never read back.
COLUMNS = (
    "id",
    "number",
    "name",
    "summary",
    "product_type",
    "industry",
    "region_scope",
    "frequency",
    "formats",
    "rows",
    "bytes",
    "currency",
    "price_from_minor",
    "listed_at",
    "data_until",
    "fresh_until",
    "late_since",
    "visibility",
    "refusal",
    "venue__code",
    "organization",
    "organization__name",
    "organization__jurisdiction",
    "organization__division_code",
)
_OWN = tuple(name for name in COLUMNS if not name.startswith(("venue", "organization")))


@dataclass(frozen=True, slots=True)
class HitVenue:
    code: str


@dataclass(frozen=True, slots=True)
class HitProvider:
    id: UUID
    name: Mapping[str, str]
    jurisdiction: str
    in_gba: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing as the catalogue shows it, its members named as those of `Listing`, and where the words occur."""

    id: UUID
    number: str
    name: Mapping[str, str]
    summary: Mapping[str, str]
    product_type: str
    industry: str
    region_scope: str
    frequency: str
    formats: list[str]
    rows: int | None
    bytes: int | None
    currency: str
    price_from_minor: int
    listed_at: datetime
    data_until: date | None
    fresh_until: date | None
    late_since: datetime | None
    visibility: str
    refusal: str
    venue: HitVenue
    organization: HitProvider
    highlights: Mapping[str, Mapping[str, str]]


def hit_of(row: Mapping[str, Any], question: Question) -> Hit:
    """Return the hit of a row of `COLUMNS`, with the marks of a question."""
    jurisdiction = row["organization__jurisdiction"]
    provider = HitProvider(
        id=row["organization"],
        name=row["organization__name"],
        jurisdiction=jurisdiction,
        in_gba=in_gba(jurisdiction, row["organization__division_code"]),
    )
    return Hit(
        **{name: row[name] for name in _OWN},
        venue=HitVenue(row["venue__code"]),
        organization=provider,
        highlights={name: highlighted(row[name], question) for name in ("name", "summary")},
    )
