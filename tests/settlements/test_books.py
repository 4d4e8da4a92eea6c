"""Reading the books: trial balance, totals for the metrics, drift, snapshots of the hot accounts."""

from datetime import UTC, datetime
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Organization, Venue
from kernel.jobs import KINDS, run_due_jobs
from kernel.models import Job
from kernel.money import Currency
from settlements import books, snapshots
from settlements.chart import AccountKey, open_accounts
from settlements.models import Account, Balance, UnsummedEntry
from tests.settlements.purse import CNY, Kind, account, assert_books_balance, draft, give, holds, posted, yuan

pytestmark = pytest.mark.django_db


def test_the_books_of_nobody_are_empty() -> None:
    assert books.trial_balance() == {}
    assert books.ledger_totals() == []
    assert books.drifts() == []


def test_the_trial_balance_is_zero_in_each_currency(buyer: Organization, guangzhou: Venue, shenzhen: Venue) -> None:
    give(buyer, yuan(100))
    give(buyer, yuan(7), code="szdex")
    dollars = account(Kind.CLIENT, buyer, currency=Currency.HKD)
    posted(draft((account(Kind.BANK, currency=Currency.HKD), -500), (dollars, 500)))

    assert books.trial_balance() == {Currency.CNY: 0, Currency.HKD: 0}
    assert books.trial_balance([shenzhen.id]) == {Currency.CNY: 0}
    assert books.ledger_totals() == [
        ("gzdex", "CNY", "BANK", -10_000),
        ("gzdex", "CNY", "CLIENT", 10_000),
        ("gzdex", "HKD", "BANK", -500),
        ("gzdex", "HKD", "CLIENT", 500),
        ("szdex", "CNY", "BANK", -700),
        ("szdex", "CNY", "CLIENT", 700),
    ]


def test_totals_take_one_query_however_many_accounts(
    buyer: Organization, provider: Organization, django_assert_num_queries: object
) -> None:
    for owner in (buyer, provider):
        give(owner, yuan(1))

    with django_assert_num_queries(1):  # type: ignore[operator]
        books.ledger_totals()


def test_a_snapshot_changes_no_balance_and_empties_the_tail(buyer: Organization) -> None:
    purse, fees = give(buyer, yuan(100)), account(Kind.FEES)
    posted(*(draft((purse, -1), (fees, 1)) for _ in range(10)))
    assert UnsummedEntry.objects.filter(account_id=fees).count() == 10

    assert snapshots.take_and_ask_again() == 11  # ten fees, and the bank's side of the deposit

    assert UnsummedEntry.objects.count() == 0
    assert Balance.objects.get(account=fees).minor == holds(Kind.FEES) == 10
    assert snapshots.take_and_ask_again() == 0
    posted(draft((purse, -5), (fees, 5)))
    assert holds(Kind.FEES) == 15
    assert_books_balance()


def test_the_first_hot_account_asks_for_snapshots_and_each_asks_for_the_next(guangzhou: Venue) -> None:
    assert snapshots.KIND in KINDS
    with time_machine.travel(datetime(2026, 11, 24, 10, 2, tzinfo=UTC), tick=False):
        open_accounts(AccountKey(Kind.FEES, guangzhou.id, CNY), AccountKey(Kind.BANK, guangzhou.id, CNY))
    first = Job.objects.get(kind=snapshots.KIND)
    assert first.due_at == datetime(2026, 11, 24, 10, 5, tzinfo=UTC)

    Job.objects.update(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert run_due_jobs(kinds=(snapshots.KIND,)) == 1

    first.refresh_from_db()
    assert first.state == Job.State.DONE
    assert Job.objects.filter(kind=snapshots.KIND, state=Job.State.WAITING).count() == 1


def test_an_organizations_account_asks_for_none(guangzhou: Venue, buyer: Organization) -> None:
    account(Kind.CLIENT, buyer)

    assert not Job.objects.filter(kind=snapshots.KIND).exists()


def test_accounts_come_in_the_order_of_their_keys_and_open_once(
    guangzhou: Venue, buyer: Organization, django_assert_num_queries: object
) -> None:
    keys = [AccountKey(kind, guangzhou.id, CNY, buyer.id) for kind in (Kind.PAYOUT, Kind.CLIENT, Kind.ESCROW)]
    opened = open_accounts(*keys)

    with django_assert_num_queries(1):  # type: ignore[operator]
        assert open_accounts(*reversed(keys)) == opened[::-1]
    assert [Account.objects.get(id=key).kind for key in opened] == ["PAYOUT", "CLIENT", "ESCROW"]


def test_check_books_says_that_all_is_well(buyer: Organization) -> None:
    give(buyer, yuan(100))
    out = StringIO()

    call_command("check_books", stdout=out)

    assert "CNY 0.00" in out.getvalue()


def test_check_books_finds_an_account_whose_balance_is_not_the_sum_of_its_entries(buyer: Organization) -> None:
    give(buyer, yuan(100))
    bank = account(Kind.BANK)
    with connection.cursor() as cursor:  # a hot account's snapshot is derived, so the database does not guard it
        cursor.execute("UPDATE settlements_balance SET minor = minor + 1 WHERE account_id = %s", [bank])

    assert [drift.account_id for drift in books.drifts()] == [bank]
    with pytest.raises(CommandError, match=str(bank)):
        call_command("check_books", stdout=StringIO())
