"""A provider from across the border is paid with the clearance of its trade, and not before it is closed."""

import pytest

from accounts.models import Capacity
from kernel.jobs import run_due_jobs
from kernel.models import Certificate
from kernel.money import Money
from marketplace.acceptance import accept_delivery
from settlements.cross_border import missing_papers, papers_of
from settlements.models import ContractEarning, TradeProof
from settlements.payouts import approve_payout, request_payout
from tests.marketplace.crossing import buy, case_of, exportable, funded, released
from tests.marketplace.test_disputes import agreed, filed
from tests.marketplace.trading import closed, listed_dataset, make_buyer, placed
from tests.settlements.banking import officers, payee
from tests.settlements.exchanging import CNY, rate
from tests.settlements.purse import Kind, holds
from tests.world import actor, make_member, person_of, venue

pytestmark = pytest.mark.django_db


def test_a_provider_of_hong_kong_is_paid_with_the_number_of_the_route_case(db: None) -> None:
    provider, buyer = make_member("gzdex", Capacity.PROVIDER, jurisdiction="HK"), make_buyer()
    order = funded(buy(exportable(provider), buyer), "hk_dpp_notice")
    delivery = released(order)
    accept_delivery(delivery_id=delivery.id, actor=actor(person_of(buyer)))
    run_due_jobs(kinds=("order.settle",))
    rate("USD/CNY", "7.1")
    payee(provider)
    earned = holds(Kind.PAYABLE, provider)
    payout = request_payout(venue=venue(), amount=Money(earned, CNY), actor=actor(person_of(provider)))
    assert [(each.reason, each.order_id) for each in missing_papers(payout)] == [("trade_proof_missing", order.id)]

    run_due_jobs(kinds=("order.certify",))
    certificate = Certificate.objects.get(kind="trade", subject_id=str(order.id))
    assert missing_papers(payout) == []
    assert papers_of(payout)[0]["proof"] == {
        "agreement_number": order.agreement.number,
        "agreement_sha256": order.agreement.sha256,
        "certificate_number": certificate.number,
        "certificate_sha256": certificate.statement_sha256,
        "clearance_number": case_of(order).number,
    }
    assert approve_payout(payout_id=payout.id, actor=officers()[0]).state == "APPROVED"


def test_what_an_award_takes_back_is_noted_and_a_trade_at_home_leaves_no_proof(db: None) -> None:
    provider, broker = make_member("gzdex", Capacity.PROVIDER), make_member("gzdex", Capacity.BROKER, jurisdiction="MO")
    home = closed(placed(listed_dataset(provider), make_buyer()))
    order = closed(placed(listed_dataset(provider), make_buyer(), broker))
    assert list(TradeProof.objects.values_list("order_id", "crosses_border")) == [(order.id, False)]
    assert home.state == order.state
    before = holds(Kind.PAYABLE, broker)
    agreed(filed(order, 6_000), 6_000)
    run_due_jobs()
    noted = ContractEarning.objects.get()
    assert (noted.organization_id, noted.order_id) == (broker.id, order.id)
    assert noted.amount_minor == holds(Kind.PAYABLE, broker) - before < 0
