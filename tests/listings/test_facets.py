"""Facets: what the hits of a search have in common, counted in one query, named in the reader's language."""

import pytest

from listings import facets
from listings.catalogue import Wanted
from listings.facets import facets_of
from tests.listings.offers import listed
from tests.world import api, make_member

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
        listed(provider, name={"zh-Hans": name})
    client = api()
    with django_assert_num_queries(2):  # the counts, and the venues' names
        client.get("/api/v1/catalogue/facets", {"q": "数据", "sort": "relevance"})


def test_an_unknown_industry_is_refused(provider):
    refusal = api().get("/api/v1/catalogue/facets", {"industry": "Z99"})
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["pointer"] == "/industry"
