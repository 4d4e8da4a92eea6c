"""Entries lie in one partition a month; and, by the plan of docs/decisions/ledger.md, each month in parts by venue.

With the plan in place the tests of posting, of the database's guards and of reading run here once more.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import DjangoDbBlocker

from accounts.models import Organization, Venue
from kernel.jobs import run_due_jobs
from kernel.models import Job
from settlements import entry_partitions, snapshots
from settlements.models import Entry
from tests.settlements import test_books, test_ledger, test_ledger_guards
from tests.settlements.purse import Kind, account, assert_books_balance, draft, give, holds, posted, yuan
from tests.settlements.test_ledger_guards import refused_by_the_database, run
from tests.settlements.test_ledger_machine import Books

pytestmark = pytest.mark.django_db
SHARES = 4


def of_the_ledger() -> dict[str, Any]:
    """Return the tests that must pass however the entries are laid out."""
    modules = (test_ledger, test_ledger_guards, test_books)
    return {name: value for module in modules for name, value in vars(module).items() if name.startswith("test_")}


globals().update(of_the_ledger())


@pytest.fixture(scope="module", autouse=True)
def divided_by_venue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        run("SELECT settlements_divide_entries(%s)", SHARES)
    yield
    with django_db_blocker.unblock():
        run("SELECT settlements_divide_entries(0)")


def partitions(level: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relid::regclass::text FROM pg_partition_tree('settlements_entry') WHERE level = %s ORDER BY 1",
            [level],
        )
        return [name for (name,) in cursor.fetchall()]


def test_any_run_of_postings_keeps_the_books() -> None:
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=3, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_venues_lie_apart_and_dividing_anew_keeps_every_entry(buyer: Organization, shenzhen: Venue) -> None:
    for code in ("gzdex", "szdex"):
        give(buyer, yuan(3), code=code)
    with time_machine.travel(datetime(2027, 1, 31, 15, 59, tzinfo=UTC), tick=False):
        give(buyer, yuan(4))
    before = list(Entry.objects.order_by("id").values())
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT venue_id), count(DISTINCT tableoid) FROM settlements_entry")
        assert cursor.fetchone() == (2, 3), "two venues in one month, one of them in a second month"
        for shares in (0, 3):
            cursor.execute("SELECT settlements_divide_entries(%s)", [shares])
            assert list(Entry.objects.order_by("id").values()) == before
            assert len(partitions(2)) == shares * len(partitions(1))
            assert_books_balance()
    posted(draft((account(Kind.CLIENT, buyer), -100), (account(Kind.ESCROW, buyer), 100)))
    assert holds(Kind.ESCROW, buyer) == 100


def test_a_month_has_its_partition_before_anybody_posts_in_it_and_by_the_first_posting_at_the_latest(
    buyer: Organization,
) -> None:
    give(buyer, yuan(1))  # the venue's first account asks for the job
    Job.objects.filter(kind=snapshots.KIND).update(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    run_due_jobs(kinds=(snapshots.KIND,))
    months = [partitions(1)[0][-7:]]
    for _ in range(entry_partitions.AHEAD):
        year, month = map(int, months[-1].split("_"))
        months.append(f"{year + month // 12}_{month % 12 + 1:02}")
    assert partitions(1) == [f"settlements_entry_{month}" for month in months], "three months ahead, without a gap"
    assert len(partitions(2)) == SHARES * len(partitions(1)), "a new month is divided as the others are"
    assert entry_partitions.make_ahead() == 0

    # Midnight of Shanghai begins the month.
    for moment in (datetime(2031, 6, 30, 15, 59, tzinfo=UTC), datetime(2031, 6, 30, 16, 0, tzinfo=UTC)):
        with time_machine.travel(moment, tick=False):
            give(buyer, yuan(1))
    assert partitions(1)[-2:] == ["settlements_entry_2031_06", "settlements_entry_2031_07"]
    run("SET LOCAL enable_seqscan = off")
    latest = Entry.objects.filter(account=account(Kind.CLIENT, buyer)).order_by("-created_at", "-id")[:2]
    assert "->  Append" in latest.explain().splitlines()[1], "a statement's page reads one month after another"


def test_no_partition_is_written_past_the_whole(buyer: Organization) -> None:
    give(buyer, yuan(1))
    for name in (partitions(1)[0], *partitions(2)):
        for statement in ("INSERT INTO {} SELECT * FROM {}", "UPDATE {} SET amount_minor = 5", "DELETE FROM {}"):
            with refused_by_the_database("append-only"):
                run(statement.replace("{}", name))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'"
                " AND tgfoid = 'kernel_refuse_truncate'::regproc",
                [name],
            )
            assert cursor.fetchone() == (1,)
    assert_books_balance()
