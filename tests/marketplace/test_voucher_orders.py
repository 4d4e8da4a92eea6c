"""A voucher pays a part of an order: reserved, redeemed, released, and divided where money goes back."""

from itertools import product

import pytest

from accounts.interests import declare_tie
from accounts.models import Organization, OrganizationTie
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from listings.models import Listing
from marketplace import acceptance, ordering
from marketplace.models import Order
from settlements.books import trial_balance
from settlements.models import Account, VoucherGrant, VoucherProgramme, VoucherUse
from tests.marketplace.crossing import buy, exportable
from tests.marketplace.test_disputes import agreed, filed
from tests.marketplace.trading import closed, delivered, funds_of, make_buyer
from tests.refusals import refused
from tests.settlements.vouching import Payment, issued, opened
from tests.world import actor, person_of

pytestmark = pytest.mark.django_db
Kind, State = Account.Kind, VoucherUse.State
PRICE, PAID = 12_000, 3_600  # 120.00 yuan, of which the programme pays 30 %
FUNDS, BUDGET = 100_000, 100_000


def placed(listing: Listing, grant: VoucherGrant) -> Order:
    return buy(listing, grant.organization, voucher_id=grant.pk)


def books(order: Order, programme: VoucherProgramme) -> dict[str, int]:
    """Return where the money of buyer and programme is, and check that every count bears it out."""
    assert set(trial_balance().values()) == {0}
    programme.refresh_from_db()
    use, grant = VoucherUse.objects.get(order_id=order.id), programme.grants.get()
    assert (grant.reserved_minor, grant.redeemed_minor) == (use.reserved_minor, use.kept_minor)
    assert (programme.reserved_minor, programme.redeemed_minor) == (use.reserved_minor, use.kept_minor)
    budget = funds_of(programme.funder, Kind.VOUCHER)
    assert budget == programme.left_minor
    assert funds_of(programme.funder, Kind.ESCROW) == use.reserved_minor
    return {"buyer": funds_of(order.buyer), "held": funds_of(order.buyer, Kind.ESCROW), "budget": budget}


def use_of(order: Order) -> VoucherUse:
    return VoucherUse.objects.get(order_id=order.id)


def test_the_programme_pays_its_part_when_the_order_is_settled(listing: Listing, buyer: Organization) -> None:
    programme = opened()
    order = placed(listing, issued(programme, buyer))

    assert books(order, programme) == {"buyer": FUNDS - 8_400, "held": 8_400, "budget": BUDGET - PAID}
    assert order.agreement.body["voucher"] == {
        "programme": programme.number,
        "voucher": programme.grants.get().number,
        "amount": {"amount": "36.00", "currency": "CNY"},
        "paid": "AT_SETTLEMENT",
    }

    closed(order)
    use = use_of(order)
    assert (use.state, use.redeemed_minor, use.relation) == (State.SETTLED, PAID, "")
    assert use.certificate.startswith("GZ-C-")
    assert books(order, programme) == {"buyer": FUNDS - 8_400, "held": 0, "budget": BUDGET - PAID}
    assert funds_of(order.provider, Kind.PAYABLE) + funds_of(None, Kind.FEES) == PRICE
    actions = AuditEvent.objects.filter(subject_type="voucheruse").order_by("id").values_list("action", flat=True)
    assert list(actions) == [f"voucheruse.{act}" for act in ("reserved", "paid", "redeemed", "settled")]


def test_afterwards_the_programme_pays_the_buyer_for_a_certified_trade(listing: Listing, buyer: Organization) -> None:
    programme = opened(payment=Payment.AFTERWARDS)
    order = placed(listing, issued(programme, buyer))
    assert books(order, programme) == {"buyer": FUNDS - PRICE, "held": PRICE, "budget": BUDGET - PAID}

    delivery = delivered(order)
    acceptance.accept_delivery(delivery_id=delivery.id, actor=actor(person_of(buyer)))
    run_due_jobs(kinds=("order.settle",))
    assert (use_of(order).state, funds_of(buyer)) == (State.RESERVED, FUNDS - PRICE)

    run_due_jobs()
    assert use_of(order).state == State.SETTLED
    assert books(order, programme) == {"buyer": FUNDS - PRICE + PAID, "held": 0, "budget": BUDGET - PAID}


