"""Running a compute job on its pool: in the locked-down process, kept alive by its lease, metered once at its end."""

import json
import math
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from kernel import jobs
from kernel.actors import SYSTEM
from kernel.digests import Digests
from kernel.models import Job
from kernel.problems import Problem
from kernel.states import advance
from marketplace.compute.jobs import RUN_JOB, opened, queue_of, sealed_for
from marketplace.compute.scheduling import cost_of
from marketplace.delivery.access import require_in_force
from marketplace.delivery.clean_room import sandbox
from marketplace.delivery.clean_room.tables import private_folder
from marketplace.delivery.results import deliver_result, lock_order_of
from marketplace.entitlements import has_ended
from marketplace.models import ComputeJob, ComputePool, UsageRecord

LEASE = timedelta(seconds=60)
PROGRAM = "python_task.py"
MIB = 1024 * 1024
State, Reason = ComputeJob.State, ComputeJob.Reason


class Stopped(Exception):
    """The job was cancelled, or its right ended, while it ran."""


def run_pool(pool_id: UUID) -> int:
    """Run what is due at a pool, as a worker of its queue; return how many jobs ran."""
    return jobs.run_due_jobs(kinds=(queue_of(pool_id),))


def run(*, job_id: UUID, job: Job) -> None:
    """Run a compute job and keep its result; after a worker's death it runs again, and is metered once."""
    found = _begin(job_id, job)
    if found is None:
        return
    began = time.monotonic()
    seconds = min(float(found.seconds), (found.deadline - timezone.now()).total_seconds())
    try:
        outcome = _run(found, max(seconds, 0.1), _beat(found, job))
    except Stopped:
        outcome = sandbox.Outcome([], Reason.RIGHT, [])
    _end(found, job, outcome, used=min(found.seconds, math.ceil(time.monotonic() - began)))


def fail(*, job_id: UUID) -> None:
    """Show on the compute job that its pool's workers have given up."""
    found = ComputeJob.objects.select_for_update(of=("self",)).get(pk=job_id)
    if found.state in (State.PLACED, State.RUNNING):
        advance(found, to=State.FAILED, actor=SYSTEM, why_not=Reason.WORKER, ended_at=timezone.now())


@transaction.atomic
def _begin(job_id: UUID, job: Job) -> ComputeJob | None:
    """Return the job as running; None where it has ended, or waits for another pool now."""
    found = ComputeJob.objects.select_related("entitlement").select_for_update(of=("self",)).get(pk=job_id)
    if found.state not in (State.PLACED, State.RUNNING) or queue_of(found.pool_id) != job.kind:
        return None
    now = timezone.now()
    try:
        require_in_force(found.entitlement)
        why_not = Reason.DEADLINE if found.deadline <= now else ""
    except Problem:
        why_not = Reason.RIGHT
    if found.state == State.PLACED:
        advance(found, to=State.RUNNING, actor=SYSTEM, started_at=now)
    if why_not:
        advance(found, to=State.FAILED, actor=SYSTEM, why_not=why_not, ended_at=now)
        return None
    return found


def _beat(found: ComputeJob, job: Job) -> Callable[[], None]:
    def beat() -> None:
        jobs.extend_lease(job)
        now = ComputeJob.objects.select_related("entitlement").get(pk=found.pk)
        try:
            require_in_force(now.entitlement)
        except Problem as problem:
            raise Stopped from problem
        if now.state != State.RUNNING:
            raise Stopped

    return beat


def _run(found: ComputeJob, seconds: float, beat: Callable[[], None]) -> sandbox.Outcome:
    task = json.loads(opened(found, bytes(found.sealed_task)))
    limits = {
        "memory": found.memory_mb * MIB,
        "address_space": (found.memory_mb + 2048) * MIB,  # the interpreter and its libraries before the task begins
        "threads": found.cores,
        "cpu_seconds": math.ceil(seconds) * found.cores + 1,
    }
    with private_folder() as folder:
        if found.kind == ComputeJob.Kind.PYTHON:
            (folder / "task.json").write_text(json.dumps(task))
            return sandbox.run(
                "", folder=folder, tables={}, seconds=seconds, program=PROGRAM, arguments={}, limits=limits, beat=beat
            )
        try:
            tables = _tables(task["rows"], folder)
        except (ValueError, TypeError):
            return sandbox.Outcome([], Reason.DATA, [])
        return sandbox.run(task["code"], folder=folder, tables=tables, seconds=seconds, limits=limits, beat=beat)


