"""Celery's side of the jobs: each task wakes work that is stored in rows."""

from celery import shared_task

from kernel.certificates import ISSUE_JOB, issue_certificate
from kernel.jobs import answer_nudge, handles, run_due_jobs
from kernel.models import Job
from kernel.sealing import seal_events


@shared_task(name="kernel.run_due_jobs")
def run_due_jobs_task() -> int:
    """Run what is due; sent after commits (a nudge) and by beat (the sweep)."""
    answer_nudge()
    return run_due_jobs()


@shared_task(name="kernel.seal_events")
def seal_events_task() -> int:
    """Seal what waits; sent by beat every few seconds."""
    return seal_events()


@handles(ISSUE_JOB)
def issue_certificate_job(job: Job) -> None:
    """Issue the certificate that the job names."""
    assert job.subject_id is not None  # noqa: S101 - state_certificate names it
    issue_certificate(certificate_id=job.subject_id)
