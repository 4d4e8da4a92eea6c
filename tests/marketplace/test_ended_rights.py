"""The money of an order finds its way back although the right to read has ended before the order has."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Membership, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import Job
from listings.models import Listing
from marketplace.acceptance import reject_delivery
from marketplace.entitlements import expire_entitlements, revoke_entitlement
from marketplace.models import Delivery, Entitlement, Order
from marketplace.ordering import cancel_order
from tests.marketplace.trading import delivered, funds_of, listed_dataset, placed
from tests.refusals import refused
from tests.world import actor, person_of, staff


def revoked(entitlement: Entitlement) -> None:
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    revoke_entitlement(entitlement_id=entitlement.id, reason="A complaint", actor=officer)


def test_a_buyer_rejects_what_the_venue_has_revoked(listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    revoked(delivery.entitlement)

    reject_delivery(delivery_id=delivery.id, reason="It cannot be read", actor=actor(person_of(buyer)))

    assert Order.objects.get().state == Order.State.REJECTED
    assert Entitlement.objects.get().state == Entitlement.State.REVOKED
    assert funds_of(buyer) == 100_000


def test_a_buyer_rejects_although_the_agreed_term_is_over(provider: Organization, buyer: Organization) -> None:
    delivery = delivered(placed(listed_dataset(provider, term_days=1), buyer))
    with time_machine.travel(timezone.now() + timedelta(days=1, hours=1)):
        assert expire_entitlements() == 1
        reject_delivery(delivery_id=delivery.id, reason="Half the rows", actor=actor(person_of(buyer)))

    assert Entitlement.objects.get().state == Entitlement.State.EXPIRED
    assert funds_of(buyer) == 100_000


def test_a_buyer_cancels_when_the_right_was_revoked_before_the_delivery(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    revoked(order.deliveries.get().entitlement)

    run_due_jobs(kinds=("delivery.fulfil",))
    assert order.deliveries.get().state == Delivery.State.FAILED
    assert Job.objects.get(kind="delivery.fulfil").attempts == 1  # trying again would not help

    cancel_order(order_id=order.id, reason="Then not", actor=actor(person_of(buyer)))
    assert Order.objects.get().state == Order.State.CANCELLED
    assert funds_of(buyer) == 100_000


@pytest.mark.parametrize("state", [Membership.State.SUSPENDED, Membership.State.TERMINATED])
def test_a_provider_who_is_no_active_member_sells_nothing(
    state: str, listing: Listing, provider: Organization, buyer: Organization
) -> None:
    Membership.objects.filter(organization=provider).update(state=state)
    with refused("listing_not_available"):
        placed(listing, buyer)
    assert funds_of(buyer) == 100_000
