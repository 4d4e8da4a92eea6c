"""The row is the job; the message is only a nudge.

`enqueue` writes a row in the caller's transaction. Workers claim due rows with `FOR UPDATE SKIP LOCKED` and a lease;
when a worker dies its lease runs out and another one takes the row. Redis may lose everything: the beat sweep finds
the rows. Handlers are idempotent: they may run again after a crash between their effect and the row's end.
"""

import json
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.identifiers import uuid7
from kernel.models import Job
from kernel.problems import Problem
from kernel.redis_client import redis_client
from kernel.tracing import current_trace_id, set_trace_id

log = logging.getLogger(__name__)

FIRST_DELAY = timedelta(seconds=2)
LONGEST_DELAY = timedelta(minutes=30)
NUDGED = "jobs:nudged"
NUDGE_SECONDS = 1  # after which a nudge that nobody answered is taken for lost
QUEUE_SIGN = "@"  # kind@queue: work that only workers of that queue ask for, done by the kind's handler
RETRY = "job.retry"  # the permission, of staff of the job's venue
Handler = Callable[[Job], None]


class GiveUp(Exception):
    """Raised by a handler when trying again cannot help; the message is the reason that staff read."""


class LeaseLost(Exception):
    """Raised when another worker has taken the job over; the handler must stop without further effect."""


@dataclass(frozen=True)
class Kind:
    handler: Handler
    on_failure: Callable[[Job, str], None] | None
    lease: timedelta
    max_attempts: int


KINDS: dict[str, Kind] = {}


def handles(
    kind: str,
    *,
    lease: timedelta = timedelta(seconds=60),
    max_attempts: int = 8,
    on_failure: Callable[[Job, str], None] | None = None,
) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of jobs of this kind.

    `lease` is how long a silent worker keeps a job; JOB_LEASE_SECONDS in the settings shortens it for fault tests.
    `on_failure(job, reason)` runs in the transaction that ends the job as failed, to show it on the job's subject.
    """

    def register(handler: Handler) -> Handler:
        KINDS[kind] = Kind(handler, on_failure, lease, max_attempts)
        return handler

    return register


ENQUEUE = """
INSERT INTO kernel_job (id, created_at, kind, key, subject_id, payload, state, due_at, attempts, progress, last_error,
                        organization_id, venue_id, trace_id)
SELECT id, %(now)s, %(kind)s, key, subject_id, payload, 'WAITING', coalesce(due_at, %(now)s), 0, 0, '',
       organization_id, venue_id, %(trace_id)s
  FROM jsonb_to_recordset(%(orders)s) AS job
       (id uuid, key text, subject_id uuid, payload jsonb, due_at timestamptz, organization_id uuid, venue_id uuid)
    ON CONFLICT (kind, key) DO NOTHING
"""


@dataclass(frozen=True)
class JobOrder:
    """What is to be done once: under its key, at once or at `due_at`, for a subject."""

    key: str
    subject_id: UUID | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    organization_id: UUID | None = None
    venue_id: UUID | None = None


def enqueue(
    kind: str,
    *,
    key: str,
    subject_id: UUID | None = None,
    payload: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    organization_id: UUID | None = None,
    venue_id: UUID | None = None,
) -> None:
    """Write a job row, unless there is one of this kind and key, and wake a worker after commit when it is due."""
    enqueue_many(kind, [JobOrder(key, subject_id, payload or {}, due_at, organization_id, venue_id)])


def enqueue_many(kind: str, orders: Sequence[JobOrder]) -> None:
    """Write a job row of one kind for each order with a single statement, as `enqueue` does for one."""
    now = timezone.now()
    rows = json.dumps([{"id": uuid7(), **vars(order)} for order in orders], default=str)
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, {"kind": kind, "orders": rows, "trace_id": current_trace_id(), "now": now})
    if any(order.due_at is None or order.due_at <= now for order in orders):
        nudge()


def nudge() -> None:
    """Wake a worker after the present transaction commits; one message per transaction, however many jobs."""
    if any(entry[1] is _send_nudge for entry in connection.run_on_commit):
        return
    transaction.on_commit(_send_nudge)


def _send_nudge() -> None:
    from kernel.tasks import run_due_jobs_task  # noqa: PLC0415 - tasks import this module

    try:
        # One message wakes a worker for all that is due, so while one is under way no other is needed.
        if redis_client().set(NUDGED, 1, nx=True, ex=NUDGE_SECONDS):
            run_due_jobs_task.apply_async(retry=False, expires=60)
    except Exception as error:  # noqa: BLE001 - whatever the broker's failure, the sweep will find the row
        log.warning("nudge not sent; the sweep will find the job", extra={"error": str(error)})


def answer_nudge() -> None:
    """Let the next commit send a nudge again: whoever answers one has not yet looked for what is due."""
    with suppress(RedisError):
        redis_client().delete(NUDGED)


def run_due_jobs(limit: int = 50, kinds: tuple[str, ...] = ()) -> int:
    """Claim and run due jobs one after another until none is due or `limit` is reached; return how many ran."""
    for done in range(limit):
        job = claim(kinds=kinds)
        if job is None:
            return done
        run(job)
    nudge()
    return limit


CLAIM = """
UPDATE kernel_job
   SET state = 'RUNNING', attempts = attempts + 1, expected_at = NULL,
       leased_until = %(now)s + make_interval(secs => (%(leases)s::jsonb ->> kind)::float)
 WHERE id = (
    SELECT id FROM kernel_job
     WHERE kind = ANY(%(kinds)s)
       AND ((state = 'WAITING' AND due_at <= %(now)s) OR (state = 'RUNNING' AND leased_until < %(now)s))
     ORDER BY due_at
     LIMIT 1
       FOR UPDATE SKIP LOCKED)
