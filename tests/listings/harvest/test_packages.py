"""Data packages on the way in: our own written form comes back whole, others are understood or refused in place."""

import json
from typing import Any

import pytest
from frictionless import Package

from kernel.jobs import run_due_jobs
from listings.harvest import RUN_JOB
from listings.models import HarvestedProduct, Product
from tests.listings.harvest.harvesting import records, run_now
from tests.listings.metadata.test_loaders import csv_listing
from tests.listings.offers import listed
from tests.world import Api, api, make_member

pytestmark = pytest.mark.django_db

PACKAGE: dict[str, Any] = {
    "name": "period-table",
    "languages": ["zh-Hans", "en"],
    "title": {"": "元素周期表", "en": "Periodic table"},
    "description": "<b>118</b> 种元素",
    "licenses": [{"name": "ODC-PDDL-1.0", "path": "http://opendatacommons.org/licenses/pddl/", "title": "PDDL"}],
    "sources": [{"title": "IUPAC", "path": "https://iupac.example/", "email": "person@iupac.example"}],
    "contributors": [{"title": "某人", "email": "a@b.example"}, {"title": "某机构", "role": "publisher"}],
    "keywords": ["化学"],
    "version": "1.2.0",
    "resources": [
        {
            "name": "elements",
            "path": "data/elements.csv",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": "utf-8",
            "dialect": {"delimiter": ";"},
            "bytes": 1234,
            "hash": "sha256:" + "a" * 64,
            "schema": {
                "fields": [
                    {"name": "atomic number", "type": "integer", "constraints": {"unique": True}},
                    {"name": "symbol", "type": "string", "title": "符号"},
                ],
                "primaryKey": "atomic number",
            },
        }
    ],
}


def registered(client: Api, document: Any) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/manifests", json.dumps(document).encode(), content_type="application/vnd.datapackage+json"
    )
    assert answer.status_code == 202, answer.json()
    run_due_jobs(kinds=(RUN_JOB,))
    return run_now(client, answer.json())


def test_a_package_is_understood_with_its_resources_fields_licences_and_languages(client):
    run = registered(client, PACKAGE)
    assert (run["kind"], run["counts"]) == ("DATA_PACKAGE", {"CREATED": 1})
    known = HarvestedProduct.objects.select_related("dataset", "product").get()
    assert known.source_id == "period-table"
    assert known.dataset.title == known.product.name == {"zh-Hans": "元素周期表", "en": "Periodic table"}
    assert known.product.summary == {"zh-Hans": "118 种元素"}
    described = known.described
    assert described["licences"] == PACKAGE["licenses"]
    assert described["sources"] == [{"title": "IUPAC", "path": "https://iupac.example/"}]
    assert described["publisher"] == "某机构"
    [resource] = described["resources"]
    assert resource["fields"] == PACKAGE["resources"][0]["schema"]["fields"]
    assert (resource["primary_key"], resource["dialect"]) == ("atomic number", {"delimiter": ";"})
    assert "@" not in json.dumps(described)  # addresses of people stay away


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_we_write_comes_back_whole(client, language):
    """Listed by one provider, written as a data package, and registered by another."""
    content = "code,name\n440103001,沙面街道\n440103002,岭南街道\n".encode()
    listing = csv_listing(make_member(), content, "streets.csv")
    address = f"/api/v1/catalogue/{listing.pk}/datapackage.json"
    written = api().get(address, headers={"Accept-Language": language}).json()
    assert Package.from_descriptor(written).resources  # frictionless itself takes it

    run = registered(client, written)
    assert run["counts"] == {"CREATED": 1}
    known = HarvestedProduct.objects.select_related("dataset").get()
    tag = {"zh-hans": "zh-Hans", "en": "en"}[language]
    assert known.source_id == written["id"]
    assert known.dataset.title == {tag: written["title"]}
    assert known.dataset.description == {tag: written["description"]}
    described = known.described
    assert described["licences"] == written["licenses"]
    assert described["publisher"] == written["contributors"][0]["title"]
    assert (described["page"], described["version"]) == (written["homepage"], written["version"])
    assert (described["keywords"], described["modified"]) == (written["keywords"], written["created"])
    for ours, theirs in zip(described["resources"], written["resources"], strict=True):
        assert ours["fields"] == theirs["schema"]["fields"]
        assert ours["media_type"] == theirs["mediatype"]
        same = ("name", "title", "path", "format", "bytes", "hash", "encoding", "dialect")
        assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
    assert registered(client, written)["counts"] == {"UNCHANGED": 1}


def test_several_packages_come_in_one_array(client):
    run = registered(client, [PACKAGE, PACKAGE | {"name": "other", "id": "uuid-2"}, PACKAGE])
    assert (run["kind"], run["counts"]) == ("DATA_PACKAGE", {"CREATED": 2, "REFUSED": 1})


def test_a_listing_of_the_real_catalogue_is_not_taken_for_a_manifest_record(client, provider):
    listing = listed(provider)
    written = api().get(f"/api/v1/catalogue/{listing.pk}/datapackage.json").json()
    assert registered(client, written)["kind"] == "DATA_PACKAGE"
    assert Product.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"name": ""}, {"/name": "required"}),
        ({"resources": []}, {"/resources": "required"}),
        ({"resources": {}}, {"/resources": "required"}),
        ({"resources": ["x"]}, {"/resources/0": "not_an_object"}),
        ({"resources": [{"name": "x"}]}, {"/resources/0/path": "required"}),
        ({"resources": [{"path": []}]}, {"/resources/0/path": "required"}),
        ({"resources": [{"path": "/etc/passwd"}]}, {"/resources/0/path": "unsafe_path"}),
        ({"resources": [{"path": ["a.csv", "a/../../b.csv"]}]}, {"/resources/0/path": "unsafe_path"}),
        ({"resources": [{"path": "a", "schema": {"fields": "x"}}]}, {"/resources/0/schema/fields": "invalid"}),
        (
            {"resources": [{"path": "a", "schema": {"fields": [{"name": "a"}, {"name": "a"}]}}]},
            {"/resources/0/schema/fields": "invalid"},
        ),
        ({"title": 1, "name": 2, "resources": [{"data": []}]}, {"/title": "required"}),
    ],
)
def test_a_package_that_is_none_is_refused_in_place(client, changes, reasons):
    run = registered(client, PACKAGE | changes)
    [record] = records(client, run)
    assert record["outcome"] == "REFUSED"
    assert {each["pointer"]: each["code"] for each in record["reasons"]} == reasons
    assert all(each["detail"] for each in record["reasons"])
