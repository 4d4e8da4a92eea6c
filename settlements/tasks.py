"""Background work of money."""

from datetime import date
from uuid import UUID

from celery import shared_task

from accounts.models import Venue
from kernel.jobs import GiveUp, handles
from kernel.models import Job
from kernel.problems import Problem
from settlements import entry_partitions, invoices, payout_batches, revaluation, snapshots
from settlements.vouchers import grants, programmes


@handles(snapshots.KIND)
def take_snapshot(_job: Job) -> None:
    """Sum the hot accounts' tails, and make the coming months' partitions; running twice does neither twice."""
    entry_partitions.make_ahead()
    snapshots.take_and_ask_again()


@handles(revaluation.REVALUE_JOB)
def revalue_positions(job: Job) -> None:
    """Revalue a venue's positions of one day; running twice finds it done. Without a rate it is tried again."""
    code, day = job.key.split()
    try:
        revaluation.revalue(venue=Venue.objects.get(code=code), day=date.fromisoformat(day))
    except Problem as problem:
        if problem.code == "day_revalued_past":
            raise GiveUp(str(problem.detail)) from problem
        raise


@shared_task(name="settlements.ask_for_revaluations")
def ask_for_revaluations() -> int:
    """Sent by beat; each venue's day is revalued once."""
    return revaluation.ask_for_revaluations()


@handles(payout_batches.PRODUCE_JOB)
def produce_payment_file(job: Job) -> None:
    """Write a checked batch's file for the bank; running twice finds it written."""
    payout_batches.produce_file(UUID(job.key))


@handles(invoices.FILE_JOB)
def file_invoice(job: Job) -> None:
    """Hand an invoice on to who issues it; running twice leaves the same document."""
    invoices.file_invoice(invoice_id=UUID(job.key))


@handles(grants.LAPSE_JOB)
def lapse_voucher(job: Job) -> None:
    """Let a voucher expire after its last day."""
    grants.lapse(voucher_id=UUID(job.key))


@handles(programmes.ENDED_JOB)
def end_vouchers(job: Job) -> None:
    """End the vouchers of a programme that has been closed."""
    grants.end_all(programme_id=UUID(job.key))
