"""Sixty-four threads on ten accounts: never negative, never unbalanced, and no deadlock but who met it tries again.

One posting takes its locks in one order; a transaction of two may meet another halfway, and PostgreSQL ends one of the
two, whichever it is. Who called does it again, as the queue of jobs does, or a client that was answered 503.
Three seconds of it in every run; `make soak` takes a minute (SOAK_SECONDS).
"""

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from random import Random
from threading import Event
from time import monotonic
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import Sum
from psycopg.errors import DeadlockDetected

from accounts.models import Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.problems import Problem
from settlements import snapshots
from settlements.books import trial_balance
from settlements.ledger import Leg, TransferDraft, post
from settlements.models import Balance, Entry, Transfer
from tests.settlements.purse import Kind, account, assert_books_balance, give, yuan
from tests.world import make_organization

pytestmark = pytest.mark.django_db(transaction=True)

SECONDS = float(os.environ.get("SOAK_SECONDS", "3"))
THREADS = 64
MEMBERS = 4  # with two guarded accounts each, beside two hot ones of the venue
FUNDS = 2_000
# Each entry of a guarded account beside the balance that the entries before it leave.
UNTRUE_ENTRIES = """
SELECT count(*)
  FROM (SELECT balance_minor, sum(amount_minor) OVER (PARTITION BY account_id ORDER BY created_at, id) AS summed
          FROM settlements_entry WHERE balance_minor IS NOT NULL) AS entry
 WHERE balance_minor <> summed
"""


@dataclass
class Told:
    """What a thread says that it did."""

    moved: Counter[UUID] = field(default_factory=Counter)
    posted: set[str] = field(default_factory=set)
    refusals: int = 0
    deadlocks: int = 0


@pytest.fixture
def a_connection_each(settings: Any) -> None:
    assert connection.pool is not None
    connection.pool.resize(min_size=1, max_size=THREADS + 4)


def test_sixty_four_threads_on_ten_accounts(guangzhou: Venue, a_connection_each: None) -> None:
    owners = [make_organization() for _ in range(MEMBERS)]
    guarded = [give(owner, yuan(FUNDS / 100), kind) for owner in owners for kind in (Kind.CLIENT, Kind.ESCROW)]
    accounts = [account(Kind.BANK), account(Kind.FEES), *guarded]
    assert len(accounts) == 10
    before = {*Transfer.objects.values_list("reference", flat=True)}
    ends, ended = monotonic() + SECONDS, Event()

    with ThreadPoolExecutor(max_workers=THREADS + 1) as pool:
        watching = pool.submit(watch, ended)
        working = [pool.submit(work, number, ends, guangzhou.id, accounts) for number in range(THREADS)]
        try:
            told = [each.result() for each in working]
        finally:
            ended.set()
        assert watching.result() > 0

    posted = set().union(*(each.posted for each in told))
    assert {*Transfer.objects.values_list("reference", flat=True)} - before == posted
    assert AuditEvent.objects.filter(action="transfer.posted").count() == len(before) + len(posted)
    expected = Counter(dict.fromkeys(guarded, FUNDS) | {accounts[0]: -FUNDS * len(guarded)})
    for each in told:
        expected.update(each.moved)
    entered = Entry.objects.values_list("account").annotate(minor=Sum("amount_minor"))
    assert dict(entered) == {each: expected[each] for each in accounts if expected[each] or each in guarded}
    with connection.cursor() as cursor:
        cursor.execute(UNTRUE_ENTRIES)
        assert cursor.fetchone() == (0,)
    assert_books_balance()
    assert any(each.refusals for each in told), "some wanted more than there was"
    if SECONDS > 30:
        assert any(each.deadlocks for each in told), "some met halfway"


def work(number: int, ends: float, venue_id: UUID, accounts: Sequence[UUID]) -> Told:
    """Move money at random until the time is over; now and then twice, or in two postings of one transaction."""
    rng, told = Random(number), Told()
    last: list[TransferDraft] = []
    try:
        for act in count():
            if monotonic() > ends:
                return told
            batches = [
                [made(rng, f"{number}:{act}:{batch}:{n}", venue_id, accounts) for n in range(rng.choice((1, 1, 1, 5)))]
                for batch in range(2 if rng.random() < 0.004 else 1)
            ]
            if not commit(batches, told):
                told.refusals += 1
                continue
            last = [each for batch in batches for each in batch]
            told.posted.update(each.reference for each in last)
            for each in last:
                told.moved.update({leg.account_id: leg.amount_minor for leg in each.legs})
            if rng.random() < 0.05:
                assert commit([last], told), "what was posted is posted, and moves nothing again"
    finally:
        connection.close()
    raise AssertionError


def made(rng: Random, reference: str, venue_id: UUID, accounts: Sequence[UUID]) -> TransferDraft:
    """Return a transfer from one account to two others."""
    source, *targets = rng.sample(accounts, 3)
    amounts = [rng.randint(1, 400) for _ in targets]
    legs = (Leg(source, -sum(amounts)), *map(Leg, targets, amounts))
    return TransferDraft(Transfer.Kind.SETTLEMENT, reference, venue_id, legs)


def commit(batches: Sequence[Sequence[TransferDraft]], told: Told) -> bool:
    """Post all batches in one transaction, again after each deadlock; False when an account has not enough."""
    while True:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")  # the usual second would pass with nobody posting
                for batch in batches:
                    post(batch, actor=SYSTEM)
        except Problem as problem:
            if problem.code != "insufficient_funds":
                raise
            return False
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            told.deadlocks += 1
        else:
            return True


def watch(ended: Event) -> int:
    """Look at the books, and sum the hot accounts' tails, while the others post; return how often."""
    try:
        for looks in count():
            if ended.wait(timeout=0.05):
                return looks
            assert set(trial_balance().values()) == {0}
            assert not Balance.objects.filter(guarded=True, minor__lt=0).exists()
            snapshots.take_and_ask_again()
    finally:
        connection.close()
    raise AssertionError
