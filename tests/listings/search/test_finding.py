"""A search over HTTP: synonyms are told, hits are marked, the most relevant come first where words are given."""

import pytest

from tests.listings.offers import listed
from tests.world import api, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


def search(**parameters):
    answer = api().get("/api/v1/catalogue", parameters)
    assert answer.status_code == 200, answer.json()
    return answer.json()


def test_a_synonym_finds_and_is_told(provider):
    metro = listed(provider, name={"zh-Hans": "城市轨道交通客流"})
    found = search(q="metro")
    assert [item["id"] for item in found["items"]] == [str(metro.pk)]
    assert "轨道交通" in found["also_searched"]["metro"]
    assert found["items"][0]["highlights"]["name"] == {"zh-Hans": "城市<mark>轨道交通</mark>客流"}
    assert search(q="名录")["also_searched"] == {}


def test_words_that_products_of_data_all_say_do_not_exclude(provider):
    air = listed(provider, name={"zh-Hans": "空气质量监测"}, summary={"zh-Hans": "小时值"})
    assert [item["id"] for item in search(q="有关空气质量的数据集")["items"]] == [str(air.pk)]


def test_with_words_the_most_relevant_come_first_and_without_the_newest(provider):
    by_name = listed(provider, name={"zh-Hans": "航班准点率"})
    by_summary = listed(provider, summary={"zh-Hans": "含有航班的说明"})
    assert [item["id"] for item in search(q="航班")["items"]] == [str(by_name.pk), str(by_summary.pk)]
    assert [item["id"] for item in search(q="航班", sort="newest")["items"]] == [str(by_summary.pk), str(by_name.pk)]
    assert [item["id"] for item in search()["items"]] == [str(by_summary.pk), str(by_name.pk)]
    assert search()["items"][0]["highlights"] == {"name": {}, "summary": {}}


def test_text_that_looks_like_html_stays_text(provider):
    listed(provider, summary={"en": "<svg/onload=alert(1)> tide gauges"})
    (item,) = search(q="tide")["items"]
    assert item["highlights"]["summary"]["en"] == "&lt;svg/onload=alert(1)&gt; <mark>tide</mark> gauges"
