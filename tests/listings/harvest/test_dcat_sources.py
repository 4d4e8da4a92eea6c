"""DCAT catalogues in their three notations, played by a real HTTP server, and what a hostile one may not do."""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from listings.models import Dataset, HarvestedProduct
from tests.listings.harvest.harvesting import added, harvested, records
from tests.serving import plainly, serving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nearby")]

LD, TTL, RDF = "application/ld+json", "text/turtle", "application/rdf+xml"
TURTLE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dct: <http://purl.org/dc/terms/> .
@prefix hydra: <http://www.w3.org/ns/hydra/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<https://city.example/1> a dcat:Dataset ;
    dct:title "Bus stops"@en-GB, "公交站點"@zh-HK, "Paragens"@pt ;
    dct:description "<i>All</i> stops" ;
    dct:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/WEEKLY> ;
    dct:language <http://publications.europa.eu/resource/authority/language/POR> ;
    dct:temporal [ dcat:startDate "2020-01-01"^^xsd:date ; dcat:endDate "2020-12-31"^^xsd:date ] ;
    dct:license <https://licence.example/by> ;
    dcat:keyword "bus" ;
    dcat:distribution [ dct:title "stops.csv" ; dcat:downloadURL <https://city.example/stops.csv> ;
                        dcat:byteSize "77"^^xsd:nonNegativeInteger ; dcat:mediaType "text/csv" ] .
"""
XML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:dcat="http://www.w3.org/ns/dcat#"
         xmlns:dct="http://purl.org/dc/terms/">
  <dcat:Dataset rdf:about="https://city.example/1"><dct:title xml:lang="zh-Hans">公交站点</dct:title></dcat:Dataset>
  <dcat:Dataset><dct:identifier>no-iri</dct:identifier><dct:title>Stops</dct:title></dcat:Dataset>
  <dcat:Dataset><dct:title>neither</dct:title></dcat:Dataset>
  <dcat:Dataset rdf:about="https://city.example/untitled"/>
</rdf:RDF>"""


def dataset(number: int, title: str = "Streets") -> dict[str, Any]:
    return {
        "@id": f"https://city.example/{number}",
        "@type": "http://www.w3.org/ns/dcat#Dataset",
        "http://purl.org/dc/terms/title": {"@value": title, "@language": "en"},
    }


def page(*datasets: Any, following: str = "", total: int | None = None) -> bytes:
    view: dict[str, Any] = {"@id": "urn:view"}
    if following:
        view["http://www.w3.org/ns/hydra/core#next"] = {"@id": following}
    if total is not None:
        view["http://www.w3.org/ns/hydra/core#totalItems"] = total
    return json.dumps([*datasets, view]).encode()


class Site:
    """Answers each path with a body and its media type, and remembers who was asked."""

    def __init__(self, pages: Mapping[str, tuple[bytes, str]], **headers: str) -> None:
        self.pages, self.headers, self.asked = pages, headers, []

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        body, kind = self.pages.get(handler.path, (b"", ""))
        plainly(
            handler, body, 200 if kind else 404, Content_Type=kind, **(self.headers if handler.path == "/1" else {})
        )


def run_over(client: Any, pages: Mapping[str, tuple[bytes, str]], **headers: str) -> tuple[dict[str, Any], Site]:
    site = Site(pages, **headers)
    with serving(site) as url:
        return harvested(client, added(client, f"{url}/1", "DCAT")), site


def test_turtle_says_languages_times_and_resources(client):
    run, _site = run_over(client, {"/1": (TURTLE.encode(), f"{TTL}; charset=utf-8")})
    assert run["counts"] == {"CREATED": 1}
    known = HarvestedProduct.objects.select_related("dataset", "product").get()
    assert known.source_id == "https://city.example/1"
    assert known.dataset.title == {"en": "Bus stops", "zh-Hant": "公交站點"}
    assert known.dataset.description == {"en": "All stops"}
    product = known.product
    assert (product.frequency, product.language) == ("WEEK", "pt")
    assert (str(product.time_from), str(product.time_to)) == ("2020-01-01", "2020-12-31")
    assert known.described["licences"] == [{"path": "https://licence.example/by"}]
    assert known.described["resources"] == [
        {"name": "stops.csv", "path": "https://city.example/stops.csv", "media_type": "text/csv", "bytes": 77}
    ]


