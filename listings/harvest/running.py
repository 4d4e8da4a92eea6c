"""The life of a bulk registration: asked for, staged, applied record by record by a job, and counted."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import Permission, actor_for_person, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.audit import Occurrence
from kernel.jobs import enqueue
from kernel.languages import language_tag
from kernel.problems import Problem
from kernel.states import advance
from listings.harvest import RUN_JOB
from listings.harvest.applying import apply_record
from listings.harvest.manifests import read_manifest
from listings.harvest.pages import Stopped
from listings.harvest.reading import read_source
from listings.harvest.staging import stage
from listings.models import HarvestedProduct, HarvestRecord, HarvestRun

BATCH = 10  # records between two signs of life
Heartbeat = Callable[[int], None]  # takes percent
State, Outcome = HarvestRun.State, HarvestRecord.Outcome
AT_WORK = (State.READING, State.APPLYING)


@transaction.atomic
def register_by_manifest(*, content: bytes, dry_run: bool = False, actor: Actor) -> HarvestRun:
    """Stage a manifest's records and have them applied by a job; a dry run only tells what would change.

    Raises Problem `forbidden`, `manifest_unreadable` or `too_large`; a wrong record is refused alone, in its outcome.
    """
    require(actor, Permission.HARVEST_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden", _("Only an organization can hold a dataset."))
    kind, records = read_manifest(content)

    run = HarvestRun.objects.create(
        organization_id=actor.organization_id,
        requested_by_id=actor.person_id,
        kind=kind,
        dry_run=dry_run,
        language=language_tag(),
        sha256=hashlib.sha256(content).hexdigest(),
        staged=len(records),
        cursor={},
    )
    stage(run, enumerate(records, 1), seen=set())
    details = {"kind": kind, "dry_run": dry_run, "sha256": run.sha256, "records": run.staged}
    audit.record("harvestrun.requested", subject=run, actor=actor, details=details)
    enqueue(RUN_JOB, key=str(run.pk), subject_id=run.pk, organization_id=run.organization_id)
    return run


def carry_out(run_id: UUID, heartbeat: Heartbeat) -> None:
    """Do what is left of a run; a job's handler, to be called again after whatever broke it off.

    Raises FetchFailed where the source may answer later.
    """
    run = HarvestRun.objects.select_related("requested_by", "origin").get(pk=run_id)
    if run.state not in AT_WORK:
        return
    with translation.override(run.language.lower()):
        try:
            actor = actor_for_person(run.requested_by, run.organization_id)
            require(actor, Permission.HARVEST_MANAGE, organization_id=run.organization_id)
            if run.state == State.READING:
                read_source(run, heartbeat)
                _hold_or_go_on(run)
        except Problem as problem:
            _fail(run, problem.code, str(problem.detail))
            return
        except Stopped as stop:
            _fail(run, stop.code, str(stop))
            return
        if run.state == State.APPLYING:
            _apply_pending(run, actor, heartbeat)
            _finish(run)


def give_up(run_id: UUID) -> None:
    """End a run whose job has failed for good: the source never answered, or the reason is for our own staff."""
    run = HarvestRun.objects.get(pk=run_id)
    if run.state in AT_WORK:
        trouble = run.failure or {"code": "internal_error", "detail": str(_("Something went wrong on our side."))}
        _fail(run, trouble["code"], trouble["detail"])


def _fail(run: HarvestRun, code: str, detail: str) -> None:
    """End a run that cannot go on; what it has applied stays, and its records tell which those are."""
    failure = {"code": code, "detail": detail}
    _advance(run, to=State.FAILED, reason=detail, failure=failure, counts=counted(run), finished_at=timezone.now())


def _hold_or_go_on(run: HarvestRun) -> None:
    """Begin to apply, unless so much is missing that a person must say whether the source or its reading is wrong."""
    if run.origin is None or run.dry_run:
        _advance(run, to=State.APPLYING)
        return
    before = run.origin.products.filter(gone_at=None).count()
    missing = missing_products(run).count()
    share = 100 * missing / before if before else 0
    held = share > run.origin.withdraw_percent
    details = {"missing": missing, "before": before}
    _advance(run, to=State.HELD if held else State.APPLYING, details=details)


def missing_products(run: HarvestRun) -> QuerySet[HarvestedProduct]:
    """Return what the source had before and this reading of it has not."""
    found = run.records.exclude(source_id="").values("source_id")
    known = HarvestedProduct.objects.filter(organization=run.organization_id, origin=run.origin_id, gone_at=None)
    return known.exclude(source_id__in=found)


def counted(run: HarvestRun) -> dict[str, int]:
    """Return how many records have come to which outcome; one query."""
    rows = run.records.order_by().values_list("outcome").annotate(Count("pk"))
    return dict(sorted(rows))


def _apply_pending(run: HarvestRun, actor: Actor, heartbeat: Heartbeat) -> None:
    done = run.staged - run.records.filter(outcome=Outcome.PENDING).count()
    while batch := list(_next_pending(run)):
        for record_id in batch:
            apply_record(record_id, run=run, actor=actor)
        done += len(batch)
        heartbeat(100 * done // run.staged)


def _next_pending(run: HarvestRun) -> Iterable[UUID]:
    pending = run.records.filter(outcome=Outcome.PENDING).order_by("number")
    return pending.values_list("pk", flat=True)[:BATCH]


@transaction.atomic
def _finish(run: HarvestRun) -> None:
    """Mark what is gone from the source, which nobody deletes, and close the run, both or neither."""
    if run.origin is not None:
        _mark_gone(run)
    counts = counted(run)
    run.failure = None
    run.save(update_fields=["staged", "failure"])
    details = {"counts": counts}
    advance(run, to=State.DONE, actor=SYSTEM, details=details, counts=counts, finished_at=timezone.now())


def _mark_gone(run: HarvestRun) -> None:
    gone = list(missing_products(run).order_by("pk"))
    HarvestRecord.objects.bulk_create(
        HarvestRecord(
            run=run,
            organization_id=run.organization_id,
            number=number,
            source_id=each.source_id,
            outcome=Outcome.GONE,
            product_id=each.product_id,
        )
        for number, each in enumerate(gone, run.staged + 1)
    )
    run.staged += len(gone)
    if gone and not run.dry_run:
        HarvestedProduct.objects.filter(pk__in=[each.pk for each in gone]).update(gone_at=timezone.now())
        audit.record_many((Occurrence("harvestedproduct.gone", each) for each in gone), actor=SYSTEM)


@transaction.atomic
def _advance(run: HarvestRun, *, to: str, **changes: Any) -> None:
    advance(run, to=to, actor=SYSTEM, **changes)
