"""Many threads, each with a connection of its own, on real PostgreSQL."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import Organization, Person, Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.problems import Problem
from settlements import deposits, escrow, fees, payouts, snapshots
from settlements.ledger import post
from settlements.models import Account, Deposit, EscrowHold, Settlement, Transfer
from settlements.settlement import SettlementDraft, settle
from tests.settlements.purse import Kind, account, assert_books_balance, deal, draft, give, holds, posted, yuan
from tests.world import actor, person_of

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(acts: list[Callable[[], Any]]) -> list[str]:
    """Run all acts at the same moment; return "ok" or the problem's code for each, in order."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            start.wait(timeout=30)
            act()
        except Problem as problem:
            return problem.code
        finally:
            connection.close()
        return "ok"

    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.fixture
def a_connection_each(settings: Any) -> None:
    """More threads than the pool has connections would wait for each other before they could race."""
    assert connection.pool is not None
    connection.pool.resize(min_size=1, max_size=60)


def test_fifty_race_for_the_last_of_one_balance(guangzhou: Venue, buyer: Organization, a_connection_each: None) -> None:
    give(buyer, yuan(70))

    def buy() -> None:
        escrow.hold(order_id=uuid4(), venue=guangzhou, payer=buyer, amount=yuan(10), actor=SYSTEM)

    outcomes = at_once([buy] * 50)

    assert sorted(outcomes) == ["insufficient_funds"] * 43 + ["ok"] * 7
    assert (holds(Kind.CLIENT, buyer), holds(Kind.ESCROW, buyer)) == (0, 7_000)
    assert EscrowHold.objects.count() == 7
    assert AuditEvent.objects.filter(action="escrowhold.held").count() == 7
    assert_books_balance()


def test_one_reference_posted_by_many_at_once_is_posted_once(buyer: Organization, a_connection_each: None) -> None:
    purse, held = give(buyer, yuan(100)), account(Kind.ESCROW, buyer)
    same = draft((purse, -100), (held, 100), reference="hold:same")

    outcomes = at_once([lambda: posted(same)] * 20)

    assert outcomes == ["ok"] * 20
    assert Transfer.objects.filter(reference="hold:same").count() == 1
    assert AuditEvent.objects.filter(action="transfer.posted").count() == 2
    assert holds(Kind.ESCROW, buyer) == 100


def test_batches_in_opposite_directions_never_deadlock(
    buyer: Organization, provider: Organization, a_connection_each: None
) -> None:
    here, there = give(buyer, yuan(100)), give(provider, yuan(100))

    def exchange(first: Any, second: Any) -> Callable[[], Any]:
        return lambda: [posted(*(draft((first, -1), (second, 1)) for _ in range(20))) for _ in range(5)]

    outcomes = at_once([exchange(here, there), exchange(there, here)] * 6)

    assert outcomes == ["ok"] * 12
    assert holds(Kind.CLIENT, buyer) + holds(Kind.CLIENT, provider) == 20_000
    assert_books_balance()


def test_a_hot_account_makes_nobody_wait(buyer: Organization, provider: Organization, a_connection_each: None) -> None:
    fees_account = account(Kind.FEES)
    mine, yours = give(buyer, yuan(10)), give(provider, yuan(10))
    other_is_done = threading.Event()

    def post_and_hold_the_transaction_open() -> None:
        with transaction.atomic():
            post([draft((mine, -100), (fees_account, 100))], actor=SYSTEM)
            assert other_is_done.wait(timeout=20), "the second posting waited for the first one's transaction"

    def post_meanwhile() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            post([draft((yours, -100), (fees_account, 100))], actor=SYSTEM)
        other_is_done.set()

    assert at_once([post_and_hold_the_transaction_open, post_meanwhile]) == ["ok", "ok"]
    assert holds(Kind.FEES) == 200
    assert_books_balance()


def test_snapshots_and_postings_run_side_by_side(buyer: Organization, a_connection_each: None) -> None:
    purse, fees_account = give(buyer, yuan(100)), account(Kind.FEES)

    def pay_fees() -> None:
        for _ in range(20):
            posted(draft((purse, -1), (fees_account, 1)))

    def summarise() -> None:
        for _ in range(10):
            snapshots.take_and_ask_again()

    assert at_once([pay_fees, pay_fees, pay_fees, summarise, summarise]) == ["ok"] * 5
    assert holds(Kind.FEES) == 60
    assert_books_balance()


