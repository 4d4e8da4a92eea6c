"""Reading a DCAT catalogue as JSON-LD, Turtle or RDF/XML, along its Hydra pages (or Link headers) to the last one.

https://www.w3.org/TR/vocab-dcat-3/ and https://www.hydra-cg.com/spec/latest/core/ - a page is read by rdflib, to which
nothing is handed that would let it fetch: no remote JSON-LD context, no XML entity.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urljoin, urlsplit

from rdflib import DCAT, DCTERMS, FOAF, RDF, RDFS, SKOS, BNode, Graph, Literal, Namespace, URIRef
from rdflib.term import Node

from kernel.fetching import Answer
from listings.harvest.codes import known_facts
from listings.harvest.pages import Cursor, Page, Stopped, filled, page_at
from listings.harvest.wording import known_tag, language_of, plain_text, shortened
from listings.models.harvests import SOURCE_ID_LENGTH

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
SCHEMA = Namespace("http://schema.org/")
ACCEPT = "application/ld+json, text/turtle;q=0.9, application/rdf+xml;q=0.8, application/json;q=0.7"
FORMATS: Mapping[str, str] = {
    "application/ld+json": "json-ld",
    "application/json": "json-ld",
    "text/turtle": "turtle",
    "application/x-turtle": "turtle",
    "application/rdf+xml": "xml",
    "application/xml": "xml",
    "text/xml": "xml",
}
ENDINGS: Mapping[str, str] = {".jsonld": "json-ld", ".json": "json-ld", ".ttl": "turtle", ".rdf": "xml", ".xml": "xml"}
NEXT = (HYDRA.next, HYDRA.nextPage)
_LINK = re.compile(r'<([^>]*)>\s*;[^,]*\brel="?next"?')


def read_page(address: str, cursor: Cursor | None) -> Page:
    """Return the page at the cursor. Raises Stopped or FetchFailed."""
    url = (cursor or {"next": address})["next"]
    answer = page_at(url, ACCEPT)
    graph = _graph(answer)
    following = _following(graph, answer)
    if following and _site(following) != _site(address):
        raise Stopped("next_elsewhere", url=following)
    datasets = sorted(graph.subjects(RDF.type, DCAT.Dataset), key=str)
    entries = [entry_of(graph, each) for each in datasets]
    return Page(entries, {"next": following} if following else {}, _declared(graph), len(answer.body))


# --- RDF ------------------------------------------------------------------------------------------------------------


def _graph(answer: Answer) -> Graph:
    kind = _format(answer)
    try:
        text = answer.body.decode("utf-8-sig")
        if kind == "json-ld":
            text = json.dumps(_self_contained(json.loads(text), answer.url))
        elif kind == "xml" and re.search(r"<!(DOCTYPE|ENTITY)", text):
            raise Stopped("document_type", url=answer.url)
        return Graph().parse(data=text, format=kind, publicID=answer.url)
    except Stopped:
        raise
    except Exception as error:  # a parser of strangers' documents may fail in any way
        reason = plain_text(f"{type(error).__name__}: {error}")[:200]
        raise Stopped("not_rdf", url=answer.url, reason=reason) from error


def _format(answer: Answer) -> str:
    told = FORMATS.get(answer.headers.get("content-type", "").partition(";")[0].strip().lower())
    ending = next((kind for end, kind in ENDINGS.items() if urlsplit(answer.url).path.endswith(end)), None)
    if kind := told or ending:
        return kind
    reason = answer.headers.get("content-type", "")[:100] or "no Content-Type"
    raise Stopped("not_rdf", url=answer.url, reason=reason)


def _self_contained(value: Any, url: str) -> Any:
    """Return a JSON-LD document that names no context to be fetched; raises Stopped where it does."""
    if isinstance(value, list):
        return [_self_contained(each, url) for each in value]
    if not isinstance(value, dict):
        return value
    contexts = value.get("@context", [])
    for context in contexts if isinstance(contexts, list) else [contexts]:
        if remote := context if isinstance(context, str) else isinstance(context, dict) and context.get("@import"):
            raise Stopped("remote_context", url=url, context=str(remote)[:200])
    return {name: _self_contained(each, url) for name, each in value.items()}


def _following(graph: Graph, answer: Answer) -> str:
    for predicate in NEXT:
        for found in graph.objects(None, predicate):
            return urljoin(answer.url, str(found))
    linked = _LINK.search(answer.headers.get("link", ""))
    return urljoin(answer.url, linked[1]) if linked else ""


def _declared(graph: Graph) -> int | None:
    for found in graph.objects(None, HYDRA.totalItems):
        text = str(found)
        if text.isascii() and text.isdigit() and len(text) < 10:
            return int(text)
    return None


def _site(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


# --- records --------------------------------------------------------------------------------------------------------


def entry_of(graph: Graph, dataset: Node) -> dict[str, Any]:
    """Return a dataset as a record."""
    entry = {
        "source_id": _source_id(graph, dataset),
        "title": _texts(graph, dataset, DCTERMS.title, 200),
        "description": _texts(graph, dataset, DCTERMS.description, 4000),
        **known_facts(_facts(graph, dataset)),
        "described": _described(graph, dataset),
    }
    return filled(entry)


def _source_id(graph: Graph, dataset: Node) -> str:
    """Return the dataset's IRI, or the identifier of one without; one that is too long by its digest."""
    name = "" if isinstance(dataset, BNode) else str(dataset)
    name = name or _first(graph, dataset, DCTERMS.identifier)
    return name if len(name) <= SOURCE_ID_LENGTH else f"sha256:{sha256(name.encode()).hexdigest()}"


