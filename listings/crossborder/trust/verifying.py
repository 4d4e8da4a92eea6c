"""Verification: what somebody presents is compared with a node's log; the answer never tells what is in it.

The answer has the same members whatever it is. Only to whom presents the digest of the document itself it tells who
attested it and until when; a reference that is not in the log and a digest that is not the reference's cost the same
work.
"""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from django.db import transaction
from django.utils import timezone

from kernel import audit
from kernel.actors import Actor
from kernel.sealing import timestamp
from listings.crossborder.trust.documents import document_types_on
from listings.crossborder.trust.logs import Kind, newest_batches
from listings.crossborder.trust.nodes import local_node
from listings.models import AttestationEntry, TrustNode


class Result(StrEnum):
    """What a verification comes to."""

    MATCHED = "MATCHED"
    MISMATCHED = "MISMATCHED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    UNKNOWN = "UNKNOWN"
    CONSENT_NEEDED = "CONSENT_NEEDED"


@dataclass(frozen=True)
class Presented:
    """What is presented: the digests, one of which must be the attested one, and the SHA-256 of the salt."""

    digests: tuple[str, ...]
    salt_ref: str


@dataclass(frozen=True)
class Answer:
    """The answer; what is None or empty is not for this caller. `held_by` names the nodes whose logs hold the line."""

    result: Result
    node: str
    checked_at: str
    document_type: str | None = None
    issuer: str | None = None
    issued_at: str | None = None
    expires_at: str | None = None
    revoked_at: str | None = None
    held_by: tuple[str, ...] = ()
    both_logs: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the members of the answer, always all of them."""
        return asdict(self) | {"result": str(self.result), "held_by": list(self.held_by)}


NOTHING: Mapping[str, str] = {"digest": "0" * 64, "salt_ref": "0" * 64, "expires_at": "9999-12-31T00:00:00.000000Z"}


def present_file(chunks: Iterable[bytes], salt: bytes) -> Presented:
    """Take the salted digests of a file while it streams by; nothing of it is kept."""
    by_sha256, by_sm3 = HMAC(salt, hashes.SHA256()), HMAC(salt, hashes.SM3())
    for chunk in chunks:
        by_sha256.update(chunk)
        by_sm3.update(chunk)
    return Presented((by_sha256.finalize().hex(), by_sm3.finalize().hex()), sha256(salt).hexdigest())


@transaction.atomic
def verify(*, node: str, reference: str, presented: Presented, actor: Actor) -> Answer:
    """Verify for anybody; of a document whose holder must authorise it, a match is answered CONSENT_NEEDED.

    Raises Problem `invalid` at `/node` unless this deployment runs the node.
    """
    there = local_node(node)
    answer = compare(there, reference, presented)
    needs_consent = document_types_on(timezone.localdate()).needs_consent(answer.document_type or "")
    if answer.document_type is not None and needs_consent:
        answer = Answer(Result.CONSENT_NEEDED, there.name, answer.checked_at)

    details = {"reference": reference, "result": str(answer.result), "presented": presented.digests}
    audit.record("attestation.verified", subject=there, actor=actor, details=details)
    return answer


def compare(node: TrustNode, reference: str, presented: Presented) -> Answer:
    """Compare what is presented with the node's log, without any effect."""
    now = timezone.now()
    lines = {
        line.kind: line for line in AttestationEntry.objects.filter(holder=node, reference=reference).order_by("kind")
    }
    issued = lines.get(Kind.ISSUED)
    said = issued.content if issued else NOTHING
    same = [hmac.compare_digest(each.encode(), said["digest"].encode()) for each in presented.digests]
    same_salt = hmac.compare_digest(presented.salt_ref.encode(), said["salt_ref"].encode())
    held_by = _held_by(node, issued)

    answer = Answer(Result.MISMATCHED if issued else Result.UNKNOWN, node.name, timestamp(now))
    if issued is None or not (any(same) and same_salt):
        return answer
    revoked = lines.get(Kind.REVOKED)
    is_over = datetime.fromisoformat(said["expires_at"]) <= now
    return replace(
        answer,
        result=Result.REVOKED if revoked else Result.EXPIRED if is_over else Result.MATCHED,
        document_type=said["document_type"],
        issuer=said["issuer"],
        issued_at=said["issued_at"],
        expires_at=said["expires_at"],
        revoked_at=revoked.content["revoked_at"] if revoked else None,
        held_by=held_by,
        both_logs=len(held_by) > 1,
    )


def _held_by(node: TrustNode, issued: AttestationEntry | None) -> tuple[str, ...]:
    """Return the nodes known to hold the line: its origin, who asks, and who acknowledged it in a signed batch."""
    holding = {
        batch.origin.name
        for batch in newest_batches(node)
        if issued is not None
        and (
            batch.origin_id == issued.origin_id
            or (
                issued.origin_id == node.pk
                and batch.statement["holds"].get(node.name, {"last": 0})["last"] >= issued.sequence
            )
        )
    }
    return tuple(sorted({node.name, *holding})) if issued else ()