RETURNING *
"""


def claim(kinds: tuple[str, ...] = ()) -> Job | None:
    """Take the lease of one due job, or of one whose worker went silent; None when nothing is due."""
    names = list(kinds or KINDS)
    leases = json.dumps({name: _lease_of(name).total_seconds() for name in names})
    # The clock is Python's, so that tests move it.
    return next(iter(Job.objects.raw(CLAIM, {"kinds": names, "leases": leases, "now": timezone.now()})), None)


def run(job: Job) -> None:
    """Run a claimed job's handler and write down how it ended."""
    set_trace_id(job.trace_id)
    kind = _kind(job.kind)
    if job.attempts > kind.max_attempts:
        _fail(job, job.last_error or _("The worker stopped in the middle, too many times."))
        return
    try:
        kind.handler(job)
    except LeaseLost:
        log.warning("lease lost", extra={"job": str(job.pk), "kind": job.kind})
    except GiveUp as refusal:
        _fail(job, str(refusal))
    except Exception as error:  # a handler may fail in any way; the row keeps the reason
        log.exception("job failed", extra={"job": str(job.pk), "kind": job.kind, "attempts": job.attempts})
        _back_off(job, f"{type(error).__name__}: {error}")
    else:
        with connection.cursor() as cursor:
            cursor.execute(FINISH, [timezone.now(), job.pk, job.attempts])


FINISH = """
UPDATE kernel_job
   SET state = 'DONE', leased_until = NULL, progress = 100, expected_at = NULL, last_error = '', finished_at = %s
 WHERE id = %s AND state = 'RUNNING' AND attempts = %s
"""


def extend_lease(job: Job, *, progress: int | None = None, left: timedelta | None = None) -> None:
    """Keep a long job's lease and show its progress (percent) and when it will end, `left` from now.

    What is shown never goes back, though a job that starts anew may have to repeat something. Raises LeaseLost if
    another worker has the job.
    """
    now = timezone.now()
    changes: dict[str, Any] = {} if progress is None else {"progress": Greatest(models.F("progress"), progress)}
    if left is not None:
        changes["expected_at"] = now + left
    if not _mine(job).update(leased_until=now + _lease_of(job.kind), **changes):
        raise LeaseLost(str(job.pk))


def cancel(kind: str, key: str) -> bool:
    """Cancel a job that no worker has begun; return whether there was one."""
    waiting = Job.objects.filter(kind=kind, key=key, state=Job.State.WAITING)
    return bool(waiting.update(state=Job.State.CANCELLED, finished_at=timezone.now()))


def retry(job: Job, *, actor: Actor) -> None:
    """Let a failed job run again from now.

    Raises Problem `forbidden` unless the actor is staff of the job's venue, `illegal_state` unless the job has failed.
    """
    # kernel knows no roles: accounts/permissions.py gives this name to those who may.
    if not actor.may(RETRY) or not (actor.is_system or job.venue_id in actor.venue_ids):
        raise Problem("forbidden", permission=RETRY)
    with transaction.atomic():
        changed = Job.objects.filter(pk=job.pk, state=Job.State.FAILED).update(
            state=Job.State.WAITING, attempts=0, due_at=timezone.now(), finished_at=None
        )
        if not changed:
            raise Problem("illegal_state", _("Only a failed job can be tried again."))
        audit.record("job.retried", subject=job, actor=actor)
        nudge()


def _lease_of(kind: str) -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS) if settings.JOB_LEASE_SECONDS else _kind(kind).lease


def _kind(name: str) -> Kind:
    return KINDS[name.partition(QUEUE_SIGN)[0]]


def _mine(job: Job) -> models.QuerySet[Job]:
    # The attempt number is the fencing token: a newer claim has raised it.
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _back_off(job: Job, reason: str) -> None:
    if job.attempts >= _kind(job.kind).max_attempts:
        _fail(job, reason)
        return
    longest = min(FIRST_DELAY * 2 ** (job.attempts - 1), LONGEST_DELAY)
    delay = longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, so that failures do not return in step
    _mine(job).update(
        state=Job.State.WAITING,
        leased_until=None,
        expected_at=None,
        due_at=timezone.now() + delay,
        last_error=reason[:4000],
    )


def _fail(job: Job, reason: str) -> None:
    with transaction.atomic():
        if _mine(job).update(
            state=Job.State.FAILED,
            leased_until=None,
            expected_at=None,
            last_error=reason[:4000],
            finished_at=timezone.now(),
        ):
            audit.record("job.failed", subject=job, actor=SYSTEM, reason=reason[:4000])
            if on_failure := _kind(job.kind).on_failure:
                on_failure(job, reason)