def _tables(rows: list[dict[str, Any]], folder: Path) -> dict[str, list[str]]:
    """Write the input as the table `input`; raises ValueError or TypeError where its rows do not agree."""
    import pyarrow as pa  # noqa: PLC0415 - heavy
    import pyarrow.parquet as pq  # noqa: PLC0415

    if not rows:
        return {}
    pq.write_table(pa.Table.from_pylist(rows), folder / "0.parquet")
    return {"input": ["0.parquet"]}


@transaction.atomic
def _end(found: ComputeJob, job: Job, outcome: sandbox.Outcome, *, used: int) -> None:
    """Meter the seconds and deliver the result, unless another worker has the job now."""
    order = lock_order_of(found.entitlement_id)
    jobs.extend_lease(job)  # raises LeaseLost, and then nothing below has happened
    locked = ComputeJob.objects.select_related("entitlement").select_for_update(of=("self",)).get(pk=found.pk)
    if has_ended(locked.entitlement):
        outcome = replace(outcome, reason=Reason.RIGHT)
    cost = min(cost_of(used, locked.price_per_hour_minor), locked.max_price_minor)
    UsageRecord.objects.get_or_create(
        entitlement_id=locked.entitlement_id,
        nonce=str(locked.pk),
        defaults={
            "organization_id": locked.organization_id,
            "provider_id": locked.provider_id,
            "venue_id": locked.venue_id,
            "kind": UsageRecord.Kind.COMPUTE_SECOND,
            "subject_id": locked.pk,
            "units": used,
        },
    )
    ends: dict[str, Any] = {"seconds_used": used, "cost_minor": cost, "ended_at": timezone.now()}
    if locked.state == State.CANCELLED:
        ComputeJob.objects.filter(pk=locked.pk).update(**ends)
    elif outcome.reason:
        receipt: dict[str, Any] = {"walls": outcome.walls}
        if outcome.error:
            receipt["error"] = outcome.error
        advance(
            locked,
            to=State.FAILED,
            actor=SYSTEM,
            details={"why": outcome.reason, "seconds": used},
            why_not=outcome.reason,
            receipt=receipt,
            **ends,
        )
    else:
        content = json.dumps(outcome.rows, ensure_ascii=False).encode()
        digests = Digests(content)
        receipt = {
            "compute_job": str(locked.pk),
            "sha256": digests.sha256,
            "sm3": digests.sm3,
            "rows": len(outcome.rows) if locked.kind == ComputeJob.Kind.SQL else None,
            "bytes": len(content),
            "walls": outcome.walls,
        }
        delivery = deliver_result(order, locked.entitlement_id, receipt)
        advance(
            locked,
            to=State.DONE,
            actor=SYSTEM,
            details={"sha256": digests.sha256, "seconds": used, "delivery": str(delivery.pk)},
            sealed_result=sealed_for(locked, content),
            delivery_id=delivery.pk,
            **ends,
        )


def pools_with_work() -> list[UUID]:
    """Return the pools at which a job is due now, whose workers are then woken."""
    now = timezone.now()
    due = Job.objects.filter(kind__startswith=f"{RUN_JOB}{jobs.QUEUE_SIGN}", due_at__lte=now)
    kinds = due.filter(state__in=(Job.State.WAITING, Job.State.RUNNING)).values_list("kind", flat=True).distinct()
    pools = ComputePool.objects.filter(pk__in=[kind.partition(jobs.QUEUE_SIGN)[2] for kind in kinds])
    return list(pools.values_list("pk", flat=True))
