"""One staged record becomes a dataset and a product draft, or changes those that it became before."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError, connection, transaction

from kernel.actors import Actor
from kernel.problems import FieldError, Problem, problem_of
from listings.harvest.entries import Entry, checked
from listings.harvest.offering import offer
from listings.harvest.wording import shortened
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
    if run.dry_run and record.product is not None:
        record.product = Product.objects.filter(pk=record.product.pk).first()  # a new one went with the rollback
    record.save(update_fields=["outcome", "reasons", "changes", "product"])


def refusal(error: Exception) -> list[dict[str, str]]:
    """Return why a record was refused, each reason with its pointer, code and sentence."""
    problem, _headers = problem_of(error)
    reasons = problem.errors or (FieldError("", problem.code, problem.detail),)
    return [reason.as_json() for reason in reasons]


def _apply(record: HarvestRecord, entry: Entry, run: HarvestRun, actor: Actor) -> None:
    _lock(run, entry.source_id)
    known = (
        HarvestedProduct.objects.filter(
            organization=run.organization_id, origin=run.origin_id, source_id=entry.source_id
        )
        .select_related("dataset", "product")
        .first()
    )
    if known is None:
        known = _registered(record, entry, run, actor)
        record.outcome = Outcome.CREATED
    else:
        record.changes = _brought_up(known, entry, run, actor)
        record.outcome = Outcome.UNCHANGED
    if known.product is not None:
        record.changes |= offer(known.product, entry, actor)
    if record.changes and record.outcome == Outcome.UNCHANGED:
        record.outcome = Outcome.UPDATED
    known.last_run, record.product = run, known.product
    known.save()


def _registered(record: HarvestRecord, entry: Entry, run: HarvestRun, actor: Actor) -> HarvestedProduct:
    dataset = register_dataset(title=entry.title, description=entry.description, actor=actor)
    dossier = _completed(entry, run)
    record.changes = _differences({}, {"title": entry.title, "description": entry.description}, dossier)
    return HarvestedProduct(
        organization_id=run.organization_id,
        origin_id=run.origin_id,
        source_id=entry.source_id,
        described=entry.described or {},
        dataset=dataset,
        product=create_product(dataset_id=dataset.pk, dossier=dossier, actor=actor),
    )


def _brought_up(known: HarvestedProduct, entry: Entry, run: HarvestRun, actor: Actor) -> Changes:
    """Change what differs from the record; a field that the record does not name stays as people made it."""
    dataset, product = known.dataset, known.product
    changes = _amended_dataset(dataset, entry, actor) | _returned(known)
    if entry.described is not None:
        changes |= _differences({"described": known.described}, {"described": entry.described})
        known.described = entry.described
    if product is None:
        dossier = _completed(entry, run)
        known.product = create_product(dataset_id=dataset.pk, dossier=dossier, actor=actor)
        return changes | _differences({}, dossier)
    wanted = _differences(vars(product), entry.dossier)
    if wanted:
        amend_product(product_id=product.pk, changes={name: entry.dossier[name] for name in wanted}, actor=actor)
    return changes | wanted


def _returned(known: HarvestedProduct) -> Changes:
    """Take the mark off what is at its source again."""
    changes = _differences({"gone_at": known.gone_at}, {"gone_at": None})
    known.gone_at = None
    return changes


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


def _completed(entry: Entry, run: HarvestRun) -> dict[str, Any]:
    """Return a new product's dossier: called and described as its dataset is, and as its source has by default."""
    borrowed = {"name": _short(entry.title, NAME_LENGTH), "summary": _short(entry.description, SUMMARY_LENGTH)}
    defaults = run.origin.defaults if run.origin else {}
    return {name: texts for name, texts in borrowed.items() if texts} | defaults | entry.dossier


def _short(texts: Mapping[str, str] | None, limit: int) -> dict[str, str]:
    return {tag: shortened(text, limit) for tag, text in (texts or {}).items()}


def _lock(run: HarvestRun, source_id: str) -> None:
    """Let no other run register the same id meanwhile: there is no row yet that could be locked."""
    name = f"{run.organization_id} {run.origin_id} {source_id}"
    digest = hashlib.sha256(name.encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])
