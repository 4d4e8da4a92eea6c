"""The database refuses what would break the books, whoever asks: everything here is raw SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization, Venue
from kernel.identifiers import uuid7
from settlements.models import Entry, Transfer
from tests.settlements.purse import Kind, account, assert_books_balance, draft, give, holds, posted, yuan

pytestmark = pytest.mark.django_db


def run(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@contextmanager
def refused_by_the_database(*words: str) -> Iterator[None]:
    """Expect the database to refuse what is inside, at the latest when it would commit."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():  # noqa: PT012 - either may refuse
        yield
        run("SET CONSTRAINTS ALL IMMEDIATE")
    for word in words:
        assert word in str(caught.value)


def insert_transfer(venue: Venue, legs: int = 2, made_at: str = "clock_timestamp()") -> UUID:
    key = uuid7()
    run(
        "INSERT INTO settlements_transfer (id, created_at, kind, reference, venue_id, memo, legs)"
        f" VALUES (%s, {made_at}, 'SETTLEMENT', %s, %s, '', %s)",
        key,
        str(key),
        venue.id,
        legs,
    )
    return key


def insert_entry(
    transfer: UUID,
    position: int,
    account_id: UUID,
    venue: Venue,
    amount: int,
    after: int | None,
    currency: str = "CNY",
    made_at: str = "(SELECT created_at FROM settlements_transfer WHERE id = %s)",
) -> None:
    run(
        "INSERT INTO settlements_entry (id, created_at, transfer_id, position, account_id, venue_id, currency,"
        f" amount_minor, balance_minor) VALUES (uuidv7(), coalesce({made_at}, now()), %s, %s, %s, %s, %s, %s, %s)",
        *[transfer] * made_at.count("%s"),
        transfer,
        position,
        account_id,
        venue.id,
        currency,
        amount,
        after,
    )


@pytest.mark.parametrize("table", ["account", "transfer", "entry", "settlement", "settlementline", "feeschedule"])
@pytest.mark.parametrize("verb", ["DELETE FROM {}", "UPDATE {} SET venue_id = NULL"])
def test_what_is_written_can_be_neither_changed_nor_removed(verb: str, table: str, buyer: Organization) -> None:
    give(buyer, yuan(1))

    with refused_by_the_database("append-only"):
        run(verb.format(f"settlements_{table}"))


@pytest.mark.parametrize("table", ["account", "transfer", "entry", "settlement", "settlementline", "feeschedule"])
def test_truncating_is_refused_outside_test_databases(table: str, guangzhou: Venue) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'"
            " AND tgfoid = 'kernel_refuse_truncate'::regproc",
            [f"settlements_{table}"],
        )
        assert cursor.fetchone() == (1,)


def test_a_transfer_that_does_not_sum_to_zero_is_refused_at_commit(buyer: Organization, guangzhou: Venue) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)

    with refused_by_the_database("does not sum to zero"):
        transfer = insert_transfer(guangzhou)
        insert_entry(transfer, 0, purse, guangzhou, -50, 50)
        insert_entry(transfer, 1, escrow, guangzhou, 51, 51)

    assert holds(Kind.CLIENT, buyer) == 100
    assert_books_balance()


@pytest.mark.django_db(transaction=True)
def test_the_commit_itself_refuses_it(buyer: Organization, guangzhou: Venue) -> None:
    purse = give(buyer, yuan(1))

    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():  # noqa: PT012 - at its end
        transfer = insert_transfer(guangzhou)
        insert_entry(transfer, 0, purse, guangzhou, -50, 50)

    assert Transfer.objects.count() == 1
    assert_books_balance()


def test_sums_are_taken_per_currency(buyer: Organization, guangzhou: Venue) -> None:
    purse = give(buyer, yuan(1))
    from kernel.money import Currency

    dollars = account(Kind.ESCROW, buyer, currency=Currency.HKD)

    with refused_by_the_database("does not sum to zero"):
        transfer = insert_transfer(guangzhou)
        insert_entry(transfer, 0, purse, guangzhou, -50, 50)
        insert_entry(transfer, 1, dollars, guangzhou, 50, 50, "HKD")


def test_a_transfer_without_its_entries_is_refused(guangzhou: Venue) -> None:
    with refused_by_the_database("does not sum to zero"):
        insert_transfer(guangzhou)


def test_no_entry_can_be_added_to_a_finished_transfer(buyer: Organization, guangzhou: Venue) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)
    [finished] = posted(draft((purse, -50), (escrow, 50)))

    with refused_by_the_database("transfer_id_position"):  # the key of the partition
        insert_entry(finished.id, 1, escrow, guangzhou, 10, 60)
    with refused_by_the_database("do not fit"):
        insert_entry(finished.id, 2, escrow, guangzhou, 10, 60)


