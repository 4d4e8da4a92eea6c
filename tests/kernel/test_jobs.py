"""The row is the job: leases, retries, failures, and nudges that may be lost."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from kernel import jobs
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.models import AuditEvent, Job
from tests.refusals import refused

pytestmark = pytest.mark.django_db


def written(kind: str, key: str, **fields: Any) -> Job:
    """Enqueue and return the row."""
    jobs.enqueue(kind, key=key, **fields)
    return Job.objects.get(kind=kind, key=key)


@pytest.fixture
def ran() -> Iterator[list[Job]]:
    """The jobs of kind `test.work` that have run; the kind exists only inside the test."""
    seen: list[Job] = []
    jobs.handles("test.work", max_attempts=3)(seen.append)
    yield seen
    del jobs.KINDS["test.work"]


@pytest.fixture
def failing() -> Iterator[list[str]]:
    """A kind whose handler always raises; the reasons passed to on_failure."""
    reasons: list[str] = []

    def handler(job: Job) -> None:
        raise ConnectionError("the bank does not answer")

    jobs.handles("test.fails", max_attempts=2, on_failure=lambda job, reason: reasons.append(reason))(handler)
    yield reasons
    del jobs.KINDS["test.fails"]


def test_a_due_job_runs_once(ran: list[Job]) -> None:
    job = written("test.work", "a")
    assert jobs.run_due_jobs() == 1
    assert jobs.run_due_jobs() == 0
    job.refresh_from_db()
    assert [j.pk for j in ran] == [job.pk]
    assert job.state == Job.State.DONE
    assert job.progress == 100


def test_the_same_work_is_written_down_once(ran: list[Job]) -> None:
    assert written("test.work", "a").pk == written("test.work", "a").pk
    assert Job.objects.count() == 1


def test_a_job_waits_for_its_due_time(ran: list[Job]) -> None:
    jobs.enqueue("test.work", key="later", due_at=timezone.now() + timedelta(hours=1))
    assert jobs.run_due_jobs() == 0
    assert ran == []


def test_a_silent_workers_job_is_taken_over_and_its_late_end_is_ignored(ran: list[Job]) -> None:
    jobs.enqueue("test.work", key="a")
    silent = jobs.claim()
    assert silent is not None
    assert jobs.claim() is None, "the lease protects it"
    Job.objects.update(leased_until=timezone.now() - timedelta(seconds=1))

    second = jobs.claim()
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(jobs.LeaseLost):
        jobs.extend_lease(silent)
    jobs.run(silent)
    assert Job.objects.get().state == Job.State.RUNNING, "the first worker no longer owns the row"
    jobs.run(second)
    assert Job.objects.get().state == Job.State.DONE


def test_a_failure_backs_off_and_keeps_its_reason(failing: list[str]) -> None:
    job = written("test.fails", "a")
    jobs.run_due_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.WAITING
    assert job.due_at > timezone.now()
    assert job.last_error == "ConnectionError: the bank does not answer"


def test_the_last_attempt_ends_in_a_visible_failure(failing: list[str]) -> None:
    job = written("test.fails", "a")
    for _attempt in range(2):
        Job.objects.update(due_at=timezone.now())
        jobs.run_due_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert failing == ["ConnectionError: the bank does not answer"]
    assert AuditEvent.objects.get(action="job.failed").reason == job.last_error


def test_a_handler_may_give_up_at_once() -> None:
    def handler(job: Job) -> None:
        raise jobs.GiveUp("the file is gone")

    jobs.handles("test.gives_up")(handler)
    try:
        job = written("test.gives_up", "a")
        jobs.run_due_jobs()
        job.refresh_from_db()
        assert (job.state, job.attempts, job.last_error) == (Job.State.FAILED, 1, "the file is gone")
    finally:
        del jobs.KINDS["test.gives_up"]


def test_a_job_that_kills_its_worker_again_and_again_ends_as_failed(ran: list[Job]) -> None:
    job = written("test.work", "a")
    Job.objects.update(attempts=3)
    jobs.run_due_jobs()
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert ran == []


def test_a_failed_job_can_be_tried_again_by_the_venues_staff_only(failing: list[str]) -> None:
    venue_id = uuid4()
    job = written("test.fails", "a", venue_id=venue_id)
    staff = Actor(ActorKind.PERSON, uuid4(), uuid4(), uuid4(), frozenset({venue_id}), frozenset({jobs.RETRY}))
    elsewhere = Actor(ActorKind.PERSON, uuid4(), uuid4(), uuid4(), frozenset({uuid4()}), frozenset({jobs.RETRY}))
    with refused("illegal_state"):
        jobs.retry(job, actor=staff)
    Job.objects.update(state=Job.State.FAILED)
    with refused("forbidden"):
        jobs.retry(job, actor=elsewhere)
    jobs.retry(job, actor=staff)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (Job.State.WAITING, 0)


def test_only_a_job_that_nobody_began_can_be_cancelled(ran: list[Job]) -> None:
    jobs.enqueue("test.work", key="a")
    assert jobs.cancel("test.work", "a")
    assert not jobs.cancel("test.work", "a")
    assert jobs.run_due_jobs() == 0


@pytest.mark.django_db(transaction=True)
def test_a_lost_broker_loses_no_work(ran: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    from kernel.tasks import run_due_jobs_task

    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("Redis is away")

    monkeypatch.setattr(run_due_jobs_task, "apply_async", refuse)
    with transaction.atomic():
        jobs.enqueue("test.work", key="a")
    assert jobs.run_due_jobs() == 1, "the sweep finds the row"


@pytest.mark.django_db(transaction=True)
def test_many_jobs_of_one_transaction_send_one_nudge(ran: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    from kernel.tasks import run_due_jobs_task

    sent: list[int] = []
    monkeypatch.setattr(run_due_jobs_task, "apply_async", lambda **kwargs: sent.append(1))
    jobs.answer_nudge()
    with transaction.atomic():
        for key in "abc":
            jobs.enqueue("test.work", key=key)
    assert len(sent) == 1


@pytest.mark.django_db(transaction=True)
def test_no_second_nudge_is_sent_until_the_first_is_answered(ran: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    from kernel.tasks import run_due_jobs_task

    sent: list[str] = []
    monkeypatch.setattr(jobs, "NUDGE_SECONDS", 600)
    monkeypatch.setattr(run_due_jobs_task, "apply_async", lambda **kwargs: sent.append("nudge"))
    jobs.answer_nudge()
    for key in "ab":
        jobs.enqueue("test.work", key=key)
    assert sent == ["nudge"]

    run_due_jobs_task()
    assert {job.key for job in ran} == {"a", "b"}
    jobs.enqueue("test.work", key="c")
    assert sent == ["nudge", "nudge"]
    jobs.answer_nudge()


def test_the_system_may_do_what_staff_may(failing: list[str]) -> None:
    job = written("test.fails", "a")
    Job.objects.update(state=Job.State.FAILED)
    jobs.retry(job, actor=SYSTEM)
    job.refresh_from_db()
    assert job.state == Job.State.WAITING
