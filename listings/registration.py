"""Product registration: the dossier is checked as a whole, and every reason is given at once.

A draft may have gaps but no wrong values; registering it closes the gaps. What a reviewer reads or a buyer sees
does not change under them: a product with a live listing is frozen (I3).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import enqueue
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem, field_problem
from kernel.states import advance
from listings.dossier import (
    dossier_fields,
    plan_errors,
    product_type_rule,
    source_rule,
    value_errors,
)
from listings.industries import standard
from listings.models import Dataset, Listing, Product, ProductType
from listings.readiness import registration_errors
from listings.uploading import REPLACED_JOB

NUMBER_PREFIX = "DW"  # products belong to no venue


@transaction.atomic
def create_product(*, dataset_id: UUID | None, dossier: Mapping[str, Any], actor: Actor) -> Product:
    """Make a draft product; `dossier` holds fields named in `DOSSIER`.

    It is made of one of the actor's datasets, or of none where its type allows (a service, compute). Without
    `deliveries` it is delivered as products of its type usually are.
    Raises Problem `forbidden`, or `invalid` with a pointer for every wrong value.
    """
    dataset = None if dataset_id is None else Dataset.objects.visible_to(actor).filter(pk=dataset_id).first()
    if dataset_id is not None and dataset is None:
        raise field_problem("/dataset_id", "unknown", _("There is no such dataset."))
    organization_id = dataset.organization_id if dataset else actor.organization_id
    require(actor, Permission.PRODUCT_MANAGE, organization_id=organization_id)
    if organization_id is None:
        raise Problem("forbidden", _("Only an organization can have a product."))

    product = Product(organization_id=organization_id, dataset=dataset, **dossier_fields(dossier))
    if "deliveries" not in dossier and product.product_type in ProductType.values:
        product.deliveries = product_type_rule(product).delivery_codes[:1]
    _refuse(value_errors(product))

    product.save(force_insert=True)
    audit.record("product.created", subject=product, actor=actor)
    return product


@transaction.atomic
def amend_product(*, product_id: UUID, changes: Mapping[str, Any], actor: Actor) -> Product:
    """Change dossier fields of a product that is neither under review nor offered nor retired.

    Raises Problem `not_found`, `forbidden`, `product_in_use`, `illegal_state`, or `invalid` with pointers.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_retired(product)
    refuse_in_use(product)

    for field, value in dossier_fields(changes).items():
        setattr(product, field, value)
    _refuse([*value_errors(product), *plan_errors(product)])
    if product.state == Product.State.REGISTERED:
        _refuse(registration_errors(product))
        product.rule_set = source_rule(product).rule_set

    product.save(update_fields=[*dossier_fields(changes), "rule_set"])
    audit.record("product.amended", subject=product, actor=actor, details={"fields": sorted(changes)})
    return product


@transaction.atomic
def delete_product(*, product_id: UUID, actor: Actor) -> None:
    """Delete a draft, with its plans, terms and papers. Raises Problem `not_found`, `forbidden` or `illegal_state`."""
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if product.state != Product.State.DRAFT:
        raise Problem("illegal_state", _("Only a draft can be deleted."), state=product.state)

    audit.record("product.deleted", subject=product, actor=actor)
    for name, document_id in product.documents.values_list("storage_name", "id"):
        enqueue(REPLACED_JOB, key=name, subject_id=document_id, organization_id=product.organization_id)
    product.delete()


@transaction.atomic
def register_product(*, product_id: UUID, actor: Actor) -> Product:
    """Register a draft whose dossier is complete, and give it its number (no scenario, no registration).

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` with a pointer for all that is missing.
    """
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    _refuse(value_errors(product) or registration_errors(product))

    now = timezone.now()
    advance(
        product,
        to=Product.State.REGISTERED,
        actor=actor,
        details={
            "rule_set": source_rule(product).rule_set,
            "product_types": product_type_rule(product).edition,
            "standard": standard(),
        },
        number=product.number or short_number(NUMBER_PREFIX, "P", timezone.localtime(now).year),
        registered_at=now,
        rule_set=source_rule(product).rule_set,
    )
    return product


@transaction.atomic
def retire_product(*, product_id: UUID, actor: Actor) -> Product:
    """Take a registered product out of use. Raises Problem `product_in_use` while a listing of it is live."""
    product = locked_product(product_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_in_use(product)

    advance(product, to=Product.State.RETIRED, actor=actor)
    return product


def locked_product(product_id: UUID, actor: Actor) -> Product:
    """Return the product under its row lock, which orders changes of it against submissions of its listings.

    Raises Problem `not_found` for what the actor cannot see.
    """
    product = (
        Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True).filter(pk=product_id).first()
    )
    if product is None:
        raise Problem("not_found")
    return product


def refuse_retired(product: Product) -> None:
    """Raise Problem `illegal_state` for a product that is out of use."""
    if product.state == Product.State.RETIRED:
        raise Problem("illegal_state", _("The product is retired."), state=product.state)


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        raise Problem("invalid", errors=errors)


def refuse_in_use(product: Product) -> None:
    """Raise Problem `product_in_use` while a listing of it is under review or offered."""
    if Listing.objects.filter(product=product).live().exists():
        raise Problem("product_in_use")
