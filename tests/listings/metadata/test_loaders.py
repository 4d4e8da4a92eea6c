"""Croissant, data packages and schema.org, judged by the readers that other people wrote."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from frictionless import Package, system
from frictionless import validate as validate_package
from rdflib import Graph

from listings.models import DataFile, Listing
from listings.profiling.csv_table import profile_csv
from listings.profiling.json_lines import profile_json_lines
from listings.profiling.parquet import profile_parquet
from tests.listings.offers import (
    PROFILE,
    approved,
    draft_listing,
    listed,
    make_dataset,
    make_version,
    registered_product,
)
from tests.marketplace.trading import STREETS, listed_dataset
from tests.world import api, make_member

pytestmark = pytest.mark.django_db

CATALOGUE = "/api/v1/catalogue"
TABLES = Path(__file__).parents[2] / "data" / "tables"
LANGUAGES = ("zh-hans", "zh-hant", "en")


@pytest.fixture
def provider():
    return make_member()


def described(listing: Listing, form: str, language: str = "en", **parameters: str) -> dict[str, Any]:
    response = api().get(f"{CATALOGUE}/{listing.pk}/{form}", parameters, headers={"Accept-Language": language})
    assert response.status_code == 200, response.content
    return response.json()


def listed_with(provider, profile: dict[str, Any], *, name: str, content: bytes, kind: str = "CSV") -> Listing:
    """List a version whose only file was profiled from `content`."""
    dataset = make_dataset(provider)
    version = make_version(dataset, profile=profile)
    # As the profile job would have left it; a sealed file does not change otherwise.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        DataFile.objects.filter(version=version).update(
            name=name, format=kind, size=len(content), sha256=sha256(content).hexdigest()
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return approved(draft_listing(registered_product(provider, dataset=dataset)))


def csv_listing(provider, content: bytes, name: str = "table.csv") -> Listing:
    return listed_with(provider, profile_csv(iter([content])).as_json(), name=name, content=content)


# --- Croissant ------------------------------------------------------------------------------------------------------


def croissant(document: dict[str, Any], folder: Path) -> mlcroissant.Dataset:
    """Let the reference loader read a document, and fail on its warnings too."""
    path = folder / "croissant.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    dataset = mlcroissant.Dataset(jsonld=str(path))
    issues = dataset.metadata.ctx.issues
    assert (list(issues.errors), list(issues.warnings)) == ([], [])
    return dataset


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_croissant_is_taken_by_its_reference_loader(provider, tmp_path, version, language):
    document = described(listed(provider), "croissant.json", language, version=version)
    assert document["conformsTo"] == f"http://mlcommons.org/croissant/{version}"
    dataset = croissant(document, tmp_path)
    [records] = dataset.metadata.record_sets
    assert [field.name for field in records.fields] == ["code", "street_name"]


def test_croissant_tells_fields_types_and_digests(provider):
    document = described(csv_listing(provider, (TABLES / "covid19-worldwide.csv").read_bytes()), "croissant.json")
    fields = document["recordSet"][0]["field"]
    assert {field["name"]: field["dataType"] for field in fields} == {
        "Date": "sc:Date",
        "Confirmed": "sc:Integer",
        "Recovered": "sc:Integer",
        "Deaths": "sc:Integer",
        "Increase rate": "sc:Float",
    }
    [file] = document["distribution"]
    assert file["sha256"] == sha256((TABLES / "covid19-worldwide.csv").read_bytes()).hexdigest()
    assert (file["encodingFormat"], file["contentUrl"]) == ("text/csv", document["url"])


def test_croissant_reads_the_delivered_rows(provider, tmp_path):
    """Once the bytes are delivered next to it, the description loads them."""
    document = described(csv_listing(provider, STREETS, "streets.csv"), "croissant.json")
    (tmp_path / "streets.csv").write_bytes(STREETS)
    document["distribution"][0]["contentUrl"] = "streets.csv"
    rows = list(croissant(document, tmp_path).records("records-1"))
    assert len(rows) == 3
    assert rows[0] == {"records-1/1": 440103001, "records-1/2": "沙面街道".encode()}


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_croissant_names_the_columns_that_can_be_found_by_name(provider, tmp_path, version):
    listing = csv_listing(provider, 'id,name,name,,"a b/c"\n1,x,y,z,ü\n2,p,q,r,s\n'.encode())
    names = ["id", "name", "a b/c"]
    dataset = croissant(described(listing, "croissant.json", version=version), tmp_path)
    assert [field.name for field in dataset.metadata.record_sets[0].fields] == names


def test_croissant_tells_no_records_of_a_table_without_a_header(provider, tmp_path):
    document = described(csv_listing(provider, b"1,2.5\n3,4.5\n5,6.5\n"), "croissant.json")
    assert "recordSet" not in document
    croissant(document, tmp_path)


def test_croissant_knows_json_lines_and_parquet(provider, tmp_path):
    lines = '{"id": 1, "名称": "街", "tags": ["a"]}\n{"id": 2, "名称": "道", "tags": []}\n'.encode()
    listing = listed_with(
        provider, profile_json_lines(iter([lines])).as_json(), name="lines.jsonl", content=lines, kind="JSONL"
    )
    document = described(listing, "croissant.json")
    (tmp_path / "lines.jsonl").write_bytes(lines)
    document["distribution"][0]["contentUrl"] = "lines.jsonl"
    rows = list(croissant(document, tmp_path).records("records-1"))
    assert [row["records-1/2"].decode() for row in rows] == ["街", "道"]

    path = tmp_path / "table.parquet"
    pq.write_table(pa.table({"id": [1, 2], "名称": ["街", "道"]}), path)
    with path.open("rb") as source:
        profile = profile_parquet(source, size=path.stat().st_size).as_json()
    listing = listed_with(provider, profile, name=path.name, content=path.read_bytes(), kind="PARQUET")
    document = described(listing, "croissant.json")
    document["distribution"][0]["contentUrl"] = path.name
    rows = list(croissant(document, tmp_path).records("records-1"))
    assert [row["records-1/2"].decode() for row in rows] == ["街", "道"]


def test_croissant_of_an_unknown_version_is_refused(provider):
    refused = api().get(f"{CATALOGUE}/{listed(provider).pk}/croissant.json", {"version": "9"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/version")


# --- data packages --------------------------------------------------------------------------------------------------


def complaints(document: dict[str, Any], folder: Path, content: bytes) -> list[list[Any]]:
    """Return what frictionless finds wrong with a package and the file that lies beside it."""
    (folder / document["resources"][0]["path"]).write_bytes(content)
    path = folder / "datapackage.json"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    with system.use_context(trusted=True):
        report = validate_package(str(path))
    return report.flatten(["type", "note"])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(STREETS, id="plain"),
        pytest.param((TABLES / "taitung-shelters.csv").read_bytes(), id="with byte order mark"),
        pytest.param((TABLES / "covid19-worldwide.csv").read_bytes(), id="dates and numbers"),
        pytest.param((TABLES / "guangdong-streets.csv").read_text(encoding="utf-8").encode("gb18030"), id="GB18030"),
        pytest.param((TABLES / "guangdong-streets.csv").read_text(encoding="utf-8").encode("utf-16"), id="UTF-16"),
        pytest.param("id;name\n1;甲\n2;乙\n3;丙\n".encode(), id="semicolons"),
        pytest.param(b"day,value\n2024/01/02,1.5\n2024/02/03,2.5\n", id="dates with slashes"),
    ],
)
def test_a_data_package_fits_the_delivered_file(provider, tmp_path, content):
    listing = csv_listing(provider, content, "交付 file.csv")
    assert complaints(described(listing, "datapackage.json"), tmp_path, content) == []


def test_a_data_package_finds_a_changed_file(provider, tmp_path):
    listing = csv_listing(provider, STREETS)
    [[kind, _note], *_more] = complaints(
        described(listing, "datapackage.json"), tmp_path, STREETS.replace("沙".encode(), "砂".encode())
    )
    assert kind == "hash-count" or "hash" in kind


def test_a_data_package_tells_terms_and_maker(provider):
    listing = listed(provider)
    document = described(listing, "datapackage.json", "zh-hans")
    assert document["title"] == "2024年广东省街道名录"
    assert document["licenses"][0]["title"] == "使用条款 v1"
    [resource] = document["resources"]
    assert resource["hash"] == f"sha256:{'c' * 64}"
    assert [field["name"] for field in resource["schema"]["fields"]] == ["code", "street_name"]


@pytest.mark.parametrize("kind", [*DataFile.Format])
def test_files_of_every_format_are_described_in_every_form(provider, tmp_path, kind):
    listing = listed_with(provider, PROFILE, name=f"file.{kind.lower()}", content=b"code,street_name\n", kind=kind)
    croissant(described(listing, "croissant.json"), tmp_path)
    package = described(listing, "datapackage.json")
    assert Package.from_descriptor(package).resources[0].path == f"file.{kind.lower()}"  # raises for what is not valid
    Graph().parse(data=api().get(f"{CATALOGUE}/{listing.pk}/dcat.ttl").content, format="turtle")
    [file] = described(listing, "schema-org.jsonld")["distribution"]
    [resource] = api().get("/api/3/action/package_show", {"id": str(listing.pk)}).json()["result"]["resources"]
    assert file["encodingFormat"] == resource["mimetype"] == package["resources"][0]["mediatype"]


# --- schema.org -----------------------------------------------------------------------------------------------------


def test_schema_org_tells_name_price_files_and_terms(provider):
    listing = listed(provider, price="120.00")
    document = described(listing, "schema-org.jsonld", "zh-hant")
    assert document["name"] == "2024年广东省街道名录"
    assert document["alternateName"] == ["Sub-districts of Guangdong 2024"]
    assert (document["offers"][0]["price"], document["offers"][0]["priceCurrency"]) == ("120.00", "CNY")
    assert document["temporalCoverage"] == "2024-01-01/2024-12-31"
    assert document["isAccessibleForFree"] is False
    assert document["license"]["text"] == "仅限内部分析。"
    assert document["distribution"][0]["sha256"] == "c" * 64
    assert [each["name"] for each in document["variableMeasured"]] == ["code", "street_name"]
    assert len(
        Graph().parse(data=json.dumps(document | {"@context": {"@vocab": "https://schema.org/"}}), format="json-ld")
    )


def test_an_open_time_span_has_an_open_end(provider):
    assert described(listed(provider, time_to=None), "schema-org.jsonld")["temporalCoverage"] == "2024-01-01/.."


# --- all of them ----------------------------------------------------------------------------------------------------


def test_no_text_of_a_provider_can_end_the_script_that_it_is_put_into(provider):
    evil = '</script><script>alert("x")</script>&\u2028'
    profile = PROFILE | {"columns": [{"name": evil, "type": "text", "nulls": 0, "distinct": 1}]}
    dataset = make_dataset(provider)
    make_version(dataset, profile=profile)
    product = registered_product(provider, dataset=dataset, summary={"en": evil}, name={"en": "<img src=x>"})
    listing = approved(draft_listing(product))
    for form in ("dcat.jsonld", "schema-org.jsonld", "croissant.json", "datapackage.json"):
        response = api().get(f"{CATALOGUE}/{listing.pk}/{form}")
        text = response.content.decode()
        assert not {"<", ">", "&", "\u2028"} & set(text), form
        assert evil in json.dumps(response.json(), ensure_ascii=False).replace('\\"', '"'), form
        assert response["X-Content-Type-Options"] == "nosniff"


def test_values_stay_with_those_who_buy(provider):
    listing = listed(provider)
    for form in ("dcat.ttl", "dcat.jsonld", "schema-org.jsonld", "croissant.json", "datapackage.json"):
        text = api().get(f"{CATALOGUE}/{listing.pk}/{form}").content.decode()
        assert "沙面街道" not in text
        assert "440103001" not in text


def test_a_description_costs_the_same_queries_for_one_plan_and_for_many(provider):
    listing = listed_dataset(provider)
    for form in ("schema-org.jsonld", "croissant.json", "datapackage.json"):
        with CaptureQueriesContext(connection) as queries:
            described(listing, form)
        assert len(queries) == 3
