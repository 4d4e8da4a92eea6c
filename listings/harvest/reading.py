"""Reading a source to its end, a page in a transaction: where reading goes on is kept with what has been read."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from kernel.fetching import FetchFailed
from listings.harvest import ckan, dcat
from listings.harvest.pages import Page, Reader, Stopped
from listings.harvest.staging import stage
from listings.models import HarvestRun

READERS: Mapping[str, Reader] = {HarvestRun.Kind.CKAN: ckan.read_page, HarvestRun.Kind.DCAT: dcat.read_page}
MOST_RECORDS = 100_000
MOST_PAGES = 10_000
MOST_BYTES = 1024 * 1024 * 1024
LONGEST = timedelta(hours=6)  # of all attempts together, waiting for the source included


def read_source(run: HarvestRun, heartbeat: Callable[[int], None]) -> None:
    """Stage all pages that are still to be read, and see that the source told the truth about their number.

    Raises Stopped for a source that cannot be believed or is too large, FetchFailed where another try may help.
    """
    if run.origin is None:
        return  # a manifest is staged when it is sent
    seen = set(run.records.exclude(source_id="").values_list("source_id", flat=True))
    while run.cursor != {}:
        try:
            page = READERS[run.kind](run.origin.address, run.cursor)
        except FetchFailed as failure:
            run.failure = {"code": failure.code, "detail": str(failure)}  # shown while the job waits for its next try
            run.save(update_fields=["failure"])
            raise
        _take(run, page, seen)
        _refuse_too_much(run)
        # Reading is the first half of the work, as far as its length can be told.
        heartbeat(min(50, 50 * run.staged // run.declared) if run.declared else 0)
    if run.declared is not None and len(seen) + _without_id(run) != run.declared:
        raise Stopped("count_lies", declared=run.declared, found=len(seen) + _without_id(run))


@transaction.atomic
def _take(run: HarvestRun, page: Page, seen: set[str]) -> None:
    if page.declared is not None and page.declared > MOST_RECORDS:
        raise Stopped("too_many_records", limit=MOST_RECORDS)
    before = len(seen)
    stage(run, enumerate(page.entries, run.staged + 1), seen=seen)
    run.pages += 1
    if page.following and len(seen) == before:
        raise Stopped("pages_repeat", page=run.pages)
    run.staged += len(page.entries)
    run.bytes += page.size
    run.cursor, run.failure = page.following, None
    run.declared = page.declared if page.declared is not None else run.declared
    run.save(update_fields=["staged", "pages", "bytes", "cursor", "failure", "declared"])


def _without_id(run: HarvestRun) -> int:
    return run.records.filter(source_id="").count()


def _refuse_too_much(run: HarvestRun) -> None:
    limits = (
        ("too_many_records", run.staged, MOST_RECORDS),
        ("too_many_pages", run.pages, MOST_PAGES),
        ("too_many_bytes", run.bytes, MOST_BYTES),
        ("too_long", (timezone.now() - run.created_at) // timedelta(minutes=1), LONGEST // timedelta(minutes=1)),
    )
    for code, is_, limit in limits:
        if is_ > limit:
            raise Stopped(code, limit=limit)
    # One that goes on beyond its own word need not be read to the end.
    if run.declared is not None and run.staged > run.declared:
        raise Stopped("count_lies", declared=run.declared, found=run.staged)
