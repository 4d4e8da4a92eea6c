"""Background work of money."""

from uuid import UUID

from kernel.jobs import handles
from kernel.models import Job
from settlements import payout_batches, snapshots


@handles(snapshots.KIND)
def take_snapshot(_job: Job) -> None:
    """Sum the hot accounts' tails; running twice sums nothing twice."""
    snapshots.take_and_ask_again()


@handles(payout_batches.PRODUCE_JOB)
def produce_payment_file(job: Job) -> None:
    """Write a checked batch's file for the bank; running twice finds it written."""
    payout_batches.produce_file(UUID(job.key))
