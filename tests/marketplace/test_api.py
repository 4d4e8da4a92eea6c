"""The marketplace over HTTP: who sees what, bad input, repeated requests, pages with a fixed number of queries."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Capacity, Organization, Role
from kernel.models import IdempotencyRecord
from listings.models import Listing
from marketplace.models import Delivery, Order
from tests.marketplace.trading import PURPOSE, closed, delivered, funds_of, listed_dataset, make_buyer, placed
from tests.world import Api, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db

ORDERS = "/api/v1/orders"


@pytest.fixture
def buying(buyer: Organization) -> Api:
    return api(make_client(person_of(buyer)))


def wish(listing: Listing, **changes: Any) -> dict[str, Any]:
    return {
        "listing_id": str(listing.id),
        "plan_id": str(listing.plans.get().id),
        "purpose": PURPOSE,
    } | changes


def pointers(response: Any) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


def test_an_order_is_placed_and_read_back(buying: Api, listing: Listing) -> None:
    response = buying.post(ORDERS, wish(listing))
    assert response.status_code == 201
    order = response.json()
    assert order["state"] == "FUNDED"
    assert order["price"] == {"amount": "120.00", "currency": "CNY"}
    assert buying.get(f"{ORDERS}/{order['id']}").json() == order
    agreement = buying.get(f"{ORDERS}/{order['id']}/agreement").json()
    assert agreement["number"] == order["agreement"]


def test_a_closed_order_shows_its_certificate(buying: Api, listing: Listing, buyer: Organization) -> None:
    order = closed(placed(listing, buyer))
    assert buying.get(f"{ORDERS}/{order.id}").json()["certificate"].startswith("GZ-C-")


def test_the_same_request_with_the_same_key_orders_once(buying: Api, listing: Listing, buyer: Organization) -> None:
    first = buying.post(ORDERS, wish(listing), idempotency_key="order-1")
    second = buying.post(ORDERS, wish(listing), idempotency_key="order-1")
    assert second.status_code == 201
    assert second.json() == first.json()
    assert second["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Order.objects.count() == 1
    assert funds_of(buyer) == 88_000


def test_a_key_belongs_to_one_request(buying: Api, listing: Listing) -> None:
    buying.post(ORDERS, wish(listing), idempotency_key="order-1")
    other = buying.post(ORDERS, wish(listing, purpose="Something else"), idempotency_key="order-1")
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


def test_an_order_without_a_key_is_refused(buying: Api, listing: Listing) -> None:
    response = buying.post(ORDERS, wish(listing), idempotency_key=None)
    assert response.status_code == 400
    assert response.json()["code"] == "idempotency_key_missing"


def test_a_refused_request_may_be_corrected_under_its_key(buying: Api, listing: Listing) -> None:
    assert buying.post(ORDERS, wish(listing, purpose=""), idempotency_key="order-1").status_code == 400
    assert IdempotencyRecord.objects.count() == 0
    assert buying.post(ORDERS, wish(listing), idempotency_key="order-1").status_code == 201


def test_two_organizations_may_use_the_same_key(buying: Api, listing: Listing) -> None:
    other = api(make_client(person_of(make_buyer())))
    assert buying.post(ORDERS, wish(listing), idempotency_key="1").status_code == 201
    assert other.post(ORDERS, wish(listing), idempotency_key="1").status_code == 201
    assert Order.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"listing_id": "x"}, "/listing_id", "invalid"),
        ({"purpose": ""}, "/purpose", "blank"),
        ({"purpose": "x" * 1001}, "/purpose", "max_length"),
        ({"price": "1.00"}, "/price", "unknown_field"),
        ({"broker_id": "nobody"}, "/broker_id", "invalid"),
    ],
)
def test_a_bad_field_is_named(change: dict[str, Any], pointer: str, code: str, buying: Api, listing: Listing) -> None:
    response = buying.post(ORDERS, wish(listing, **change))
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert pointers(response) == {pointer: code}
    assert not Order.objects.exists()


@pytest.mark.parametrize("body", ["not json", "[1]", '{"purpose": NaN}', '{"purpose": "a\\u0000b"}', ""])
def test_a_body_that_is_no_json_object_is_refused(body: str, buying: Api) -> None:
    response = buying.post(ORDERS, body, content_type="application/json")
    assert response.status_code == 400, response.json()
    assert response.json()["code"] in {"malformed_body", "invalid"}


def test_another_media_type_is_refused(buying: Api) -> None:
    response = buying.post(ORDERS, "a=1", content_type="application/x-www-form-urlencoded")
    assert response.status_code == 415


def test_a_delisted_listing_cannot_be_ordered(buying: Api, listing: Listing, provider: Organization) -> None:
    order = wish(listing)
    api(person_of(provider)).post(f"/api/v1/listings/{listing.id}/delist", {"reason": "No longer offered"})
    response = buying.post(ORDERS, order)
    assert response.status_code == 409
    assert response.json()["code"] == "listing_not_available"


def test_nobody_else_sees_an_order(buying: Api, listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    assert stranger.get(f"{ORDERS}/{order.id}").status_code == 404
    assert stranger.post(f"{ORDERS}/{order.id}/cancel", {"reason": "Mine"}).status_code == 404
    assert stranger.get(ORDERS).json() == {"items": [], "next": None}
    assert Client().get(ORDERS).status_code == 401


def test_staff_see_their_own_venues_orders_only(listing: Listing, buyer: Organization) -> None:
    placed(listing, buyer)
    assert len(api(staff("gzdex", Role.CLERK)).get(ORDERS).json()["items"]) == 1
    assert api(staff("szdex", Role.CLERK)).get(ORDERS).json()["items"] == []


def test_a_client_without_the_scope_may_not_order(listing: Listing, buyer: Organization) -> None:
    response = api(make_client(person_of(buyer), ["read-data"])).post(ORDERS, wish(listing))
    assert response.status_code == 403
    assert response.json()["code"] == "forbidden"


def test_accepting_twice_is_refused(buying: Api, listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    path = f"/api/v1/deliveries/{delivery.id}/accept"
    assert buying.post(path).json()["state"] == "ACCEPTED"
    again = buying.post(path)
    assert again.status_code == 409
    assert again.json()["code"] == "illegal_state"


def test_a_rejection_needs_its_reason(buying: Api, listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    assert buying.post(f"/api/v1/deliveries/{delivery.id}/reject", {}).status_code == 400
    rejected = buying.post(f"/api/v1/deliveries/{delivery.id}/reject", {"reason": "Half the rows"})
    assert rejected.json()["rejection_reason"] == "Half the rows"


def test_pages_follow_each_other_with_the_same_number_of_queries(
    buying: Api, provider: Organization, buyer: Organization
) -> None:
    listing = listed_dataset(provider, price="1.00")
    orders = [placed(listing, buyer) for _ in range(5)]
    seen: list[str] = []
    counts = set()
    cursor = ""
    while True:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = buying.get(f"{ORDERS}?limit=2{cursor}").json()
        counts.add(len(queries))
        seen += [item["number"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [order.number for order in reversed(orders)]
    assert len(counts) == 1


@pytest.mark.parametrize("resource", ["orders", "deliveries", "entitlements"])
def test_a_list_costs_the_same_queries_for_one_row_and_for_many(
    resource: str, buying: Api, provider: Organization, buyer: Organization
) -> None:
    listing = listed_dataset(provider, price="1.00")
    placed(listing, buyer)
    buying.get(f"/api/v1/{resource}")
    with CaptureQueriesContext(connection) as one:
        buying.get(f"/api/v1/{resource}")
    for _ in range(4):
        placed(listing, buyer)
    with CaptureQueriesContext(connection) as many:
        assert len(buying.get(f"/api/v1/{resource}").json()["items"]) == 5
    assert len(one) == len(many)


@pytest.mark.parametrize("cursor", ["x", "eyJhIjoxfQ:1abc:def", "\x00"])
def test_a_tampered_cursor_is_refused(cursor: str, buying: Api) -> None:
    response = buying.get(ORDERS, {"cursor": cursor})
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_cursor"


def test_a_cursor_of_another_list_is_refused(buying: Api, provider: Organization, buyer: Organization) -> None:
    listing = listed_dataset(provider, price="1.00")
    for _ in range(2):
        placed(listing, buyer)
    cursor = buying.get(f"{ORDERS}?limit=1").json()["next"]
    tampered = cursor[:-2] + ("aa" if cursor[-2:] != "aa" else "bb")
    assert buying.get(ORDERS, {"cursor": tampered}).json()["code"] == "invalid_cursor"


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x", "1e2"])
def test_a_page_size_out_of_range_is_refused(limit: str, buying: Api) -> None:
    assert buying.get(ORDERS, {"limit": limit}).status_code == 400


def test_a_wrong_filter_is_named(buying: Api) -> None:
    response = buying.get(ORDERS, {"state": "NO_SUCH_STATE"})
    assert response.status_code == 400
    assert pointers(response) == {"/state": "invalid_choice"}


def test_refusals_speak_the_clients_language(buying: Api) -> None:
    response = buying.get(f"{ORDERS}/{uuid4()}", headers={"Accept-Language": "zh-Hans"})
    assert response.json()["detail"] != "There is nothing here that you can see."
    assert response["Content-Language"] == "zh-hans"


def test_the_provider_sees_the_delivery_but_not_its_address(
    listing: Listing, buyer: Organization, provider: Organization
) -> None:
    delivery: Delivery = delivered(placed(listing, buyer))
    selling = api(make_client(person_of(provider)))
    assert selling.get(f"/api/v1/deliveries/{delivery.id}").status_code == 200
    file_id = delivery.receipt["files"][0]["id"]
    assert selling.post(f"/api/v1/deliveries/{delivery.id}/grants", {"file_id": file_id}).status_code == 403


def test_entitlements_are_suspended_over_http_by_staff(listing: Listing, buyer: Organization, buying: Api) -> None:
    entitlement = delivered(placed(listing, buyer)).entitlement
    path = f"/api/v1/entitlements/{entitlement.id}"
    officer = api(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    assert buying.post(f"{path}/suspend", {"reason": "x"}).status_code == 403
    assert officer.post(f"{path}/suspend", {"reason": "A complaint"}).json()["state"] == "SUSPENDED"
    assert officer.post(f"{path}/resume", {"reason": "Settled"}).json()["state"] == "ACTIVE"
    assert officer.post(f"{path}/revoke", {"reason": "Breach"}).json()["state"] == "REVOKED"
    assert officer.post(f"{path}/resume", {"reason": "No"}).status_code == 409