def _facts(graph: Graph, dataset: Node) -> dict[str, str]:
    period = graph.value(dataset, DCTERMS.temporal)
    place = graph.value(dataset, DCTERMS.spatial)
    industries = [
        str(code) for theme in graph.objects(dataset, DCAT.theme) for code in graph.objects(theme, SKOS.notation)
    ]
    return {
        "product_type": _first(graph, dataset, DCTERMS.type),
        "industry": next(iter(industries), ""),
        "region_scope": _first(graph, place, SKOS.prefLabel),
        "frequency": _first(graph, dataset, DCTERMS.accrualPeriodicity),
        "language": _first(graph, dataset, DCTERMS.language),
        "time_from": _first(graph, period, DCAT.startDate) or _first(graph, period, SCHEMA.startDate),
        "time_to": _first(graph, period, DCAT.endDate) or _first(graph, period, SCHEMA.endDate),
    }


def _described(graph: Graph, dataset: Node) -> dict[str, Any]:
    distributions = sorted(graph.objects(dataset, DCAT.distribution), key=str)
    licences = [*graph.objects(dataset, DCTERMS.license)]
    licences += [each for one in distributions for each in graph.objects(one, DCTERMS.license)]
    return filled(
        {
            "page": _first(graph, dataset, DCAT.landingPage),
            "publisher": _first(graph, graph.value(dataset, DCTERMS.publisher), FOAF.name),
            "licences": [_licence(graph, each) for each in dict.fromkeys(licences)],
            "sources": [{"path": str(each)} for each in graph.objects(dataset, DCTERMS.source)],
            "provenance": _first(graph, graph.value(dataset, DCTERMS.provenance), RDFS.label),
            "keywords": sorted({plain_text(str(each)) for each in graph.objects(dataset, DCAT.keyword)}),
            "modified": _first(graph, dataset, DCTERMS.modified),
            "resources": [_resource(graph, each) for each in distributions],
        }
    )


def _licence(graph: Graph, licence: Node) -> dict[str, Any]:
    path = str(licence) if isinstance(licence, URIRef) else ""
    title = str(licence) if isinstance(licence, Literal) else _first(graph, licence, DCTERMS.title)
    return filled({"title": title, "path": path})


def _resource(graph: Graph, distribution: Node) -> dict[str, Any]:
    size = _first(graph, distribution, DCAT.byteSize)
    checksum = graph.value(distribution, SPDX.checksum)
    algorithm = _first(graph, checksum, SPDX.algorithm).rpartition("_")[2].lower()
    digest = _first(graph, checksum, SPDX.checksumValue)
    return filled(
        {
            "name": _first(graph, distribution, DCTERMS.title),
            "path": _first(graph, distribution, DCAT.downloadURL) or _first(graph, distribution, DCAT.accessURL),
            "format": _first(graph, distribution, DCTERMS["format"]),
            "media_type": _first(graph, distribution, DCAT.mediaType),
            "bytes": int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
            "hash": f"{algorithm}:{digest}" if algorithm and digest else "",
        }
    )


def _texts(graph: Graph, node: Node, predicate: URIRef, limit: int) -> dict[str, str]:
    """Return the literals of a property by our languages; where there are several in one, the first in order."""
    found: dict[str, str] = {}
    for literal in sorted(_literals(graph.objects(node, predicate)), key=str):
        plain = plain_text(str(literal))
        if plain and (tag := known_tag(literal.language or "") or ("" if literal.language else language_of(plain))):
            found.setdefault(tag, shortened(plain, limit))
    return found


def _literals(nodes: Iterable[Node]) -> Iterator[Literal]:
    return (each for each in nodes if isinstance(each, Literal))


def _first(graph: Graph, node: Node | None, predicate: URIRef) -> str:
    if node is None:
        return ""
    values = sorted(str(each) for each in graph.objects(node, predicate) if not isinstance(each, BNode))
    return plain_text(values[0])[:1000] if values else ""
