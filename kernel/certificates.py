"""Certificates: a statement goes into the audit log by its digests, and comes out as a file that anyone can verify.

`state_certificate` runs in the transaction of the act it certifies; the job `certificate.issue` waits for the seal,
proves and issues; `revoke_certificate` takes the certificate back, with a reason. The file's format is documented in
docs/evidence.md, and checked by kernel/verification.py.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel import audit, jobs
from kernel.actors import SYSTEM, Actor
from kernel.digests import Digests, Json, canonical_json
from kernel.keys import as_mapping
from kernel.models import Certificate, LogKey, SealedEvent, TreeHead
from kernel.problems import Problem, field_problem
from kernel.proofs import inclusion_proof
from kernel.sealing import event_document, seal_events
from kernel.states import advance
from kernel.verification import FORMAT, STATED, verify_certificate

ISSUE_JOB = "certificate.issue"
REVOKE = "certificate.revoke"  # the permission, of staff of the certificate's venue


def state_certificate(
    *,
    kind: str,
    subject: models.Model,
    number: str,
    statement: Mapping[str, Json],
    actor: Actor,
    organization_id: UUID | None,
    venue_id: UUID | None,
    holder_ids: Collection[UUID] = (),
    issue: bool = True,
) -> Certificate:
    """State a certificate about `subject` in the caller's transaction, and have it issued after the next seal.

    `statement` is what it attests, in JSON without floats (amounts are strings). `holder_ids` are further
    organizations that may read it, such as the other side of a trade. With `issue=False` the caller has a job of its
    own that calls `issue_certificate`. Stating the same again returns the first one.
    Raises Problem `conflict` when the subject has a certificate of this kind that says something else.
    """
    document = _document(kind=kind, subject=subject, number=number, statement=statement)
    digests = Digests(canonical_json(document))
    if existing := _living(kind, subject):
        return _same_or_conflict(existing, digests)
    certificate = Certificate(
        number=number,
        kind=kind,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        organization_id=organization_id,
        venue_id=venue_id,
        holder_ids=sorted(set(holder_ids) - {organization_id}),
        statement=document,
        statement_sha256=digests.sha256,
        statement_sm3=digests.sm3,
    )

    try:
        _write(certificate, actor)
    except IntegrityError:
        if winner := _living(kind, subject):
            return _same_or_conflict(winner, digests)
        raise

    if issue:
        jobs.enqueue(
            ISSUE_JOB,
            key=str(certificate.id),
            subject_id=certificate.id,
            organization_id=organization_id,
            venue_id=venue_id,
        )
    return certificate


@transaction.atomic  # a savepoint: the loser of a race must still be able to read the winner
def _write(certificate: Certificate, actor: Actor) -> None:
    details = {
        "number": certificate.number,
        "kind": certificate.kind,
        "statement_sha256": certificate.statement_sha256,
        "statement_sm3": certificate.statement_sm3,
    }
    certificate.event_id = audit.record(STATED, subject=certificate, actor=actor, details=details)
    certificate.save(force_insert=True)


def issue_certificate(*, certificate_id: UUID) -> Certificate:
    """Seal the log, prove that the certificate's event is in it, and issue the complete file. May run again.

    Raises RuntimeError if the file made would not pass its own verification (a damaged log or a wrong key).
    """
    certificate = Certificate.objects.select_related("event").get(id=certificate_id)
    if certificate.state != Certificate.State.STATED:
        return certificate

    file = certificate_file(certificate)
    verification = verify_certificate(file, as_mapping(dict(LogKey.objects.values_list("key_id", "public_key"))))
    if not verification.passed:
        failed = " ".join(check.words for check in verification.checks if not check.passed)
        raise RuntimeError(f"certificate {certificate.number} does not verify: {failed}")

    return _issue(certificate.id, file.decode())


def certificate_file(certificate: Certificate) -> bytes:
    """Return the bytes of a certificate's file: statement, event, inclusion proof and signed tree head.

    Seals the log first when the event still waits for it.
    """
    leaf = _leaf(certificate)
    head = TreeHead.objects.filter(size__gt=leaf.leaf_index).order_by("size")[:1].get()
    path = inclusion_proof(leaf_index=leaf.leaf_index, tree_size=head.size)
    return canonical_json(
        {
            "format": FORMAT,
            "statement": certificate.statement,
            "event": event_document(certificate.event),
            "inclusion": {
                "leaf_index": leaf.leaf_index,
                "leaf_sha256": bytes(leaf.sha256).hex(),
                "leaf_sm3": bytes(leaf.sm3).hex(),
                "path": [step.hex() for step in path],
            },
            "tree_head": {"statement": head.statement, "signature": head.signature},
        }
    )


@transaction.atomic
def revoke_certificate(*, certificate_id: UUID, actor: Actor, reason: str) -> Certificate:
    """Take a certificate back. Its file still verifies, since what it says was stated; its status says `REVOKED`.

    Raises Problem `not_found`, `forbidden` without the permission at the certificate's venue, `invalid` without a
    reason, `illegal_state` when it is revoked already.
    """
    certificate = Certificate.objects.visible_to(actor).filter(id=certificate_id).first()
    if certificate is None:
        raise Problem("not_found")
    if not actor.may(REVOKE) or not (actor.is_system or certificate.venue_id in actor.venue_ids):
        raise Problem("forbidden")
    if not reason.strip():
        raise field_problem("/reason", "required", _("Say why the certificate is revoked."))

    advance(
        certificate,
        to=Certificate.State.REVOKED,
        actor=actor,
        reason=reason,
        revoked_at=timezone.now(),
        revocation_reason=reason,
    )
    return certificate


@transaction.atomic
def _issue(certificate_id: UUID, file: str) -> Certificate:
    certificate = Certificate.objects.select_for_update().get(id=certificate_id)
    if certificate.state == Certificate.State.STATED:  # not revoked, nor issued by another worker, meanwhile
        advance(certificate, to=Certificate.State.ISSUED, actor=SYSTEM, file=file, issued_at=timezone.now())
    return certificate


def _document(*, kind: str, subject: models.Model, number: str, statement: Mapping[str, Json]) -> dict[str, Json]:
    _refuse_floats(statement)
    return {
        "kind": kind,
        "number": number,
        "subject_type": subject._meta.model_name or "",
        "subject_id": str(subject.pk),
        "content": dict(statement),
    }


def _refuse_floats(value: Json) -> None:
    """Raise TypeError for a float: PostgreSQL and other readers would write it back differently."""
    if isinstance(value, float):
        raise TypeError("a certificate's statement holds no floats; write decimals as strings")
    if isinstance(value, Mapping):
        for item in value.values():
            _refuse_floats(item)
    elif not isinstance(value, str) and isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)


def _living(kind: str, subject: models.Model) -> Certificate | None:
    return (
        Certificate.objects.filter(kind=kind, subject_type=subject._meta.model_name, subject_id=str(subject.pk))
        .exclude(state=Certificate.State.REVOKED)
        .first()
    )


def _same_or_conflict(existing: Certificate, digests: Digests) -> Certificate:
    if existing.statement_sha256 != digests.sha256:
        raise Problem("conflict", _("This already has certificate %s, which says otherwise.") % existing.number)
    return existing


def _leaf(certificate: Certificate) -> SealedEvent:
    sealed = SealedEvent.objects.filter(event=certificate.event)
    if leaf := sealed.first():
        return leaf
    seal_events()
    return sealed.get()
