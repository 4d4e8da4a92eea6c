"""The catalogue as DCAT-AP: the official shapes take it, two notations say the same, and a page costs two queries."""

import json
from functools import cache
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pyshacl import validate
from rdflib import RDF, Graph, Literal, Namespace, URIRef
from rdflib.compare import isomorphic

from accounts.models import Role
from listings.listing import suspend
from listings.metadata.nodes import PREFIXES
from listings.models import Listing
from tests.listings.offers import draft_listing, listed, make_dataset, make_version, registered_product
from tests.world import actor, api, make_member, staff

pytestmark = pytest.mark.django_db

CATALOGUE = "/api/v1/catalogue"
SHAPES = Path(__file__).parents[2] / "data" / "conformance"
DCAT = Namespace(PREFIXES["dcat"])
DCT = Namespace(PREFIXES["dct"])
ODRL = Namespace(PREFIXES["odrl"])
SPDX = Namespace(PREFIXES["spdx"])
ADMS = Namespace(PREFIXES["adms"])
HYDRA = Namespace(PREFIXES["hydra"])
FOAF = Namespace(PREFIXES["foaf"])
SH = Namespace("http://www.w3.org/ns/shacl#")


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def streets(provider):
    return listed(provider)


def fetched(path: str, **parameters: str):
    response = api().get(path, parameters)
    assert response.status_code == 200, response.content
    return response


def graph_of(path: str, **parameters: str) -> Graph:
    notation = "turtle" if path.endswith(".ttl") else "json-ld"
    return Graph().parse(data=fetched(path, **parameters).content, format=notation)


@cache
def shapes(*names: str) -> Graph:
    found = Graph()
    for name in names:
        found.parse(SHAPES / f"dcat-ap-3.0.1-{name}.ttl")
    return found


def complaints(graph: Graph, *names: str) -> set[tuple[str, str]]:
    """Return (path, message) of everything that the shapes do not like in a graph."""
    _conforms, report, _text = validate(graph, shacl_graph=shapes(*names))
    return {
        (str(report.value(result, SH.resultPath)), str(report.value(result, SH.resultMessage)))
        for result in report.subjects(RDF.type, SH.ValidationResult)
    }


def corpus_without_much(provider) -> Listing:
    """List a product that tells no more than it must."""
    return listed(provider, "szdex", product_type="CORPUS", time_to=None, frequency="ON_DEMAND", industry="A01")


# --- the official shapes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("notation", ["jsonld", "ttl"])
def test_the_official_shapes_take_the_catalogue(provider, streets, notation):
    corpus_without_much(make_member("szdex"))
    graph = graph_of(f"{CATALOGUE}/dcat.{notation}")
    assert len(set(graph.subjects(RDF.type, DCAT.Dataset))) == 2
    assert complaints(graph, "shapes", "range") == set()
    assert complaints(graph, "dcat-ap-SHACL") == set()


def test_the_shapes_do_refuse_a_dataset_without_a_title(streets):
    graph = graph_of(f"{CATALOGUE}/dcat.ttl")
    graph.remove((None, DCT.title, None))
    assert str(DCT.title) in {path for path, _message in complaints(graph, "shapes", "range")}


def test_what_the_profile_recommends_is_there(streets):
    graph = graph_of(f"{CATALOGUE}/{streets.pk}/dcat.ttl")
    missing = {path.rpartition("#")[2].rpartition("/")[2] for path, _message in complaints(graph, "shapes_recommended")}
    # No one promises how long a distribution stays, or classifies agents and terms; the catalogue as a whole has no
    # date, licence or place of its own; and only the scope of a region is known, not its outline.
    assert missing <= {
        "availability",
        "type",
        "issued",
        "modified",
        "license",
        "spatial",
        "homepage",
        "bbox",
        "centroid",
        "service",
        "geometry",
    }


@pytest.mark.parametrize("notation", ["jsonld", "ttl"])
def test_the_shapes_take_a_single_listing(streets, notation):
    assert complaints(graph_of(f"{CATALOGUE}/{streets.pk}/dcat.{notation}"), "shapes", "range") == set()


