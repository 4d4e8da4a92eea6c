"""The sitemap and the feed: well-formed whatever a provider writes, and paged by keys."""

from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from listings.metadata import feeds
from tests.listings.offers import listed
from tests.world import api, make_member

pytestmark = pytest.mark.django_db

SITEMAP = {"s": feeds.SITEMAP}
ATOM = {"a": feeds.ATOM}
HERE = "http://127.0.0.1:8000"


@pytest.fixture
def provider():
    return make_member()


def xml(path: str, **parameters: str):
    response = api().get(path, parameters)
    assert response.status_code == 200, response.content
    return ElementTree.fromstring(response.content)


def test_the_sitemaps_hold_every_listing_once(provider, monkeypatch):
    monkeypatch.setattr(feeds, "ADDRESSES_PER_SITEMAP", 2)
    expected = [f"{HERE}/api/v1/catalogue/{listed(provider).pk}" for _number in range(5)]
    parts = [each.text.removeprefix(HERE) for each in xml("/sitemap.xml").findall("s:sitemap/s:loc", SITEMAP)]
    assert len(parts) == 3
    told = [loc.text for part in parts for loc in xml(part).findall("s:url/s:loc", SITEMAP)]
    assert told == expected


def test_a_sitemap_costs_one_query(provider):
    first = listed(provider)
    listed(provider)
    for path in ("/sitemap.xml", f"/sitemaps/{first.pk}.xml"):
        with CaptureQueriesContext(connection) as queries:
            xml(path)
        assert len(queries) == 1


def test_an_empty_catalogue_has_an_empty_sitemap_and_feed():
    assert len(xml("/sitemap.xml")) == 0
    feed = xml("/api/v1/catalogue/newest.atom")
    assert feed.findall("a:entry", ATOM) == []
    assert feed.find("a:updated", ATOM) is not None


def test_the_feed_tells_the_newest_first_and_has_more_pages(provider):
    names = [f"Number {number}" for number in range(3)]
    for name in names:
        listed(provider, name={"en": name})
    told, address = [], "/api/v1/catalogue/newest.atom?limit=2"
    while address:
        feed = xml(address)
        told += [title.text for title in feed.findall("a:entry/a:title", ATOM)]
        links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
        assert links["self"] == f"{HERE}{address}"
        address = links.get("next", "").removeprefix(HERE)
    assert told == names[::-1]


def test_no_text_breaks_the_feed(provider):
    listed(provider, name={"en": "a<b>&'\"]]>\x0b\x01"}, summary={"en": "<script>alert(1)</script>\uffff"})
    response = api().get("/api/v1/catalogue/newest.atom")
    assert b"<script" not in response.content
    entry = ElementTree.fromstring(response.content).find("a:entry", ATOM)
    assert entry.find("a:title", ATOM).text == "a<b>&'\"]]>"
    assert entry.find("a:summary", ATOM).text == "<script>alert(1)</script>"
