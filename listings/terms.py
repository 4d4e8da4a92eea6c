"""Terms of use: frozen versions, each with a text for people and a small ODRL policy for machines.

The policy's profile is docs/listings.md: actions `use`, `distribute`, `derive`, duties `attribute` and `delete`,
constraints `purpose`, `spatial` and `elapsedTime`, all of ODRL 2.2, and `dawan:export` for leaving the territory.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem
from listings.models import DatasetVersion, Product, Terms
from listings.problems import field_errors
from listings.registration import locked_product, refuse_retired
from listings.rights_matrix import beyond_rights
from listings.room_rules import room_errors
from listings.table_cut import cut_errors

FIELDS = (
    "purposes",
    "territories",
    "term_days",
    "resale_allowed",
    "derivatives_allowed",
    "export_allowed",
    "attribution_required",
    "deletion_required",
    "table_cut",
    "watermark_columns",
    "clean_room",
    "text",
)
PROFILE = "urn:dawan:odrl-profile:1"
LONGEST_TERM = 36_500  # days


@transaction.atomic
def create_terms(*, product_id: UUID, fields: Mapping[str, Any], actor: Actor) -> Terms:
    """Write the next version of a product's terms; it is never changed afterwards.

    Raises Problem `not_found`, `forbidden`, `illegal_state` for a retired product, or `invalid` with pointers, also
    where the terms would allow more than the product's restrictions.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_retired(product)

    last: int = product.terms.aggregate(last=Max("version"))["last"] or 0
    given = {field: fields[field] for field in FIELDS if field in fields}
    terms = Terms(product=product, organization_id=product.organization_id, version=last + 1, **given)
    errors = [*_form_errors(terms), *room_errors(terms.clean_room, product), *excess_errors(terms, product)]
    if errors:
        raise Problem("invalid", errors=errors)

    terms.policy = policy_of(terms)
    terms.save(force_insert=True)
    audit.record("terms.created", subject=terms, actor=actor, details={"version": terms.version})
    return terms


def excess_errors(terms: Terms, product: Product) -> Iterator[FieldError]:
    """Yield where the terms allow more than the product's restriction scope, or the provider's right to operate."""
    wider = _("The product's restrictions do not allow this.")
    if terms.resale_allowed and not product.resale_allowed:
        yield FieldError("/resale_allowed", "wider_than_product", wider)
    if terms.export_allowed and not product.export_allowed:
        yield FieldError("/export_allowed", "wider_than_product", wider)
    if product.buyer_regions and not (terms.territories and set(terms.territories) <= set(product.buyer_regions)):
        yield FieldError("/territories", "wider_than_product", wider)
    yield from beyond_rights(terms, product)


def watermark_errors(version: DatasetVersion, columns: Collection[str]) -> Iterator[FieldError]:
    """Yield an error where no file of a version has any of the columns that the terms have marked."""
    wanted = set(columns)
    if not wanted or "*" in wanted:
        return
    profiles = version.files.values_list("profile", flat=True)
    found = {column["name"] for profile in profiles if profile for column in profile.get("columns", [])}
    if not wanted & found:
        message = _("No file of the version has a column that the terms have marked.")
        yield FieldError("/terms_id", "watermark_columns_unknown", message)


def _form_errors(terms: Terms) -> Iterator[FieldError]:
    yield from field_errors(terms, FIELDS)
    yield from cut_errors(terms.table_cut)
    if terms.term_days is not None and not 1 <= terms.term_days <= LONGEST_TERM:
        yield FieldError("/term_days", "out_of_range", _("A term is between a day and a century."))
    if terms.deletion_required and terms.term_days is None:
        yield FieldError("/deletion_required", "needs_term", _("Data can be deleted at the end of a term only."))


def policy_of(terms: Terms) -> dict[str, Any]:
    """Return the terms as an ODRL 2.2 policy of our profile; the same fields give the same document."""
    target = f"urn:uuid:{terms.product_id}"
    duties = [
        {"action": action}
        for action, wanted in (("attribute", terms.attribution_required), ("delete", terms.deletion_required))
        if wanted
    ]
    use: dict[str, Any] = {"target": target, "action": "use", "constraint": _constraints(terms)}
    if duties:
        use["duty"] = duties
    allowed = {
        "derive": terms.derivatives_allowed,
        "distribute": terms.resale_allowed,
        "dawan:export": terms.export_allowed,
    }
    permissions = [{"target": target, "action": action} for action, may in allowed.items() if may]
    prohibitions = [{"target": target, "action": action} for action, may in allowed.items() if not may]
    return {
        "@context": ["http://www.w3.org/ns/odrl.jsonld", {"dawan": "urn:dawan:odrl:"}],
        "@type": "Offer",
        "uid": f"urn:uuid:{terms.id}",
        "profile": PROFILE,
        "assigner": f"urn:uuid:{terms.organization_id}",
        "permission": [use, *permissions],
        "prohibition": prohibitions,
    }


def _constraints(terms: Terms) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [_constraint("purpose", "isAnyOf", sorted(terms.purposes))]
    if terms.territories:
        found.append(_constraint("spatial", "isAnyOf", sorted(terms.territories)))
    if terms.term_days is not None:
        found.append(_constraint("elapsedTime", "lteq", {"@value": f"P{terms.term_days}D", "@type": "xsd:duration"}))
    return found


def _constraint(left: str, operator: str, right: object) -> dict[str, Any]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}
