"""Celery's side of the jobs: each task wakes work that is stored in rows."""

from celery import shared_task

from kernel.jobs import run_due_jobs


@shared_task(name="kernel.run_due_jobs")
def run_due_jobs_task() -> int:
    """Run what is due; sent after commits (a nudge) and by beat (the sweep)."""
    return run_due_jobs()
