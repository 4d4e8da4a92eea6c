"""A saved search tells of what has been listed since, once, to whoever may see it, until it is unsubscribed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import Affiliation, Capacity, Role
from kernel.jobs import run_due_jobs
from kernel.models import Job
from listings.models import Listing, SavedSearch, SavedSearchHit
from listings.search import saved as saving
from listings.search.saved import ALERT_JOB
from tests.listings.offers import listed
from tests.world import api, make_client, make_member, make_person, person_of

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    with time_machine.travel(START, tick=False) as travel:
        yield travel


@pytest.fixture
def provider(clock):
    return make_member()


@pytest.fixture
def buyer(clock):
    return make_member("gzdex", Capacity.BUYER)


def save(buyer, **changes):
    body = {"name": "Metro", "parameters": {"q": "地铁", "venue": "gzdex"}, "every": "DAY"} | changes
    answer = api(person_of(buyer)).post("/api/v1/saved-searches", body)
    assert answer.status_code == 201, answer.json()
    return answer.json()


def next_day(clock):
    clock.shift(timedelta(days=1, minutes=1))
    run_due_jobs(kinds=(ALERT_JOB,))


def told(buyer, saved):
    found = api(person_of(buyer)).get(f"/api/v1/saved-searches/{saved['id']}/hits").json()
    return [item["listing"]["id"] for item in found["items"]]


def test_what_is_listed_since_is_told_once(clock, provider, buyer):
    listed(provider, name={"zh-Hans": "旧的地铁客流"})
    clock.shift(timedelta(minutes=1))
    saved = save(buyer)
    new = listed(provider, name={"zh-Hans": "地铁客流"})
    listed(provider, name={"zh-Hans": "航班"})

    next_day(clock)
    assert told(buyer, saved) == [str(new.pk)]
    later = listed(provider, name={"en": "Metro ridership"})  # a synonym
    next_day(clock)
    next_day(clock)
    assert told(buyer, saved) == [str(later.pk), str(new.pk)]


def test_new_hits_are_counted_until_they_are_seen(clock, provider, buyer):
    saved = save(buyer)
    listed(provider, name={"zh-Hans": "地铁客流"})
    next_day(clock)
    client = api(person_of(buyer))
    assert client.get(f"/api/v1/saved-searches/{saved['id']}").json()["new_hits"] == 1
    clock.shift(timedelta(minutes=1))
    assert client.post(f"/api/v1/saved-searches/{saved['id']}/seen").json()["new_hits"] == 0


def test_unsubscribing_ends_the_asking_and_subscribing_begins_anew(clock, provider, buyer):
    saved = save(buyer)
    client = api(person_of(buyer))
    assert client.patch(f"/api/v1/saved-searches/{saved['id']}", {"alerts": False}).json()["alerts"] is False
    listed(provider, name={"zh-Hans": "地铁客流"})
    next_day(clock)
    assert told(buyer, saved) == []
    assert not Job.objects.filter(kind=ALERT_JOB, state=Job.State.WAITING).exists()

    clock.shift(timedelta(hours=2))
    client.patch(f"/api/v1/saved-searches/{saved['id']}", {"alerts": True, "every": "HOUR"})
    after = listed(provider, name={"zh-Hans": "地铁班次"})
    next_day(clock)
    assert told(buyer, saved) == [str(after.pk)]


def test_a_listing_that_may_not_be_seen_is_not_told(clock, provider, buyer):
    saved = save(buyer)
    private = listed(provider, name={"zh-Hans": "地铁客流"})
    Listing.objects.filter(pk=private.pk).update(visibility="PRIVATE")
    next_day(clock)
    assert told(buyer, saved) == []

    public = listed(provider, name={"zh-Hans": "地铁班次"})
    next_day(clock)
    Listing.objects.filter(pk=public.pk).update(visibility="PRIVATE")
    assert told(buyer, saved) == []


def test_alerts_stop_when_who_answers_for_them_has_left(clock, provider, buyer):
    leaver = make_person(buyer, Role.OPERATOR)
    saved = api(leaver).post("/api/v1/saved-searches", {"name": "Metro", "parameters": {"q": "地铁"}}).json()
    Affiliation.objects.filter(person=leaver).delete()
    listed(provider, name={"zh-Hans": "地铁客流"})
    next_day(clock)
    shown = api(person_of(buyer)).get(f"/api/v1/saved-searches/{saved['id']}").json()
    assert (shown["alerts"], shown["new_hits"]) == (False, 0)
    assert shown["stopped_because"]


def test_a_search_that_finds_too_much_tells_the_newest(clock, provider, buyer, monkeypatch):
    monkeypatch.setattr(saving, "MOST_HITS", 2)
    saved = save(buyer)
    for _ in range(3):
        clock.shift(timedelta(minutes=1))
        listed(provider, name={"zh-Hans": "地铁客流"})
    next_day(clock)
    assert len(told(buyer, saved)) == 2


def test_an_organization_keeps_so_many_searches(buyer, monkeypatch):
    monkeypatch.setattr(saving, "MOST_SEARCHES", 1)
    save(buyer)
    refusal = api(person_of(buyer)).post("/api/v1/saved-searches", {"name": "x", "parameters": {}})
    assert (refusal.status_code, refusal.json()["code"]) == (409, "too_many_saved_searches")


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"colour": "red"}, "/parameters"),
        ({"price_max": "x"}, "/parameters/price_max"),
        ({"venue": ["gzdex"]}, "/parameters/venue"),
        ("地铁", "/parameters"),
    ],
)
def test_what_the_catalogue_would_not_take_is_not_saved(buyer, parameters, pointer):
    body = {"name": "x", "parameters": parameters}
    refusal = api(person_of(buyer)).post("/api/v1/saved-searches", body)
    assert refusal.status_code == 400
    assert refusal.json()["errors"][0]["pointer"] == pointer
    assert not SavedSearch.objects.exists()


def test_a_colleague_sees_it_a_stranger_does_not_and_deleting_forgets_its_hits(clock, provider, buyer):
    saved = save(buyer)
    listed(provider, name={"zh-Hans": "地铁客流"})
    next_day(clock)
    address = f"/api/v1/saved-searches/{saved['id']}"
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    assert api(make_person(buyer, Role.VIEWER)).get(address).status_code == 200
    assert stranger.get(address).status_code == 404
    assert stranger.delete(address).status_code == 404
    assert api(person_of(buyer)).delete(address).status_code == 204
    assert not SavedSearchHit.objects.exists()
    next_day(clock)