def test_turtle_says_what_json_ld_says(provider, streets):
    listed(provider, name={"zh-Hans": '引号"与\\反斜线', "en": "tab\tand </script>"})
    listed(make_member("szdex"), "szdex")
    assert isomorphic(graph_of(f"{CATALOGUE}/{streets.pk}/dcat.ttl"), graph_of(f"{CATALOGUE}/{streets.pk}/dcat.jsonld"))
    turtle, json_ld = graph_of(f"{CATALOGUE}/dcat.ttl"), graph_of(f"{CATALOGUE}/dcat.jsonld")
    for graph in (turtle, json_ld):
        graph.remove((None, HYDRA.view, None))
        graph.remove((None, HYDRA.first, None))
        graph.remove((None, RDF.type, HYDRA.PartialCollectionView))
    assert isomorphic(turtle, json_ld)


# --- what it tells --------------------------------------------------------------------------------------------------


def test_a_dataset_is_described_by_its_listing(provider, streets):
    streets.refresh_from_db()
    graph = graph_of(f"{CATALOGUE}/{streets.pk}/dcat.ttl")
    dataset = graph.value(predicate=RDF.type, object=DCAT.Dataset)
    titles = {(title.language or "").lower(): str(title) for title in graph.objects(dataset, DCT.title)}
    assert titles == {"zh-hans": "2024年广东省街道名录", "en": "Sub-districts of Guangdong 2024"}
    assert graph.value(dataset, DCT.identifier) == Literal(streets.number)
    assert str(graph.value(dataset, DCT.accrualPeriodicity)).endswith("frequency/ANNUAL")
    assert str(graph.value(dataset, DCT.language)).endswith("language/ZHO")
    assert str(graph.value(dataset, DCAT.theme)).endswith("/api/v1/industries#I65")
    assert graph.value(dataset, DCAT.version) == Literal("1")
    assert len(list(graph.objects(graph.value(dataset, DCT.publisher), FOAF.name))) == 2
    period = graph.value(dataset, DCT.temporal)
    assert [str(graph.value(period, each)) for each in (DCAT.startDate, DCAT.endDate)] == ["2024-01-01", "2024-12-31"]


def test_a_distribution_tells_digest_size_and_type_but_hands_out_no_bytes(streets):
    graph = graph_of(f"{CATALOGUE}/{streets.pk}/dcat.ttl")
    file = graph.value(predicate=RDF.type, object=DCAT.Distribution)
    assert int(graph.value(file, DCAT.byteSize)) == 65536
    checksum = graph.value(file, SPDX.checksum)
    assert str(graph.value(checksum, SPDX.checksumValue)).lower() == "c" * 64
    assert str(graph.value(file, DCAT.mediaType)).endswith("text/csv")
    assert str(graph.value(file, DCAT.accessURL)) == f"http://127.0.0.1:8000{CATALOGUE}/{streets.pk}"
    assert graph.value(file, DCAT.downloadURL) is None


def test_the_terms_are_an_odrl_policy(streets):
    graph = graph_of(f"{CATALOGUE}/{streets.pk}/dcat.ttl")
    policy = graph.value(predicate=RDF.type, object=ODRL.Policy)
    assert policy == URIRef(f"urn:uuid:{streets.terms_id}")
    actions = {graph.value(rule, ODRL.action) for rule in graph.objects(policy, ODRL.permission)}
    forbidden = {graph.value(rule, ODRL.action) for rule in graph.objects(policy, ODRL.prohibition)}
    assert actions == {ODRL.use, ODRL.derive}
    assert forbidden == {ODRL.distribute, URIRef("urn:dawan:odrl:export")}
    constraint = graph.value(predicate=RDF.type, object=ODRL.Constraint)
    assert graph.value(constraint, ODRL.leftOperand) == ODRL.purpose
    assert graph.value(constraint, ODRL.rightOperand) == Literal("INTERNAL_ANALYSIS")


def test_addresses_are_those_of_the_public_site(streets, settings):
    settings.PUBLIC_URL = "https://data.example.org"
    text = fetched(f"{CATALOGUE}/{streets.pk}/dcat.ttl").content.decode()
    assert f"<https://data.example.org{CATALOGUE}/{streets.pk}#dataset>" in text
    assert "127.0.0.1" not in text


