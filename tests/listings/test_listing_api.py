"""Products, listings and their review over HTTP: strict bodies, idempotency, scopes, and problems that point."""

import re

import pytest
from django.utils import timezone

from accounts.models import Capacity, Role
from kernel.models import AuditEvent
from listings.models import Listing, Plan, Product
from tests.listings.offers import (
    all_ok_json,
    approved,
    dossier_json,
    draft_listing,
    draft_product,
    in_compliance,
    listed,
    make_dataset,
    make_version,
    officer_of,
    registered_product,
)
from tests.world import api, make_client, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db

API = "/api/v1"


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def http(provider):
    return api(person_of(provider))


def clerk():
    return api(staff("gzdex", Role.CLERK))


def reviewer():
    return api(staff("gzdex", Role.COMPLIANCE_REVIEWER))


def pointers(response) -> dict[str, str]:
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


def test_a_provider_lists_a_product_and_anyone_finds_it(provider):
    """The whole way over HTTP, the provider by an API client, the staff by their own."""
    http = api(make_client(person_of(provider), ["provide"]))
    dataset = make_dataset(provider)
    version = make_version(dataset)

    product = http.post(f"{API}/products", dossier_json(dataset_id=str(dataset.pk))).json()
    plan = http.post(
        f"{API}/products/{product['id']}/plans", {"kind": "ONE_OFF", "price": {"amount": "120.00", "currency": "CNY"}}
    ).json()
    terms = http.post(
        f"{API}/products/{product['id']}/terms", {"purposes": ["RESEARCH"], "text": {"zh-Hans": "仅限研究"}}
    ).json()
    assert http.post(f"{API}/products/{product['id']}/register").json()["state"] == "REGISTERED"
    draft = http.post(
        f"{API}/listings",
        {
            "product_id": product["id"],
            "venue": "gzdex",
            "version_id": str(version.pk),
            "terms_id": terms["id"],
            "plan_ids": [plan["id"]],
        },
    )
    assert draft.status_code == 201, draft.json()
    address = f"{API}/listings/{draft.json()['id']}"
    submitted = http.post(f"{address}/submit").json()
    assert re.fullmatch(rf"GZ-L-{timezone.localdate().year}-\d{{6}}", submitted["number"])
    assert [clock["kind"] for clock in submitted["clocks"]] == ["ACCEPTANCE"]

    listing = Listing.objects.get()
    first = api(make_client(staff("gzdex", Role.CLERK), ["review"]))
    second = api(make_client(staff("gzdex", Role.COMPLIANCE_REVIEWER), ["review"]))
    assert first.post(f"{address}/start-review").json()["state"] == "IN_REVIEW"
    answers = all_ok_json(listing, "COMPLETENESS")
    passed = first.post(f"{address}/pass-stage", {"stage": "COMPLETENESS", **answers}).json()
    assert (passed["state"], passed["stage"]) == ("COMPLIANCE", "SOURCE_RIGHTS")
    for stage in ("SOURCE_RIGHTS", "GRADE", "QUALITY", "PRICE"):
        listing.refresh_from_db()
        officer = api(make_client(officer_of(listing), ["review"]))
        answer = officer.post(f"{address}/pass-stage", {"stage": stage, **all_ok_json(listing, stage)})
        assert answer.status_code == 200, answer.json()
    assert second.post(f"{address}/approve", all_ok_json(listing, "PUBLICATION")).json()["state"] == "LISTED"

    found = api().get(f"{API}/catalogue", {"q": "廣東街道"}).json()["items"]
    assert [item["number"] for item in found] == [submitted["number"]]
    reviews = http.get(f"{address}/reviews").json()["items"]
    assert {r["decision"] for r in reviews} == {"PASS"}
    assert [r["stage"] for r in reviews][::5] == ["PUBLICATION", "COMPLETENESS"]
    assert "reviewer" not in reviews[0]


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": {"zh-Hans": "数" * 41}}, {"/name": "max_length"}),
        ({"name": "街道"}, {"/name": "required"}),
        ({"nmae": {"en": "x"}}, {"/nmae": "unknown_field"}),
        ({"industry": "Z99"}, {"/industry": "unknown_industry"}),
        ({"rights": ["OWN"]}, {"/rights/0": "invalid_choice"}),
        ({"source_kind": "GOVERNMENT"}, {"/source_kind": "not_registrable"}),
        ({"time_from": "2024-13-01"}, {"/time_from": "invalid"}),
        ({"buyer_regions": ["CN", "??"]}, {"/buyer_regions": "item_invalid"}),
        ({"language": "Chinese (simplified)"}, {"/language": "invalid"}),
        ({"state": "REGISTERED"}, {"/state": "unknown_field"}),
    ],
)
def test_a_wrong_dossier_is_refused_where_it_is_wrong(http, provider, changes, error):
    body = dossier_json(dataset_id=str(make_dataset(provider).pk), **changes)
    response = http.post(f"{API}/products", body)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert pointers(response) == error
    assert not Product.objects.exists()


