"""What a listing shows in the catalogue, written into its own columns when it is approved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from listings.freshness_monitor import due_columns
from listings.industries import industries
from listings.models import DataFile, Listing
from listings.rights_matrix import rights_until
from listings.search.vector import search_vector
from listings.submissions import digests_of, dossier_of

ANYWHERE = "*"


def catalogue_row(listing: Listing) -> dict[str, Any]:
    """Return the values of a listing's catalogue columns, from its product, version, plans and provider."""
    product, provider = listing.product, listing.organization
    plans = list(listing.plans.all())
    files = list(listing.version.files.all())
    dossier = digests_of(dossier_of(listing))
    quality = (listing.version.profile or {}).get("quality", {})
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
        **due_columns(product, listing.version, listing.venue),
        "deliveries": product.deliveries,
        "destinations": destinations_of(listing),
        "rights_until": rights_until(product),
        "dossier_sha256": dossier.sha256,
        "dossier_sm3": dossier.sm3,
        "quality_grade": quality.get("grade", ""),
        "quality_score": quality.get("score"),
        "search": search_vector(indexed_texts(listing)),
    }


def destinations_of(listing: Listing) -> list[str]:
    """Return the jurisdictions that the data may go to under its terms and its product's scope, [ANYWHERE] for all."""
    home = listing.organization.jurisdiction
    territories, regions = set(listing.terms.territories), set(listing.product.buyer_regions)
    named = territories & regions if territories and regions else territories | regions
    if not listing.terms.export_allowed:
        return [home] if home in (named or {home}) else []
    return sorted(named) or [ANYWHERE]


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
    """Return the public part of a file's profile: names, types and gaps of its columns, but none of its values.

    Least and greatest values stay out too; sample rows are shown only if the provider made them public, and then with
    personal data masked.
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
        sample_rows=profile.get("masked_sample", profile.get("sample")) if with_samples else None,
    )


def indexed_texts(listing: Listing) -> dict[str, list[str]]:
    """Return what a listing is found by, from what weighs most (A) to what weighs least (D)."""
    product, industry = listing.product, industries()[listing.product.industry]
    name = " ".join(product.name.values())
    files = [summary_of(file, with_samples=False) for file in listing.version.files.all()]
    return {
        "A": [name, *(character for character in name if not character.isascii())],  # for queries of one character
        "B": [*listing.organization.name.values(), listing.organization.legal_name, *industry.name.values()],
        "C": [*product.summary.values(), listing.number or ""],
        "D": [
            *product.scenario.values(),
            *industry.section_name.values(),
            *(column["name"] for file in files for column in file.columns),
        ],
    }