def test_only_what_is_listed_is_told(provider, streets):
    hidden = listed(make_member("szdex"), "szdex")
    suspend(listing_id=hidden.pk, reason="check", actor=actor(staff("szdex", Role.COMPLIANCE_REVIEWER)))
    draft = draft_listing(registered_product(provider))
    assert len(set(graph_of(f"{CATALOGUE}/dcat.ttl").subjects(RDF.type, DCAT.Dataset))) == 1
    for form in ("dcat.jsonld", "dcat.ttl", "schema-org.jsonld", "croissant.json", "datapackage.json"):
        for listing in (hidden, draft):
            refused = api().get(f"{CATALOGUE}/{listing.pk}/{form}")
            assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


# --- pages ----------------------------------------------------------------------------------------------------------


def test_pages_follow_each_other_until_everything_was_told(provider):
    expected = {f"http://127.0.0.1:8000{CATALOGUE}/{listed(provider).pk}#dataset" for _number in range(5)}
    found: list[str] = []
    address, pages = f"{CATALOGUE}/dcat.ttl?limit=2", 0
    while address:
        response = fetched(address)
        graph = Graph().parse(data=response.content, format="turtle")
        found += [str(each) for each in graph.subjects(RDF.type, DCAT.Dataset)]
        following = next(graph.objects(None, HYDRA.next), None)
        assert (f'<{following}>; rel="next"' if following else None) == response.get("Link")
        address, pages = str(following or "").removeprefix("http://127.0.0.1:8000"), pages + 1
    assert (pages, len(found), set(found)) == (3, 5, expected)


def test_a_page_costs_two_queries_however_many_listings_it_has(provider, streets):
    def cost(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            fetched(path)
        return len(queries)

    forms = ("dcat.jsonld", "dcat.ttl", "newest.atom", "export.ttl", "export.jsonl")
    few = [cost(f"{CATALOGUE}/{form}") for form in forms]
    dataset = make_dataset(provider)
    make_version(dataset)
    for _number in range(4):
        listed(provider, dataset=dataset)
    assert [cost(f"{CATALOGUE}/{form}") for form in forms] == few
    assert few[:3] == [2, 2, 2]


@pytest.mark.parametrize("form", ["dcat.jsonld", "dcat.ttl", "newest.atom"])
@pytest.mark.parametrize("wrong", [{"cursor": "nonsense"}, {"limit": "0"}, {"limit": "x"}, {"cursor": "\0"}])
def test_a_page_that_cannot_be_is_a_problem(streets, form, wrong):
    refused = api().get(f"{CATALOGUE}/{form}", wrong)
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


def test_the_form_is_in_the_address_whatever_the_client_accepts(streets):
    for accepted in ("text/turtle", "application/ld+json", "text/html"):
        response = api().get(f"{CATALOGUE}/dcat.ttl", headers={"Accept": accepted})
        assert response["Content-Type"].startswith("text/turtle")


# --- everything in one stream ---------------------------------------------------------------------------------------


def test_the_stream_says_what_the_pages_say(provider, monkeypatch):
    monkeypatch.setattr("listings.metadata.offered.BATCH", 2)
    expected = {f"http://127.0.0.1:8000{CATALOGUE}/{listed(provider).pk}#dataset" for _number in range(5)}
    response = fetched(f"{CATALOGUE}/export.ttl")
    graph = Graph().parse(data=b"".join(response.streaming_content), format="turtle")
    assert {str(each) for each in graph.objects(None, DCAT.dataset)} == expected
    assert complaints(graph, "shapes", "range") == set()
    lines = b"".join(fetched(f"{CATALOGUE}/export.jsonl").streaming_content).decode().splitlines()
    assert len(lines) == 6
    together = Graph()
    for line in lines:
        json.loads(line)
        together.parse(data=line, format="json-ld")
    assert {str(each) for each in together.subjects(RDF.type, DCAT.Dataset)} == expected
    assert complaints(together, "shapes", "range") == set()