def test_an_entry_fits_its_transfer_and_its_account(buyer: Organization, guangzhou: Venue, shenzhen: Venue) -> None:
    purse, bank = give(buyer, yuan(1)), account(Kind.BANK)
    wrong: list[tuple[Any, ...]] = [
        (uuid7(), guangzhou, 99),
        (purse, shenzhen, 99),
        (purse, guangzhou, 99, "HKD"),
        (purse, guangzhou, None),
        (bank, guangzhou, 99),
    ]

    for account_id, there, after, *currency in wrong:
        with refused_by_the_database("do not fit"):
            insert_entry(insert_transfer(guangzhou), 0, account_id, there, -1, after, *currency)
    with refused_by_the_database("do not fit"):
        insert_entry(uuid7(), 0, purse, guangzhou, -1, 99)


def test_an_entry_cannot_lie_about_the_balance_after_it(buyer: Organization, guangzhou: Venue) -> None:
    purse = give(buyer, yuan(1))

    with refused_by_the_database("does not state the balance"):
        insert_entry(insert_transfer(guangzhou), 0, purse, guangzhou, -1, 100)


def test_an_entry_has_its_transfers_time_which_never_goes_back(buyer: Organization, guangzhou: Venue) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)

    with refused_by_the_database("do not fit"):
        transfer = insert_transfer(guangzhou)
        insert_entry(transfer, 0, purse, guangzhou, -1, 99, made_at="now() - interval '1 hour'")
    with refused_by_the_database("do not fit"):
        transfer = insert_transfer(guangzhou, made_at="now() - interval '1 hour'")
        insert_entry(transfer, 0, purse, guangzhou, -1, 99)
    transfer = insert_transfer(guangzhou)
    insert_entry(transfer, 0, purse, guangzhou, -1, 99)
    insert_entry(transfer, 1, escrow, guangzhou, 1, 1)
    assert_books_balance()


def test_no_client_balance_falls_below_zero(buyer: Organization, guangzhou: Venue) -> None:
    purse = give(buyer, yuan(1))

    with refused_by_the_database("guarded_balance_is_never_negative"):
        insert_entry(insert_transfer(guangzhou), 0, purse, guangzhou, -101, -1)


def test_a_balance_moves_only_with_entries(buyer: Organization) -> None:
    purse = give(buyer, yuan(1))

    with refused_by_the_database("append-only"):
        run("UPDATE settlements_balance SET minor = minor + 1 WHERE account_id = %s", purse)
    with refused_by_the_database("append-only"):
        run("UPDATE settlements_balance SET guarded = false WHERE account_id = %s", purse)
    with refused_by_the_database("append-only"):
        run("DELETE FROM settlements_balance")


def test_a_balance_is_made_only_with_its_account(guangzhou: Venue) -> None:
    with refused_by_the_database("append-only"):
        run(
            "INSERT INTO settlements_balance (account_id, venue_id, currency, guarded, minor)"
            " VALUES (%s, %s, 'CNY', true, 1000000)",
            uuid7(),
            guangzhou.id,
        )


def test_an_entry_of_nothing_is_refused(buyer: Organization, guangzhou: Venue) -> None:
    purse = give(buyer, yuan(1))

    with refused_by_the_database("entry_moves_something"):
        insert_entry(insert_transfer(guangzhou), 0, purse, guangzhou, 0, 100)


def test_raw_entries_that_fit_move_the_balances_too(buyer: Organization, guangzhou: Venue) -> None:
    purse, bank = give(buyer, yuan(1)), account(Kind.BANK)

    transfer = insert_transfer(guangzhou)
    insert_entry(transfer, 0, purse, guangzhou, -40, 60)
    insert_entry(transfer, 1, bank, guangzhou, 40, None)
    run("SET CONSTRAINTS ALL IMMEDIATE")

    assert (holds(Kind.CLIENT, buyer), holds(Kind.BANK)) == (60, -60)
    assert Entry.objects.filter(transfer=transfer).count() == 2
    assert_books_balance()


def test_a_second_account_of_the_same_owner_is_refused(guangzhou: Venue) -> None:
    account(Kind.FEES)

    with refused_by_the_database("account_is_unique"):
        run(
            "INSERT INTO settlements_account (id, created_at, kind, venue_id, organization_id, currency)"
            " VALUES (%s, now(), 'FEES', %s, NULL, 'CNY')",
            uuid7(),
            guangzhou.id,
        )
