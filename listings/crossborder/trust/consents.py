"""Verifications that a document's holder authorises first: wanted, authorised, submitted, answered.

The verifier hands a code to the holder. Whoever has the code, the reference and the salt is the holder: only the issuer
gave the salt away, to one person. The authorisation is for this verifier, this purpose and a time, and can be withdrawn
until it is used.
"""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.access import Permission, find, require
from kernel.actors import NOBODY, Actor
from kernel.audit import record
from kernel.problems import Problem
from kernel.states import advance
from listings.crossborder.trust.documents import document_types_on
from listings.crossborder.trust.nodes import local_node
from listings.crossborder.trust.verifying import Presented, Result, compare
from listings.models import VerificationRequest

State = VerificationRequest.State
CODE_BYTES = 24
# An unknown reference is no match; whether it exists is not the verifier's to learn.
OUTCOMES = {
    Result.MATCHED: State.MATCHED,
    Result.MISMATCHED: State.MISMATCHED,
    Result.UNKNOWN: State.MISMATCHED,
    Result.EXPIRED: State.EXPIRED,
    Result.REVOKED: State.REVOKED,
}


@transaction.atomic
def request_verification(
    *, node: str, document_type: str, purpose: str, actor: Actor
) -> tuple[VerificationRequest, str]:
    """Open a verification and return it with the code for the holder, which is shown this once.

    Raises `forbidden`, or `invalid` with the field.
    """
    require(actor, Permission.ATTESTATION_VERIFY)
    if actor.organization_id is None:
        raise Problem("forbidden")
    there = local_node(node)
    kind = document_types_on(timezone.localdate()).named(document_type)

    code = secrets.token_urlsafe(CODE_BYTES)
    wanted = VerificationRequest.objects.create(
        organization_id=actor.organization_id,
        node=there,
        document_type=kind.code,
        purpose=purpose,
        code_sha256=_digest(code),
    )
    details = {"document_type": kind.code, "purpose": purpose}
    record("verificationrequest.created", subject=wanted, actor=actor, details=details)
    return wanted, code


def wanted_by(*, code: str) -> VerificationRequest:
    """Return, to the holder, what the code asks for: by whom and what for. Raises `not_found` for an unknown code."""
    return _behind(code)


@transaction.atomic
def authorise(*, code: str, reference: str, salt: bytes, days: int) -> VerificationRequest:
    """Authorise, as the holder, the verification behind the code for some days.

    Whether the reference and the salt are right shows when the verifier submits. Raises `not_found` for an unknown
    code, `illegal_state` for one that was used.
    """
    wanted = _behind(code)
    now = timezone.now()
    advance(
        wanted,
        to=State.CONSENTED,
        actor=NOBODY,
        details={"days": days},
        reference=reference,
        salt_ref=hashlib.sha256(salt).hexdigest(),
        consented_at=now,
        consent_until=now + timedelta(days=days),
    )
    return wanted


@transaction.atomic
def withdraw(*, code: str) -> VerificationRequest:
    """Withdraw, as the holder, what was authorised or asked for. Raises `not_found` or `illegal_state` once used.

    PIPL article 15: consent can be withdrawn, and withdrawing is as easy as giving it.
    """
    wanted = _behind(code)
    advance(wanted, to=State.WITHDRAWN, actor=NOBODY)
    return wanted


@transaction.atomic
def submit(*, request_id: UUID, digest: str, salt_ref: str, actor: Actor) -> VerificationRequest:
    """Present the document's salted digest under the holder's authorisation, once, and keep the answer.

    Raises `not_found`, `forbidden`, `illegal_state` without an unused authorisation, or `authorisation_ended`.
    """
    wanted = find(VerificationRequest.objects.visible_to(actor).select_for_update(of=("self",)), pk=request_id)
    require(actor, Permission.ATTESTATION_VERIFY, organization_id=wanted.organization_id)
    if wanted.state == State.CONSENTED and wanted.consent_until and wanted.consent_until <= timezone.now():
        raise Problem("authorisation_ended")

    advance(wanted, to=State.SUBMITTED, actor=actor, presented_digest=digest)
    answer = compare(wanted.node, wanted.reference, Presented((digest,), salt_ref))
    # The holder authorised by the salt that the verifier must have from them.
    is_authorised = salt_ref == wanted.salt_ref and answer.document_type in (None, wanted.document_type)
    outcome = OUTCOMES[answer.result] if is_authorised else State.MISMATCHED
    shown = answer.as_json() if outcome != State.MISMATCHED else {"checked_at": answer.checked_at}
    advance(wanted, to=outcome, actor=actor, answer=shown)
    return wanted


def _behind(code: str) -> VerificationRequest:
    return find(VerificationRequest.objects.select_related("organization"), code_sha256=_digest(code))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
