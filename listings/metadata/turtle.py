"""Turtle from the nodes of nodes.py, written as they come: a whole catalogue passes through without being held.

rdflib would build the graph of everything first. https://www.w3.org/TR/turtle/
"""

import json
import re
from collections.abc import Iterable, Iterator

from listings.metadata.nodes import PREFIXES, Node, values

# What IRIREF does not allow (Turtle §6.4); none of our own addresses has any of it.
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_NAME = re.compile(r"([a-z]+):([A-Za-z][A-Za-z0-9_]*)")


def prefixes() -> str:
    """Return the lines that begin a document."""
    return "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items()) + "\n"


def statements(nodes: Iterable[Node]) -> Iterator[str]:
    """Yield the statements about each node, and about the named nodes inside it, a subject at a time."""
    for each in nodes:
        waiting = [each]
        while waiting:
            subject = waiting.pop()
            described = _description(subject, waiting, "    ")
            if described:
                yield f"{_iri(subject['@id'])}\n    {described} .\n"


def _description(subject: Node, waiting: list[Node], indent: str) -> str:
    """Return predicates and objects; named nodes inside are only named, and left in `waiting`."""
    parts = []
    if "@type" in subject:
        kinds = subject["@type"] if isinstance(subject["@type"], list) else [subject["@type"]]
        parts.append("a " + ", ".join(_iri(kind) for kind in kinds))
    for name, held in subject.items():
        if not name.startswith("@"):
            objects = ", ".join(_object(value, waiting, indent + "    ") for value in values(held))
            parts.append(f"{_iri(name)} {objects}")
    return f" ;\n{indent}".join(parts)


def _object(value: Node, waiting: list[Node], indent: str) -> str:
    if "@value" in value:
        return _literal(value)
    if "@id" in value:
        if len(value) > 1:
            waiting.append(value)
        return _iri(value["@id"])
    return f"[ {_description(value, waiting, indent)} ]"


def _literal(value: Node) -> str:
    # JSON's escapes are a part of Turtle's (§6.4: ECHAR, UCHAR).
    text = json.dumps(str(value["@value"]), ensure_ascii=False)
    if language := value.get("@language"):
        return f"{text}@{language}"
    return f"{text}^^{_iri(value['@type'])}" if "@type" in value else text


def _iri(iri: str) -> str:
    if (name := _NAME.fullmatch(iri)) and name[1] in PREFIXES:
        return iri
    return f"<{_NOT_IN_IRIS.sub(lambda found: f'%{ord(found[0]):02X}', iri)}>"
