"""Bank receipts: entered by one person, credited by another."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Organization, Person, Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from settlements.deposits import credit_deposit, enter_deposit, refuse_deposit
from settlements.models import Deposit, Transfer
from tests.refusals import refused
from tests.settlements.purse import Kind, assert_books_balance, holds, yuan
from tests.world import actor, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(guangzhou: Venue, buyer: Organization, clerk: Person) -> Deposit:
    return entered(guangzhou, buyer, clerk)


def entered(there: Venue, owner: Organization, who: Person, **fields: Any) -> Deposit:
    usual = {"amount": yuan(500), "bank_reference": "ICBC-1", "received_on": date(2026, 11, 2)}
    return enter_deposit(venue=there, organization=owner, actor=actor(who), **(usual | fields))


def test_a_credited_receipt_is_the_buyers_available_money(
    receipt: Deposit, buyer: Organization, clerk: Person, officer: Person
) -> None:
    assert holds(Kind.CLIENT, buyer) == 0

    credited = credit_deposit(deposit_id=receipt.id, actor=actor(officer))

    assert (credited.state, credited.entered_by, credited.decided_by_id) == (Deposit.State.CREDITED, clerk, officer.id)
    assert (holds(Kind.CLIENT, buyer), holds(Kind.BANK)) == (50_000, -50_000)
    assert Transfer.objects.get().memo == "ICBC-1"
    assert list(AuditEvent.objects.order_by("id").values_list("action", flat=True)) == [
        "deposit.entered",
        "deposit.credited",
        "transfer.posted",
    ]
    assert_books_balance()


def test_who_entered_a_receipt_may_not_credit_it(guangzhou: Venue, buyer: Organization, officer: Person) -> None:
    own = entered(guangzhou, buyer, officer)

    with refused("same_person"):
        credit_deposit(deposit_id=own.id, actor=actor(officer))

    own.refresh_from_db()
    assert own.state == Deposit.State.ENTERED
    assert holds(Kind.CLIENT, buyer) == 0


def test_the_database_knows_four_eyes_too(receipt: Deposit) -> None:
    with pytest.raises(IntegrityError, match="deposit_is_credited_by_another_person"), transaction.atomic():
        Deposit.objects.filter(id=receipt.id).update(state="CREDITED", decided_by=receipt.entered_by)
    with pytest.raises(IntegrityError, match="deposit_is_credited_by_another_person"), transaction.atomic():
        Deposit.objects.filter(id=receipt.id).update(state="CREDITED")


def test_a_receipt_is_credited_once(receipt: Deposit, buyer: Organization, officer: Person) -> None:
    credit_deposit(deposit_id=receipt.id, actor=actor(officer))

    with refused("illegal_state"):
        credit_deposit(deposit_id=receipt.id, actor=actor(officer))

    assert holds(Kind.CLIENT, buyer) == 50_000


def test_a_bank_reference_is_entered_once_per_venue(
    receipt: Deposit, guangzhou: Venue, shenzhen: Venue, buyer: Organization, officer: Person, shenzhen_officer: Person
) -> None:
    with refused("bank_reference_taken"):
        entered(guangzhou, buyer, officer)

    assert entered(shenzhen, buyer, shenzhen_officer).state == Deposit.State.ENTERED


def test_a_refused_receipt_moves_nothing_and_frees_its_reference(
    receipt: Deposit, guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person
) -> None:
    refused_one = refuse_deposit(deposit_id=receipt.id, reason="the amount is 50.00", actor=actor(officer))

    assert (refused_one.state, refused_one.refusal) == (Deposit.State.REFUSED, "the amount is 50.00")
    assert AuditEvent.objects.get(action="deposit.refused").reason == "the amount is 50.00"
    with refused("illegal_state"):
        credit_deposit(deposit_id=receipt.id, actor=actor(officer))
    again = entered(guangzhou, buyer, clerk, amount=yuan(50))
    credit_deposit(deposit_id=again.id, actor=actor(officer))
    assert holds(Kind.CLIENT, buyer) == 5_000


def test_a_receipt_is_more_than_nothing_and_not_from_the_future(
    guangzhou: Venue, buyer: Organization, clerk: Person
) -> None:
    with refused("invalid"):
        entered(guangzhou, buyer, clerk, amount=yuan(0))
    with refused("invalid"):
        entered(guangzhou, buyer, clerk, received_on=timezone.localdate() + timedelta(days=2))
    assert Deposit.objects.count() == 0


def test_only_staff_of_the_venue_with_the_permission_may(
    receipt: Deposit, guangzhou: Venue, buyer: Organization, clerk: Person, shenzhen_officer: Person
) -> None:
    with refused("forbidden"):
        entered(guangzhou, buyer, person_of(buyer))
    with refused("forbidden"):
        entered(guangzhou, buyer, shenzhen_officer)
    with refused("forbidden"):
        credit_deposit(deposit_id=receipt.id, actor=actor(clerk))
    with refused("forbidden"):
        credit_deposit(deposit_id=receipt.id, actor=actor(person_of(buyer)))
    with refused("not_found"):
        credit_deposit(deposit_id=receipt.id, actor=actor(shenzhen_officer))
    with refused("not_found"):
        credit_deposit(deposit_id=uuid4(), actor=actor(clerk))


def test_the_system_alone_enters_no_receipt(guangzhou: Venue, buyer: Organization) -> None:
    with refused("forbidden"):
        enter_deposit(
            venue=guangzhou,
            organization=buyer,
            amount=yuan(1),
            bank_reference="ICBC-2",
            received_on=date(2026, 11, 2),
            actor=SYSTEM,
        )


def test_hong_kong_dollars_stay_hong_kong_dollars(
    guangzhou: Venue, buyer: Organization, clerk: Person, officer: Person
) -> None:
    dollars = entered(guangzhou, buyer, clerk, amount=Money(100, Currency.HKD))
    credit_deposit(deposit_id=dollars.id, actor=actor(officer))

    assert holds(Kind.CLIENT, buyer) == 0
    assert_books_balance()
