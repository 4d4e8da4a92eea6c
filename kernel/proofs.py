"""Proofs of the stored log: that an event is in it, and that it has only ever grown. O(log n) rows are read."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from kernel.merkle import NodeKey, Span, consistency_spans, cover, inclusion_spans, prove, span_hash
from kernel.models import SealedEvent
from kernel.problems import Problem, field_problem

READ_NODES = """
SELECT 0, leaf_index, sha256 FROM kernel_sealedevent WHERE leaf_index = ANY(%(leaves)s)
UNION ALL
SELECT level, position, hash
  FROM unnest(%(levels)s::smallint[], %(positions)s::bigint[]) AS wanted (level, position)
  JOIN kernel_merklenode USING (level, position)
"""


def read_nodes(keys: Iterable[NodeKey]) -> dict[NodeKey, bytes]:
    """Return the stored hashes of these full subtrees with one query; what is not stored is left out."""
    wanted = set(keys)
    inner = [key for key in wanted if key.level]
    arguments = {
        "leaves": [key.position for key in wanted if not key.level],
        "levels": [key.level for key in inner],
        "positions": [key.position for key in inner],
    }
    with connection.cursor() as cursor:
        cursor.execute(READ_NODES, arguments)
        return {NodeKey(level, position): bytes(digest) for level, position, digest in cursor.fetchall()}


def root_at(size: int) -> bytes:
    """Return the log's root when it had `size` leaves, which need not be the size of a signed head."""
    span = Span(0, size)
    return span_hash(span, read_nodes(cover(span)))


def inclusion_proof(*, leaf_index: int, tree_size: int) -> list[bytes]:
    """Return the path from a leaf to the root at `tree_size`, which must not exceed the log.

    Raises Problem `invalid` when the leaf came after that size.
    """
    if leaf_index >= tree_size:
        raise field_problem("/tree_size", "too_small", _("The event was sealed after this size of the log."))
    return prove(inclusion_spans(leaf_index, tree_size), read_nodes)


def consistency_proof(*, first: int, second: int, current: int) -> list[bytes]:
    """Return the proof that the log at `second` leaves begins with the log at `first`; `current` is its size now.

    Raises Problem `invalid` unless 0 < first ≤ second ≤ current.
    """
    if first < 1:
        raise field_problem("/first", "too_small", _("The first size must be 1 or more."))
    if second < first:
        raise field_problem("/second", "too_small", _("The second size must not be below the first."))
    if second > current:
        raise field_problem("/second", "too_large", _("The log has %d sealed events.") % current)
    return prove(consistency_spans(first, second), read_nodes)


def sealed_or_problem(event_id: UUID) -> SealedEvent:
    """Return an event's leaf; raises Problem `not_found` when there is none (yet)."""
    sealed = SealedEvent.objects.filter(event_id=event_id).first()
    if sealed is None:
        raise Problem("not_found", _("No sealed event has this id; a new one is sealed within seconds."))
    return sealed
