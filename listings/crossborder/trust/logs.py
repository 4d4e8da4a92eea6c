"""A node's own log: lines that only grow, in one order, each the canonical JSON of what was said."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Max, QuerySet

from kernel.digests import Json, canonical_json
from kernel.merkle import leaf_hash, root
from listings.crossborder.trust.nodes import locked_node
from listings.models import AttestationBatch, AttestationEntry, TrustNode

Kind = AttestationEntry.Kind
Content = Mapping[str, Json]


def append_entry(node: TrustNode, kind: str, reference: str, said: Content) -> AttestationEntry:
    """Write the next line of the node's own log. Must run inside a transaction."""
    locked_node(node)
    sequence = last_sequence(node, node) + 1
    content: dict[str, Json] = {"kind": str(kind), "sequence": sequence, "reference": reference, **said}
    return AttestationEntry.objects.create(
        holder=node, origin=node, sequence=sequence, kind=kind, reference=reference, content=content
    )


def last_sequence(holder: TrustNode, origin: TrustNode) -> int:
    """Return the sequence of the last line from `origin` that `holder` holds, 0 before the first."""
    held = AttestationEntry.objects.filter(holder=holder, origin=origin)
    return held.aggregate(last=Max("sequence"))["last"] or 0


def newest_batches(node: TrustNode) -> Iterable[AttestationBatch]:
    """Return the last batch that the node has of each other node."""
    received: QuerySet[AttestationBatch] = AttestationBatch.objects.filter(holder=node).exclude(origin=node)
    return received.select_related("origin").order_by("origin_id", "-number").distinct("origin_id")


def root_of(contents: Sequence[Content]) -> str:
    """Return the Merkle root (RFC 6962, SHA-256, hexadecimal) over the lines."""
    return root([leaf_hash(canonical_json(content)) for content in contents]).hex()
