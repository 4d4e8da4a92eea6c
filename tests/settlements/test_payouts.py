"""Earnings on their way out: requested, approved by another person, paid, or refused."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organization, Person, Role, Venue
from kernel.actors import SYSTEM
from kernel.models import AuditEvent
from settlements.models import Payout, Transfer
from settlements.payouts import approve_payout, confirm_paid, refuse_payout, request_payout
from tests.refusals import refused
from tests.settlements.banking import payee
from tests.settlements.purse import Kind, assert_books_balance, give, holds, yuan
from tests.world import actor, affiliate, make_person, operator_of, person_of

pytestmark = pytest.mark.django_db
EARNED = yuan(300)


@pytest.fixture
def requested(guangzhou: Venue, provider: Organization) -> Payout:
    give(provider, EARNED, Kind.PAYABLE)
    account = payee(provider)
    who = actor(person_of(provider))
    return request_payout(venue=guangzhou, amount=yuan(100), bank_account=account.number, actor=who)


def test_requested_money_cannot_be_requested_again(requested: Payout, guangzhou: Venue, provider: Organization) -> None:
    assert (holds(Kind.PAYABLE, provider), holds(Kind.PAYOUT, provider)) == (20_000, 10_000)

    with refused("insufficient_funds"):
        request_payout(venue=guangzhou, amount=yuan(200.01), actor=actor(person_of(provider)))

    assert Payout.objects.count() == 1
    assert_books_balance()


def test_a_payout_leaves_by_the_bank(
    requested: Payout, provider: Organization, officer: Person, venue_admin: Person
) -> None:
    bank_before = holds(Kind.BANK)

    approve_payout(payout_id=requested.id, actor=actor(venue_admin))
    paid = confirm_paid(payout_id=requested.id, bank_reference="OUT-1", actor=actor(officer))

    assert (paid.state, paid.approved_by_id, paid.bank_reference) == (Payout.State.PAID, venue_admin.id, "OUT-1")
    assert (holds(Kind.PAYOUT, provider), holds(Kind.PAYABLE, provider)) == (0, 20_000)
    assert holds(Kind.BANK) == bank_before + 10_000
    assert Transfer.objects.get(kind=Transfer.Kind.PAYOUT_PAID).memo == "OUT-1"
    assert list(AuditEvent.objects.filter(subject_type="payout").order_by("id").values_list("action", flat=True)) == [
        "payout.requested",
        "payout.approved",
        "payout.paid",
    ]
    assert_books_balance()


def test_a_payout_is_not_paid_before_it_is_approved(requested: Payout, officer: Person) -> None:
    with refused("illegal_state"):
        confirm_paid(payout_id=requested.id, bank_reference="OUT-1", actor=actor(officer))


@pytest.mark.parametrize("approved_first", [False, True])
def test_a_refused_payout_is_earned_money_again(
    requested: Payout, provider: Organization, officer: Person, approved_first: bool
) -> None:
    if approved_first:
        approve_payout(payout_id=requested.id, actor=actor(officer))

    back = refuse_payout(payout_id=requested.id, reason="the account is closed", actor=actor(officer))

    assert (back.state, back.refusal) == (Payout.State.REFUSED, "the account is closed")
    assert (holds(Kind.PAYABLE, provider), holds(Kind.PAYOUT, provider)) == (30_000, 0)
    with refused("illegal_state"):
        approve_payout(payout_id=requested.id, actor=actor(officer))
    assert_books_balance()


def test_a_paid_payout_is_final(requested: Payout, officer: Person) -> None:
    approve_payout(payout_id=requested.id, actor=actor(officer))
    confirm_paid(payout_id=requested.id, bank_reference="OUT-1", actor=actor(officer))

    with refused("illegal_state"):
        refuse_payout(payout_id=requested.id, reason="too late", actor=actor(officer))


def test_a_bank_reference_pays_one_payout(
    requested: Payout, guangzhou: Venue, provider: Organization, officer: Person
) -> None:
    other = request_payout(venue=guangzhou, amount=yuan(50), actor=actor(person_of(provider)))
    for each in (requested, other):
        approve_payout(payout_id=each.id, actor=actor(officer))
    confirm_paid(payout_id=requested.id, bank_reference="OUT-1", actor=actor(officer))

    with refused("bank_reference_taken"):
        confirm_paid(payout_id=other.id, bank_reference="OUT-1", actor=actor(officer))


def test_who_requested_a_payout_may_not_approve_it_even_with_two_hats(guangzhou: Venue, provider: Organization) -> None:
    give(provider, EARNED, Kind.PAYABLE)
    two_hats = make_person(provider, Role.ADMIN)
    affiliate(two_hats, operator_of("gzdex"), Role.SETTLEMENT_OFFICER)
    payout = request_payout(venue=guangzhou, amount=yuan(1), actor=actor(two_hats, provider))

    with refused("same_person"):
        approve_payout(payout_id=payout.id, actor=actor(two_hats, operator_of("gzdex")))
    with pytest.raises(IntegrityError, match="approved_by_another_person"), transaction.atomic():
        Payout.objects.filter(id=payout.id).update(approved_by=two_hats)


def test_only_those_who_may(
    requested: Payout,
    guangzhou: Venue,
    provider: Organization,
    buyer: Organization,
    clerk: Person,
    officer: Person,
    shenzhen_officer: Person,
) -> None:
    with refused("forbidden"):
        request_payout(venue=guangzhou, amount=yuan(1), actor=actor(make_person(provider, Role.OPERATOR)))
    with refused("insufficient_funds"):
        request_payout(venue=guangzhou, amount=yuan(1), actor=actor(person_of(buyer)))
    with refused("forbidden"):
        request_payout(venue=guangzhou, amount=yuan(1), actor=SYSTEM)
    with refused("forbidden"):
        approve_payout(payout_id=requested.id, actor=actor(clerk))
    with refused("forbidden"):
        approve_payout(payout_id=requested.id, actor=actor(person_of(provider)))
    with refused("not_found"):
        approve_payout(payout_id=requested.id, actor=actor(shenzhen_officer))
    with refused("not_found"):
        approve_payout(payout_id=uuid4(), actor=actor(officer))
    with refused("invalid"):
        request_payout(venue=guangzhou, amount=yuan(0), actor=actor(person_of(provider)))
