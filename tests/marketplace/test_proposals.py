"""Proposals and the award: confidential, ordered through the one ordering, or asking for a listing first."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Capacity, Organization
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.audience import Audience, set_audience
from listings.invitations import invite
from listings.listing import delist
from listings.models import Listing, Visibility
from marketplace import awarding, ordering, proposals
from marketplace.models import Demand, Order, Proposal
from marketplace.tasks import follow_demands
from tests.marketplace.demanding import awarded, on_board, promised, proposed
from tests.marketplace.trading import closed, funds_of, listed_dataset, make_buyer
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, person_of

pytestmark = pytest.mark.django_db
PROPOSALS = "/api/v1/proposals"


@pytest.fixture
def demand(buyer: Organization) -> Demand:
    return on_board(buyer)


def asking(organization: Organization) -> Api:
    return api(make_client(person_of(organization)))


def body(listing: Listing, **changes: Any) -> dict[str, Any]:
    return {
        "capacity": "PROVIDER",
        "listing_id": str(listing.pk),
        "plan_id": str(listing.plans.get().pk),
        "valid_until": (timezone.now() + timedelta(days=5)).isoformat(),
    } | changes


def test_a_provider_answers_and_only_the_two_parties_read_it(
    demand: Demand, buyer: Organization, listing: Listing
) -> None:
    address = f"/api/v1/demand-board/{demand.pk}/proposals"
    seller, rival = asking(listing.organization), asking(make_member("gzdex", Capacity.PROVIDER))
    made = seller.post(address, body(listing, message="每季更新", delivery_days=3))
    assert made.status_code == 201
    assert made.json()["price"] == {"amount": "120.00", "currency": "CNY"}
    assert "buyer" not in made.json()["demand"]
    assert [item["id"] for item in asking(buyer).get(PROPOSALS).json()["items"]] == [made.json()["id"]]
    assert rival.get(PROPOSALS).json()["items"] == []
    assert rival.get(f"{PROPOSALS}/{made.json()['id']}").status_code == 404
    again = seller.post(address, body(listing))
    assert (again.status_code, again.json()["code"]) == (409, "proposal_exists")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"valid_until": "2020-01-01T00:00:00Z"}, "/valid_until"),
        ({"valid_until": "2999-01-01T00:00:00Z"}, "/valid_until"),
        ({"plan_id": "00000000-0000-7000-8000-000000000000"}, "/plan_id"),
        ({"listing_id": "00000000-0000-7000-8000-000000000000"}, "/listing_id"),
        ({"price": {"amount": "1.00", "currency": "CNY"}}, "/price"),
        ({"capacity": "BUYER"}, "/capacity"),
        ({"delivery_days": -1}, "/delivery_days"),
        ({"discount": "1"}, "/discount"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(
    demand: Demand, listing: Listing, changes: dict[str, Any], pointer: str
) -> None:
    refusal = asking(listing.organization).post(f"/api/v1/demand-board/{demand.pk}/proposals", body(listing, **changes))
    assert (refusal.status_code, refusal.json()["errors"][0]["pointer"]) == (400, pointer)
    assert not Proposal.objects.exists()


def test_a_draft_needs_words_and_a_price(demand: Demand, provider: Organization) -> None:
    with refused("invalid") as caught:
        promised(demand, provider, draft={})
    assert caught.value.errors[0].pointer == "/draft"
    with refused("invalid") as caught:
        promised(demand, provider, price=None)
    assert caught.value.errors[0].pointer == "/price"


def test_who_may_answer(demand: Demand, buyer: Organization, listing: Listing, broker: Organization) -> None:
    with refused("own_demand"):
        promised(demand, buyer)
    with refused("membership_required"):
        promised(demand, make_buyer())
    with refused("membership_required"):
        promised(demand, broker)  # a broker is no provider
    with refused("invalid"):  # and no provider proposes what another one sells
        proposed(demand, listing, make_member("gzdex", Capacity.PROVIDER), capacity=Capacity.PROVIDER)
    assert proposed(demand, listing, broker).capacity == "BROKER"


def test_a_withdrawn_proposal_makes_room_for_another(demand: Demand, listing: Listing) -> None:
    first = proposed(demand, listing)
    seller = actor(person_of(listing.organization))
    proposals.withdraw_proposal(proposal_id=first.pk, reason="A better one comes", actor=seller)
    assert promised(demand, listing.organization).state == "SUBMITTED"
    with refused("illegal_state"):
        proposals.withdraw_proposal(proposal_id=first.pk, reason="Again", actor=seller)


def test_shortlisting_moves_the_demand_and_declining_tells_why(
    demand: Demand, buyer: Organization, provider: Organization
) -> None:
    first, second = promised(demand, provider), promised(demand, make_member("gzdex", Capacity.PROVIDER))
    client = asking(buyer)
    assert client.post(f"{PROPOSALS}/{first.pk}/shortlist").json()["demand"]["state"] == "MATCHING"
    assert client.post(f"{PROPOSALS}/{second.pk}/decline", {}).status_code == 400
    assert client.post(f"{PROPOSALS}/{second.pk}/decline", {"reason": "Too dear"}).json()["state"] == "DECLINED"
    assert asking(provider).post(f"{PROPOSALS}/{first.pk}/shortlist").status_code == 403
    assert AuditEvent.objects.get(action="proposal.declined").reason == "Too dear"


# --- the award --------------------------------------------------------------------------------------------------------


def test_awarding_a_listing_orders_it_in_the_same_act(demand: Demand, buyer: Organization, listing: Listing) -> None:
    chosen, other = proposed(demand, listing), promised(demand, make_member("gzdex", Capacity.PROVIDER))
    answered = asking(buyer).post(f"{PROPOSALS}/{chosen.pk}/award")
    assert (answered.status_code, answered.json()["state"]) == (200, "AWARDED")
    demand.refresh_from_db()
    other.refresh_from_db()
    assert (demand.state, other.state) == ("AWARDED", "DECLINED")
    assert demand.order is not None
    assert (demand.order.state, demand.order.purpose, demand.order.gross_minor) == ("FUNDED", demand.purpose, 12_000)
    assert funds_of(buyer) == 100_000 - 12_000
    closed(demand.order)
    assert follow_demands() == 1
    demand.refresh_from_db()
    assert demand.state == "FULFILLED"


def test_a_broker_who_was_awarded_takes_part_in_the_order(
    demand: Demand, listing: Listing, broker: Organization
) -> None:
    order = awarded(proposed(demand, listing, broker)).order
    assert order is not None
    assert (order.broker_id, order.provider_id) == (broker.pk, listing.organization_id)


def test_an_award_that_cannot_be_ordered_changes_nothing(provider: Organization, listing: Listing) -> None:
    poor = make_buyer(funds="1.00")
    demand = on_board(poor)
    proposal = proposed(demand, listing)
    with refused("insufficient_funds"):
        awarded(proposal)
    delist(listing_id=listing.pk, reason="Sold out", actor=actor(person_of(provider)))
    with refused("listing_not_available"):
        awarded(proposal)
    demand.refresh_from_db()
    proposal.refresh_from_db()
    assert (demand.state, proposal.state) == ("OPEN", "SUBMITTED")
    assert not Order.objects.exists()


def test_a_private_listing_is_proposed_and_ordered_by_whom_it_is_for(
    demand: Demand, buyer: Organization, provider: Organization, listing: Listing
) -> None:
    seller = actor(person_of(provider))
    set_audience(listing_id=listing.pk, audience=Audience(Visibility.PRIVATE), actor=seller)
    proposal = proposed(demand, listing)
    with refused("listing_not_available"):
        awarded(proposal)
    invite(listing_id=listing.pk, invitee_id=buyer.pk, days=5, actor=seller)
    assert awarded(proposal).order is not None


def test_only_the_buyer_awards_and_only_once(demand: Demand, listing: Listing) -> None:
    proposal = proposed(demand, listing)
    with refused("forbidden"):
        awarding.award(proposal_id=proposal.pk, actor=actor(person_of(listing.organization)))
    awarded(proposal)
    with refused("demand_closed"):
        awarded(proposal)


def test_neither_a_lapsed_proposal_nor_a_lapsed_demand_is_awarded(demand: Demand, listing: Listing) -> None:
    proposal = proposed(demand, listing, valid_until=timezone.now() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False), refused("proposal_expired"):
        awarded(proposal)
    with time_machine.travel(timezone.now() + timedelta(days=21), tick=False), refused("demand_closed"):
        awarded(proposal)


def test_an_awarded_draft_asks_for_a_listing_first(
    demand: Demand, buyer: Organization, provider: Organization, listing: Listing
) -> None:
    proposal = promised(demand, provider)
    assert awarded(proposal).order is None
    client, seller = asking(buyer), asking(provider)
    order = f"/api/v1/demands/{demand.pk}/order"
    assert client.post(order).json()["code"] == "listing_wanted"
    offer = f"{PROPOSALS}/{proposal.pk}/offer-listing"
    dear = listed_dataset(provider, price="151.00")
    refusal = seller.post(offer, {"listing_id": str(dear.pk), "plan_id": str(dear.plans.get().pk)})
    assert refusal.json()["errors"][0]["code"] == "dearer"
    made = {"listing_id": str(listing.pk), "plan_id": str(listing.plans.get().pk)}
    assert client.post(offer, made).status_code == 403
    assert seller.post(offer, made).json()["listing"] == listing.number
    assert client.post(order).json()["order"].startswith("GZ-O-")
    assert client.post(order).json()["code"] == "demand_has_order"
    assert seller.post(offer, made).json()["code"] == "demand_has_order"
    assert client.post(f"/api/v1/demands/{demand.pk}/withdraw", {"reason": "No"}).json()["code"] == "demand_has_order"


def test_a_demand_opens_again_when_its_order_comes_to_nothing(
    demand: Demand, buyer: Organization, listing: Listing
) -> None:
    proposal = proposed(demand, listing)
    order = awarded(proposal).order
    assert order is not None
    ordering.cancel_order(order_id=order.pk, reason="Too slow", actor=actor(person_of(buyer)))
    assert follow_demands() == 1
    demand.refresh_from_db()
    proposal.refresh_from_db()
    assert (demand.state, demand.order, proposal.state) == ("OPEN", None, "DECLINED")
    assert awarded(proposed(demand, listing)).order is not None


def test_an_order_that_fails_after_the_deadline_ends_the_demand(
    demand: Demand, buyer: Organization, listing: Listing
) -> None:
    order = awarded(proposed(demand, listing)).order
    assert order is not None
    ordering.cancel_order(order_id=order.pk, reason="Too slow", actor=actor(person_of(buyer)))
    with time_machine.travel(timezone.now() + timedelta(days=21), tick=False):
        follow_demands()
    demand.refresh_from_db()
    assert demand.state == "EXPIRED"


def test_a_price_in_another_currency_is_no_bargain(demand: Demand, provider: Organization, listing: Listing) -> None:
    proposal = promised(demand, provider, price=Money(20_000, Currency.HKD))
    awarded(proposal)
    with refused("invalid"):
        awarding.offer_listing(
            proposal_id=proposal.pk,
            listing_id=listing.pk,
            plan_id=listing.plans.get().pk,
            actor=actor(person_of(provider)),
        )
