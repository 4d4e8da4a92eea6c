"""One staged record becomes a dataset and a product draft, or changes those that it became before."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from kernel.actors import Actor
from kernel.problems import FieldError, Problem, problem_of
from listings.harvest.entries import Entry, checked
from listings.models import Dataset, HarvestedProduct, HarvestRecord, HarvestRun, Product
from listings.models.products import NAME_LENGTH, SUMMARY_LENGTH
from listings.registration import amend_product, create_product
from listings.uploading import amend_dataset, register_dataset

Outcome = HarvestRecord.Outcome
Changes = dict[str, dict[str, Any]]


@transaction.atomic
def apply_record(record_id: UUID, *, run: HarvestRun, actor: Actor) -> None:
    """Let a pending record have its effect, and keep what came of it with it; in a dry run nothing else stays."""
    record = HarvestRecord.objects.select_for_update(of=("self",)).get(pk=record_id)
    if record.outcome != Outcome.PENDING:
        return
    try:
        with transaction.atomic():
            _apply(record, checked(record.entry), run, actor)
            if run.dry_run:
                transaction.set_rollback(True)
    except (Problem, IntegrityError, DataError) as error:
        record.outcome, record.reasons = Outcome.REFUSED, refusal(error)
        record.changes, record.product = {}, None
    if run.dry_run and record.outcome == Outcome.CREATED:
        record.product = None  # it went with the rollback
    record.save(update_fields=["outcome", "reasons", "changes", "product"])


def refusal(error: Exception) -> list[dict[str, str]]:
    """Return why a record was refused, each reason with its pointer, code and sentence."""
    problem, _headers = problem_of(error)
    reasons = problem.errors or (FieldError("", problem.code, problem.detail),)
    return [reason.as_json() for reason in reasons]


def _apply(record: HarvestRecord, entry: Entry, run: HarvestRun, actor: Actor) -> None:
    _lock(run.organization_id, entry.source_id)
    known = (
        HarvestedProduct.objects.filter(organization=run.organization_id, source_id=entry.source_id)
        .select_related("dataset", "product")
        .first()
    )
    if known is None:
        dataset = register_dataset(title=entry.title, description=entry.description, actor=actor)
        product = create_product(dataset_id=dataset.pk, dossier=_completed(entry), actor=actor)
        known = HarvestedProduct(organization_id=run.organization_id, source_id=entry.source_id, dataset=dataset)
        record.outcome = Outcome.CREATED
        record.changes = _differences({}, {"title": entry.title, "description": entry.description}, entry.dossier)
    else:
        product, record.changes = _brought_up(known, entry, actor)
        record.outcome = Outcome.UPDATED if record.changes else Outcome.UNCHANGED
    known.product, known.last_run, record.product = product, run, product
    known.save()


def _brought_up(known: HarvestedProduct, entry: Entry, actor: Actor) -> tuple[Product, Changes]:
    """Change what differs from the record; a field that the record does not name stays as people made it."""
    dataset, product = known.dataset, known.product
    changes = _amended_dataset(dataset, entry, actor)
    if product is None:
        product = create_product(dataset_id=dataset.pk, dossier=_completed(entry), actor=actor)
        return product, changes | _differences({}, entry.dossier)
    wanted = _differences(vars(product), entry.dossier)
    if wanted:
        amend_product(product_id=product.pk, changes={name: entry.dossier[name] for name in wanted}, actor=actor)
    return product, changes | wanted


def _amended_dataset(dataset: Dataset, entry: Entry, actor: Actor) -> Changes:
    given = {"title": entry.title} | ({"description": entry.description} if entry.description is not None else {})
    wanted = _differences(vars(dataset), given)
    if wanted:
        amend_dataset(dataset_id=dataset.pk, actor=actor, **{name: given[name] for name in wanted})
    return wanted


def _differences(before: Mapping[str, Any], *given: Mapping[str, Any]) -> Changes:
    """Return what a record would change, as JSON: {field: {"before", "after"}}."""
    return {
        name: {"before": _plain(before.get(name)), "after": _plain(value)}
        for fields in given
        for name, value in fields.items()
        if before.get(name) != value
    }


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _completed(entry: Entry) -> dict[str, Any]:
    """Return a new product's dossier: it is called and described as its dataset is, where that is short enough."""
    borrowed = {"name": _if_short(entry.title, NAME_LENGTH), "summary": _if_short(entry.description, SUMMARY_LENGTH)}
    return {name: texts for name, texts in borrowed.items() if texts} | entry.dossier


def _if_short(texts: Mapping[str, str] | None, limit: int) -> dict[str, str]:
    return {tag: text for tag, text in (texts or {}).items() if len(text) <= limit}


def _lock(organization_id: UUID, source_id: str) -> None:
    """Let no other run register the same id meanwhile: there is no row yet that could be locked."""
    digest = hashlib.sha256(organization_id.bytes + source_id.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])
