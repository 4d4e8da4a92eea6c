"""A process that makes accepted trades (`make 10000`) or runs their settlement (`run`), so that a test can kill it."""

import os
import sys

import django
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from kernel.jobs import enqueue, run_due_jobs  # noqa: E402 - Django first
from kernel.models import Job  # noqa: E402
from marketplace.models import Order  # noqa: E402
from marketplace.settlement_runs import RUN_JOB  # noqa: E402
from tests.marketplace.many_trades import accepted_trades  # noqa: E402
from tests.world import put_back_venues  # noqa: E402


def make(count: int) -> None:
    """Make the trades and the job that will settle them."""
    put_back_venues()
    order = accepted_trades(count)
    Job.objects.filter(kind="order.settle").delete()  # the pattern is settled with its copies
    Order.objects.update(release_at=timezone.now())
    enqueue(RUN_JOB, key="a run", venue_id=order.venue_id)


def run() -> None:
    """Work as a worker does, on nothing but the run."""
    while Job.objects.filter(kind=RUN_JOB).exclude(state=Job.State.DONE).exists():
        run_due_jobs(kinds=(RUN_JOB,))


make(int(sys.argv[2])) if sys.argv[1] == "make" else run()