@pytest.mark.parametrize("body", ["[]", '"x"', "{", "", '{"name": {"en": "a\\u0000b"}}', '{"name": NaN}', "\xff"])
def test_a_body_that_is_no_object_is_refused(http, body):
    response = http.post(f"{API}/products", body, content_type="application/json")
    assert response.status_code == 400
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("price", "pointer"),
    [
        ({"amount": "0.001", "currency": "CNY"}, "/price/amount"),
        ({"amount": "-1", "currency": "CNY"}, "/price/amount"),
        ({"amount": str(10**18), "currency": "CNY"}, "/price/amount"),
        ({"amount": "100000000000.00", "currency": "CNY"}, "/price/amount"),
        ({"amount": "NaN", "currency": "CNY"}, "/price/amount"),
        ({"amount": "1e3", "currency": "CNY"}, "/price/amount"),
        ({"amount": "１２", "currency": "CNY"}, "/price/amount"),
        ({"amount": 12, "currency": "CNY"}, "/price/amount"),
        ({"amount": "0.00", "currency": "CNY"}, "/price"),
        ({"amount": "1.00", "currency": "USD"}, "/price/currency"),
        ({"amount": "1.00"}, "/price"),
        ("1.00", "/price"),
    ],
)
def test_a_price_that_is_none_is_refused(http, provider, price, pointer):
    product = draft_product(provider)
    response = http.post(f"{API}/products/{product.pk}/plans", {"kind": "ONE_OFF", "price": price})
    assert response.status_code == 400
    assert list(pointers(response)) == [pointer]
    assert not Plan.objects.exists()


def test_an_unknown_venue_is_named(http, provider):
    listing = draft_listing(registered_product(provider))
    body = {
        "product_id": str(listing.product_id),
        "venue": "nyse",
        "version_id": str(listing.version_id),
        "terms_id": str(listing.terms_id),
        "plan_ids": [str(listing.plans.get().pk)],
    }
    assert pointers(http.post(f"{API}/listings", body)) == {"/venue": "unknown_venue"}


def test_answers_and_corrections_have_a_form(provider):
    listing = draft_listing(registered_product(provider))
    address = f"{API}/listings/{listing.pk}"
    body = {"stage": "PACKING", "checklist": {"a": {"ok": "perhaps"}}}
    assert pointers(clerk().post(f"{address}/pass-stage", body)) == {
        "/stage": "invalid_choice",
        "/checklist/a/ok": "invalid",
    }
    assert pointers(clerk().post(f"{address}/request-correction", {"corrections": []})) == {"/corrections": "empty"}
    assert pointers(clerk().post(f"{address}/request-correction", {"corrections": [{"code": "x"}]})) == {
        "/corrections/0/reason": "required"
    }


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_a_draft_product_can_be_read_changed_and_deleted(http, provider):
    product = draft_product(provider)
    address = f"{API}/products/{product.pk}"
    assert http.patch(address, {"industry": "I64"}).json()["industry"] == "I64"
    assert pointers(http.patch(address, {"industry": "I64", "number": "DW-P-1"})) == {"/number": "unknown_field"}
    assert http.get(address).json()["number"] is None
    assert http.delete(address).status_code == 204
    assert http.get(address).status_code == 404


