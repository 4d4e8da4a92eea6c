"""What a listing shows in the catalogue, written into its own columns when it is approved."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import Expression, Value

from kernel.languages import search_terms
from listings.industries import industries
from listings.models import DataFile, Listing

CONFIG = "simple"  # the terms are made by us; PostgreSQL neither stems them nor drops any
MOST_WORDS = 4000  # of one weight: a table may have thousands of columns


def catalogue_row(listing: Listing) -> dict[str, Any]:
    """Return the values of a listing's catalogue columns, from its product, version, plans and provider."""
    product, provider = listing.product, listing.organization
    plans = list(listing.plans.all())
    files = list(listing.version.files.all())
    return {
        "name": product.name,
        "summary": product.summary,
        "product_type": product.product_type,
        "industry": product.industry,
        "region_scope": product.region_scope,
        "frequency": product.frequency,
        "provider_jurisdiction": provider.jurisdiction,
        "formats": sorted({file.format for file in files}),
        "rows": listing.version.rows,
        "bytes": listing.version.bytes,
        "currency": plans[0].currency,
        "price_from_minor": min(plan.price_minor for plan in plans),
        "search": _vector(
            listing,
            columns=(column["name"] for file in files for column in summary_of(file, with_samples=False).columns),
        ),
    }


@dataclass(frozen=True)
class FileSummary:
    """What the catalogue tells about a file; its values stay with those who buy it."""

    name: str
    format: str
    bytes: int | None
    rows: int | None
    encoding: str
    columns: list[dict[str, Any]]
    sample_rows: list[list[Any]] | None


def summary_of(file: DataFile, *, with_samples: bool) -> FileSummary:
    """Return the public part of a file's profile: names, types and gaps of its columns, no values.

    Samples, and with them least and greatest values, are shown only if the provider made them public.
    """
    profile: Mapping[str, Any] = file.profile or {}
    columns = [
        {key: column.get(key) for key in ("name", "type", "nulls", "distinct")} for column in profile.get("columns", [])
    ]
    return FileSummary(
        name=file.name,
        format=file.format,
        bytes=file.size,
        rows=profile.get("rows"),
        encoding=profile.get("encoding", ""),
        columns=columns,
        sample_rows=profile.get("sample") if with_samples else None,
    )


def _vector(listing: Listing, *, columns: Iterable[str]) -> Expression:
    product, industry = listing.product, industries()[listing.product.industry]
    name = " ".join(product.name.values())
    parts = {
        "A": [name, *(character for character in name if not character.isascii())],  # for queries of one character
        "B": [*listing.organization.name.values(), listing.organization.legal_name, *industry.name.values()],
        "C": [*product.summary.values(), listing.number or ""],
        "D": [*product.scenario.values(), *industry.section_name.values(), *columns],
    }
    vectors = [
        SearchVector(Value(" ".join(words(" ".join(texts))[:MOST_WORDS])), weight=weight, config=CONFIG)
        for weight, texts in parts.items()
    ]
    return reduce(add, vectors)


def words(text: str) -> list[str]:
    """Return the search terms of a text, hyphenated Latin words as their parts."""
    return [part for term in search_terms(text) for part in re.split(r"[-_.]", term)]
