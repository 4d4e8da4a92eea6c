"""Background work of money."""

from uuid import UUID

from kernel.jobs import handles
from kernel.models import Job
from settlements import payout_batches, snapshots
from settlements.vouchers import grants, programmes


@handles(snapshots.KIND)
def take_snapshot(_job: Job) -> None:
    """Sum the hot accounts' tails; running twice sums nothing twice."""
    snapshots.take_and_ask_again()


@handles(payout_batches.PRODUCE_JOB)
def produce_payment_file(job: Job) -> None:
    """Write a checked batch's file for the bank; running twice finds it written."""
    payout_batches.produce_file(UUID(job.key))


@handles(grants.LAPSE_JOB)
def lapse_voucher(job: Job) -> None:
    """Let a voucher expire after its last day."""
    grants.lapse(voucher_id=UUID(job.key))


@handles(programmes.ENDED_JOB)
def end_vouchers(job: Job) -> None:
    """End the vouchers of a programme that has been closed."""
    grants.end_all(programme_id=UUID(job.key))
