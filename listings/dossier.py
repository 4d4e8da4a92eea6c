"""The rules of the listing dossier: which values are wrong, and what is still missing."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.languages import in_language
from kernel.problems import FieldError
from listings.industries import industries, standard
from listings.models import PersonalData, Product, ProductType, SourceKind
from listings.problems import field_errors
from listings.product_types import TypeRule, type_rule
from listings.rights_matrix import claim_errors, evidence_of_claims, own_rights
from listings.source_rules import SourceRule, rule_for, rules_on
from listings.type_fields import missing_type_fields, type_field_errors

# The fields that a provider fills in; everything else of a product is given by the exchange.
DOSSIER = (
    "name",
    "summary",
    "scenario",
    "product_type",
    "type_fields",
    "deliveries",
    "industry",
    "language",
    "source_kind",
    "processing",
    "rights",
    "rights_claims",
    "evidence",
    "personal_data",
    "region_scope",
    "time_from",
    "time_to",
    "frequency",
    "buyer_kinds",
    "buyer_regions",
    "buyer_qualifications",
    "buyer_environment",
    "resale_allowed",
    "export_allowed",
    "sample_rows_public",
)
REQUIRED = (
    "name",
    "summary",
    "scenario",
    "deliveries",
    "industry",
    "language",
    "source_kind",
    "rights",
    "region_scope",
    "time_from",
    "frequency",
)
EVIDENCE_LENGTH = 2000  # characters of one statement


def dossier_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of the given fields that a provider fills in; claims of rights say the `rights` by themselves."""
    given = {field: fields[field] for field in DOSSIER if field in fields}
    if given.get("rights_claims") and "rights" not in given:
        given["rights"] = own_rights(given["rights_claims"])
    return given


def value_errors(product: Product) -> list[FieldError]:
    """Return what is wrong with the values that are there; gaps are no errors (see `missing_errors`)."""
    return [
        *field_errors(product, DOSSIER),
        *_type_errors(product),
        *_industry_errors(product),
        *_time_errors(product),
        *_source_errors(product),
        *_right_errors(product),
    ]


def missing_errors(product: Product) -> list[FieldError]:
    """Return what a registration still needs: mandatory fields, and the evidence that the source asks for."""
    errors = [
        FieldError(f"/{field}", "required", _("The dossier needs this."))
        for field in REQUIRED
        if not getattr(product, field)
    ]
    errors += missing_type_fields(product_type_rule(product), product.type_fields)
    if product.source_kind:
        errors += [
            FieldError(f"/evidence/{code}", "evidence_missing", _("This source and these rights need this evidence."))
            for code in sorted(evidence_needed(product) - product.evidence.keys())
        ]
    return errors


def plan_errors(product: Product) -> Iterator[FieldError]:
    """Yield an error when the product already has a plan of a kind that its type is not sold by."""
    rule = product_type_rule(product)
    others = sorted(set(product.plans.values_list("kind", flat=True)) - rule.plan_codes)
    if others:
        message = _("Products of the type %(type)s are not sold by these plans of this product: %(kinds)s.")
        told = message % {"type": in_language(rule.label), "kinds": ", ".join(others)}
        yield FieldError("/product_type", "plan_not_allowed", told)


def _type_errors(product: Product) -> Iterator[FieldError]:
    if product.product_type not in ProductType.values:
        return  # refused by form
    rule = product_type_rule(product)
    label = {"type": in_language(rule.label)}
    yield from type_field_errors(rule, product.type_fields)
    if rule.needs_dataset and product.dataset_id is None:
        message = _("Products of the type %(type)s are made of a dataset.")
        yield FieldError("/product_type", "dataset_missing", message % label)
    for index, delivery in enumerate(product.deliveries):
        if delivery not in rule.delivery_codes:
            message = _("Products of the type %(type)s are not delivered in this way.")
            yield FieldError(f"/deliveries/{index}", "delivery_not_allowed", message % label)
    if len(set(product.deliveries)) < len(product.deliveries):
        yield FieldError("/deliveries", "repeated", _("Give each value once."))


def _industry_errors(product: Product) -> Iterator[FieldError]:
    if product.industry and product.industry not in industries():
        message = _("There is no industry %(code)s in %(standard)s; give section and division, such as I65.")
        yield FieldError("/industry", "unknown_industry", message % {"code": product.industry, "standard": standard()})


def _time_errors(product: Product) -> Iterator[FieldError]:
    if product.time_from and product.time_to and product.time_from > product.time_to:
        yield FieldError("/time_to", "before_start", _("The time span ends before it begins."))


def _source_errors(product: Product) -> Iterator[FieldError]:
    yield from _evidence_form_errors(product)
    if product.source_kind not in SourceKind.values:
        return  # not given yet, or refused by form
    if not source_rule(product).registrable:
        yield FieldError("/source_kind", "not_registrable", _("Data of this origin cannot be registered."))


def _right_errors(product: Product) -> Iterator[FieldError]:
    if product.source_kind in SourceKind.values and not source_rule(product).registrable:
        return  # told by its source
    yield from claim_errors(product)


def _evidence_form_errors(product: Product) -> Iterator[FieldError]:
    if not isinstance(product.evidence, dict):
        yield FieldError("/evidence", "invalid", _("Give an object of evidence codes and statements."))
        return
    known = _rules()["evidence"]
    for code, statement in product.evidence.items():
        if code not in known:
            yield FieldError(f"/evidence/{code}", "unknown_evidence", _("There is no evidence of this kind."))
        elif not isinstance(statement, str) or not 0 < len(statement.strip()) <= EVIDENCE_LENGTH:
            message = _("Give a statement of 1 to %d characters.")
            yield FieldError(f"/evidence/{code}", "invalid", message % EVIDENCE_LENGTH)


def evidence_needed(product: Product) -> frozenset[str]:
    """Return the codes of all evidence that the product's source, rights and personal information ask for."""
    if not product.source_kind:
        return frozenset()
    needed = evidence_of_claims(product)
    if product.personal_data != PersonalData.NONE:
        needed |= {str(_rules()["personal_information_evidence"])}
    return needed


def product_type_rule(product: Product) -> TypeRule:
    """Return today's row of the table of product types for this product."""
    return type_rule(product.product_type, on=timezone.localdate())


def source_rule(product: Product) -> SourceRule:
    """Return today's row of the source table for this product."""
    return rule_for(source_kind=product.source_kind, processing=product.processing, on=timezone.localdate())


def _rules() -> Mapping[str, Any]:
    return rules_on(timezone.localdate())
