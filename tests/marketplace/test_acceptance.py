"""The buyer's answer ends the trade: divided once and certified, or refunded in full."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Certificate, Job
from listings.models import Listing
from marketplace import acceptance, entitlements
from marketplace.models import Agreement, Delivery, Entitlement, Order
from settlements.books import trial_balance
from settlements.models import Account, Settlement
from tests.marketplace.trading import accepted, closed, delivered, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, person_of, staff

pytestmark = pytest.mark.django_db


def test_an_accepted_order_is_divided_as_agreed_and_certified(
    listing: Listing, buyer: Organization, provider: Organization, broker: Organization
) -> None:
    order = closed(placed(listing, buyer, broker))
    parts = {line["payee"]: line["amount_minor"] for line in order.agreement.body["division"]}
    assert funds_of(provider, Account.Kind.PAYABLE) == parts["PROVIDER"]
    assert funds_of(broker, Account.Kind.PAYABLE) == parts["BROKER"]
    assert funds_of(None, Account.Kind.FEES) == parts["VENUE"]
    assert funds_of(buyer, Account.Kind.ESCROW) == 0
    assert set(trial_balance().values()) == {0}
    certificate = Certificate.objects.get(kind="trade")
    assert certificate.state == Certificate.State.ISSUED
    assert certificate.holders() == {buyer.id, provider.id, broker.id}
    assert "120.00" not in certificate.file, "the amount is the parties' own affair"


def test_a_free_order_is_settled_and_certified_without_money(provider: Organization) -> None:
    order = closed(placed(listed_dataset(provider, price="0"), make_buyer(funds="0")))
    assert Settlement.objects.get().gross_minor == 0
    assert order.state == Order.State.CERTIFIED


def test_a_second_answer_is_refused(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivery = accepted(order)
    for answer in (
        lambda who: acceptance.accept_delivery(delivery_id=delivery.id, actor=who),
        lambda who: acceptance.reject_delivery(delivery_id=delivery.id, reason="No", actor=who),
    ):
        with refused("illegal_state"):
            answer(actor(person_of(buyer)))


def test_settling_again_moves_nothing(listing: Listing, buyer: Organization, provider: Organization) -> None:
    closed(placed(listing, buyer))
    earned = funds_of(provider, Account.Kind.PAYABLE)
    Job.objects.filter(kind__startswith="order.").update(state=Job.State.WAITING, due_at=timezone.now())
    run_due_jobs()
    assert funds_of(provider, Account.Kind.PAYABLE) == earned
    assert Settlement.objects.count() == 1
    assert AuditEvent.objects.filter(action="order.certified").count() == 1


def test_rejection_refunds_and_ends_the_right_to_read(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivery = delivered(order)
    acceptance.reject_delivery(delivery_id=delivery.id, reason="Half the rows", actor=actor(person_of(buyer)))
    order.refresh_from_db()
    assert order.state == Order.State.REJECTED
    assert funds_of(buyer) == 100_000
    assert Entitlement.objects.get().state == Entitlement.State.REVOKED
    assert Agreement.objects.get().state == Agreement.State.TERMINATED
    assert AuditEvent.objects.get(action="delivery.rejected").reason == "Half the rows"
    assert run_due_jobs(kinds=("order.settle",)) == 0


def test_silence_accepts_after_the_venues_working_days(listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    with time_machine.travel(delivery.accept_by - timedelta(seconds=1), tick=False):
        assert run_due_jobs(kinds=("delivery.accept_in_silence",)) == 0
    with time_machine.travel(delivery.accept_by + timedelta(seconds=1), tick=False):
        run_due_jobs()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED
    assert Order.objects.get().state == Order.State.CERTIFIED
    assert AuditEvent.objects.get(action="delivery.accepted").reason == "No answer within 5 working days."


def test_an_answer_silences_the_clock(listing: Listing, buyer: Organization) -> None:
    accepted(placed(listing, buyer))
    assert Job.objects.get(kind="delivery.accept_in_silence").state == Job.State.CANCELLED


def test_silence_says_nothing_while_reading_is_suspended_and_the_days_begin_anew(
    listing: Listing, buyer: Organization
) -> None:
    delivery = delivered(placed(listing, buyer))
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    entitlements.suspend_entitlement(entitlement_id=delivery.entitlement_id, reason="A complaint", actor=officer)
    with time_machine.travel(delivery.accept_by + timedelta(days=30), tick=False):
        run_due_jobs()
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.DELIVERED

        resumed_at = timezone.now()
        entitlements.resume_entitlement(entitlement_id=delivery.entitlement_id, reason="Settled", actor=officer)
        delivery.refresh_from_db()
        assert delivery.accept_by >= resumed_at + timedelta(days=5)
        assert AuditEvent.objects.filter(action="delivery.clock_restarted").count() == 1
        run_due_jobs()
    with time_machine.travel(delivery.accept_by + timedelta(seconds=1), tick=False):
        run_due_jobs()
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.ACCEPTED


def test_a_clock_that_was_set_anew_is_not_overtaken_by_the_old_one(listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    acceptance.accept_in_silence(delivery_id=delivery.id)
    delivery.refresh_from_db()
    assert delivery.state == Delivery.State.DELIVERED


@time_machine.travel("2026-11-24T02:00:00Z")  # a Tuesday
@pytest.mark.parametrize(("days", "states"), [(0, ["WAITING"]), (2, ["CANCELLED", "WAITING"])])
def test_a_suspension_before_the_end_leaves_one_clock_running(
    listing: Listing, buyer: Organization, days: int, states: list[str]
) -> None:
    delivery = delivered(placed(listing, buyer))
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    entitlements.suspend_entitlement(entitlement_id=delivery.entitlement_id, reason="A complaint", actor=officer)
    with time_machine.travel(timezone.now() + timedelta(days=days)):
        entitlements.resume_entitlement(entitlement_id=delivery.entitlement_id, reason="Settled", actor=officer)
    clocks = Job.objects.filter(kind="delivery.accept_in_silence")
    assert sorted(clocks.values_list("state", flat=True)) == states
    delivery.refresh_from_db()
    assert clocks.get(state=Job.State.WAITING).due_at == delivery.accept_by


def test_the_provider_cannot_accept_for_the_buyer(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    delivery = delivered(placed(listing, buyer))
    with refused("forbidden"):
        acceptance.accept_delivery(delivery_id=delivery.id, actor=actor(person_of(provider)))
