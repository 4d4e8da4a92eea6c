"""What nodes exchange: signed batches of their logs, as files; nothing else crosses the border.

A batch is canonical JSON (RFC 8785). Its statement names the node, the batch's number, its first and last line, the
Merkle root (RFC 6962) over the lines, the SHA-256 of the statement before it, and up to where the node holds the logs
of the others; the node's deployment signs it (Ed25519). So a batch that was changed, left out, sent twice or written
anew in another way is seen, and each side knows what the other one holds.
"""

import base64
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from kernel import audit
from kernel.actors import SYSTEM
from kernel.digests import Digests, Json, canonical_json
from kernel.keys import signing_key
from kernel.sealing import timestamp
from kernel.verification import verify_tree_head
from listings.crossborder.trust.batch_form import FORMAT, BadBatch, read_batch
from listings.crossborder.trust.logs import Kind, last_sequence, newest_batches, root_of
from listings.crossborder.trust.nodes import keys_of, locked_node
from listings.models import AttestationBatch, AttestationEntry, TrustNode

MOST_LINES = 10_000


@transaction.atomic
def export_batch(*, node: TrustNode) -> bytes:
    """Sign what the node's log has gained since its last batch, and say what the node holds of the others.

    A batch without lines acknowledges what was imported. Lines beyond the first 10,000 wait for the next batch.
    """
    locked_node(node)
    before = latest_batch(node, node)
    first = before.last + 1 if before else 1
    waiting = AttestationEntry.objects.filter(holder=node, origin=node, sequence__gte=first).order_by("sequence")
    lines = list(waiting.values_list("content", flat=True)[:MOST_LINES])

    key = signing_key()
    statement: dict[str, Json] = {
        "node": node.name,
        "number": before.number + 1 if before else 1,
        "first": first,
        "last": first + len(lines) - 1,
        "root_sha256": root_of(lines),
        "previous_sha256": before.sha256 if before else "",
        "holds": _holdings(node),
        "signed_at": timestamp(timezone.now()),
        "key_id": key.public.key_id,
    }
    signature = base64.b64encode(key.sign(canonical_json(statement))).decode()
    batch = _write(node, node, statement, signature)
    audit.record("attestationbatch.exported", subject=batch, actor=SYSTEM, details=_told(statement))
    return _file(batch, lines)


def exported_batch(*, node: TrustNode, number: int) -> bytes:
    """Return a batch that the node exported before, byte for byte. Raises LookupError if there is none."""
    batch = AttestationBatch.objects.filter(holder=node, origin=node, number=number).first()
    if batch is None:
        raise LookupError(f"{node.name} has exported no batch {number}")
    between = (batch.statement["first"], batch.last)
    lines = AttestationEntry.objects.filter(holder=node, origin=node, sequence__range=between).order_by("sequence")
    return _file(batch, list(lines.values_list("content", flat=True)))


@transaction.atomic
def import_batch(*, node: TrustNode, content: bytes) -> AttestationBatch:
    """Take another node's batch into this node's log, whole or not at all; the same one again changes nothing.

    Raises BadBatch: `form`, `unknown_node`, `own_batch`, `untrusted_key`, `signature`, `conflict` (another batch had
    this number), `gap`, `chain`, `root`, `lines` or `false_receipt`.
    """
    file = read_batch(content)
    statement, lines = file["statement"], file["entries"]
    origin = _origin(statement["node"], node)
    _check_signature(origin, statement, file["signature"])
    locked_node(node)
    before = latest_batch(node, origin)
    if before and statement["number"] <= before.number:
        return _taken_before(node, origin, statement)
    _check_place(before, statement)
    if statement["root_sha256"] != root_of(lines):
        raise BadBatch("root", "the lines are not those that were signed")
    _check_receipt(node, statement["holds"])

    _write_lines(node, origin, statement, lines)
    batch = _write(node, origin, statement, file["signature"])
    audit.record("attestationbatch.imported", subject=batch, actor=SYSTEM, details=_told(statement))
    return batch


def latest_batch(holder: TrustNode, origin: TrustNode) -> AttestationBatch | None:
    """Return the last batch from `origin` that `holder` has."""
    found: AttestationBatch | None = (
        AttestationBatch.objects.filter(holder=holder, origin=origin).order_by("-number").first()
    )
    return found


