"""Background work of listings: thin handlers, each of which calls one function."""

from datetime import datetime, timedelta
from uuid import UUID

from celery import shared_task

from kernel.jobs import GiveUp, extend_lease, handles
from kernel.models import Job
from listings.crossborder.clocks import watch_clocks
from listings.crossborder.filings import open_extensions
from listings.crossborder.reviewing import expire_cases
from listings.encryption import Tampered, UnusableKey
from listings.freshness_monitor import watch_freshness
from listings.harvest import DUE_JOB, RUN_JOB
from listings.invitations import expire_invitations
from listings.lapses import watch_lapses
from listings.registry import annotating, certifying, entries, examining
from listings.scanning_anew import SCAN_JOB, scan_version
from listings.uploading import ABANDONED_JOB, PROFILE_JOB, REPLACED_JOB, discard_object


@handles(PROFILE_JOB, lease=timedelta(seconds=60))
def profile_version_job(job: Job) -> None:
    """Read and profile the sealed version that the job names."""
    from listings.inspection import inspect_version  # noqa: PLC0415 - the engines are big; only workers need them

    assert job.subject_id is not None  # noqa: S101 - seal_version names it
    try:
        inspect_version(
            version_id=job.subject_id, heartbeat=lambda done, left: extend_lease(job, progress=done, left=left)
        )
    except (Tampered, UnusableKey) as damage:
        raise GiveUp(str(damage)) from damage


@handles(ABANDONED_JOB)
@handles(REPLACED_JOB)
def discard_object_job(job: Job) -> None:
    """Delete the stored object of a part that was never taken up, or has been replaced."""
    discard_object(job.key)


@handles(entries.SILENCE_JOB)
def accept_in_silence_job(job: Job) -> None:
    """Accept an application for registration that nobody answered in time."""
    examining.accept_in_silence(registration_id=UUID(job.key))


@handles(entries.PUBLICITY_JOB)
def end_publicity_job(job: Job) -> None:
    """Notarise a registration whose publicity has passed."""
    certifying.end_publicity(registration_id=UUID(job.key))


@handles(entries.CERTIFY_JOB)
def certify_registration_job(job: Job) -> None:
    """Issue the certificate of a notarised registration."""
    certifying.certify(registration_id=UUID(job.key))


@shared_task(name="listings.expire_registrations")
def expire_registrations_task() -> int:
    """Sent by beat; the state columns follow the calendar."""
    return certifying.expire_registrations() + annotating.lift_ended_annotations()


@shared_task(name="listings.expire_invitations")
def expire_invitations_task() -> int:
    """Sent by beat; the state column follows the clock, which reading obeys by itself."""
    return expire_invitations()


def harvest_run_failed(job: Job, _reason: str) -> None:
    """Show on a bulk registration that its job has failed for good."""
    from listings.harvest.running import give_up  # noqa: PLC0415 - see below

    assert job.subject_id is not None  # noqa: S101 - whoever asks for a run names it
    give_up(job.subject_id)


@handles(RUN_JOB, lease=timedelta(minutes=3), max_attempts=12, on_failure=harvest_run_failed)
def harvest_run_job(job: Job) -> None:
    """Read, stage and apply the bulk registration that the job names."""
    from listings.harvest.running import carry_out  # noqa: PLC0415 - only workers need what it needs

    assert job.subject_id is not None  # noqa: S101 - whoever asks for a run names it
    carry_out(job.subject_id, lambda done: extend_lease(job, progress=min(done, 99)))


@handles(DUE_JOB)
def harvest_due_job(job: Job) -> None:
    """Begin the reading of a source that was planned for this moment."""
    from listings.harvest.sources import harvest_when_due  # noqa: PLC0415 - only workers need what it needs

    assert job.subject_id is not None  # noqa: S101 - the schedule names it
    harvest_when_due(job.subject_id, datetime.fromisoformat(job.payload["due"]))


@shared_task(name="listings.watch_freshness")
def watch_freshness_task() -> int:
    """Sent by beat: marks what became late since it last looked."""
    return watch_freshness()


@shared_task(name="listings.watch_border")
def watch_border_task() -> int:
    """Sent by beat: ends what has lapsed, opens extensions, and reminds of statutory clocks."""
    return expire_cases() + open_extensions() + watch_clocks()


@shared_task(name="listings.watch_lapses")
def watch_lapses_task() -> int:
    """Sent by beat: suspends what rests on what has ended since it last looked, and puts back what holds again."""
    return watch_lapses()


@handles(SCAN_JOB, lease=timedelta(seconds=60))
def scan_version_job(job: Job) -> None:
    """Scan the version that the job names by the detectors of today."""
    assert job.subject_id is not None  # noqa: S101 - ask_for_scan names it
    try:
        scan_version(
            version_id=job.subject_id, heartbeat=lambda done, left: extend_lease(job, progress=done, left=left)
        )
    except (Tampered, UnusableKey) as damage:
        raise GiveUp(str(damage)) from damage
