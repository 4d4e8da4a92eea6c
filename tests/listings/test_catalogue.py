"""The catalogue: found in three languages, filtered, paged in a fixed number of queries, and silent about values."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Role
from listings.catalogue import Wanted, find
from listings.listing import suspend
from listings.models import Listing
from listings.search.learning import learn_listing
from tests.listings.offers import PROFILE, approved, draft_listing, listed, make_plan, registered_product, submitted
from tests.world import actor, api, make_member, make_membership, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def streets(provider):
    return listed(provider)


def found(text: str = "", **wanted) -> set[Listing]:
    return set(find(Wanted(text=text, **wanted)))


def search(**parameters):
    response = api().get("/api/v1/catalogue", parameters)
    assert response.status_code == 200, response.json()
    return response.json()


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "街道",
        "广东省街道",
        "廣東省街道",  # Traditional finds Simplified
        "廣東街道名錄",  # words without spaces between them, apart in the name
        "街",
        "名录 行政区划",  # a word of the name and a word of the summary
        "sub-districts",
        "SUB DISTRICT",
        "guangdong",
        "streets name",  # plurals fold
        "every code of every sub-district",
        "2024",  # full-width digits fold
        "软件和信息技术服务业",  # the industry
        "南沙",  # the provider
        "street_name",  # a column
    ],
)
def test_a_listing_is_found_by_what_it_says(streets, text):
    assert found(text) == {streets}


def test_simplified_finds_traditional(provider):
    listing = listed(provider, name={"zh-Hant": "臺灣與香港學術論文數據集"})
    for text in ("数据集", "學術論文", "学术论文", "香港"):
        assert listing in found(text), text


@pytest.mark.parametrize("text", ["航班", "street corner", "街道航班", "广街东道", "!!!", "沙面街道"])
def test_a_listing_is_not_found_by_what_it_does_not_say(streets, text):
    assert found(text) == set()


@pytest.mark.parametrize("text", ["'", "a'b", "& | !", "\\", "<->", "(", "街道:*", "x" * 200])
def test_operators_of_the_database_are_no_operators_of_the_search(streets, text):
    found(text)


def test_a_name_weighs_more_than_a_summary(provider):
    by_summary = listed(provider, summary={"zh-Hans": "含有航班的说明"})
    by_name = listed(provider, name={"zh-Hans": "航班准点率"})
    for _ in range(2):
        listed(provider, summary={"zh-Hans": "更新的一条, 也提到航班"})
    items = search(q="航班", sort="relevance")["items"]
    assert items[0]["id"] == str(by_name.pk)
    assert {item["id"] for item in items} >= {str(by_summary.pk)}


# --- filters --------------------------------------------------------------------------------------------------------


def test_only_what_is_listed_is_shown(provider, streets):
    submitted(draft_listing(registered_product(provider)))
    assert found() == {streets}
    suspend(listing_id=streets.pk, reason="complaint", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)))
    assert found() == set()
    assert api().get(f"/api/v1/catalogue/{streets.pk}").status_code == 404


def test_filters_narrow_the_search(provider):
    free = listed(provider, price="0", industry="A01", frequency="DAY")
    cheap = listed(provider, price="10.00")
    dear = listed(provider, price="1000.00", product_type="CORPUS")
    hong_kong = make_member("szdex", jurisdiction="HK")
    abroad = listed(hong_kong, "szdex", price="55.00")
    everything = {free, cheap, dear, abroad}

    for wanted, hits in [
        ({}, everything),
        ({"venue": "szdex"}, {abroad}),
        ({"jurisdiction": "HK"}, {abroad}),
        ({"jurisdiction": "CN", "format": "CSV"}, {free, cheap, dear}),
        ({"format": "PARQUET"}, set()),
        ({"industry": "A"}, {free}),
        ({"industry": "I65"}, {cheap, dear, abroad}),
        ({"product_type": "CORPUS"}, {dear}),
        ({"frequency": "DAY"}, {free}),
        ({"price": "free"}, {free}),
        ({"price": "paid"}, {cheap, dear, abroad}),
        ({"price_max": "55.00"}, {free, cheap, abroad}),
        ({"price_max": "54.99", "price": "paid"}, {cheap}),
        ({"currency": "HKD"}, set()),
        ({"q": "街道", "venue": "gzdex", "price": "paid"}, {cheap, dear}),
    ]:
        items = search(**wanted)["items"]
        assert {item["id"] for item in items} == {str(hit.pk) for hit in hits}, wanted


def test_a_listing_shows_the_lowest_of_its_prices(provider):
    product = registered_product(provider)
    plans = [make_plan(product, price).pk for price in ("300.00", "20.00", "150.00")]
    approved(draft_listing(product, plan_ids=plans))
    assert search()["items"][0]["price_from"] == {"amount": "20.00", "currency": "CNY"}


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("price", "cheap"),
        ("price_max", "-1"),
        ("price_max", "NaN"),
        ("price_max", "0.001"),
        ("industry", "Z"),
        ("format", "XLS"),
        ("sort", "best"),
        ("jurisdiction", "china"),
        ("limit", "0"),
        ("limit", "1000"),
        ("q", "x" * 201),
        ("q", "a\x00b"),
    ],
)
def test_a_wrong_parameter_is_named(parameter, value):
    response = api().get("/api/v1/catalogue", {parameter: value})
    assert response.status_code == 400
    assert [error["pointer"] for error in response.json()["errors"]] == [f"/{parameter}"]


# --- pages ----------------------------------------------------------------------------------------------------------


def pages(**parameters) -> list[list[dict]]:
    """Return the items of all pages of a search."""
    found, cursor = [], None
    while True:
        page = search(**parameters, **({"cursor": cursor} if cursor else {}))
        found.append(page["items"])
        cursor = page["next"]
        if cursor is None:
            return found


@pytest.fixture
def shelf(provider):
    """Seven listings, a day apart, of rising and then repeated prices."""
    start = datetime(2026, 8, 3, 2, tzinfo=UTC)
    listings = []
    for day, price in enumerate(["0", "5.00", "1.00", "5.00", "0", "9.00", "2.00"]):
        with time_machine.travel(start + timedelta(days=day), tick=False):
            listings.append(listed(provider, price=price))
    return listings


@pytest.mark.parametrize("sort", ["newest", "price", "-price", "relevance"])
def test_pages_show_every_listing_once_in_order(shelf, sort):
    found = pages(sort=sort, q="街道", limit=3)
    assert [len(page) for page in found] == [3, 3, 1]
    items = [item for page in found for item in page]
    assert {item["id"] for item in items} == {str(listing.pk) for listing in shelf}
    prices = [float(item["price_from"]["amount"]) for item in items]
    if sort == "newest":
        assert [item["id"] for item in items] == [str(listing.pk) for listing in reversed(shelf)]
    if sort in ("price", "-price"):
        assert prices == sorted(prices, reverse=sort == "-price")


def test_listings_of_one_millisecond_are_neither_lost_nor_repeated(provider):
    moment = datetime(2026, 8, 3, 2, 0, 0, 930_100, tzinfo=UTC)
    made = [listed(provider) for _ in range(4)]
    for nth, listing in enumerate(made):
        Listing.objects.filter(pk=listing.pk).update(listed_at=moment + timedelta(microseconds=nth // 2))
    found = [item["id"] for page in pages(limit=1) for item in page]
    assert sorted(found) == sorted(str(listing.pk) for listing in made)
    assert found[:2] == [str(made[3].pk), str(made[2].pk)]


def test_a_page_costs_the_same_queries_whatever_its_size(shelf, django_assert_num_queries):
    learn_listing(shelf[0].pk)
    for parameters, queries in (
        ({"limit": 1}, 1),
        ({"limit": 7}, 1),
        ({"limit": 1, "q": "街道", "sort": "relevance"}, 3),  # are the words known, and is there a model?
        ({"limit": 7, "q": "街道", "sort": "relevance"}, 3),
        ({"limit": 5, "sort": "price", "venue": "gzdex", "industry": "I"}, 1),
    ):
        with django_assert_num_queries(queries):
            search(**parameters)
    cursor = search(limit=2)["next"]
    with django_assert_num_queries(1):
        search(limit=2, cursor=cursor)


@pytest.mark.parametrize("change", [lambda c: c[:-2], lambda c: "x" + c, lambda c: c.swapcase(), lambda c: "1:2"])
def test_a_cursor_that_was_tampered_with_is_refused(shelf, change):
    cursor = search(limit=2)["next"]
    response = api().get("/api/v1/catalogue", {"limit": 2, "cursor": change(cursor)})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_cursor_of_one_order_does_not_serve_another(shelf):
    cursor = search(limit=2, sort="price")["next"]
    response = api().get("/api/v1/catalogue", {"limit": 2, "sort": "newest", "cursor": cursor})
    assert response.json()["code"] == "invalid_cursor"


# --- one listing ----------------------------------------------------------------------------------------------------


def test_a_listing_shows_what_its_files_hold_and_no_value_of_them(streets):
    shown = api().get(f"/api/v1/catalogue/{streets.pk}").json()
    (file,) = shown["files"]
    assert file["rows"] == 1757
    assert file["columns"][1] == {"name": "street_name", "type": "text", "nulls": 3, "distinct": 1700}
    assert file["sample_rows"] is None
    text = str(shown)
    for row in PROFILE["sample"]:
        assert not any(value in text for value in row)


def test_sample_rows_are_shown_once_the_provider_made_them_public(provider):
    listing = listed(provider, sample_rows_public=True)
    (file,) = api().get(f"/api/v1/catalogue/{listing.pk}").json()["files"]
    assert file["sample_rows"] == PROFILE["sample"]


def test_a_listing_shows_its_plans_terms_and_provider(provider, streets):
    shown = api().get(f"/api/v1/catalogue/{streets.pk}").json()
    assert shown["plans"][0]["price"] == {"amount": "120.00", "currency": "CNY"}
    assert shown["terms"]["policy"]["permission"][0]["action"] == "use"
    assert shown["provider"]["id"] == str(provider.pk)
    assert shown["provider"]["in_gba"] is True
    assert shown["version"]["sha256"] == "a" * 64
    assert "evidence" not in str(shown)


def test_one_listing_costs_four_queries(streets, django_assert_num_queries):
    with django_assert_num_queries(4):
        api().get(f"/api/v1/catalogue/{streets.pk}")


def test_a_product_listed_at_both_venues_is_shown_twice(provider):
    make_membership(provider, "szdex")
    product = registered_product(provider)
    approved(draft_listing(product))
    approved(draft_listing(product, "szdex"))
    assert sorted(item["venue"] for item in search()["items"]) == ["gzdex", "szdex"]