def _holdings(node: TrustNode) -> dict[str, Json]:
    """Return the number, last line and statement's digest of the last batch held of each other node."""
    return {
        batch.origin.name: {"number": batch.number, "last": batch.last, "sha256": batch.sha256}
        for batch in newest_batches(node)
    }


def _origin(name: str, node: TrustNode) -> TrustNode:
    if name == node.name:
        raise BadBatch("own_batch", f"{name} does not import its own batches")
    origin: TrustNode | None = TrustNode.objects.filter(name=name).first()
    if origin is None:
        raise BadBatch("unknown_node", f"no node is known as {name}")
    return origin


def _check_signature(origin: TrustNode, statement: Mapping[str, Any], signature: str) -> None:
    key = keys_of(origin).get(statement["key_id"])
    if key is None:
        raise BadBatch("untrusted_key", f"the key {statement['key_id']} is not {origin.name}'s")
    if not verify_tree_head(statement, signature, key):
        raise BadBatch("signature", f"the statement is not signed by {origin.name}")


def _taken_before(node: TrustNode, origin: TrustNode, statement: Mapping[str, Any]) -> AttestationBatch:
    taken: AttestationBatch = AttestationBatch.objects.get(holder=node, origin=origin, number=statement["number"])
    if taken.statement != statement:
        raise BadBatch("conflict", f"{origin.name} has signed two different batches {taken.number}")
    return taken


def _check_place(before: AttestationBatch | None, statement: Mapping[str, Any]) -> None:
    number, first, previous = (before.number + 1, before.last + 1, before.sha256) if before else (1, 1, "")
    if statement["number"] != number:
        raise BadBatch("gap", f"batch {statement['number']} came where batch {number} is next")
    if (statement["first"], statement["previous_sha256"]) != (first, previous):
        raise BadBatch("chain", "the batch does not follow the one before it")


def _check_receipt(node: TrustNode, holds: Mapping[str, Any]) -> None:
    """What the other side says it holds of us must be what we gave it."""
    said = holds.get(node.name)
    if said is None:
        return
    ours = AttestationBatch.objects.filter(holder=node, origin=node, number=said["number"]).first()
    if ours is None or (said["last"], said["sha256"]) != (ours.last, ours.sha256):
        raise BadBatch("false_receipt", f"it claims to hold a batch {said['number']} that {node.name} never gave")


def _write_lines(node: TrustNode, origin: TrustNode, statement: Mapping[str, Any], lines: list[dict[str, Any]]) -> None:
    if last_sequence(node, origin) + 1 != statement["first"]:
        raise BadBatch("chain", "the lines do not follow those held")
    revoked = [line["reference"] for line in lines if line["kind"] == Kind.REVOKED]
    issued = {line["reference"] for line in lines if line["kind"] == Kind.ISSUED}
    held = AttestationEntry.objects.filter(holder=node, reference__in={*revoked, *issued})
    known = {(each.reference, each.kind): each.origin_id for each in held}
    for reference in revoked:
        if reference not in issued and known.get((reference, Kind.ISSUED)) != origin.pk:
            raise BadBatch("lines", f"{reference} is revoked and was never attested by {origin.name}")
    said = [(line["reference"], line["kind"]) for line in lines]
    if len(set(said)) != len(said) or not known.keys().isdisjoint(said):
        raise BadBatch("lines", "something is attested or revoked twice")
    AttestationEntry.objects.bulk_create(
        AttestationEntry(
            holder=node,
            origin=origin,
            sequence=line["sequence"],
            kind=line["kind"],
            reference=line["reference"],
            content=line,
        )
        for line in lines
    )


def _write(holder: TrustNode, origin: TrustNode, statement: Mapping[str, Any], signature: str) -> AttestationBatch:
    written: AttestationBatch = AttestationBatch.objects.create(
        holder=holder,
        origin=origin,
        number=statement["number"],
        last=statement["last"],
        statement=statement,
        sha256=Digests(canonical_json(statement)).sha256,
        signature=signature,
    )
    return written


def _file(batch: AttestationBatch, lines: list[Any]) -> bytes:
    file = {"format": FORMAT, "statement": batch.statement, "signature": batch.signature, "entries": lines}
    return canonical_json(file)


def _told(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {name: statement[name] for name in ("node", "number", "first", "last", "root_sha256", "key_id")}
