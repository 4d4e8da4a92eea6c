"""Posting through `ledger.post`: batches, replays, refusals and evidence."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Organization
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.money import Currency
from settlements.ledger import post
from settlements.models import Entry, Transfer
from tests.refusals import refused
from tests.settlements.purse import Kind, account, assert_books_balance, draft, give, holds, posted, yuan

pytestmark = pytest.mark.django_db


def test_a_transfer_moves_money_and_leaves_one_audit_event(buyer: Organization, provider: Organization) -> None:
    purse = give(buyer, yuan(100))
    earned, fees = account(Kind.PAYABLE, provider), account(Kind.FEES)

    [transfer] = posted(draft((purse, -10_000), (earned, 9_750), (fees, 250), memo='he said "yes\\no", 谢谢'))

    assert (holds(Kind.CLIENT, buyer), holds(Kind.PAYABLE, provider), holds(Kind.FEES)) == (0, 9_750, 250)
    assert Transfer.objects.get(id=transfer.id).memo == 'he said "yes\\no", 谢谢'
    event = AuditEvent.objects.get(action="transfer.posted", subject_id=str(transfer.id))
    assert event.details["legs"] == [[str(purse), -10_000], [str(earned), 9_750], [str(fees), 250]]
    assert event.venue_id == transfer.venue_id
    assert_books_balance()


def test_each_entry_states_the_balance_after_it(buyer: Organization) -> None:
    purse = give(buyer, yuan(1))
    escrow = account(Kind.ESCROW, buyer)

    posted(*(draft((purse, -30), (escrow, 30)) for _ in range(3)))

    after = Entry.objects.filter(account=purse).order_by("id").values_list("balance_minor", flat=True)
    assert list(after) == [100, 70, 40, 10]
    assert Entry.objects.filter(account=account(Kind.BANK)).get().balance_minor is None


def test_a_batch_is_one_statement(buyer: Organization, django_assert_num_queries: object) -> None:
    purse, escrow = give(buyer, yuan(100)), account(Kind.ESCROW, buyer)
    drafts = [draft((purse, -5), (escrow, 5)) for _ in range(200)]

    with django_assert_num_queries(1):  # type: ignore[operator]
        post(drafts, actor=SYSTEM)

    assert holds(Kind.ESCROW, buyer) == 1_000
    assert AuditEvent.objects.filter(action="transfer.posted").count() == 201


def test_a_batch_is_judged_as_a_whole(buyer: Organization, provider: Organization) -> None:
    purse, escrow, earned = give(buyer, yuan(1)), account(Kind.ESCROW, buyer), account(Kind.PAYABLE, provider)

    posted(draft((escrow, -100), (earned, 100)), draft((purse, -100), (escrow, 100)))

    assert holds(Kind.PAYABLE, provider) == 100


def test_one_transfer_too_many_refuses_the_whole_batch(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)

    with refused("insufficient_funds") as refusal:
        posted(draft((purse, -60), (escrow, 60)), draft((purse, -60), (escrow, 60)))

    assert refusal.value.extensions["account"] == str(purse)
    assert (holds(Kind.CLIENT, buyer), holds(Kind.ESCROW, buyer)) == (100, 0)
    assert_books_balance()


def test_a_transaction_goes_on_after_a_refusal(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)

    with transaction.atomic():
        with refused("insufficient_funds"):
            post([draft((purse, -101), (escrow, 101))], actor=SYSTEM)
        post([draft((purse, -100), (escrow, 100))], actor=SYSTEM)

    assert holds(Kind.ESCROW, buyer) == 100
    assert AuditEvent.objects.filter(action="transfer.posted").count() == 2


def test_a_reference_is_posted_once_and_its_replay_returns_the_first(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)
    once = draft((purse, -70), (escrow, 70), reference="hold:1")
    another = draft((purse, -30), (escrow, 30), reference="hold:2")

    [first] = posted(once)
    again = posted(once, another)

    assert again[0] == first
    assert [transfer.reference for transfer in again] == ["hold:1", "hold:2"]
    assert holds(Kind.ESCROW, buyer) == 100
    assert AuditEvent.objects.filter(action="transfer.posted", subject_id=str(first.id)).count() == 1


def test_a_known_reference_with_other_legs_is_refused(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)
    posted(draft((purse, -70), (escrow, 70), reference="hold:1"))

    with refused("reference_reused"):
        posted(draft((purse, -30), (escrow, 30), reference="hold:1"))

    assert holds(Kind.ESCROW, buyer) == 70


def test_currencies_do_not_mix(buyer: Organization) -> None:
    dollars = account(Kind.CLIENT, buyer, currency=Currency.HKD)
    bank = account(Kind.BANK, currency=Currency.HKD)
    posted(draft((bank, -500), (dollars, 500)))

    with refused("insufficient_funds"):
        posted(draft((account(Kind.CLIENT, buyer), -500), (account(Kind.ESCROW, buyer), 500)))

    assert_books_balance()


def test_an_unknown_account_is_refused_at_commit(buyer: Organization, guangzhou: object) -> None:
    purse = give(buyer, yuan(1))
    post([draft((purse, -10), (uuid4(), 10))], actor=SYSTEM)

    with pytest.raises(IntegrityError, match="does not sum to zero"):
        connection.check_constraints()
    transaction.set_rollback(True)


def test_posting_outside_a_transaction_or_carelessly_is_a_mistake_of_ours(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)
    same = draft((purse, -1), (escrow, 1))

    with pytest.raises(ValueError, match="once"):
        posted(same, same)
    with pytest.raises(ValueError, match="two legs"):
        posted(draft((purse, -1)))
    assert posted() == []


@pytest.mark.django_db(transaction=True)
def test_posting_needs_a_transaction(buyer: Organization) -> None:
    purse, escrow = give(buyer, yuan(1)), account(Kind.ESCROW, buyer)

    with pytest.raises(RuntimeError):
        post([draft((purse, -1), (escrow, 1))], actor=SYSTEM)


def test_amounts_far_beyond_any_trade_do_not_overflow(buyer: Organization) -> None:
    purse = account(Kind.CLIENT, buyer)
    bank = account(Kind.BANK)

    posted(*(draft((bank, -(10**13 - 1)), (purse, 10**13 - 1)) for _ in range(100)))

    assert holds(Kind.CLIENT, buyer) == 100 * (10**13 - 1)
    assert_books_balance()
