"""Disputes: the disputed part alone is frozen, and whatever the outcome, every cent is there and explained."""

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.actors import Actor
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Certificate, Job
from kernel.money import Currency, Money
from listings.models import Listing
from marketplace import acceptance, dispute_outcomes, disputes
from marketplace.models import Delivery, Dispute, DisputeStatement, Entitlement, Order
from settlements import escrow
from settlements.books import trial_balance
from settlements.models import Account, EscrowHold, Settlement, Transfer
from settlements.payouts import request_payout
from tests.marketplace.trading import closed, delivered, funds_of, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, make_person, operator_of, person_of, staff, venue

pytestmark = pytest.mark.django_db
Kind = Account.Kind
PRICE = 12_000


def yuan(minor: int) -> Money:
    return Money(minor, Currency.CNY)


def officer() -> Actor:
    return actor(staff("gzdex", Role.DISPUTE_OFFICER))


def filed(order: Order, claimed: int = 5_000, *, by: Organization | None = None, kind: str = "QUALITY") -> Dispute:
    return disputes.file_dispute(
        order_id=order.id,
        kind=kind,
        statement="A third of the rows is empty.",
        claimed=yuan(claimed) if claimed else None,
        actor=actor(person_of(by or order.buyer)),
    )


def agreed(dispute: Dispute, refund: int) -> Dispute:
    """Let the provider offer and the buyer accept."""
    if dispute.state == Dispute.State.FILED:
        disputes.accept_dispute(dispute_id=dispute.id, actor=officer())
    made = dispute_outcomes.offer(
        dispute_id=dispute.id, refund=yuan(refund), note="", actor=actor(person_of(dispute.order.provider))
    )
    buyer = actor(person_of(dispute.order.buyer))
    return dispute_outcomes.accept_offer(dispute_id=dispute.id, offer_id=made.id, actor=buyer)


def books(order: Order) -> dict[str, int]:
    assert set(trial_balance().values()) == {0}
    return {
        "buyer": funds_of(order.buyer),
        "escrow": funds_of(order.buyer, Kind.ESCROW),
        "provider": funds_of(order.provider, Kind.PAYABLE),
        "venue": funds_of(None, Kind.FEES),
    }


def division(order: Order) -> dict[str, int]:
    return {line["payee"]: line["amount_minor"] for line in order.agreement.body["division"]}


def test_the_undisputed_part_goes_its_way_and_the_rest_follows_the_agreement(
    listing: Listing, buyer: Organization
) -> None:
    order = placed(listing, buyer)
    delivery = delivered(order)
    dispute = filed(order)
    assert (EscrowHold.objects.get().frozen_minor, books(order)["escrow"]) == (5_000, PRICE)
    with refused("dispute_open"):
        acceptance.reject_delivery(delivery_id=delivery.id, reason="No", actor=actor(person_of(buyer)))
    with refused("dispute_open"):
        filed(order, by=order.provider, claimed=0)

    acceptance.accept_delivery(delivery_id=delivery.id, actor=actor(person_of(buyer)))
    run_due_jobs(kinds=("order.settle", "order.certify"))
    order.refresh_from_db()
    assert (order.state, books(order)["escrow"]) == (Order.State.ACCEPTED, 5_000)
    assert Settlement.objects.get().gross_minor == PRICE - 5_000
    assert not Certificate.objects.filter(kind="trade").exists()

    agreed(dispute, 0)
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == Order.State.CERTIFIED
    whole = division(order)
    assert books(order) == {
        "buyer": 100_000 - PRICE,
        "escrow": 0,
        "provider": whole["PROVIDER"],
        "venue": whole["VENUE"],
    }
    assert sorted(Settlement.objects.values_list("part", "gross_minor")) == [(1, 7_000), (2, 5_000)]
    assert EscrowHold.objects.get().state == EscrowHold.State.RELEASED


