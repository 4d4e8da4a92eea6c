"""Milestones: each is delivered, accepted and settled for its part, and all parts sum to the order to the cent."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kernel.jobs import run_due_jobs
from kernel.money import Currency
from listings.milestones import WHOLE, Milestone, amounts_of
from marketplace import milestones, ordering
from marketplace.acceptance import accept_delivery, reject_delivery
from marketplace.dispute_outcomes import accept_offer, offer
from marketplace.disputes import accept_dispute, file_dispute
from marketplace.models import Delivery, Order
from settlements.fees import FeeLine, total_of
from settlements.models import Account, EscrowHold, Payee, Settlement, SettlementLine
from settlements.stage_settlement import stage_lines
from tests.listings.offers import draft_product, make_plan
from tests.marketplace.pricing import yuan
from tests.marketplace.trading import delivered, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

State = milestones.State


def steps(*shares):
    return [
        Milestone({"zh-Hans": f"第{n}步"}, {"zh-Hans": "按约定交付"}, share, 30 * n)
        for n, share in enumerate(shares, start=1)
    ]


THIRDS = steps(333_333, 333_333, 333_334)


@pytest.fixture
def order(db):
    """An order of three milestones whose data is delivered and accepted."""
    placing = placed(listed_dataset(make_member(), price="100.01", plan={"milestones": THIRDS}), make_buyer())
    accept_delivery(delivery_id=delivered(placing).pk, actor=actor(person_of(placing.buyer)))
    return Order.objects.get(pk=placing.pk)


def deliver(order, number, **changes):
    said = {"note": "Report kept", "evidence_sha256": "a" * 64} | changes
    return milestones.deliver_milestone(
        order_id=order.pk, number=number, actor=actor(person_of(order.provider)), **said
    )


def accept(order, number):
    return milestones.accept_milestone(order_id=order.pk, number=number, actor=actor(person_of(order.buyer)))


def reach(order, number):
    """Deliver and accept a milestone, and let the venue's days until its release pass."""
    deliver(order, number)
    accept(order, number)
    settle(order)


def settle(order):
    with time_machine.travel(timezone.now() + timedelta(days=20)):
        run_due_jobs(kinds=(milestones.SETTLE_JOB, "order.settle", "orders.settle"))
    order.refresh_from_db()


def states(order):
    return list(order.milestones.order_by("number").values_list("state", flat=True))


