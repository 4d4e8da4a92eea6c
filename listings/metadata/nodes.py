"""RDF as plain dictionaries: JSON-LD with nothing implied, so that other notations can be written from it too.

A node is {"@id"?, "@type", "prefix:property": value or list}; a value is a node, {"@id": …}, or
{"@value": …, "@language" or "@type"?}. Prefixes are those of PREFIXES; nothing has to be fetched to read a document.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

Node = dict[str, Any]

PREFIXES: Mapping[str, str] = {
    "adms": "http://www.w3.org/ns/adms#",
    "dawan": "urn:dawan:odrl:",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "hydra": "http://www.w3.org/ns/hydra/core#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


def reference(iri: str) -> Node:
    return {"@id": iri}


def literal(text: str) -> Node:
    return {"@value": text}


def typed(value: str, datatype: str) -> Node:
    return {"@value": value, "@type": f"xsd:{datatype}"}


def texts(by_language: Mapping[str, str]) -> list[Node]:
    """Return a language map as language-tagged values."""
    return [{"@value": text, "@language": tag} for tag, text in by_language.items()]


def day(value: date) -> Node:
    return typed(value.isoformat(), "date")


def moment(value: datetime) -> Node:
    return typed(value.isoformat(), "dateTime")


def node(kind: str | list[str], iri: str = "", **properties: Any) -> Node:
    """Return a node; `prefix__property` becomes prefix:property, and properties without a value are left out."""
    found: Node = {"@id": iri} if iri else {}
    found["@type"] = kind
    return found | {name.replace("__", ":", 1): value for name, value in properties.items() if value}


def values(held: Any) -> list[Node]:
    """Return a property's values as a list."""
    return held if isinstance(held, list) else [held]


def without_repetition(nodes: Iterable[Node]) -> Iterator[Node]:
    """Yield nodes in which what has been described once is only named afterwards (languages, industries, providers)."""
    seen: set[str] = set()
    for each in nodes:
        yield _named_if_seen(each, seen)


def _named_if_seen(each: Node, seen: set[str]) -> Node:
    if "@value" in each or set(each) == {"@id"}:
        return each
    if (iri := each.get("@id")) is not None:
        if iri in seen:
            return reference(iri)
        seen.add(iri)
    return {
        name: held if name.startswith("@") else [_named_if_seen(value, seen) for value in values(held)]
        for name, held in each.items()
    }


def document(nodes: Iterable[Node]) -> Node:
    """Return nodes as one JSON-LD document."""
    return {"@context": dict(PREFIXES), "@graph": list(nodes)}
