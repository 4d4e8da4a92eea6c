"""A half-typed wish is completed in either script, in pinyin, by initials and in English."""

import pytest

from accounts.models import Role
from listings.listing import suspend
from listings.models import Suggestion
from listings.suggestions import keys_of, suggested
from tests.listings.offers import listed
from tests.world import actor, api, make_member, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def streets():
    return listed(make_member(), name={"zh-Hans": "广东省街道名录", "en": "Guangdong sub-districts"})


@pytest.mark.parametrize(
    "typed",
    [
        "广",
        "广东省街",
        "廣東",
        "街道",
        "guang",
        "guangdongs",
        "GUANGDONG",
        "gdsjd",
        "jd",
        "jied",
        "sub",
        "guang dong sub",
    ],
)
def test_a_listing_is_suggested_however_its_name_is_begun(streets, typed):
    assert [each.id for each in suggested(typed)] == [streets.id]


@pytest.mark.parametrize("typed", ["深", "uang", "%", "_", "", "  ", "\\", "districtz", "x" * 100])
def test_nothing_is_suggested_for_what_no_name_begins_with(streets, typed):
    assert suggested(typed) == []


def test_what_leaves_the_catalogue_is_suggested_no_more(streets):
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    suspend(listing_id=streets.id, reason="A complaint", actor=officer)
    assert suggested("广东") == []


def test_a_listing_is_suggested_once_and_there_are_ten_at_most():
    provider = make_member()
    for number in range(12):
        listed(provider, name={"zh-Hans": f"广东数据广东{number}"})
    found = [each.id for each in suggested("广东")]
    assert len(found) == len(set(found)) == 10


def test_a_long_name_has_a_bounded_number_of_keys():
    keys = keys_of("广东省珠江三角洲九市二〇二四年度规模以上工业企业主要经济指标统计数据集合集汇编全")
    assert len(keys) <= 36
    assert all(0 < len(key) <= 40 for key in keys)


def test_suggestions_take_one_query_over_http(streets, django_assert_num_queries):
    client = api()
    with django_assert_num_queries(1):
        answer = client.get("/api/v1/catalogue/suggestions", {"q": "gdsj"})
    assert answer.json() == [{"id": str(streets.id), "number": streets.number, "name": streets.name}]
    assert Suggestion.objects.filter(listing=streets).exists()


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 101}])
def test_a_question_without_text_is_refused(query):
    refusal = api().get("/api/v1/catalogue/suggestions", query)
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["pointer"] == "/q"
