"""A mistyped word finds what was meant, says so, and is still looked for as it was typed."""

import pytest

from listings.models import Listing, SearchWord
from listings.search.learning import LEARN_JOB, learn_listing, learn_words, recount_words
from listings.search.question import question_of
from listings.search.spelling import corrected, distance
from tests.listings.offers import listed
from tests.world import api, make_member

pytestmark = pytest.mark.django_db

SAID = {
    "广州",
    "深圳",
    "地铁",
    "客流",
    "跨境电商",
    "空气质量",
    "大湾区",
    "珠三角",
    "guangdong",
    "passenger",
    "index",
    "bus",
}


@pytest.fixture
def catalogue():
    learn_words(SAID)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("广洲", "广州"),  # the same sound
        ("廣洲", "广州"),
        ("申镇", "深圳"),  # n and ng, z and zh
        ("ditie", "地铁"),  # pinyin in place of characters
        ("guangzou", "广州"),
        ("大弯区", "大湾区"),
        ("珠三用", "珠三角"),  # a character that only looks alike
        ("gaungdong", "guangdong"),  # letters swapped
        ("passanger", "passenger"),
        ("pasenger", "passenger"),
        ("indx", "index"),
    ],
)
def test_a_mistyped_word_finds_what_was_meant(catalogue, typed, meant):
    assert meant in corrected(question_of(typed)).corrected[typed if typed != "廣洲" else "广洲"]


@pytest.mark.parametrize("typed", ["广州", "index", "bus", "bas", "2024", "上海", "qqqqqq", "passage"])
def test_what_is_right_or_unlike_anything_stays(catalogue, typed):
    assert corrected(question_of(typed)).corrected == {}


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("", "", 0), ("a", "", 1), ("ab", "ba", 1), ("abcd", "acbd", 1), ("kitten", "sitting", 3), ("ca", "abc", 3)],
)
def test_distance_counts_a_swap_of_neighbours_once(one, other, steps):
    assert distance(one, other) == distance(other, one) == steps


def test_a_search_tells_what_it_took_for_mistyped():
    metro = listed(make_member(), name={"zh-Hans": "广州地铁客流", "en": "Guangzhou metro ridership"})
    learn_listing(metro.pk)
    for typed, meant in [("广洲地铁", {"广洲": ["广州"]}), ("ridrship", {"ridrship": ["ridership"]})]:
        found = api().get("/api/v1/catalogue", {"q": typed}).json()
        assert [item["id"] for item in found["items"]] == [str(metro.pk)]
        assert found["corrected"] == meant


def test_what_was_just_listed_is_found_before_its_words_are_learned():
    older = listed(make_member(), name={"en": "Parking meters"})
    learn_listing(older.pk)
    newest = listed(make_member(), name={"en": "Barking metres"})
    found = api().get("/api/v1/catalogue", {"q": "barking"}).json()["items"]
    assert {item["id"] for item in found} == {str(newest.pk), str(older.pk)}
    assert found[0]["id"] == str(newest.pk)


def test_approval_writes_the_job_that_learns():
    from kernel.models import Job

    listing = listed(make_member())
    assert Job.objects.get(kind=LEARN_JOB).subject_id == listing.pk


def test_words_of_listings_that_left_are_forgotten():
    learn_words({"zeppelin"})
    listing = listed(make_member(), name={"en": "Tide gauges"})
    learn_listing(listing.pk)
    recount_words()
    assert not SearchWord.objects.filter(word="zeppelin").exists()
    assert SearchWord.objects.get(word="gauge").listings == 1
    Listing.objects.filter(pk=listing.pk).update(state=Listing.State.SUSPENDED)
    recount_words()
    assert not SearchWord.objects.exists()


def test_a_search_costs_a_fixed_number_of_queries(django_assert_num_queries):
    listing = listed(make_member())
    learn_listing(listing.pk)
    client = api()
    with django_assert_num_queries(3):  # whether the words are known, which model there is, and the page
        client.get("/api/v1/catalogue", {"q": "街道 名录"})
    with django_assert_num_queries(4):  # what a mistyped one may have meant
        client.get("/api/v1/catalogue", {"q": "接道"})