def test_rdf_xml_is_read_and_what_has_no_name_is_refused_alone(client):
    run, _site = run_over(client, {"/1": (XML.encode(), RDF)})
    assert run["counts"] == {"CREATED": 2, "REFUSED": 2}
    assert set(HarvestedProduct.objects.values_list("source_id", flat=True)) == {"https://city.example/1", "no-iri"}
    pointers = {reason["pointer"] for each in records(client, run, outcome="REFUSED") for reason in each["reasons"]}
    assert pointers == {"/source_id", "/title"}


def test_a_compacted_document_with_its_own_context_is_read(client):
    document = {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "title": {"@id": "http://purl.org/dc/terms/title", "@container": "@language"},
        },
        "@id": "https://city.example/1",
        "@type": "dcat:Dataset",
        "title": {"en": "Streets", "zh-hans": "街道"},
    }
    run, _site = run_over(client, {"/1": (json.dumps(document).encode(), LD)})
    assert run["counts"] == {"CREATED": 1}
    assert Dataset.objects.get().title == {"en": "Streets", "zh-Hans": "街道"}


def test_pages_are_followed_by_hydra_or_by_a_link(client):
    pages = {"/1": (page(dataset(1), following="/2", total=3), LD), "/2": (page(dataset(2), dataset(3)), LD)}
    run, site = run_over(client, pages)
    assert (run["counts"], run["declared"], site.asked) == ({"CREATED": 3}, 3, ["/1", "/2"])
    pages["/1"] = (page(dataset(1)), LD)
    run, site = run_over(client, pages, Link='</2>; rel="next"')
    assert (run["counts"], site.asked) == ({"CREATED": 3}, ["/1", "/2"])


@pytest.mark.parametrize(
    ("pages", "code"),
    [
        ({"/1": (page(dataset(1), following="/1"), LD)}, "pages_repeat"),
        ({"/1": (page(dataset(1), following="/2"), LD), "/2": (page(dataset(1), following="/1"), LD)}, "pages_repeat"),
        ({"/1": (page(dataset(1), total=9), LD)}, "count_lies"),
        ({"/1": (page(dataset(1), dataset(2), total=1), LD)}, "count_lies"),
        ({"/1": (page(dataset(1), following="http://127.0.0.1:1/"), LD)}, "next_elsewhere"),
        ({"/1": (page(dataset(1), following="http://169.254.169.254/"), LD)}, "next_elsewhere"),
        ({"/1": (page(dataset(1), following="file:///etc/passwd"), LD)}, "next_elsewhere"),
        ({"/1": (page(dataset(1), following="/gone"), LD)}, "http_status"),
        ({"/1": (b'{"@context": "http://127.0.0.1:1/context"}', LD)}, "remote_context"),
        ({"/1": (b'[{"@context": [{}, "http://127.0.0.1:1/c"]}]', LD)}, "remote_context"),
        ({"/1": (b'{"@context": {"@import": "http://127.0.0.1:1/c"}}', LD)}, "remote_context"),
        ({"/1": (b'{"@context": {"a": {"@id": "urn:a", "@context": "http://127.0.0.1:1/c"}}}', LD)}, "remote_context"),
        ({"/1": (b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>', RDF)}, "document_type"),
        ({"/1": (b"<html><body>Maintenance", "text/html")}, "not_rdf"),
        ({"/1": (b"<html><body>Maintenance", LD)}, "not_rdf"),
        ({"/1": (b"@prefix broken", TTL)}, "not_rdf"),
        ({"/1": (b"<a><b></a>", RDF)}, "not_rdf"),
        ({"/1": (b"\xff\xfe\x00", TTL)}, "not_rdf"),
        ({"/1": (b"[" * 20_000, LD)}, "not_rdf"),
        ({"/1": (b"<a:b> <a:c> " + b"(" * 20_000, TTL)}, "not_rdf"),
    ],
)
def test_a_hostile_catalogue_ends_the_run_with_its_reason_and_changes_nothing(client, pages, code):
    run, _site = run_over(client, pages)
    assert (run["state"], run["failure"]["code"]) == ("FAILED", code), run["failure"]
    assert run["failure"]["detail"]
    assert not Dataset.objects.exists()


def test_no_stranger_is_asked_for_what_a_page_refers_to(client):
    """Neither licences nor distributions nor JSON-LD contexts lead anywhere but to the source's own pages."""
    stranger = Site({})
    with serving(stranger) as elsewhere:
        told = TURTLE.replace("https://city.example", elsewhere).replace("https://licence.example", elsewhere)
        run, site = run_over(client, {"/1": (told.encode(), TTL)})
    assert run["counts"] == {"CREATED": 1}
    assert (site.asked, stranger.asked) == (["/1"], [])
