"""Papers and certificates that providers bring, for tests."""

from datetime import date
from typing import Any

from django.utils import timezone

from listings.documents import keep_document
from listings.imported_certificates import import_certificate
from listings.models import Document, ImportedCertificate, Product
from tests.listings.offers import provider_actor

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def paper(product: Product, *, name: str = "paper.pdf", content: bytes = PDF, evidence: str = "") -> Document:
    """Keep a paper of a product."""
    return keep_document(
        product_id=product.pk,
        name=name,
        body=[content],
        evidence=evidence,
        actor=provider_actor(product.organization),
    )


def property_certificate(**changes: Any) -> dict[str, Any]:
    """Return what is printed on a data-property certificate of this month, valid for five years."""
    today = timezone.localdate()
    return {
        "kind": "DATA_PROPERTY",
        "number": f"SJ441{today:%Y%m}0001",
        "issuer": "深圳数据交易所有限公司",
        "rights": ["HOLD", "USE", "OPERATE"],
        "issued_on": today,
        "valid_until": date(today.year + 4, today.month, 1),
    } | changes


def imported(product: Product, **changes: Any) -> ImportedCertificate:
    """Take in a certificate of the product's provider."""
    return import_certificate(
        product_id=product.pk,
        document_id=changes.pop("document_id", None) or paper(product).pk,
        holder_identifier=changes.pop("holder_identifier", product.organization.identifier),
        fields=property_certificate(**changes),
        actor=provider_actor(product.organization),
    )