@given(st.integers(1, 10**12), st.lists(st.integers(1, 10**6), min_size=2, max_size=20), st.data())
def test_parts_fees_and_tax_of_random_milestones_sum_to_the_whole(total, weights, data):
    shares = [max(1, weight * (WHOLE - 20) // sum(weights)) for weight in weights[:-1]]
    amounts = amounts_of(total, [*shares, WHOLE - sum(shares)])
    assert sum(amounts) == total
    fee = data.draw(st.integers(0, total))
    tax = data.draw(st.integers(0, total - fee))
    whole = [
        FeeLine(Payee.PROVIDER, 0, total - fee - tax, None),
        FeeLine(Payee.VENUE, 20_000, fee, None),
        FeeLine(Payee.TAX, 60_000, tax, None),
    ]
    got = {}
    for amount in amounts:
        part = stage_lines(whole, amount, before=got) if amount else []
        assert total_of(part) == amount
        for line in part:
            got[line.key] = got.get(line.key, 0) + line.amount_minor
    assert got == {line.key: line.amount_minor for line in whole if line.amount_minor}


@pytest.mark.django_db
def test_a_plan_takes_milestones_that_sum_to_its_price():
    product = draft_product(make_member())
    assert make_plan(product, milestones=THIRDS).milestones[0]["share_ppm"] == 333_333
    for wrong in (
        steps(WHOLE),
        steps(1, 2),
        steps(*[50_000] * 19, 25_000, 25_000),
        list(reversed(steps(500_000, 500_000))),
    ):
        with refused("invalid") as caught:
            make_plan(product, milestones=wrong)
        assert [error.pointer for error in caught.value.errors] == ["/milestones"]
    with refused("invalid"):
        make_plan(product, kind="SUBSCRIPTION", milestones=THIRDS)


def test_each_is_settled_for_its_part_and_the_last_one_closes_the_order(order):
    frozen = order.agreement.body["milestones"]
    assert [one["amount"]["amount"] for one in frozen] == ["33.33", "33.33", "33.35"]
    with refused("milestone_before"):
        deliver(order, 2)
    with refused("illegal_state"):
        accept(order, 1)
    with refused("forbidden"):
        milestones.deliver_milestone(
            order_id=order.pk, number=1, note="x", evidence_sha256="", actor=actor(person_of(order.buyer))
        )
    reach(order, 1)
    hold = EscrowHold.objects.get(order_id=order.pk)
    assert (hold.settled_minor, hold.frozen_minor, hold.state, order.state) == (3_333, 0, "HELD", "DELIVERED")
    with refused("illegal_state"):
        ordering.cancel_order(order_id=order.pk, reason="x", actor=actor(person_of(order.buyer)))

    deliver(order, 2)
    milestones.refuse_milestone(order_id=order.pk, number=2, reason="No map", actor=actor(person_of(order.buyer)))
    deliver(order, 2)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        run_due_jobs(kinds=(milestones.SILENCE_JOB,))
    assert states(order) == [State.SETTLED, State.ACCEPTED, State.PLANNED]
    with time_machine.travel(timezone.now() + timedelta(days=80)):
        run_due_jobs(kinds=(milestones.SETTLE_JOB,))
    reach(order, 3)
    settle(order)
    assert order.state == "SETTLED"
    hold.refresh_from_db()
    assert (hold.state, hold.settled_minor) == ("RELEASED", 10_001)
    got = {}
    for line in SettlementLine.objects.filter(settlement__order_id=order.pk):
        got[line.payee] = got.get(line.payee, 0) + line.amount_minor
    agreed = {line["payee"]: line["amount_minor"] for line in order.agreement.body["division"] if line["amount_minor"]}
    assert got == agreed
    assert Settlement.objects.filter(order_id=order.pk).count() == 3


def test_a_dispute_freezes_its_part_alone_and_what_it_gives_back_is_missing_from_the_part(order):
    buyer, provider = actor(person_of(order.buyer)), actor(person_of(order.provider))
    deliver(order, 1)
    dispute = file_dispute(order_id=order.pk, kind="QUALITY", statement="Thin", claimed=yuan(33), actor=buyer)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        run_due_jobs(kinds=(milestones.SILENCE_JOB,))
    assert states(order)[0] == State.DELIVERED  # silence says nothing meanwhile
    with refused("dispute_open"):
        milestones.give_up(order_id=order.pk, reason="x", actor=provider)
    accept_dispute(dispute_id=dispute.pk, actor=actor(staff("gzdex", "DISPUTE_OFFICER")))
    made = offer(dispute_id=dispute.pk, refund=yuan(10), note="A third", actor=provider)
    accept_offer(dispute_id=dispute.pk, offer_id=made.pk, actor=buyer)
    accept(order, 1)
    settle(order)
    assert Settlement.objects.get(order_id=order.pk).gross_minor == 2_333
    for number in (2, 3):
        reach(order, number)
    settle(order)
    hold = EscrowHold.objects.get(order_id=order.pk)
    assert (hold.settled_minor, hold.refunded_minor, order.state) == (9_001, 1_000, "SETTLED")


def test_what_is_given_up_goes_back_and_what_was_accepted_stays(order):
    buyer, provider = actor(person_of(order.buyer)), actor(person_of(order.provider))
    before = funds_of(order.buyer)
    deliver(order, 1)
    accept(order, 1)
    with refused("milestone_accepted"):
        _rejected(order, buyer)
    with refused("forbidden"):
        milestones.give_up(order_id=order.pk, reason="No more", actor=buyer)
    milestones.give_up(order_id=order.pk, reason="No more", actor=provider)
    assert funds_of(order.buyer) - before == 6_668
    settle(order)
    settle(order)
    assert (states(order), order.state) == ([State.SETTLED, State.TERMINATED, State.TERMINATED], "SETTLED")
    assert funds_of(order.buyer, Account.Kind.ESCROW) == 0


def _rejected(order, buyer):
    order.deliveries.update(state=Delivery.State.DELIVERED)
    try:
        reject_delivery(delivery_id=order.deliveries.get().pk, reason="x", actor=buyer)
    finally:
        order.deliveries.update(state=Delivery.State.ACCEPTED)


def test_before_any_was_accepted_giving_up_undoes_the_trade(order):
    milestones.give_up(order_id=order.pk, reason="Cannot", actor=actor(person_of(order.provider)))
    order.refresh_from_db()
    assert (order.state, set(states(order))) == ("REJECTED", {State.TERMINATED})
    assert funds_of(order.buyer) == 100_000


def test_over_http_the_parties_read_and_move_them_and_strangers_do_not(order):
    address = f"/api/v1/orders/{order.pk}/milestones"
    seller, buyer = (api(make_client(person_of(party))) for party in (order.provider, order.buyer))
    assert api(make_client(person_of(make_member()))).get(address).status_code == 404
    done = seller.post(f"{address}/1/deliver", {"note": "Done", "evidence_sha256": "b" * 64})
    assert (done.status_code, done.json()["state"]) == (200, "DELIVERED")
    assert seller.post(f"{address}/1/deliver", {"note": "x", "evidence_sha256": "B"}).json()["code"] == "invalid"
    assert buyer.post(f"{address}/9/accept").status_code == 404
    assert buyer.post(f"{address}/1/refuse", {"reason": "Thin"}).json()["refusal"] == "Thin"
    rows = buyer.get(address).json()["items"]
    assert [row["amount"] for row in rows][2] == {"amount": "33.35", "currency": Currency.CNY}
    given = seller.post(f"{address}/give-up", {"reason": "No more"})
    assert {row["state"] for row in given.json()} == {"TERMINATED"}
