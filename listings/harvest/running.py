"""The life of a bulk registration: asked for, staged, applied record by record by a job, and counted."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.access import Permission, actor_for_person, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.jobs import enqueue
from kernel.languages import language_tag
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.harvest import RUN_JOB
from listings.harvest.applying import apply_record
from listings.harvest.entries import source_id_of, staging_errors
from listings.harvest.manifests import kind_of, read_manifest
from listings.models import HarvestRecord, HarvestRun

BATCH = 50  # records between two signs of life
STAGED_AT_A_TIME = 1000
Heartbeat = Callable[[int], None]  # takes percent
State, Outcome = HarvestRun.State, HarvestRecord.Outcome
ENDED = (State.DONE, State.FAILED)


@transaction.atomic
def register_by_manifest(*, content: bytes, dry_run: bool = False, actor: Actor) -> HarvestRun:
    """Stage a manifest's records and have them applied by a job; a dry run only tells what would change.

    Raises Problem `forbidden`, `manifest_unreadable` or `too_large`; a wrong record is refused alone, in its outcome.
    """
    require(actor, Permission.HARVEST_MANAGE)
    if actor.organization_id is None or actor.person_id is None:
        raise Problem("forbidden", _("Only an organization can hold a dataset."))
    kind = kind_of(content)
    records = read_manifest(content, kind)

    run = HarvestRun.objects.create(
        organization_id=actor.organization_id,
        requested_by_id=actor.person_id,
        kind=kind,
        dry_run=dry_run,
        language=language_tag(),
        sha256=hashlib.sha256(content).hexdigest(),
        staged=len(records),
    )
    stage(run, enumerate(records, 1), seen=set())
    details = {"kind": kind, "dry_run": dry_run, "sha256": run.sha256, "records": run.staged}
    audit.record("harvestrun.requested", subject=run, actor=actor, details=details)
    enqueue(RUN_JOB, key=str(run.pk), subject_id=run.pk, organization_id=run.organization_id)
    return run


def stage(run: HarvestRun, records: Iterable[tuple[int, Any]], *, seen: set[str]) -> None:
    """Write numbered records down as rows; `seen` are the ids already staged, and takes up those of these records."""
    rows = list(_staged(run, records, seen))
    for start in range(0, len(rows), STAGED_AT_A_TIME):
        HarvestRecord.objects.bulk_create(rows[start : start + STAGED_AT_A_TIME])


def _staged(run: HarvestRun, records: Iterable[tuple[int, Any]], seen: set[str]) -> Iterator[HarvestRecord]:
    for number, entry in records:
        errors = staging_errors(entry)
        source_id = "" if errors else source_id_of(entry)
        if not errors and source_id in seen:
            errors = [FieldError("/source_id", "duplicate", _("An earlier record of this run has the same id."))]
        seen.add(source_id)
        yield HarvestRecord(
            run=run,
            organization_id=run.organization_id,
            number=number,
            source_id=source_id,
            entry={} if errors else {**entry, "source_id": source_id},
            outcome=Outcome.REFUSED if errors else Outcome.PENDING,
            reasons=[error.as_json() for error in errors],
        )


def carry_out(run_id: UUID, heartbeat: Heartbeat) -> None:
    """Do what is left of a run; a job's handler, to be called again after whatever broke it off."""
    run = HarvestRun.objects.select_related("requested_by").get(pk=run_id)
    if run.state in ENDED:
        return
    with translation.override(run.language.lower()):
        try:
            actor = actor_for_person(run.requested_by, run.organization_id)
            require(actor, Permission.HARVEST_MANAGE, organization_id=run.organization_id)
        except Problem as problem:
            fail(run, problem.code, str(problem.detail))
            return
        if run.state == State.READING:
            _advance(run, to=State.APPLYING)
        _apply_pending(run, actor, heartbeat)
        _finish(run)


def fail(run: HarvestRun, code: str, detail: str) -> None:
    """End a run that cannot go on; what it has applied stays, and its records tell which those are."""
    failure = {"code": code, "detail": detail}
    with transaction.atomic():
        advance(run, to=State.FAILED, actor=SYSTEM, reason=detail, failure=failure, finished_at=timezone.now())


def give_up(run_id: UUID) -> None:
    """End a run whose job has failed for good; the job keeps the reason, which is for the exchange's staff."""
    run = HarvestRun.objects.get(pk=run_id)
    if run.state not in ENDED:
        fail(run, "internal_error", str(_("Something went wrong on our side.")))


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


def _finish(run: HarvestRun) -> None:
    counts = counted(run)
    _advance(run, to=State.DONE, details={"counts": counts}, counts=counts, finished_at=timezone.now())


@transaction.atomic
def _advance(run: HarvestRun, *, to: str, **changes: Any) -> None:
    advance(run, to=to, actor=SYSTEM, **changes)
