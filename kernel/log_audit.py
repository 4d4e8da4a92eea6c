"""Checks the whole stored log against the database: every leaf, every node, every head, and what is missing.

Reads the log once from its beginning, in chunks, and computes everything anew; nothing stored is believed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery
from django.db.models.functions import Coalesce

from kernel.digests import Digests
from kernel.keys import PublicKey
from kernel.merkle import NodeKey, Span, cover, grow, leaf_hash, span_hash, verify_consistency
from kernel.models import AuditEvent, SealedEvent, TreeHead, UnsealedEvent
from kernel.proofs import consistency_proof, read_nodes
from kernel.sealing import current_size, event_bytes, timestamp
from kernel.verification import verify_tree_head

CHUNK = 2000  # leaves checked at a time


@dataclass
class LogAudit:
    """A walk over the log; `faults` says in words everything that is not as it must be."""

    keys: Mapping[str, PublicKey]
    events: int = 0
    heads: int = 0
    waiting: int = 0
    root: bytes = b""
    faults: list[str] = field(default_factory=list)
    _edge: dict[NodeKey, bytes] = field(default_factory=dict)
    _last_head: TreeHead | None = None

    def run(self) -> None:
        """Check everything up to the newest head as it stands now; a sealer may go on meanwhile."""
        size = current_size()
        chunks = _leaves(size)
        rows: list[SealedEvent] = []
        for head in TreeHead.objects.filter(size__lte=size).order_by("size").iterator():
            while self.events < head.size and (rows or (rows := next(chunks, []))):
                taken = head.size - self.events
                self._append(rows[:taken])
                rows = rows[taken:]
            if self.events < head.size:
                break
            self._check_head(head)
        if self.events != size:
            self.faults.append(f"the newest head counts {size} events, but {self.events} are sealed in sequence")
        self._check_strays(size)

    def _append(self, rows: list[SealedEvent]) -> None:
        """Recompute the leaves of these rows and the nodes they complete, and compare them with the stored ones."""
        leaves = []
        for row in rows:
            data = event_bytes(row.event)
            leaf = leaf_hash(data)
            if bytes(row.sha256) != leaf:
                self.faults.append(f"event {row.event_id} (leaf {row.leaf_index}) differs from its SHA-256 leaf hash")
            if bytes(row.sm3).hex() != Digests(data).sm3:
                self.faults.append(f"event {row.event_id} (leaf {row.leaf_index}) differs from its SM3 digest")
            leaves.append(leaf)
        grown = grow(self.events, leaves, self._edge)
        inner = {key: digest for key, digest in grown.items() if key.level}
        stored = read_nodes(inner)
        self.faults += [
            f"tree node {key.level}/{key.position} is missing or differs"
            for key, digest in inner.items()
            if stored.get(key) != digest
        ]
        self.events += len(leaves)
        nodes = self._edge | grown
        self._edge = {key: nodes[key] for key in cover(Span(0, self.events))}

    def _check_head(self, head: TreeHead) -> None:
        self.heads += 1
        self.root = span_hash(Span(0, head.size), self._edge)
        if head.root_sha256 != self.root.hex():
            self.faults.append(f"the root of the head of size {head.size} is not the root of its events")
        if not _says_what_it_stores(head):
            self.faults.append(f"the head of size {head.size} does not store what it signed")
        key = self.keys.get(head.key_id)
        if key is None:
            self.faults.append(f"the head of size {head.size} is signed by {head.key_id}, which is no trusted key")
        elif not verify_tree_head(head.statement, head.signature, key):
            self.faults.append(f"the signature of the head of size {head.size} is wrong")
        if self._last_head is not None and not _is_consistent(self._last_head, head):
            self.faults.append(
                f"the head of size {head.size} is not consistent with that of size {self._last_head.size}"
            )
        self._last_head = head

    def _check_strays(self, size: int) -> None:
        """Find rows that belong to no head, and events that neither were sealed nor wait for it."""
        self.waiting = UnsealedEvent.objects.count()
        newest = Subquery(TreeHead.objects.order_by("-size").values("size")[:1])
        # One statement sees one moment, so a sealer at work cannot make this count wrong.
        beyond = SealedEvent.objects.filter(leaf_index__gte=Coalesce(newest, 0)).count()
        if beyond:
            self.faults.append(f"{beyond} sealed events are under no head")
        expected = sum(size >> level for level in range(1, size.bit_length()))
        within, outside = _count_nodes(size)
        if within != expected:
            self.faults.append(f"{within} tree nodes are stored where {expected} belong")
        if outside:
            self.faults.append(f"{outside} tree nodes are under no head")
        queued = UnsealedEvent.objects.filter(event=OuterRef("pk"))
        sealed = SealedEvent.objects.filter(event=OuterRef("pk"))
        lost = AuditEvent.objects.filter(~Exists(queued), ~Exists(sealed)).count()
        if lost:
            self.faults.append(f"{lost} events are neither sealed nor waiting to be")


def _leaves(size: int) -> Iterator[list[SealedEvent]]:
    """Yield the rows below `size` in their sequence, chunk by chunk; a gap ends it."""
    start = 0
    while start < size:
        rows = SealedEvent.objects.select_related("event").filter(
            leaf_index__gte=start, leaf_index__lt=min(start + CHUNK, size)
        )
        found = {row.leaf_index: row for row in rows}
        chunk = [found[start + offset] for offset in range(len(found)) if start + offset in found]
        if chunk:
            yield chunk
        if len(chunk) < min(CHUNK, size - start):
            return
        start += CHUNK


def _says_what_it_stores(head: TreeHead) -> bool:
    statement = head.statement
    columns = (head.size, head.root_sha256, timestamp(head.sealed_at), head.key_id)
    return columns == tuple(statement.get(name) for name in ("size", "root_sha256", "sealed_at", "key_id"))


def _is_consistent(first: TreeHead, second: TreeHead) -> bool:
    try:
        path = consistency_proof(first=first.size, second=second.size, current=second.size)
    except KeyError:  # a node of the proof is missing
        return False
    return verify_consistency(
        first=first.size,
        second=second.size,
        first_root=bytes.fromhex(first.root_sha256),
        second_root=bytes.fromhex(second.root_sha256),
        path=path,
    )


COUNT_NODES = """
SELECT count(*) FILTER (WHERE (position + 1) << level <= %s),
       count(*) FILTER (WHERE (position + 1) << level > coalesce((SELECT max(size) FROM kernel_treehead), 0))
  FROM kernel_merklenode
"""


def _count_nodes(size: int) -> tuple[int, int]:
    """Count the stored nodes that lie wholly below `size`, and those that reach beyond the newest head."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT_NODES, [size])
        within, outside = cursor.fetchone()
        return within, outside
