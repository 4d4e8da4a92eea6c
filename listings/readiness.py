"""Whether a product may be registered and submitted: its dossier is complete, and its lineage and papers allow it."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.certified import certificate_errors
from listings.crossborder.research_lane import research_product_errors
from listings.dossier import evidence_needed, missing_errors, plan_errors, value_errors
from listings.lineage import lineage_errors
from listings.models import Product
from listings.registry.standing import register_errors
from listings.rights_matrix import standing_errors
from listings.source_rules import rules_on


def registration_errors(product: Product) -> list[FieldError]:
    """Return what a registration still needs, or may not claim; wrong values are `listings.dossier.value_errors`."""
    return [
        *missing_errors(product),
        *standing_errors(product),
        *lineage_errors(product),
        *certificate_errors(product),
        *register_errors(product),
    ]


def submission_errors(product: Product) -> list[FieldError]:
    """Return all that keeps a product from a venue's review."""
    return [
        *value_errors(product),
        *plan_errors(product),
        *registration_errors(product),
        *paper_errors(product),
        *research_product_errors(product),
    ]


def paper_errors(product: Product) -> Iterator[FieldError]:
    """Yield the evidence that a reviewer wants to see, not only to be told of: contracts, consents, authorisations."""
    wanted = set(rules_on(timezone.localdate())["documents"]) & evidence_needed(product)
    kept = set(product.documents.filter(evidence__in=wanted).values_list("evidence", flat=True))
    for code in sorted(wanted - kept):
        yield FieldError(f"/evidence/{code}", "document_missing", _("Keep the document that proves this."))
