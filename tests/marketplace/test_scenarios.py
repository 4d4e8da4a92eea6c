"""The AI scenario list, its links, and matching in both directions."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Capacity, Organization, Role
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.audience import Audience, set_audience
from listings.models import Listing, Visibility
from marketplace import scenarios
from marketplace.matching import judge, listings_for, offered_listings, wish_of_demand
from marketplace.models import Scenario
from tests.listings.offers import listed, make_dataset, make_version
from tests.marketplace.demanding import entry, on_board
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db
SCENARIOS = "/api/v1/scenarios"


@pytest.fixture
def streets(provider: Organization) -> Listing:
    """Sub-districts of Guangdong, with the columns code and street_name."""
    return listed(provider, price="120.00")


@pytest.fixture
def weather() -> Listing:
    other = make_member("gzdex", Capacity.PROVIDER)
    columns = [{"name": name, "type": "number", "nulls": 0, "distinct": 9} for name in ("latitude", "longitude")]
    version = make_version(make_dataset(other), profile={"rows": 9, "columns": columns, "sample": []})
    return listed(
        other,
        dataset=version.dataset,
        name={"zh-Hans": "台风路径预报", "en": "Typhoon tracks"},
        summary={"zh-Hans": "气象台风观测", "en": "Observed by satellites"},
        industry="M74",
        scenario={"zh-Hans": "防灾减灾"},
    )


def published(**changes: Any) -> Scenario:
    editor = actor(staff("gzdex", Role.CLERK))
    scenario = scenarios.create_scenario(venue_code="gzdex", entry=entry(**changes), actor=editor)
    return scenarios.publish_scenario(scenario_id=scenario.pk, actor=editor)


def test_staff_write_publish_and_close_an_entry_over_http() -> None:
    editor = api(staff("gzdex", Role.CLERK))
    made = editor.post(SCENARIOS, {"venue": "gzdex", **entry()})
    assert made.status_code == 201
    address = f"{SCENARIOS}/{made.json()['id']}"
    assert api().get(address).status_code == 404
    assert editor.patch(address, {"industry": "I65"}).json()["industry"] == "I65"
    assert editor.post(f"{address}/publish").json()["state"] == "PUBLISHED"
    assert api().get(SCENARIOS).json()["items"][0]["compute_needed"] == {"en": "One GPU for a day"}
    assert editor.post(f"{address}/close", {}).status_code == 400
    assert editor.post(f"{address}/close", {"reason": "Solved"}).json()["state"] == "CLOSED"
    assert api().get(address).json()["state"] == "CLOSED"
    actions = AuditEvent.objects.filter(subject_type="scenario").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["scenario.created", "scenario.amended", "scenario.published", "scenario.closed"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"industry": "Z99"}, "/industry"),
        ({"title": {}}, "/title"),
        ({"wanted_fields": ["a", "a"]}, "/wanted_fields"),
        ({"owner_id": "00000000-0000-7000-8000-000000000000"}, "/owner_id"),
        ({"colour": "red"}, "/colour"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(changes: dict[str, Any], pointer: str) -> None:
    answer = api(staff("gzdex", Role.CLERK)).post(SCENARIOS, {"venue": "gzdex", **entry(**changes)})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def test_only_the_venues_staff_edit_its_list(provider: Organization) -> None:
    scenario = published()
    assert api(person_of(provider)).post(SCENARIOS, {"venue": "gzdex", **entry()}).status_code == 403
    assert api(staff("szdex", Role.CLERK)).patch(f"{SCENARIOS}/{scenario.pk}", {}).status_code == 404
    assert api(staff("gzdex", Role.AUDITOR)).patch(f"{SCENARIOS}/{scenario.pk}", {}).status_code == 403


def test_the_list_is_paged_and_costs_the_same(provider: Organization) -> None:
    for _ in range(3):
        published()
    seen, cursor, costs = [], "", set()
    while cursor is not None:
        with CaptureQueriesContext(connection) as queries:
            page = api().get(SCENARIOS, {"limit": "2"} | ({"cursor": cursor} if cursor else {})).json()
        costs.add(len(queries))
        seen += [item["number"] for item in page["items"]]
        cursor = page["next"]
    assert (len(seen), len(set(seen)), costs) == (3, 3, {1})


def test_staff_edit_the_list_in_the_console() -> None:
    client = api(staff("gzdex", Role.CLERK))
    said = {"title-zh-Hans": "交通预测", "problem-zh-Hans": "拥堵", "data_needed-en": "Loops", "industry": "g54"}
    form = {**said, "wanted_fields": "speed\nflow", "product_type": ""}
    made = client.post(reverse("admin:marketplace_scenario_write"), form, format="multipart", idempotency_key=None)
    assert made.status_code == 302, made.content
    scenario = Scenario.objects.get()
    assert (scenario.industry, scenario.wanted_fields, scenario.title) == (
        "G54",
        ["speed", "flow"],
        {"zh-Hans": "交通预测"},
    )
    page = reverse("admin:marketplace_scenario_edit", args=[scenario.pk])
    assert "交通预测" in client.get(page).content.decode()
    client.post(page, form | {"title-en": "Traffic"}, format="multipart", idempotency_key=None)
    scenario.refresh_from_db()
    assert scenario.title == {"zh-Hans": "交通预测", "en": "Traffic"}


# --- links ------------------------------------------------------------------------------------------------------------


def test_a_provider_links_its_product_and_both_sides_show_it(provider: Organization, streets: Listing) -> None:
    scenario = published()
    link = f"{SCENARIOS}/{scenario.pk}/products/{streets.product_id}"
    selling = api(make_client(person_of(provider)))
    for _ in range(2):
        assert [each["number"] for each in selling.put(link).json()["listings"]] == [streets.number]
    assert AuditEvent.objects.filter(action="scenario.linked").count() == 1
    page = api().get(f"/api/v1/catalogue/{streets.pk}/page").json()
    assert [each["number"] for each in page["scenarios"]] == [scenario.number]
    assert api(person_of(make_member("gzdex", Capacity.PROVIDER))).put(link).status_code == 404
    set_audience(listing_id=streets.pk, audience=Audience(Visibility.PRIVATE), actor=actor(person_of(provider)))
    assert api().get(f"{SCENARIOS}/{scenario.pk}").json()["listings"] == []
    assert selling.delete(link).status_code == 204
    assert not scenario.products.exists()


def test_a_buyer_links_its_demand_which_shows_as_far_as_the_board_does(buyer: Organization) -> None:
    scenario, demand = published(), on_board(buyer, confidentiality="MEMBERS_ONLY")
    link = f"{SCENARIOS}/{scenario.pk}/demands/{demand.pk}"
    assert [each["number"] for each in api(person_of(buyer)).put(link).json()["demands"]] == [demand.number]
    assert api().get(f"{SCENARIOS}/{scenario.pk}").json()["demands"] == []
    assert api(staff("gzdex", Role.CLERK)).delete(link).status_code == 204


def test_a_draft_is_linked_by_nobody_who_cannot_read_it(provider: Organization, streets: Listing) -> None:
    draft = scenarios.create_scenario(venue_code="gzdex", entry=entry(), actor=actor(staff("gzdex", Role.CLERK)))
    with refused("not_found"):
        scenarios.link_product(
            scenario_id=draft.pk, product_id=streets.product_id, linked=True, actor=actor(person_of(provider))
        )


# --- matching ---------------------------------------------------------------------------------------------------------


def codes(match: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in match["reasons"]}


def test_a_demand_finds_the_listing_and_the_listing_finds_the_demand_for_the_same_reasons(
    buyer: Organization, streets: Listing, weather: Listing
) -> None:
    demand = on_board(buyer, budget_public=True, product_type="DATASET")
    (found,) = api(person_of(buyer)).get(f"/api/v1/demands/{demand.pk}/matches").json()["listings"]
    assert found["listing"]["number"] == streets.number
    assert codes(found) == {
        "fields_offered",
        "words_in_common",
        "wanted_type",
        "within_budget",
        "destination_allowed",
    }
    assert found["score"] == sum(reason["points"] for reason in found["reasons"])
    back = api().get(f"/api/v1/catalogue/{streets.pk}/matches").json()["demands"]
    assert [(match["demand"]["number"], match["score"], match["reasons"]) for match in back] == [
        (demand.number, found["score"], found["reasons"])
    ]
    assert api().get(f"/api/v1/catalogue/{weather.pk}/matches").json()["demands"] == []


def test_what_speaks_against_a_match_is_told_too(buyer: Organization, streets: Listing) -> None:
    demand = on_board(buyer, budget=Money(100, Currency.CNY), destination="HK", product_type="CORPUS")
    (listing,) = offered_listings(Listing.objects.filter(pk=streets.pk))
    reasons = {reason.code: reason.points for reason in judge(wish_of_demand(demand, for_buyer=True), listing)}
    assert reasons["above_budget"] < 0 > reasons["destination_not_allowed"]
    assert reasons["other_type"] < 0
    assert listings_for(wish_of_demand(demand, for_buyer=True), actor(person_of(buyer))) == []


def test_a_budget_that_is_kept_back_is_no_reason_for_others(buyer: Organization, streets: Listing) -> None:
    demand = on_board(buyer)
    (seen,) = api(person_of(buyer)).get(f"/api/v1/demands/{demand.pk}/matches").json()["listings"]
    (told,) = api().get(f"/api/v1/catalogue/{streets.pk}/matches").json()["demands"]
    assert "within_budget" in codes(seen)
    assert "within_budget" not in codes(told)


def test_scenarios_match_in_both_directions_and_in_three_languages(streets: Listing, weather: Listing) -> None:
    scenario = published()
    published(
        title={"zh-Hans": "人脸识别"},
        problem={"zh-Hans": "门禁"},
        data_needed={"zh-Hans": "影像"},
        industry="A01",
        wanted_fields=[],
    )
    (found,) = api().get(f"{SCENARIOS}/{scenario.pk}/matches").json()["listings"]
    assert found["listing"]["number"] == streets.number
    back = api().get(f"/api/v1/catalogue/{streets.pk}/matches").json()["scenarios"]
    assert [match["scenario"]["number"] for match in back] == [scenario.number]
    assert back[0]["score"] == found["score"]
    texts = {
        language: api()
        .get(f"{SCENARIOS}/{scenario.pk}/matches", headers={"Accept-Language": language})
        .json()["listings"][0]["reasons"][0]["text"]
        for language in ("en", "zh-Hans", "zh-Hant")
    }
    assert texts["en"] == "It has 2 of 2 wanted fields: code, street_name."
    assert len(set(texts.values())) == 3


def test_matching_is_the_same_every_time_and_costs_the_same(streets: Listing, provider: Organization) -> None:
    scenario = published()
    address = f"{SCENARIOS}/{scenario.pk}/matches"
    with CaptureQueriesContext(connection) as few:
        first = api().get(address).json()
    assert api().get(address).json() == first
    for _ in range(3):
        listed(provider)
    with CaptureQueriesContext(connection) as many:
        assert len(api().get(address).json()["listings"]) == 4
    assert len(few) == len(many)


def test_a_private_listing_matches_only_for_whom_it_is(
    buyer: Organization, provider: Organization, streets: Listing
) -> None:
    scenario = published()
    set_audience(listing_id=streets.pk, audience=Audience(Visibility.PRIVATE), actor=actor(person_of(provider)))
    assert api().get(f"{SCENARIOS}/{scenario.pk}/matches").json()["listings"] == []
    assert api().get(f"/api/v1/catalogue/{streets.pk}/matches").status_code == 404
    assert len(api(person_of(provider)).get(f"{SCENARIOS}/{scenario.pk}/matches").json()["listings"]) == 1
