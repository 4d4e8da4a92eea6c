"""The registration certificate of a listed product: what it attests."""

from datetime import date, datetime
from typing import Any

from kernel.digests import Digests, canonical_json
from listings.industries import standard
from listings.models import DatasetParent, Listing
from listings.rights_matrix import claims_of
from listings.submissions import digests_of, dossier_of


def registration_statement(listing: Listing, *, edition: str) -> dict[str, Any]:
    """Return what the registration certificate of a listed product attests; `edition` is the venue's checklist."""
    dossier = digests_of(dossier_of(listing))
    product, version, provider = listing.product, listing.version, listing.organization
    return {
        "venue": {"code": listing.venue.code, "name": listing.venue.name},
        "listing": {"id": str(listing.id), "number": listing.number, "listed_at": _text(listing.listed_at)},
        "provider": {
            "id": str(provider.id),
            "legal_name": provider.legal_name,
            "jurisdiction": provider.jurisdiction,
            "identifier_kind": provider.identifier_kind,
            "identifier": provider.identifier,
        },
        "product": {
            "id": str(product.id),
            "number": product.number,
            "name": product.name,
            "type": product.product_type,
            "type_fields": product.type_fields,
            "deliveries": sorted(product.deliveries),
            "industry": product.industry,
            "industry_standard": standard(),
            "source_kind": product.source_kind,
            "rights": sorted(product.rights),
            "rights_claims": [claim.as_json() for claim in claims_of(product)],
        },
        "dossier": {"sha256": dossier.sha256, "sm3": dossier.sm3},
        "made_from": [
            {"dataset": str(edge.parent_id), "basis": edge.basis, "agreement": edge.agreement_number}
            for edge in DatasetParent.objects.filter(dataset=product.dataset_id).order_by("id")
        ],
        "imported_certificates": [
            {"kind": each.kind, "number": each.number, "issuer": each.issuer, "valid_until": _day(each.valid_until)}
            for each in product.imported_certificates.verified().order_by("id")
        ],
        "version": {
            "id": str(version.id),
            "number": version.number,
            "rows": version.rows,
            "bytes": version.bytes,
            "sha256": version.sha256,
            "sm3": version.sm3,
        },
        "terms": {
            "id": str(listing.terms.id),
            "version": listing.terms.version,
            "policy_sha256": Digests(canonical_json(listing.terms.policy)).sha256,
        },
        "decided_by": {"rule_set": product.rule_set, "checklist": edition},
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