def test_what_ends_before_settlement_gives_each_its_money_back(listing: Listing) -> None:
    for payment, way in product(Payment, ("cancelled", "rejected")):
        programme, buyer = opened(payment=payment), make_buyer()
        order, who = placed(listing, issued(programme, buyer)), actor(person_of(buyer))
        if way == "cancelled":
            ordering.cancel_order(order_id=order.id, reason="Not needed", actor=who)
        else:
            acceptance.reject_delivery(delivery_id=delivered(order).id, reason="Empty", actor=who)

        assert use_of(order).state == State.RELEASED
        assert books(order, programme) == {"buyer": FUNDS, "held": 0, "budget": BUDGET}


def test_a_dispute_before_settlement_gives_back_in_proportion(listing: Listing) -> None:
    for payment, own, back in ((Payment.AT_SETTLEMENT, 8_400, 3_500), (Payment.AFTERWARDS, PRICE, 5_000)):
        programme, buyer = opened(payment=payment), make_buyer()
        order = placed(listing, issued(programme, buyer))
        delivered(order)
        agreed(filed(order, 5_000), 5_000)

        assert (use_of(order).released_minor, use_of(order).reserved_minor) == (1_500, 2_100)
        assert books(order, programme)["buyer"] == FUNDS - own + back
        acceptance.accept_delivery(delivery_id=order.deliveries.get().id, actor=actor(person_of(buyer)))
        run_due_jobs()
        assert (use_of(order).state, use_of(order).redeemed_minor) == (State.SETTLED, 2_100)
        assert books(order, programme) == {"buyer": FUNDS - 7_000 + 2_100, "held": 0, "budget": BUDGET - 2_100}


def test_what_goes_back_after_settlement_is_divided_too(listing: Listing) -> None:
    for payment in Payment:
        programme, buyer = opened(payment=payment), make_buyer()
        order = closed(placed(listing, issued(programme, buyer)))
        for refund, returned, buyers in ((5_000, 1_500, FUNDS - 8_400 + 3_500), (7_000, 3_600, FUNDS)):
            dispute = agreed(filed(order, refund), refund)
            run_due_jobs()
            dispute.refresh_from_db()
            assert dispute.paid_at is not None
            assert use_of(order).returned_minor == returned
            assert books(order, programme)["buyer"] == buyers
        assert books(order, programme)["budget"] == BUDGET


def test_a_frozen_part_keeps_its_share_of_the_voucher(listing: Listing, buyer: Organization) -> None:
    programme = opened()
    order = placed(listing, issued(programme, buyer))
    acceptance.accept_delivery(delivery_id=delivered(order).id, actor=actor(person_of(buyer)))
    dispute = filed(order, 4_000)
    run_due_jobs()
    assert (use_of(order).state, use_of(order).redeemed_minor, use_of(order).reserved_minor) == (
        State.RESERVED,
        2_400,
        1_200,
    )
    assert books(order, programme)["held"] == 2_800

    agreed(dispute, 1_000)
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == Order.State.CERTIFIED
    assert (use_of(order).released_minor, use_of(order).redeemed_minor) == (300, 3_300)
    assert books(order, programme) == {"buyer": FUNDS - 8_400 + 700, "held": 0, "budget": BUDGET - 3_300}


def test_an_order_across_the_border_reserves_before_its_case_is_judged(provider: Organization) -> None:
    abroad, programme = make_buyer(jurisdiction="HK"), opened()
    order = placed(exportable(provider), issued(programme, abroad))
    assert (order.state, use_of(order).state) == (Order.State.PLACED, State.RESERVED)
    assert funds_of(programme.funder, Kind.ESCROW) == use_of(order).amount_minor > 0

    ordering.cancel_order(order_id=order.id, reason="Not needed", actor=actor(person_of(abroad)))
    assert use_of(order).state == State.RELEASED
    assert books(order, programme) == {"buyer": FUNDS, "held": 0, "budget": BUDGET}


def test_related_parties_are_not_paid(listing: Listing, buyer: Organization) -> None:
    programme = opened(payment=Payment.AFTERWARDS)
    grant = issued(programme, buyer)
    order = placed(listing, grant)
    declare_tie(
        organization_id=buyer.id,
        other_id=order.provider_id,
        kind=OrganizationTie.Kind.COMMON_CONTROL,
        actor=actor(person_of(buyer)),
    )
    with refused("parties_related") as caught:
        placed(listing, grant)
    assert caught.value.extensions["relation"] == "tie"

    closed(order)
    assert (use_of(order).state, use_of(order).relation) == (State.RELEASED, "tie")
    assert books(order, programme) == {"buyer": FUNDS - PRICE, "held": 0, "budget": BUDGET}