def test_a_plan_can_be_read_changed_and_deleted(http, provider):
    product = draft_product(provider)
    price = {"amount": "5.00", "currency": "HKD"}
    plan = http.post(f"{API}/products/{product.pk}/plans", {"kind": "ONE_OFF", "price": price}).json()
    address = f"{API}/plans/{plan['id']}"
    assert http.patch(address, {"name": {"en": "Basic"}}).json()["price"] == price
    assert http.get(address).json()["name"] == {"en": "Basic"}
    assert http.delete(address).status_code == 204
    assert http.get(f"{API}/products/{product.pk}/plans").json() == {"items": [], "next": None}


def test_a_draft_listing_can_be_read_changed_and_deleted(http, provider):
    listing = draft_listing(registered_product(provider))
    address = f"{API}/listings/{listing.pk}"
    free = http.post(f"{API}/products/{listing.product_id}/plans", {"kind": "FREE"}).json()
    assert http.patch(address, {"plan_ids": [free["id"]]}).json()["plans"][0]["kind"] == "FREE"
    assert http.get(address).json()["state"] == "DRAFT"
    assert http.delete(address).status_code == 204
    assert http.get(address).status_code == 404


def test_terms_are_read_and_never_changed(http, provider):
    listing = draft_listing(registered_product(provider))
    address = f"{API}/terms/{listing.terms_id}"
    assert http.get(address).json()["version"] == 1
    assert http.patch(address, {"term_days": 3}).status_code == 405
    assert http.delete(address).status_code == 405


# --- who ------------------------------------------------------------------------------------------------------------


def test_without_a_sign_in_only_the_catalogue_answers(provider):
    listing = listed(provider)
    anyone = api()
    assert anyone.get(f"{API}/catalogue/{listing.pk}").status_code == 200
    assert anyone.get(f"{API}/industries").json()["standard"] == "GB/T 4754-2017"
    for path in ("products", "listings", f"products/{listing.product_id}/plans", f"listings/{listing.pk}"):
        assert anyone.get(f"{API}/{path}").status_code == 401


def test_another_organization_sees_nothing_of_it(provider):
    listing = listed(provider)
    stranger = api(person_of(make_member("gzdex", Capacity.BUYER)))
    for path in (
        f"products/{listing.product_id}",
        f"products/{listing.product_id}/plans",
        f"plans/{listing.plans.get().pk}",
        f"terms/{listing.terms_id}",
        f"listings/{listing.pk}",
        f"listings/{listing.pk}/reviews",
    ):
        assert stranger.get(f"{API}/{path}").status_code == 404, path
    assert stranger.post(f"{API}/listings/{listing.pk}/delist", {"reason": "mine now"}).status_code == 404
    assert stranger.get(f"{API}/listings").json()["items"] == []


def test_a_client_without_the_scope_may_not_act(provider):
    product = draft_product(provider)
    http = api(make_client(person_of(provider), ["buy"]))
    response = http.post(f"{API}/products/{product.pk}/register")
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_same_person_and_forbidden_are_told_apart(provider):
    listing = in_compliance(draft_listing(registered_product(provider)), staff("gzdex", Role.COMPLIANCE_REVIEWER))
    address = f"{API}/listings/{listing.pk}/approve"
    answers = all_ok_json(listing, "PUBLICATION")
    assert (reviewer().post(address, answers).status_code, clerk().post(address, answers).status_code) == (409, 403)
    assert reviewer().post(address, answers).json()["code"] == "same_person"


# --- twice ----------------------------------------------------------------------------------------------------------