def test_a_part_that_goes_back_comes_from_escrow_and_silence_waits_for_the_outcome(
    listing: Listing, buyer: Organization
) -> None:
    order = placed(listing, buyer)
    delivery = delivered(order)
    dispute = filed(order)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        run_due_jobs(kinds=("delivery.accept_in_silence",))
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.DELIVERED
        agreed(dispute, 2_000)
    assert books(order) == {"buyer": 100_000 - PRICE + 2_000, "escrow": PRICE - 2_000, "provider": 0, "venue": 0}
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        run_due_jobs()
    order.refresh_from_db()
    assert order.state == Order.State.CERTIFIED
    parts = division(order)
    money = books(order)
    assert (money["escrow"], money["venue"]) == (0, parts["VENUE"] * (PRICE - 2_000) // PRICE)
    assert money["provider"] + money["venue"] == PRICE - 2_000
    dispute.refresh_from_db()
    assert (dispute.state, dispute.refund_minor, dispute.paid_at is not None) == ("SETTLED", 2_000, True)


@pytest.mark.parametrize("answered", [False, True])
def test_a_trade_of_which_everything_goes_back_is_undone(listing: Listing, buyer: Organization, answered: bool) -> None:
    order = placed(listing, buyer)
    delivery = delivered(order)
    dispute = filed(order, PRICE)
    if answered:
        acceptance.accept_delivery(delivery_id=delivery.id, actor=actor(person_of(buyer)))
        run_due_jobs(kinds=("order.settle",))
    agreed(dispute, PRICE)
    run_due_jobs()
    order.refresh_from_db()
    assert (order.state, books(order)) == (
        Order.State.REJECTED,
        {"buyer": 100_000, "escrow": 0, "provider": 0, "venue": 0},
    )
    assert Entitlement.objects.get().state == Entitlement.State.REVOKED
    assert EscrowHold.objects.get().state == EscrowHold.State.REFUNDED
    assert not Certificate.objects.filter(kind="trade").exists()


def test_after_settlement_everybody_gives_back_in_proportion_once_they_can(
    listing: Listing, buyer: Organization, broker: Organization
) -> None:
    order = closed(placed(listing, buyer, broker))
    before = books(order)
    request_payout(venue=venue(), amount=yuan(before["provider"]), actor=actor(person_of(order.provider)))
    dispute = agreed(filed(order, 6_000), 6_000)
    run_due_jobs(kinds=("dispute.pay",))
    dispute.refresh_from_db()
    assert (dispute.state, dispute.paid_at, books(order)["buyer"]) == ("SETTLED", None, before["buyer"])
    assert "enough money" in Job.objects.get(kind="dispute.pay").last_error

    closed(placed(listing, make_buyer()))  # the provider earns anew
    earned = books(order)["provider"]
    Job.objects.filter(kind="dispute.pay").update(due_at=timezone.now())
    for _ in range(2):
        run_due_jobs(kinds=("dispute.pay",))
        dispute_outcomes.pay_outcome(dispute_id=dispute.id)
    dispute.refresh_from_db()
    given = {line["payee"]: line["amount_minor"] for line in dispute.division}
    assert sum(given.values()) == 6_000
    assert given == {payee: amount // 2 for payee, amount in division(order).items()}
    assert funds_of(buyer) == before["buyer"] + 6_000
    assert funds_of(order.provider, Kind.PAYABLE) == earned - given["PROVIDER"]
    assert Transfer.objects.filter(kind=Transfer.Kind.AWARD).count() == 1

    # The rest of it, in odd parts: in the end nobody has anything of it, to the cent.
    for refund in (1_001, 4_999):
        agreed(filed(order, refund), refund)
        run_due_jobs(kinds=("dispute.pay",))
    gone: Counter[str] = Counter()
    for ended in Dispute.objects.all():
        gone.update({line["payee"]: line["amount_minor"] for line in ended.division})
    assert gone == division(order)
    assert funds_of(buyer) == before["buyer"] + PRICE
    with refused("invalid"):
        filed(order, 1)
    assert set(trial_balance().values()) == {0}


def test_the_path_from_negotiation_to_a_ruling_that_two_officers_carry(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivered(order)
    dispute = filed(order)
    first, second = officer(), actor(make_person(operator_of("gzdex"), Role.DISPUTE_OFFICER))
    with refused("illegal_state"):
        dispute_outcomes.offer(dispute_id=dispute.id, refund=yuan(1), note="", actor=actor(person_of(buyer)))
    disputes.accept_dispute(dispute_id=dispute.id, actor=first)
    with refused("illegal_state"):  # the officer offers only when mediating
        dispute_outcomes.offer(dispute_id=dispute.id, refund=yuan(1), note="", actor=first)
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        run_due_jobs(kinds=("dispute.negotiation_ends",))
    dispute.refresh_from_db()
    assert dispute.state == Dispute.State.MEDIATION

    proposed = dispute_outcomes.offer(dispute_id=dispute.id, refund=yuan(2_500), note="Half", actor=first)
    for party in (order.buyer, order.provider):
        dispute.refresh_from_db()
        assert dispute.state == Dispute.State.MEDIATION
        if party == order.buyer:
            accept = {"dispute_id": dispute.id, "offer_id": proposed.id, "actor": actor(person_of(party))}
            dispute_outcomes.accept_offer(**accept)
    dispute_outcomes.decline_offer(
        dispute_id=dispute.id, offer_id=proposed.id, reason="Too much", actor=actor(person_of(order.provider))
    )
    with refused("illegal_state"):
        dispute_outcomes.enter_ruling(dispute_id=dispute.id, refund=yuan(1), ruling="x", actor=first)
    disputes.refer_dispute(
        dispute_id=dispute.id, to="ARBITRATION", body="深圳国际仲裁院", reason="No agreement", actor=first
    )
    with refused("invalid"):
        dispute_outcomes.enter_ruling(dispute_id=dispute.id, refund=yuan(5_001), ruling="x", actor=first)
    dispute_outcomes.enter_ruling(dispute_id=dispute.id, refund=yuan(3_000), ruling="Case 2026-7", actor=first)
    with refused("same_person"):
        dispute_outcomes.confirm_ruling(dispute_id=dispute.id, actor=first)
    dispute_outcomes.confirm_ruling(dispute_id=dispute.id, actor=second)
    dispute.refresh_from_db()
    assert (dispute.state, dispute.refund_minor, books(order)["buyer"]) == ("RULED", 3_000, 100_000 - PRICE + 3_000)
    states = AuditEvent.objects.filter(subject_id=str(dispute.id)).order_by("id").values_list("action", flat=True)
    assert [state.split(".")[1] for state in states if state.split(".")[1].upper() in Dispute.State.values] == [
        "filed",
        "negotiation",
        "mediation",
        "arbitration",
        "ruled",
    ]


def test_withdrawn_or_dismissed_disputes_leave_the_trade_as_it_was(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivered(order)
    dispute = filed(order)
    with refused("forbidden"):
        dispute_outcomes.withdraw_dispute(dispute_id=dispute.id, reason="x", actor=actor(person_of(order.provider)))
    dispute_outcomes.withdraw_dispute(dispute_id=dispute.id, reason="A mistake", actor=actor(person_of(buyer)))
    dispute_outcomes.dismiss_dispute(dispute_id=filed(order).id, reason="No facts", actor=officer())
    assert EscrowHold.objects.get().frozen_minor == 0
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        run_due_jobs()
    order.refresh_from_db()
    assert order.state == Order.State.CERTIFIED


def test_who_may_not_and_what_cannot_be_claimed(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    with refused("illegal_state"):
        filed(order)
    delivered(order)
    for code, attempt in {
        "not_found": lambda: filed(order, by=make_member("gzdex")),
        "invalid": lambda: filed(order, PRICE + 1),
    }.items():
        with refused(code):
            attempt()
    with refused("invalid"):
        filed(order, 1, by=order.provider)
    with refused("forbidden"):
        disputes.accept_dispute(dispute_id=filed(order).id, actor=actor(staff("gzdex", Role.CLERK)))
    dispute = Dispute.objects.get()
    with refused("forbidden"):  # a party cannot take its own dispute on
        disputes.accept_dispute(dispute_id=dispute.id, actor=actor(person_of(buyer)))
    agreed(dispute, 5_000)
    with refused("invalid"):
        filed(order, PRICE - 5_000 + 1)
    made = filed(order, PRICE - 5_000)
    assert escrow.hold_of(order.id).open.minor == 0  # type: ignore[union-attr]
    said = disputes.make_statement(dispute_id=made.id, text="See the file", evidence=[], actor=officer())
    for change in (
        lambda: DisputeStatement.objects.filter(pk=said).update(text="x"),
        lambda: DisputeStatement.objects.filter(pk=said).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_an_old_trade_is_not_disputed(listing: Listing, buyer: Organization) -> None:
    order = closed(placed(listing, buyer))
    with time_machine.travel(timezone.now() + timedelta(days=91)), refused("too_late"):
        filed(order)


def test_the_parties_lead_their_dispute_over_http(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivered(order)
    ours, theirs = api(make_client(person_of(buyer))), api(make_client(person_of(order.provider)))
    money = {"amount": "50.00", "currency": "CNY"}
    body = {"order_id": str(order.id), "kind": "QUALITY", "statement": "Empty rows", "claimed": money}
    bad: list[tuple[dict[str, object], str]] = [
        ({"claimed": {"amount": "50.001", "currency": "CNY"}}, "/claimed/amount"),
        ({"claimed": {"amount": "50.00", "currency": "HKD"}}, "/claimed/currency"),
        ({"kind": "BOREDOM"}, "/kind"),
        ({"statement": " "}, "/statement"),
    ]
    for change, pointer in bad:
        answer = ours.post("/api/v1/disputes", body | change)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), answer.json()
    made = ours.post("/api/v1/disputes", body)
    assert (made.status_code, made.json()["state"], made.json()["claimed"]) == (201, "FILED", money)
    path = f"/api/v1/disputes/{made.json()['id']}"
    evidence = [{"name": "sample.csv", "sha256": "a" * 64}]
    assert theirs.post(f"{path}/statements", {"text": "They are full", "evidence": evidence}).status_code == 201
    assert [said["evidence"] for said in ours.get(f"{path}/statements").json()["items"]] == [evidence]
    disputes.accept_dispute(dispute_id=made.json()["id"], actor=officer())
    offered = theirs.post(f"{path}/offers", {"refund": {"amount": "20.00", "currency": "CNY"}}).json()["offers"][0]
    assert theirs.post(f"{path}/offers/{offered['id']}/accept").json()["code"] == "own_offer"
    ended = ours.post(f"{path}/offers/{offered['id']}/accept").json()
    assert (ended["state"], ended["refund"]["amount"]) == ("SETTLED", "20.00")
    assert [row["id"] for row in theirs.get("/api/v1/disputes", {"state": "SETTLED"}).json()["items"]] == [ended["id"]]
    assert api(make_client(person_of(make_member("gzdex")))).get(path).status_code == 404


def test_what_a_dispute_has_given_back_does_not_go_back_again_when_the_data_is_rejected(db):
    order = placed(listed_dataset(make_member(), price="100.00"), make_buyer())
    buyer, provider = actor(person_of(order.buyer)), actor(person_of(order.provider))
    delivery, yuan = delivered(order), 100
    filed = disputes.file_dispute(
        order_id=order.pk, kind="QUALITY", statement="Thin", claimed=Money(30 * yuan, Currency.CNY), actor=buyer
    )
    disputes.accept_dispute(dispute_id=filed.pk, actor=actor(staff("gzdex", Role.DISPUTE_OFFICER)))
    made = dispute_outcomes.offer(
        dispute_id=filed.pk, refund=Money(10 * yuan, Currency.CNY), note="A third", actor=provider
    )
    dispute_outcomes.accept_offer(dispute_id=filed.pk, offer_id=made.pk, actor=buyer)
    acceptance.reject_delivery(delivery_id=delivery.pk, reason="Still thin", actor=buyer)
    assert funds_of(order.buyer) == 1_000 * yuan
    assert funds_of(order.buyer, Account.Kind.ESCROW) == 0
