"""A fee that the buyer pays on top of the price is held, settled, disputed and given back with it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Role
from kernel.jobs import run_due_jobs
from marketplace.models import Order
from settlements import escrow, fees
from settlements.models import DealOrigin, FeePayer, Payee, Settlement
from tests.marketplace.test_disputes import agreed, books, filed
from tests.marketplace.trading import closed, delivered, fund, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.settlements.purse import CNY, yuan
from tests.world import actor, api, make_member, person_of, staff, venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    """A sale of 120.00 whose buyer pays 2 % on top, while the provider pays nothing."""
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        for payer, rate in ((FeePayer.BUYER, 20_000), (FeePayer.PROVIDER, 0)):
            fees.announce(
                venue=venue("gzdex"),
                payee=Payee.VENUE,
                currency=CNY,
                payer=payer,
                rate_ppm=rate,
                product_type=None,
                origin=DealOrigin.LIST_PRICE,
                valid_from=timezone.localdate() + timedelta(days=1),
                source="Notice 9",
                actor=actor(staff("gzdex", Role.VENUE_ADMIN)),
            )
    listing = listed_dataset(make_member())
    poor = make_buyer(funds="120.00")
    with refused("insufficient_funds"):
        placed(listing, poor)
    fund(poor, "880.00")
    return placed(listing, poor)


def test_it_is_held_shown_and_settled_with_the_price(order: Order) -> None:
    shown = api(person_of(order.buyer)).get(f"/api/v1/orders/{order.id}").json()
    assert (shown["price"]["amount"], shown["total"]["amount"], shown["origin"]) == ("120.00", "122.40", "LIST_PRICE")
    body = order.agreement.body
    assert (body["total"]["amount"], body["division"][-1]["payer"]) == ("122.40", "BUYER")
    assert escrow.hold_of(order.id).amount == yuan(122.40)  # type: ignore[union-attr]

    closed(order)
    assert books(order) == {"buyer": 100_000 - 12_240, "escrow": 0, "provider": 12_000, "venue": 240}
    lines = api(person_of(order.provider)).get("/api/v1/settlements", {"order": str(order.id)}).json()["items"][0]
    assert {(line["payee"], line["payer"], line["amount"]["amount"]) for line in lines["lines"]} == {
        ("PROVIDER", "PROVIDER", "120.00"),
        ("VENUE", "BUYER", "2.40"),
    }


def test_a_dispute_of_everything_brings_the_fee_back_too(order: Order) -> None:
    delivered(order)
    dispute = filed(order, 12_240)
    agreed(dispute, 12_240)
    assert books(order) == {"buyer": 100_000, "escrow": 0, "provider": 0, "venue": 0}


def test_a_part_that_goes_back_after_settlement_is_shared_by_all(order: Order) -> None:
    closed(order)
    agreed(filed(order, 6_120), 6_120)
    run_due_jobs()
    assert books(order) == {"buyer": 100_000 - 6_120, "escrow": 0, "provider": 6_000, "venue": 120}
    assert Settlement.objects.get().gross == yuan(122.40)