def test_the_same_request_twice_has_one_effect(http, provider):
    body = dossier_json(dataset_id=str(make_dataset(provider).pk))
    first = http.post(f"{API}/products", body, idempotency_key="k1")
    again = http.post(f"{API}/products", body, idempotency_key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert Product.objects.count() == 1
    other = http.post(f"{API}/products", body | {"industry": "I64"}, idempotency_key="k1")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    "verb",
    [
        "submit",
        "start-review",
        "pass-stage",
        "claim",
        "assign",
        "release",
        "approve",
        "request-correction",
        "reject",
        "suspend",
        "relist",
        "delist",
    ],
)
def test_every_act_of_law_needs_a_key(http, provider, verb):
    listing = draft_listing(registered_product(provider))
    response = http.post(f"{API}/listings/{listing.pk}/{verb}", {}, idempotency_key=None)
    assert response.json()["code"] == "idempotency_key_missing"


def test_an_approval_sent_twice_lists_once(provider):
    listing = in_compliance(draft_listing(registered_product(provider)))
    address, answers = f"{API}/listings/{listing.pk}/approve", all_ok_json(listing, "PUBLICATION")
    http = reviewer()
    assert [http.post(address, answers, idempotency_key="a1").status_code for _ in range(2)] == [200, 200]
    assert AuditEvent.objects.filter(action="listing.listed").count() == 1
    assert http.post(address, answers).json()["code"] == "illegal_state"


# --- lists ----------------------------------------------------------------------------------------------------------


def test_staff_find_what_waits_for_them(provider):
    waiting = draft_listing(registered_product(provider))
    api(person_of(provider)).post(f"{API}/listings/{waiting.pk}/submit")
    listed(provider)
    items = clerk().get(f"{API}/listings", {"state": "SUBMITTED", "venue": "gzdex"}).json()["items"]
    assert [item["id"] for item in items] == [str(waiting.pk)]
    assert clerk().get(f"{API}/listings", {"overdue": "true"}).json()["items"] == []
    assert len(clerk().get(f"{API}/listings", {"overdue": "false"}).json()["items"]) == 2
    assert clerk().get(f"{API}/listings", {"state": "ASLEEP"}).status_code == 400
    assert api(staff("szdex", Role.CLERK)).get(f"{API}/listings").json()["items"] == []


def test_lists_cost_the_same_whatever_their_length(http, provider, django_assert_max_num_queries):
    def queries_of(path: str) -> int:
        with django_assert_max_num_queries(20) as captured:
            assert http.get(f"{API}/{path}").status_code == 200
        return len(captured.captured_queries)

    listing = listed(provider)
    paths = ("products", "listings", f"products/{listing.product_id}/plans")
    before = [queries_of(path) for path in paths]
    for _ in range(3):
        approved(draft_listing(registered_product(provider)))
    assert [queries_of(path) for path in paths] == before


def test_lists_are_paged(http, provider):
    made = [str(draft_product(provider).pk) for _ in range(3)]
    first = http.get(f"{API}/products", {"limit": 2}).json()
    second = http.get(f"{API}/products", {"limit": 2, "cursor": first["next"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None


def test_the_checklist_is_there_to_prepare_for(http):
    checklist = http.get(f"{API}/review-checklists/gzdex").json()
    assert checklist["working_days"] == {"ACCEPTANCE": 3, "DECISION": 10}
    assert checklist["items"][0]["question"]["zh-Hans"]
    assert http.get(f"{API}/review-checklists/nyse").status_code == 404


def test_a_second_reviewer_sees_the_conflict(provider):
    listing = in_compliance(draft_listing(registered_product(provider)))
    other = api(make_person(operator_of("gzdex"), Role.COMPLIANCE_REVIEWER))
    address, answers = f"{API}/listings/{listing.pk}/approve", all_ok_json(listing, "PUBLICATION")
    assert [reviewer().post(address, answers).status_code, other.post(address, answers).status_code] == [200, 409]


def test_problems_speak_the_readers_language(http, provider):
    product = draft_product(provider)
    for language in ("zh-Hans", "zh-Hant", "en"):
        response = http.post(
            f"{API}/products/{product.pk}/plans", {"kind": "ONE_OFF"}, headers={"Accept-Language": language}
        )
        assert response.json()["errors"][0]["detail"]
