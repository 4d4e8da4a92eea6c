"""Placing an order freezes the agreement and holds the money; cancelling gives everything back."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Capacity, Membership, Organization
from kernel.digests import Digests, canonical_json
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.listing import delist, suspend
from listings.models import Listing
from marketplace import ordering
from marketplace.agreements import is_unchanged
from marketplace.models import Agreement, Delivery, Entitlement, Order
from settlements.books import trial_balance
from settlements.models import Account
from tests.marketplace.trading import PURPOSE, delivered, fund, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import Role, actor, make_membership, person_of, staff

pytestmark = pytest.mark.django_db


def test_an_order_holds_the_price_and_starts_its_delivery(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    assert order.state == Order.State.FUNDED
    assert order.number.startswith("GZ-O-")
    assert funds_of(buyer) == 100_000 - 12_000
    assert funds_of(buyer, Account.Kind.ESCROW) == 12_000
    assert order.deliveries.get().state == Delivery.State.PREPARING
    assert Job.objects.filter(kind="delivery.fulfil", state=Job.State.WAITING).count() == 1
    assert set(trial_balance().values()) == {0}


def test_the_agreement_holds_everything_the_parties_agreed_to(
    listing: Listing, buyer: Organization, broker: Organization
) -> None:
    order = placed(listing, buyer, broker)
    body = order.agreement.body
    assert body["price"] == {"amount": "120.00", "currency": "CNY"}
    assert sum(line["amount_minor"] for line in body["division"]) == 12_000
    assert {line["payee"] for line in body["division"]} == {"PROVIDER", "VENUE", "BROKER"}
    assert body["parties"]["buyer"]["identifier"] == f"USCC:{buyer.identifier}"
    assert [file["name"] for file in body["sold"]["files"]] == ["streets.csv"]
    assert body["purpose"] == PURPOSE
    digests = Digests(canonical_json(body))
    assert (order.agreement.sha256, order.agreement.sm3) == (digests.sha256, digests.sm3)
    assert is_unchanged(order.agreement)


def test_an_agreement_cannot_be_rewritten(listing: Listing, buyer: Organization) -> None:
    agreement = placed(listing, buyer).agreement
    for change in ("UPDATE marketplace_agreement SET body = '{}'", "DELETE FROM marketplace_agreement"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    agreement.refresh_from_db()
    assert is_unchanged(agreement)


def test_a_free_plan_holds_no_money(provider: Organization) -> None:
    order = placed(listed_dataset(provider, price="0"), make_buyer(funds="0"))
    assert order.state == Order.State.FUNDED
    assert order.agreement.body["division"] == []


def test_an_order_beyond_the_balance_leaves_nothing_behind(listing: Listing) -> None:
    poor = make_buyer(funds="119.99")
    with refused("insufficient_funds"):
        placed(listing, poor)
    assert not Order.objects.exists()
    assert not Agreement.objects.exists()
    assert funds_of(poor) == 11_999
    assert not AuditEvent.objects.filter(action__startswith="order.").exists()


def test_what_may_not_cross_the_border_is_not_sold_beyond_it(listing: Listing) -> None:
    with refused("destination_not_allowed"):
        placed(listing, make_buyer(jurisdiction="HK"))


def test_only_active_buyers_of_the_venue_may_order(listing: Listing, buyer: Organization) -> None:
    with refused("membership_required"):
        placed(listing, make_buyer("szdex"))
    Membership.objects.filter(organization=buyer).update(state=Membership.State.SUSPENDED)
    with refused("membership_required"):
        placed(listing, buyer)


def test_nobody_buys_their_own_product(listing: Listing, provider: Organization) -> None:
    make_membership(provider, "gzdex", Capacity.BUYER)
    fund(provider, "500.00")
    with refused("own_product"):
        placed(listing, provider)


def test_a_broker_stands_between_two_others_and_is_a_member(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    with refused("broker_not_independent"):
        placed(listing, buyer, provider)
    with refused("invalid") as caught:
        placed(listing, buyer, make_buyer(funds="0"))
    assert caught.value.errors[0].pointer == "/broker_id"


@pytest.mark.parametrize("end", [suspend, delist])
def test_a_listing_that_left_the_catalogue_cannot_be_ordered(end, listing: Listing, buyer: Organization) -> None:
    officer = staff("gzdex", Role.COMPLIANCE_REVIEWER)
    end(listing_id=listing.id, reason="The source is disputed.", actor=actor(officer))
    with refused("listing_not_available"):
        placed(listing, buyer)


def test_terms_with_a_length_give_the_agreement_an_end(provider: Organization, buyer: Organization) -> None:
    order = placed(listed_dataset(provider, term_days=30), buyer)
    assert order.agreement.expires_at is not None
    assert (order.agreement.expires_at.date() - order.created_at.date()).days == 30
    assert order.deliveries.get().entitlement.expires_at == order.agreement.expires_at


def test_cancelling_before_delivery_refunds_in_full(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    ordering.cancel_order(order_id=order.id, reason="Bought twice", actor=actor(person_of(buyer)))
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert funds_of(buyer) == 100_000
    assert order.deliveries.get().state == Delivery.State.CANCELLED
    assert Entitlement.objects.get().state == Entitlement.State.REVOKED
    assert Agreement.objects.get().state == Agreement.State.TERMINATED
    assert run_due_jobs(kinds=("delivery.fulfil",)) == 0
    assert AuditEvent.objects.get(action="order.cancelled").reason == "Bought twice"


def test_a_delivered_order_cannot_be_cancelled(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivered(order)
    with refused("illegal_state"):
        ordering.cancel_order(order_id=order.id, reason="Too late", actor=actor(person_of(buyer)))
    assert funds_of(buyer) == 88_000


def test_only_the_buyer_cancels(listing: Listing, buyer: Organization, provider: Organization) -> None:
    order = placed(listing, buyer)
    with refused("forbidden"):
        ordering.cancel_order(order_id=order.id, reason="No", actor=actor(person_of(provider)))


def test_a_later_edit_of_the_catalogue_does_not_touch_the_agreement(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    before = order.agreement.body
    listing.product.name = {"en": "Another name"}
    listing.product.save(update_fields=["name"])
    order.agreement.refresh_from_db()
    assert order.agreement.body == before
    assert date.fromisoformat(before["agreed_at"][:10])
