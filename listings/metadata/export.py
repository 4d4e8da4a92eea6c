"""The whole public catalogue as one stream of DCAT-AP, in flat memory."""

from collections.abc import Iterator

from listings.metadata.addresses import catalogue_iri, dataset_iri
from listings.metadata.dcat import catalogue_node, dataset_node, graph
from listings.metadata.documents import json_text
from listings.metadata.nodes import Node, document, reference, without_repetition
from listings.metadata.offered import batches, described
from listings.metadata.turtle import prefixes, statements
from listings.models import Listing


def catalogue_turtle() -> Iterator[str]:
    """Yield one Turtle document; what datasets share is described again in every batch, which RDF allows."""
    yield prefixes()
    yield from statements([catalogue_node()])
    for batch in batches(described()):
        nodes = without_repetition([_membership(batch), *graph(batch)])
        yield "".join(statements(nodes))


def catalogue_lines() -> Iterator[str]:
    """Yield JSON-LD documents, one a line: first the catalogue, then every dataset; each can be read on its own."""
    yield _line([catalogue_node()])
    for batch in batches(described()):
        yield "".join(_line([_membership([listing]), dataset_node(listing)]) for listing in batch)


def _membership(listings: list[Listing]) -> Node:
    return {"@id": catalogue_iri(), "dcat:dataset": [reference(dataset_iri(listing.pk)) for listing in listings]}


def _line(nodes: list[Node]) -> str:
    return json_text(document(without_repetition(nodes))) + "\n"
