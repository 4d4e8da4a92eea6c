"""CKAN's API for reading, asked by CKAN's own client over a socket, and by hand where it is about shape and cost."""

import json
from datetime import timedelta

import pytest
from ckanapi import CKANAPIError, NotFound, RemoteCKAN, ValidationError
from ckanapi.errors import SearchQueryError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from listings.listing import suspend
from listings.metadata.ckan import SPOKEN_VERSION
from listings.models import Listing
from tests.listings.offers import draft_listing, listed, make_dataset, make_version, registered_product
from tests.world import actor, api, make_member, staff

ACTION = "/api/3/action"


@pytest.fixture
def provider(db):
    return make_member()


def name_of(listing: Listing) -> str:
    listing.refresh_from_db()
    return listing.number.lower()


def asked(action: str, **parameters):
    response = api().get(f"{ACTION}/{action}", parameters)
    content = b"".join(response)  # some answers are streamed
    assert response.status_code == 200, content
    body = json.loads(content)
    assert body["success"] is True
    assert body["help"] == f"http://127.0.0.1:8000{ACTION}/help_show?name={action}"
    return body["result"]


def found(**parameters) -> list[str]:
    return [package["name"] for package in asked("package_search", **parameters)["results"]]


# --- CKAN's own client ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("get_only", [False, True])
def test_ckan_s_own_client_harvests_the_catalogue(live_server, get_only):
    provider = make_member()
    listings = [listed(provider), listed(make_member("szdex"), "szdex", product_type="CORPUS")]
    names = sorted(name_of(listing) for listing in listings)
    with RemoteCKAN(live_server.url, get_only=get_only) as remote:
        assert remote.action.status_show()["ckan_version"] == SPOKEN_VERSION
        assert remote.action.site_read() is True
        assert remote.action.package_list() == names
        assert remote.action.package_list(limit=1, offset=1) == names[1:]

        page = remote.action.package_search(q="街道", fq="venue:gzdex", rows=5, start=0, sort="metadata_modified desc")
        assert (page["count"], [each["name"] for each in page["results"]]) == (1, [name_of(listings[0])])
        package = remote.action.package_show(id=names[0])
        assert remote.action.package_show(id=package["id"]) == package
        [resource] = package["resources"]
        assert remote.action.resource_show(id=resource["id"]) == resource
        assert resource["hash"] == f"sha256:{'c' * 64}"

        assert set(remote.action.organization_list()) == {str(each.organization_id) for each in listings}
        organization = remote.action.organization_show(id=str(provider.pk))
        assert (organization["package_count"], organization["is_organization"]) == (1, True)
        assert remote.action.group_list() == ["gzdex", "szdex"]
        assert remote.action.group_show(id="szdex")["package_count"] == 1
        assert {tag["name"] for tag in package["tags"]} <= set(remote.action.tag_list())


@pytest.mark.django_db(transaction=True)
def test_ckan_s_own_client_understands_the_refusals(live_server):
    with RemoteCKAN(live_server.url) as remote:
        with pytest.raises(NotFound):
            remote.action.package_show(id="gz-l-2026-999999")
        with pytest.raises(ValidationError) as refused:
            remote.action.package_show()
        assert refused.value.error_dict["id"] == ["Missing value"]
        with pytest.raises(SearchQueryError):
            remote.action.package_search(fq="no_such_field:1")
        with pytest.raises(CKANAPIError):
            remote.action.package_create(name="x")


# --- shape ----------------------------------------------------------------------------------------------------------


def test_a_package_tells_what_the_listing_tells(provider):
    listing = listed(provider)
    package = asked("package_show", id=name_of(listing))
    assert package["title"] == "Sub-districts of Guangdong 2024"
    assert package["organization"]["id"] == package["owner_org"] == str(provider.pk)
    assert [group["name"] for group in package["groups"]] == ["gzdex"]
    assert package["url"] == f"http://127.0.0.1:8000/api/v1/catalogue/{listing.pk}"
    extras = {each["key"]: each["value"] for each in package["extras"]}
    assert (extras["venue"], extras["price_from"], extras["currency"]) == ("gzdex", "120.00", "CNY")
    assert (extras["temporal_start"], extras["temporal_end"]) == ("2024-01-01", "2024-12-31")
    [resource] = package["resources"]
    assert (resource["format"], resource["mimetype"], resource["size"]) == ("CSV", "text/csv", 65536)


def test_a_package_speaks_the_language_of_the_request(provider):
    listing = listed(provider)
    response = api().get(f"{ACTION}/package_show", {"id": name_of(listing)}, headers={"Accept-Language": "zh-hans"})
    assert response.json()["result"]["title"] == "2024年广东省街道名录"