def test_one_order_settled_by_many_workers_is_settled_once(
    guangzhou: Venue, buyer: Organization, provider: Organization, a_connection_each: None
) -> None:
    give(buyer, yuan(1000))
    order_id, gross = uuid4(), yuan(1000)
    held = escrow.hold(order_id=order_id, venue=guangzhou, payer=buyer, amount=gross, actor=SYSTEM)
    lines = fees.quote(venue=guangzhou, gross=gross, on=date(2026, 11, 2), deal=deal(provider, buyer))

    def work() -> None:
        settle(
            [
                SettlementDraft(
                    order_id=order_id,
                    venue_id=guangzhou.id,
                    hold=EscrowHold.objects.get(id=held.id),
                    gross=gross,
                    lines=lines,
                    provider_id=provider.id,
                    broker_id=None,
                )
            ],
            actor=SYSTEM,
        )

    assert at_once([work] * 12) == ["ok"] * 12
    assert Settlement.objects.count() == 1
    assert holds(Kind.PAYABLE, provider) + holds(Kind.FEES) == gross.minor
    assert_books_balance()


def test_refund_and_settlement_race_and_one_of_them_wins(
    guangzhou: Venue, buyer: Organization, provider: Organization, a_connection_each: None
) -> None:
    give(buyer, yuan(100))
    order_id, gross = uuid4(), yuan(100)
    held = escrow.hold(order_id=order_id, venue=guangzhou, payer=buyer, amount=gross, actor=SYSTEM)
    lines = fees.quote(venue=guangzhou, gross=gross, on=date(2026, 11, 2), deal=deal(provider, buyer))

    def work() -> None:
        settle(
            [
                SettlementDraft(
                    order_id=order_id,
                    venue_id=guangzhou.id,
                    hold=EscrowHold.objects.get(id=held.id),
                    gross=gross,
                    lines=lines,
                    provider_id=provider.id,
                    broker_id=None,
                )
            ],
            actor=SYSTEM,
        )

    outcomes = at_once([work, lambda: escrow.refund_order(order_id=order_id, actor=SYSTEM, reason="cancelled")])

    assert sorted(outcomes) == ["illegal_state", "ok"]
    assert holds(Kind.ESCROW, buyer) == 0
    assert holds(Kind.CLIENT, buyer) in (0, 10_000)
    assert_books_balance()


def test_the_same_earnings_cannot_be_requested_twice(
    guangzhou: Venue, provider: Organization, a_connection_each: None
) -> None:
    give(provider, yuan(50), Kind.PAYABLE)
    asker = actor(person_of(provider))

    outcomes = at_once([lambda: payouts.request_payout(venue=guangzhou, amount=yuan(50), actor=asker)] * 8)

    assert sorted(outcomes) == ["insufficient_funds"] * 7 + ["ok"]
    assert (holds(Kind.PAYABLE, provider), holds(Kind.PAYOUT, provider)) == (0, 5_000)


def test_two_officers_crediting_one_receipt_credit_it_once(
    guangzhou: Venue,
    buyer: Organization,
    clerk: Person,
    officer: Person,
    second_officer: Person,
    a_connection_each: None,
) -> None:
    receipt = deposits.enter_deposit(
        venue=guangzhou,
        organization=buyer,
        amount=yuan(10),
        bank_reference="ICBC-1",
        received_on=date(2026, 11, 2),
        actor=actor(clerk),
    )

    def credit(who: Person) -> Callable[[], Any]:
        whose = actor(who)
        return lambda: deposits.credit_deposit(deposit_id=receipt.id, actor=whose)

    outcomes = at_once([credit(officer), credit(second_officer)])

    assert sorted(outcomes) == ["illegal_state", "ok"]
    assert holds(Kind.CLIENT, buyer) == 1_000


def test_one_bank_reference_entered_by_two_at_once_is_one_deposit(
    guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person, a_connection_each: None
) -> None:
    def enter(who: Person) -> Callable[[], Any]:
        whose = actor(who)
        return lambda: deposits.enter_deposit(
            venue=guangzhou,
            organization=buyer,
            amount=yuan(10),
            bank_reference="ICBC-1",
            received_on=date(2026, 11, 2),
            actor=whose,
        )

    assert sorted(at_once([enter(clerk), enter(officer)])) == ["bank_reference_taken", "ok"]
    assert Deposit.objects.count() == 1


def test_an_account_opened_by_many_at_once_is_one_account(buyer: Organization, a_connection_each: None) -> None:
    assert at_once([lambda: account(Kind.ESCROW, buyer)] * 10) == ["ok"] * 10
    assert Account.objects.filter(kind=Kind.ESCROW, organization=buyer).count() == 1
