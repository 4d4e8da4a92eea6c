"""Demands: posting, review, the public board, and how they end."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from listings.models import Listing
from marketplace import demands
from marketplace.models import Demand, Proposal
from marketplace.tasks import follow_demands
from tests.marketplace.demanding import drafted, handed_in, on_board, promised, proposed, wish_json
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import Api, actor, affiliate, api, make_client, make_member, operator_of, person_of, staff

pytestmark = pytest.mark.django_db
DEMANDS, BOARD = "/api/v1/demands", "/api/v1/demand-board"


@pytest.fixture
def buying(buyer: Organization) -> Api:
    return api(make_client(person_of(buyer)))


def errors(response: Any) -> dict[str, str]:
    assert response.status_code == 400, response.json()
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


def test_a_demand_goes_from_draft_to_board_over_http(buying: Api, buyer: Organization) -> None:
    made = buying.post(DEMANDS, wish_json(venue="gzdex"))
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["number"]) == ("DRAFT", None)
    address = f"{DEMANDS}/{made.json()['id']}"
    changed = buying.patch(address, {"budget": None, "wanted_fields": ["code"]}).json()
    assert (changed["budget"], changed["wanted_fields"]) == (None, ["code"])
    assert buying.patch(address, {"budget": {"amount": "99.00", "currency": "CNY"}}).status_code == 200
    assert api().get(f"{BOARD}/{made.json()['id']}").status_code == 404
    submitted = buying.post(f"{address}/submit").json()
    assert submitted["state"] == "IN_REVIEW"
    assert submitted["number"].startswith("GZ-D-")
    assert buying.patch(address, {"budget": None}).json()["code"] == "illegal_state"
    clerk = api(staff("gzdex", Role.CLERK))
    assert clerk.post(f"{address}/publish").json()["state"] == "OPEN"
    shown = api().get(f"{BOARD}/{made.json()['id']}").json()
    assert shown["buyer"]["id"] == str(buyer.pk)
    assert shown["budget"] is None  # kept back unless the buyer publishes it
    assert "purpose" not in shown
    events = AuditEvent.objects.filter(subject_id=made.json()["id"]).order_by("id")
    assert [event.action for event in events] == [
        "demand.created",
        "demand.amended",
        "demand.amended",
        "demand.in_review",
        "demand.open",
    ]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"title": {"zh-Hans": "求" * 81}}, "/title", "max_length"),
        ({"title": {}}, "/title", "required"),
        ({"title": {"fr": "recherche"}}, "/title", "unknown_language"),
        ({"industry": "Z99"}, "/industry", "unknown_industry"),
        ({"destination": "XX"}, "/destination", "unknown_jurisdiction"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "/deadline", "out_of_range"),
        ({"deadline": "2999-01-01T00:00:00Z"}, "/deadline", "out_of_range"),
        ({"deadline": "tomorrow"}, "/deadline", "invalid"),
        ({"budget": {"amount": "0.00", "currency": "CNY"}}, "/budget", "out_of_range"),
        ({"budget": {"amount": "5", "currency": "USD"}}, "/budget/currency", "currency"),
        ({"wanted_fields": ["a", "a"]}, "/wanted_fields", "repeated"),
        ({"wanted_fields": ["x" * 81]}, "/wanted_fields/0", "max_length"),
        ({"confidentiality": "SECRET"}, "/confidentiality", "invalid_choice"),
        ({"colour": "red"}, "/colour", "unknown_field"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(buying: Api, changes: dict[str, Any], pointer: str, code: str) -> None:
    assert errors(buying.post(DEMANDS, wish_json(venue="gzdex", **changes))).get(pointer) == code
    assert not Demand.objects.exists()


def test_only_a_buyer_of_the_venue_posts_there(buyer: Organization, provider: Organization) -> None:
    with refused("membership_required"):
        drafted(buyer, "szdex")
    with refused("membership_required"):
        drafted(provider)
    viewer = api(person_of(buyer, Role.VIEWER))
    assert viewer.post(DEMANDS, wish_json(venue="gzdex")).status_code == 403


def test_a_draft_can_be_deleted_and_a_posted_demand_cannot(buying: Api, buyer: Organization) -> None:
    draft, posted = drafted(buyer), handed_in(buyer)
    assert buying.delete(f"{DEMANDS}/{draft.pk}").status_code == 204
    assert buying.delete(f"{DEMANDS}/{posted.pk}").json()["code"] == "illegal_state"


def test_staff_of_the_venue_review_and_nobody_with_an_interest(buyer: Organization) -> None:
    demand = handed_in(buyer)
    with refused("not_found"):
        demands.publish_demand(demand_id=demand.pk, actor=actor(staff("szdex", Role.CLERK)))
    with refused("forbidden"):
        demands.publish_demand(demand_id=demand.pk, actor=actor(person_of(buyer)))
    torn = staff("gzdex", Role.COMPLIANCE_REVIEWER)
    affiliate(torn, buyer, Role.VIEWER)
    with refused("conflict_of_interest"):
        demands.publish_demand(demand_id=demand.pk, actor=actor(torn, operator_of("gzdex")))
    rejected = demands.reject_demand(demand_id=demand.pk, reason="Asks for the unlawful", actor=actor(staff("gzdex")))
    assert rejected.state == "REJECTED"
    with refused("illegal_state"):
        demands.publish_demand(demand_id=demand.pk, actor=actor(staff("gzdex")))


def test_a_demand_whose_deadline_passed_in_review_is_not_published(buyer: Organization) -> None:
    demand = handed_in(buyer, deadline=timezone.now() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False), refused("invalid"):
        demands.publish_demand(demand_id=demand.pk, actor=actor(staff("gzdex")))


# --- who reads what ---------------------------------------------------------------------------------------------------


def test_the_board_keeps_back_what_the_buyer_keeps_back(buyer: Organization, provider: Organization) -> None:
    named = on_board(buyer, budget_public=True)
    nameless = on_board(buyer, confidentiality="NAME_WITHHELD")
    inner = on_board(buyer, confidentiality="MEMBERS_ONLY")
    seen = {item["id"]: item for item in api().get(BOARD).json()["items"]}
    assert seen.keys() == {str(named.pk), str(nameless.pk)}
    assert seen[str(named.pk)]["budget"] == {"amount": "200.00", "currency": "CNY"}
    assert seen[str(nameless.pk)]["buyer"] is None
    for capacity, expected in ((Capacity.BUYER, 404), (Capacity.PROVIDER, 200), (Capacity.BROKER, 200)):
        member = api(person_of(make_member("gzdex", capacity)))
        assert member.get(f"{BOARD}/{inner.pk}").status_code == expected, capacity
    elsewhere = api(person_of(make_member("szdex", Capacity.PROVIDER)))
    assert elsewhere.get(f"{BOARD}/{inner.pk}").status_code == 404
    assert api(person_of(provider)).get(f"{BOARD}/{inner.pk}").json()["buyer"] is None


def test_the_board_is_filtered_paged_and_costs_the_same_whatever_it_holds(buyer: Organization) -> None:
    for number in range(5):
        on_board(buyer, industry="G60" if number % 2 else "I65")
    assert len(api().get(BOARD, {"industry": "G60"}).json()["items"]) == 2
    assert api().get(BOARD, {"venue": "szdex"}).json()["items"] == []
    seen, cursor, costs = [], "", set()
    while cursor is not None:
        with CaptureQueriesContext(connection) as queries:
            page = api().get(BOARD, {"limit": "2"} | ({"cursor": cursor} if cursor else {})).json()
        costs.add(len(queries))
        seen += [item["number"] for item in page["items"]]
        cursor = page["next"]
    assert seen == list(Demand.objects.order_by("-published_at", "-id").values_list("number", flat=True))
    assert costs == {1}


def test_an_empty_board_says_so() -> None:
    assert api().get(BOARD).json() == {"items": [], "next": None}


# --- the end ----------------------------------------------------------------------------------------------------------


def test_a_withdrawn_demand_declines_every_proposal(buyer: Organization, listing: Listing) -> None:
    demand = on_board(buyer)
    proposal = proposed(demand, listing)
    demands.withdraw_demand(demand_id=demand.pk, reason="Bought elsewhere", actor=actor(person_of(buyer)))
    proposal.refresh_from_db()
    assert proposal.state == "DECLINED"
    assert api().get(f"{BOARD}/{demand.pk}").status_code == 404
    with refused("illegal_state"):
        demands.withdraw_demand(demand_id=demand.pk, reason="Again", actor=actor(person_of(buyer)))


def test_the_deadline_ends_a_demand_at_once_and_the_sweep_shows_it(buyer: Organization, provider: Organization) -> None:
    demand = on_board(buyer, deadline=timezone.now() + timedelta(days=1))
    promised(demand, provider)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        assert api().get(f"{BOARD}/{demand.pk}").status_code == 404
        with refused("not_found"):
            promised(demand, make_member("gzdex", Capacity.PROVIDER))
        assert follow_demands() == 1
        assert follow_demands() == 0
    demand.refresh_from_db()
    assert (demand.state, demand.proposals.get().state) == ("EXPIRED", "DECLINED")


def test_a_proposal_lapses_at_its_own_moment(buyer: Organization, provider: Organization) -> None:
    proposal = promised(on_board(buyer), provider, valid_until=timezone.now() + timedelta(days=1))
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        assert follow_demands() == 1
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.EXPIRED
    assert proposal.demand.state == "OPEN"


def test_a_stranger_sees_no_demand_of_others(buyer: Organization) -> None:
    demand = on_board(buyer)
    stranger = api(person_of(make_buyer()))
    assert stranger.get(DEMANDS).json()["items"] == []
    assert stranger.get(f"{DEMANDS}/{demand.pk}").status_code == 404