@pytest.mark.parametrize(
    ("action", "parameters", "status", "kind"),
    [
        ("package_show", {"id": "nothing"}, 404, "Not Found Error"),
        ("package_show", {"id": "\0"}, 409, "Validation Error"),
        ("package_show", {}, 409, "Validation Error"),
        ("resource_show", {"id": "x_y"}, 404, "Not Found Error"),
        ("organization_show", {"id": "x"}, 404, "Not Found Error"),
        ("group_show", {"id": "x"}, 404, "Not Found Error"),
        ("package_search", {"rows": "-1"}, 409, "Validation Error"),
        ("package_search", {"start": "many"}, 409, "Validation Error"),
        ("package_search", {"sort": "price asc"}, 400, "Search Query Error"),
        ("package_search", {"fq": "venue:(gzdex"}, 400, "Search Query Error"),
        ("package_search", {"fq": "metadata_modified:[yesterday TO *]"}, 400, "Search Query Error"),
        ("package_search", {"q": "\0"}, 409, "Validation Error"),
    ],
)
def test_refusals_have_ckan_s_shape(db, action, parameters, status, kind):
    refused = api().get(f"{ACTION}/{action}", parameters)
    body = refused.json()
    assert (refused.status_code, body["success"], body["error"]["__type"]) == (status, False, kind)


@pytest.mark.parametrize("body", ["{", "[]", "[" * 100_000, "\xff"])
def test_a_body_that_is_no_object_is_a_bad_request(db, body):
    refused = api().generic("POST", f"{ACTION}/package_list", body.encode("latin-1"), content_type="application/json")
    assert (refused.status_code, refused.json()[:11]) == (400, "Bad request")


def test_an_unknown_action_is_a_bad_request_and_another_method_is_refused(db):
    unknown = api().get(f"{ACTION}/package_delete")
    assert (unknown.status_code, unknown.json()) == (400, "Bad request - Action name not known: package_delete")
    refused = api().delete(f"{ACTION}/package_list")
    assert (refused.status_code, refused.json()["success"]) == (405, False)


def test_every_action_helps(db):
    assert "packages" in asked("help_show", name="package_search")


# --- searching ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(provider):
    return listed(provider), listed(make_member("szdex"), "szdex", product_type="CORPUS", industry="A01")


@pytest.mark.parametrize(
    ("filters", "which"),
    [
        ("", {0, 1}),
        ("*:*", {0, 1}),
        ("venue:gzdex", {0}),
        ('groups:"szdex"', {1}),
        ("type:CORPUS", {1}),
        ("type:dataset", {0, 1}),
        ("product_type:dataset", {0}),
        ("-venue:gzdex", {1}),
        ("venue:gzdex AND product_type:CORPUS", set()),
        ("venue:szdex product_type:CORPUS", {1}),
        ("+res_format:CSV +industry:A01", {1}),
        ("res_format:PARQUET", set()),
        ("state:active dataset_type:dataset capacity:public", {0, 1}),
        ("state:deleted", set()),
        ("metadata_modified:[2020-01-01T00:00:00Z TO *]", {0, 1}),
        ("metadata_modified:[* TO 2020-01-01T00:00:00]", set()),
        ("organization:nobody", set()),
    ],
)
def test_filters_are_solr_s_plainest(two, filters, which):
    assert set(found(fq=filters)) == {name_of(two[index]) for index in which}


def test_a_harvester_asks_only_for_what_is_new(two):
    Listing.objects.filter(pk=two[0].pk).update(listed_at=timezone.now() - timedelta(days=9))
    since = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert found(fq=f"metadata_modified:[{since} TO *]", sort="metadata_modified asc") == [name_of(two[1])]
    assert found(sort="metadata_modified asc") == [name_of(two[0]), name_of(two[1])]


def test_words_are_found_as_in_the_catalogue(two):
    assert len(found(q="廣東街道")) == 2
    assert found(q="nothing of the kind") == []


def test_a_window_of_the_hits_knows_how_many_there_are(two):
    page = asked("package_search", rows=1, start=1, sort="name desc")
    assert (page["count"], len(page["results"]), page["sort"]) == (2, 1, "name desc")
    assert asked("package_search", rows=0)["results"] == []


def test_what_is_not_listed_is_not_there(two, provider):
    suspend(listing_id=two[1].pk, reason="check", actor=actor(staff("szdex", Role.COMPLIANCE_REVIEWER)))
    draft = draft_listing(registered_product(provider))
    assert asked("package_list") == [name_of(two[0])] == found()
    assert len(asked("organization_list")) == 1
    for listing in (two[1], draft):
        assert api().get(f"{ACTION}/package_show", {"id": str(listing.pk)}).status_code == 404


# --- cost -----------------------------------------------------------------------------------------------------------


def test_every_action_costs_the_same_for_few_listings_and_for_many(provider):
    def costs() -> dict[str, int]:
        spent = {}
        for action in ("package_search", "package_list", "organization_list", "group_list", "tag_list"):
            with CaptureQueriesContext(connection) as queries:
                asked(action, all_fields="true")
            spent[action] = len(queries)
        return spent

    listed(provider)
    few = costs()
    dataset = make_dataset(provider)
    make_version(dataset)
    for _number in range(4):
        listed(provider, dataset=dataset)
    assert costs() == few
    assert max(few.values()) <= 3
