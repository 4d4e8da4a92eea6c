"""Lineage: from which datasets a dataset was made, own ones or licensed by an agreement, and what that allows.

A product gets no wider rights than the parents of its dataset allow. The terms of a licence reach every descendant of
what was licensed, through as many own datasets as lie between (DOMAIN: rights are those of the originals or as agreed).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from kernel import audit
from kernel.actors import Actor
from kernel.problems import FieldError, Problem, field_problem
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.models import Dataset, DatasetParent, Listing, Product, Purpose, Right, SourceKind, Terms

Direction = Literal["ancestors", "descendants"]
# From which end of an edge a walk goes on to the other.
WALKS: dict[Direction, tuple[str, str]] = {
    "ancestors": ("dataset_id", "parent_id"),
    "descendants": ("parent_id", "dataset_id"),
}
WALK = """
    WITH RECURSIVE edge AS NOT MATERIALIZED ({edges}),
    reached AS (
        SELECT edge.* FROM edge WHERE edge.{near} = %s
        UNION
        SELECT edge.* FROM edge JOIN reached ON edge.{near} = reached.{far}
    )
    SELECT id FROM reached
"""


@dataclass(frozen=True)
class Licence:
    """What an agreement gives its buyer over one dataset; `until` is None where it does not end."""

    agreement_id: UUID
    agreement_number: str
    dataset: Dataset
    terms: Terms
    until: datetime | None


@transaction.atomic
def add_own_parent(*, dataset_id: UUID, parent_id: UUID, note: str = "", actor: Actor) -> DatasetParent:
    """Say that a dataset was made from another one of the same organization.

    Raises Problem `not_found`, `forbidden`, `product_in_use`, `parent_exists`, `lineage_cycle`, or `invalid` at
    `/parent_id` for a dataset that is not the organization's own.
    """
    dataset = _locked_dataset(dataset_id, actor)
    parent = Dataset.objects.filter(pk=parent_id, organization=dataset.organization_id).first()
    if parent is None:
        raise field_problem("/parent_id", "unknown", _("The organization has no such dataset."))
    return _add(DatasetParent(dataset=dataset, parent=parent, basis=DatasetParent.Basis.OWN, note=note), actor)


@transaction.atomic
def add_licensed_parent(*, dataset_id: UUID, licence: Licence, note: str = "", actor: Actor) -> DatasetParent:
    """Say that a dataset was made from one that an agreement gives its organization.

    The caller has made sure that the agreement is in force and the organization its buyer.
    Raises Problem `not_found`, `forbidden`, `product_in_use`, `parent_exists` or `lineage_cycle`.
    """
    edge = DatasetParent(
        dataset=_locked_dataset(dataset_id, actor),
        parent=licence.dataset,
        basis=DatasetParent.Basis.AGREEMENT,
        note=note,
        agreement_id=licence.agreement_id,
        agreement_number=licence.agreement_number,
        terms=licence.terms,
        licensed_until=licence.until,
    )
    return _add(edge, actor)


@transaction.atomic
def remove_parent(*, dataset_id: UUID, parent_id: UUID, reason: str, actor: Actor) -> None:
    """Take back that a dataset was made from another; the audit log keeps both the word and the reason.

    Raises Problem `not_found`, `forbidden`, `product_in_use`, or `invalid` without a reason.
    """
    dataset = _locked_dataset(dataset_id, actor)
    edge = find(DatasetParent.objects.filter(dataset=dataset), parent=parent_id)
    require_reason(reason)

    audit.record("datasetparent.removed", subject=edge, actor=actor, reason=reason, details=_told(edge))
    edge.delete()


def end_licence(*, agreement_id: UUID, actor: Actor, reason: str) -> None:
    """Note that an agreement ended before its time: nothing made under it can be submitted from now on."""
    for edge in DatasetParent.objects.select_for_update().filter(agreement_id=agreement_id, licence_ended_at=None):
        edge.licence_ended_at = timezone.now()
        edge.save(update_fields=["licence_ended_at"])
        audit.record("datasetparent.licence_ended", subject=edge, actor=actor, reason=reason, details=_told(edge))


def lineage_of(dataset: Dataset, direction: Direction, actor: Actor) -> QuerySet[DatasetParent]:
    """Return all edges that lead up from a dataset to what it was made from, or down to what was made of it.

    The walk ends at what the actor may not see: the parents of a licensed dataset are its provider's affair.
    """
    edges = DatasetParent.objects.visible_to(actor)
    return DatasetParent.objects.filter(id__in=_walk(edges, dataset.pk, direction))


def roots_of(dataset_id: UUID) -> QuerySet[Dataset]:
    """Return the datasets at the end of all ways up from a dataset, itself where it was made from nothing else.

    Whoever owns them: it is asked by the exchange itself, not on behalf of somebody who would see them.
    """
    edges = DatasetParent.objects.filter(id__in=_walk(DatasetParent.objects.all(), dataset_id, "ancestors"))
    return Dataset.objects.filter(Q(pk=dataset_id) | Q(pk__in=edges.values("parent")), parents__isnull=True)


def licences_of(dataset_id: UUID) -> QuerySet[DatasetParent]:
    """Return the licences that a dataset rests on, directly or through own datasets."""
    organization = Dataset.objects.filter(pk=dataset_id).values("organization")
    own = DatasetParent.objects.filter(organization__in=organization)
    return DatasetParent.objects.licences().filter(id__in=_walk(own, dataset_id, "ancestors")).select_related("terms")


def lineage_errors(product: Product) -> Iterator[FieldError]:
    """Yield where a product would give wider rights than the parents of its dataset allow."""
    if product.dataset_id is None:
        return
    yield from _own_parent_errors(product)
    for edge in licences_of(product.dataset_id).order_by("id"):
        yield from _licence_errors(product, edge)


# --- rules ----------------------------------------------------------------------------------------------------------


def _own_parent_errors(product: Product) -> Iterator[FieldError]:
    """What is derived needs the right to use its originals; anything else has no right that its parents lack."""
    parents = DatasetParent.objects.filter(dataset=product.dataset_id, basis=DatasetParent.Basis.OWN).values("parent")
    registered = Product.objects.filter(dataset__in=parents, state=Product.State.REGISTERED)
    for rights in registered.order_by("id").values_list("rights", flat=True):
        needed = [Right.USE] if product.source_kind == SourceKind.DERIVED else product.rights
        for right in needed:
            if right not in rights:
                index = product.rights.index(right) if right in product.rights else 0
                message = _("A parent dataset is registered without the right that this takes: %s.")
                yield FieldError(f"/rights/{index}", "wider_than_parents", message % Right(right).label)


def _licence_errors(product: Product, edge: DatasetParent) -> Iterator[FieldError]:
    terms, number = edge.terms, {"agreement": edge.agreement_number}
    if terms is None:  # the table's own constraint says otherwise
        return
    if edge.licence_ended_at or (edge.licensed_until and edge.licensed_until <= timezone.now()):
        message = _("The licence of a parent dataset has ended: agreement %(agreement)s.")
        yield FieldError("/dataset_id", "parent_licence_ended", message % number)
    for pointer, breaks in _beyond(product, terms):
        if breaks:
            message = _("The licence of a parent dataset does not allow this: agreement %(agreement)s.")
            yield FieldError(pointer, "wider_than_parents", message % number)


def _beyond(product: Product, terms: Terms) -> Iterator[tuple[str, bool]]:
    """Yield a pointer into the dossier for each promise of the licence, and whether the product goes beyond it."""
    derived = product.source_kind == SourceKind.DERIVED
    sells = Right.OPERATE in product.rights
    yield "/source_kind", derived and not terms.derivatives_allowed
    yield "/rights", sells and not derived and not terms.resale_allowed
    yield "/rights", sells and derived and Purpose.PRODUCT_DEVELOPMENT not in terms.purposes
    yield "/resale_allowed", product.resale_allowed and not terms.resale_allowed
    yield "/export_allowed", product.export_allowed and not terms.export_allowed
    wider = not product.buyer_regions or not set(product.buyer_regions) <= set(terms.territories)
    yield "/buyer_regions", bool(terms.territories) and wider


def _locked_dataset(dataset_id: UUID, actor: Actor) -> Dataset:
    """Return the dataset when its lineage may change: its products locked, none of them under review or offered."""
    dataset = find(Dataset.objects.visible_to(actor), pk=dataset_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=dataset.organization_id)
    products = Product.objects.select_for_update(no_key=True).filter(dataset=dataset).order_by("id")
    if Listing.objects.filter(product__in=list(products)).live().exists():
        raise Problem("product_in_use")
    return dataset


def _add(edge: DatasetParent, actor: Actor) -> DatasetParent:
    edge.organization_id = edge.dataset.organization_id
    edge.parent_organization_id = edge.parent.organization_id
    if DatasetParent.objects.filter(dataset=edge.dataset, parent=edge.parent).exists():
        raise Problem("parent_exists")
    edge.save(force_insert=True)
    audit.record("datasetparent.added", subject=edge, actor=actor, details=_told(edge))
    return edge


def _told(edge: DatasetParent) -> dict[str, Any]:
    return {
        "dataset": str(edge.dataset_id),
        "parent": str(edge.parent_id),
        "basis": edge.basis,
        "agreement": edge.agreement_number,
        "note": edge.note,
    }


def _walk(edges: QuerySet[DatasetParent], start: UUID, direction: Direction) -> RawSQL:
    near, far = WALKS[direction]
    sql, parameters = edges.order_by().values("id", "dataset_id", "parent_id").query.sql_with_params()
    return RawSQL(WALK.format(edges=sql, near=near, far=far), (*parameters, start))  # noqa: S611 - our own text only
