"""Facets: what the hits of a search have in common, counted in one query, named in the reader's language."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings import facets
from listings.catalogue import Wanted, find
from listings.facets import facets_of
from listings.models import Listing
from listings.search.learning import learn_listing
from tests.listings.offers import approved, draft_listing, listed, make_terms, registered_product
from tests.world import api, make_member, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


def counts(facet: str, **wanted) -> dict[str, int]:
    return {choice.value: choice.count for choice in facets_of(Wanted(**wanted)).choices[facet]}


def test_each_choice_tells_how_many_hits_it_would_leave(provider):
    listed(provider)
    listed(provider, name={"zh-Hans": "香港学术论文数据集"}, price="0")
    assert counts("venue") == {"gzdex": 2}
    assert counts("price") == {"free": 1, "paid": 1}
    assert counts("format") == {"CSV": 2}
    assert counts("price", text="学术论文") == {"free": 1}
    assert counts("jurisdiction", text="没有的词") == {}


def test_counting_stops_at_the_newest_hits_and_says_so(provider, monkeypatch):
    monkeypatch.setattr(facets, "COUNTED", 1)
    listed(provider)
    listed(provider, name={"zh-Hans": "香港学术论文数据集"}, price="0")
    found = facets_of(Wanted())
    assert (found.counted, found.complete) == (1, False)
    assert [choice.value for choice in found.choices["price"]] == ["free"]


def test_an_empty_catalogue_has_no_choices():
    found = facets_of(Wanted(text="街道"))
    assert (found.counted, found.complete) == (0, True)
    assert not any(found.choices.values())


def test_choices_are_named_in_the_readers_language(provider):
    listed(provider)
    chinese = api().get("/api/v1/catalogue/facets", headers={"Accept-Language": "zh-Hans"}).json()
    english = api().get("/api/v1/catalogue/facets", headers={"Accept-Language": "en"}).json()
    assert chinese["choices"]["product_type"][0]["name"] == "数据集"
    assert english["choices"]["product_type"][0]["name"] == "dataset"
    assert english["choices"]["venue"][0]["count"] == english["counted"] == 1


def test_facets_take_a_fixed_number_of_queries(provider, django_assert_num_queries):
    for name in ("香港学术论文数据集", "深圳企业名录"):
        learn_listing(listed(provider, name={"zh-Hans": name}).pk)
    client = api()
    with django_assert_num_queries(4):  # are the words known, is there a model, the counts, and the venues' names
        client.get("/api/v1/catalogue/facets", {"q": "数据", "sort": "relevance"})


@pytest.mark.parametrize("path", ["/api/v1/catalogue", "/api/v1/catalogue/facets"])
def test_who_asks_is_looked_up_once(provider, path):
    learn_listing(listed(provider, name={"zh-Hans": "深圳企业名录"}).pk)
    client = api(person_of(provider))
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path, {"q": "企业", "industry": "I"}).status_code == 200
    assert sum('"sector"' in query["sql"] for query in asked.captured_queries) == 1


def test_what_asks_for_nothing_finds_nothing(provider):
    listed(provider)
    for text in ("的", "!?", "鸑鷟"):
        facets = api().get("/api/v1/catalogue/facets", {"q": text}).json()
        assert facets["counted"] == len(api().get("/api/v1/catalogue", {"q": text}).json()["items"])
        assert facets["complete"]


def test_an_unknown_industry_is_refused(provider):
    refusal = api().get("/api/v1/catalogue/facets", {"industry": "Z99"})
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["pointer"] == "/industry"


def test_places_that_the_data_may_go_to_are_counted_and_filter(provider):
    listed(provider)  # may not leave the mainland
    product = registered_product(provider, export_allowed=True)
    abroad = approved(draft_listing(product, terms_id=make_terms(product, export_allowed=True).pk))
    assert counts("destination") == {"CN": 2, "HK": 1, "MO": 1}
    assert set(find(Wanted(destination="HK"))) == {abroad}
    assert set(find(Wanted(destination="DE"))) == {abroad}
    assert len(set(find(Wanted(destination="CN")))) == 2


def test_every_choice_leaves_as_many_hits_as_it_counts(provider):
    listed(provider, price="0")
    listed(provider, price="999.99", region_scope="CITY")
    listed(provider, price="1000.00", frequency="DAY")
    graded = listed(provider, price="250000.00")
    Listing.objects.filter(pk=graded.pk).update(quality_grade="A", quality_score=95)
    found = facets_of(Wanted(currency="CNY"))
    assert {choice.value for choice in found.choices["price_band"]} == {
        "free",
        "under-1000",
        "1000-10000",
        "100000-up",
    }
    assert counts("delivery") == {"FILE": 4}
    asked_by = {"price": None, "venue": "venue", "format": "format"}
    for facet, choices in found.choices.items():
        for choice in choices:
            parameters = {asked_by.get(facet) or facet: choice.value, "currency": "CNY"}
            items = api().get("/api/v1/catalogue", parameters).json()["items"]
            assert len(items) == choice.count, (facet, choice)


def test_the_better_of_two_that_say_the_same_comes_first(provider):
    good, poor = (listed(provider, name={"zh-Hans": "航班准点率"}) for _ in range(2))
    Listing.objects.filter(pk=good.pk).update(quality_score=95)
    Listing.objects.filter(pk=poor.pk).update(quality_score=40)
    items = api().get("/api/v1/catalogue", {"q": "航班"}).json()["items"]
    assert [item["id"] for item in items] == [str(good.pk), str(poor.pk)]
