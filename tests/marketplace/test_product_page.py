"""The page of a listing: what is computed from trades, and what is withheld."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Capacity, Organization
from listings.audience import Audience, set_audience
from listings.models import Listing, Visibility
from marketplace import acceptance
from marketplace.models import Delivery, Order
from marketplace.product_page import coarse
from tests.listings.offers import PROFILE, listed
from tests.marketplace.trading import accepted, delivered, listed_dataset, make_buyer, placed
from tests.world import actor, api, make_member, person_of

pytestmark = pytest.mark.django_db


def page(listing: Listing, who: Any = None) -> Any:
    return api(who).get(f"/api/v1/catalogue/{listing.pk}/page").json()


def test_a_listing_without_trades_shows_its_profile_and_no_figures(listing: Listing) -> None:
    shown = page(listing)
    assert (shown["prices"], shown["comparable"], shown["similar"]) == ([], None, [])
    assert shown["deliveries"] == {"counted": 0, "median_minutes": None, "failure_share": None}
    assert shown["provider"] == {"trades": 0, "rejected": 0, "on_time_share": None}
    assert shown["quality"]["score"] > 0
    (file,) = shown["files"]
    assert [column["name"] for column in file["columns"]] == ["code", "name"]
    assert file["columns"][0]["length"] == {"min": 9, "mean": 9.0, "max": 9}
    assert file["columns"][1]["top"] is file["columns"][0]["histogram"] is file["file"]["sample_rows"] is None
    assert shown["methods"].keys() == {"prices", "deliveries", "provider", "similar", "comparable"}
    assert "沙面街道" not in str(shown)


def test_the_sample_is_shown_where_the_provider_shows_it(provider: Organization) -> None:
    (file,) = page(listed(provider, sample_rows_public=True))["files"]
    assert file["file"]["sample_rows"] == PROFILE["sample"]


def test_prices_show_from_the_third_trade_of_the_third_buyer(provider: Organization, listing: Listing) -> None:
    first = make_buyer()
    for _ in range(3):
        accepted(placed(listing, first))
    assert page(listing)["prices"] == []  # three trades of one buyer tell that buyer's business
    for _ in range(2):
        accepted(placed(listing, make_buyer()))
    (band,) = page(listing)["prices"]
    now = timezone.localtime(timezone.now(), listing.venue.zone)
    assert band == {
        "quarter": f"{now:%Y}-Q{(now.month + 2) // 3}",
        "trades": 5,
        "low": {"amount": "120.00", "currency": "CNY"},
        "high": {"amount": "120.00", "currency": "CNY"},
    }
    shown = page(listing)
    assert shown["deliveries"]["counted"] == 5
    assert shown["provider"] == {"trades": 5, "rejected": 0, "on_time_share": 1.0}


def test_failures_and_lateness_count_against_the_provider(listing: Listing) -> None:
    buyer = make_buyer()
    for _ in range(3):
        accepted(placed(listing, buyer))
    bad = delivered(placed(listing, buyer))
    acceptance.reject_delivery(delivery_id=bad.pk, reason="Empty", actor=actor(person_of(buyer)))
    Order.objects.filter(pk=bad.order_id).update(created_at=timezone.now() - timedelta(days=2))
    shown = page(listing)
    assert shown["deliveries"]["failure_share"] == 0.25
    assert shown["provider"] == {"trades": 3, "rejected": 1, "on_time_share": 0.75}
    assert Delivery.objects.count() == 4


def test_comparable_deals_need_three_trades_buyers_and_providers(listing: Listing) -> None:
    others = [listed_dataset(make_member("gzdex", Capacity.PROVIDER), price=price) for price in ("99.99", "101.00")]
    for other in others:
        accepted(placed(other, make_buyer()))
        accepted(placed(other, make_buyer()))
    assert page(listing)["comparable"] is None
    third = listed_dataset(make_member("gzdex", Capacity.PROVIDER), price="345.60")
    accepted(placed(third, make_buyer()))
    band = page(listing)["comparable"]
    assert (band["trades"], band["low"]["amount"], band["high"]["amount"]) == (5, "99.00", "350.00")


@pytest.mark.parametrize(
    ("minor", "low", "high"), [(0, 0, 0), (7, 7, 7), (99, 99, 99), (100, 100, 100), (12_345, 12_000, 13_000)]
)
def test_prices_are_rounded_outwards_to_two_figures(minor: int, low: int, high: int) -> None:
    assert (coarse(minor, up=False), coarse(minor, up=True)) == (low, high)


def test_similar_listings_respect_their_audience_and_leave_out_the_product_itself(
    provider: Organization, listing: Listing
) -> None:
    alike = listed(make_member("gzdex", Capacity.PROVIDER))
    assert [match["listing"]["number"] for match in page(listing)["similar"]] == [alike.number]
    owner = actor(person_of(alike.organization))
    set_audience(listing_id=alike.pk, audience=Audience(Visibility.BY_INVITATION), actor=owner)
    assert page(listing)["similar"] == []


def test_the_page_of_what_is_not_for_everybody(listing: Listing) -> None:
    owner = actor(person_of(listing.organization))
    set_audience(listing_id=listing.pk, audience=Audience(Visibility.PRIVATE), actor=owner)
    assert page(listing)["code"] == "not_found"
    set_audience(listing_id=listing.pk, audience=Audience(Visibility.BY_INVITATION), actor=owner)
    assert page(listing)["code"] == "not_invited"
    assert page(listing, person_of(listing.organization))["number"] == listing.number


def test_the_page_costs_the_same_queries_whatever_has_happened(provider: Organization, listing: Listing) -> None:
    with CaptureQueriesContext(connection) as few:
        page(listing)
    for _ in range(3):
        accepted(placed(listing, make_buyer()))
        listed(provider)
    with CaptureQueriesContext(connection) as many:
        page(listing)
    assert len(few) == len(many) <= 12
