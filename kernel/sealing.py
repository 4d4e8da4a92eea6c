"""The sealer: moves queued events into the Merkle tree and signs the new head.

A leaf's bytes are the RFC 8785 canonical JSON of `event_document`; the tree hashes them with SHA-256 (RFC 6962) and
their SM3 digest is stored beside. One sealer works at a time: the tree has one order, and one head at any size.
"""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from psycopg import Copy

from kernel.digests import LARGEST_EXACT_INTEGER, Digests, Json, canonical_json
from kernel.keys import SigningKey, signing_key
from kernel.merkle import NodeKey, Span, cover, grow, leaf_hash, span_hash
from kernel.models import AuditEvent, LogKey, TreeHead, UnsealedEvent
from kernel.proofs import read_nodes

BATCH = 5000  # events sealed under one head, in one transaction of about a second
SEALER_LOCK = 0x6461_7761_6E01  # "dawan", 1: the advisory lock that one sealer holds at a time


def seal_events() -> int:
    """Seal everything that waits, batch by batch; return how many events were sealed."""
    total = 0
    while head := seal_batch():
        total += head[1]
        if head[1] < BATCH:
            break
    return total


@transaction.atomic
def seal_batch(limit: int = BATCH) -> tuple[TreeHead, int] | None:
    """Seal the oldest `limit` queued events under one new signed head; return it and their number, None if none wait.

    Waits for another sealer to finish. Raises kernel.keys.UnusableKey when no key can sign; nothing is sealed then.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SEALER_LOCK])
    waiting = list(UnsealedEvent.objects.select_related("event").order_by("id")[:limit])
    if not waiting:
        return None
    events = [entry.event for entry in waiting]
    size = current_size()

    leaves = _write_leaves(size, events)
    root = _write_nodes(size, leaves)
    UnsealedEvent.objects.filter(id__in=[entry.id for entry in waiting]).delete()

    return _sign_head(size + len(leaves), root, signing_key()), len(leaves)


def current_size() -> int:
    """Return the number of events under the newest head."""
    return TreeHead.objects.values_list("size", flat=True).order_by("-size").first() or 0


def event_document(event: AuditEvent) -> dict[str, Json]:
    """Return the JSON object that stands for an event in the log, in certificates and in their verification."""
    return {
        "id": str(event.id),
        "occurred_at": timestamp(event.occurred_at),
        "action": event.action,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
        "actor_kind": event.actor_kind,
        "actor_id": _text(event.actor_id),
        "person_id": _text(event.person_id),
        "organization_id": _text(event.organization_id),
        "venue_id": _text(event.venue_id),
        "reason": event.reason,
        "details": _exact(event.details),
        "trace_id": event.trace_id,
    }


def event_bytes(event: AuditEvent) -> bytes:
    """Return an event's leaf bytes."""
    return canonical_json(event_document(event))


def timestamp(moment: datetime) -> str:
    """Write a moment in UTC with microseconds (RFC 3339)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _write_leaves(size: int, events: Sequence[AuditEvent]) -> list[bytes]:
    leaves = []
    with _copy("kernel_sealedevent (leaf_index, event_id, sha256, sm3)") as rows:
        for leaf_index, event in enumerate(events, start=size):
            data = event_bytes(event)
            leaves.append(leaf_hash(data))
            rows.write_row((leaf_index, event.id, leaves[-1], bytes.fromhex(Digests(data).sm3)))
    return leaves


def _write_nodes(size: int, leaves: Sequence[bytes]) -> bytes:
    """Store the subtrees that the new leaves complete and return the new root."""
    edge = read_nodes(cover(Span(0, size)))
    grown = grow(size, leaves, edge)
    with _copy("kernel_merklenode (level, position, hash)") as rows:
        for key, digest in grown.items():
            if key.level:
                rows.write_row((key.level, key.position, digest))
    nodes: dict[NodeKey, bytes] = {**edge, **grown}
    return span_hash(Span(0, size + len(leaves)), nodes)


@contextmanager
def _copy(table: str) -> Iterator[Copy]:
    """Write rows with COPY, several times faster than INSERT for a batch."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as rows:
        yield rows


def _sign_head(size: int, root: bytes, key: SigningKey) -> TreeHead:
    now = timezone.now()
    statement: dict[str, Json] = {
        "log": settings.LOG_NAME,
        "size": size,
        "root_sha256": root.hex(),
        "sealed_at": timestamp(now),
        "key_id": key.public.key_id,
    }
    signature = key.sign(canonical_json(statement))
    LogKey.objects.get_or_create(
        key_id=key.public.key_id, defaults={"public_key": key.public.pem, "first_used_at": now}
    )
    return TreeHead.objects.create(
        size=size,
        root_sha256=root.hex(),
        sealed_at=now,
        key_id=key.public.key_id,
        statement=statement,
        signature=base64.b64encode(signature).decode(),
    )


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _exact(value: Any) -> Any:
    """Write numbers that a double cannot hold as strings: one odd event must not stop the log."""
    match value:
        case bool():
            return value
        case int() if abs(value) > LARGEST_EXACT_INTEGER:
            return str(value)
        case float() if not abs(value) < float("inf"):
            return str(value)
        case dict():
            return {key: _exact(item) for key, item in value.items()}
        case list():
            return [_exact(item) for item in value]
    return value
