"""Background work of search: thin handlers, each of which calls one function."""

from contextlib import suppress
from datetime import timedelta

from celery import shared_task

from kernel.jobs import extend_lease, handles
from kernel.models import Job
from listings.search.embedder import NoModel
from listings.search.learning import LEARN_JOB, RECOUNT_JOB, learn_listing, recount_words, tend_search
from listings.search.saved import ALERT_JOB, ask_saved_search
from listings.search.training import TRAIN_JOB, prepare_model


@handles(LEARN_JOB)
def learn_listing_job(job: Job) -> None:
    """Enter the words and the meaning of a listing that has come into the catalogue."""
    assert job.subject_id is not None  # noqa: S101 - learn_soon names it
    learn_listing(job.subject_id)


@handles(RECOUNT_JOB, lease=timedelta(minutes=10))
def recount_words_job(_job: Job) -> None:
    """Count anew in how many listings each word stands, and forget those that stand in none."""
    recount_words()


@handles(TRAIN_JOB, lease=timedelta(minutes=10), max_attempts=3)
def train_model_job(job: Job) -> None:
    """Prepare another model of meaning, if the catalogue has outgrown the current one."""
    with suppress(NoModel):  # too few listings yet: searched by words alone
        prepare_model(heartbeat=lambda: extend_lease(job))


@handles(ALERT_JOB)
def ask_saved_search_job(job: Job) -> None:
    """Look what a saved search finds that is new."""
    from listings.api.saved_searches import question  # noqa: PLC0415 - parameters are read as the API reads them

    assert job.subject_id is not None  # noqa: S101 - save_search names it
    ask_saved_search(job.subject_id, question=question)


@shared_task(name="listings.tend_search")
def tend_search_task() -> None:
    """Write the day's jobs of keeping what search knows, unless they are written."""
    tend_search()
