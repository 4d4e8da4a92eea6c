"""What an issuer does: attest a document by its salted digest, and revoke the attestation.

The digest is HMAC(salt, bytes of the file) with SHA-256 or SM3 (GB/T 32905) and a salt of 32 random bytes that only
the holder of the document gets; what is kept of the salt is its SHA-256. Without the salt nobody can tell from the
digest what the document is, however few possibilities there are.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from accounts.models import Membership
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from kernel.sealing import timestamp
from kernel.states import advance
from listings.crossborder.trust.documents import document_types_on
from listings.crossborder.trust.logs import Kind, append_entry
from listings.crossborder.trust.nodes import local_node
from listings.models import Attestation

State = Attestation.State
REFERENCE_BYTES = 16  # nobody finds an attestation by guessing


@transaction.atomic
def attest(
    *,
    node: str,
    document_type: str,
    algorithm: str,
    digest: str,
    salt_ref: str,
    expires_at: datetime,
    actor: Actor,
) -> Attestation:
    """Attest a document of which only the salted digest is told; the reference returned goes with the file.

    `digest` and `salt_ref` are 64 lower-case hexadecimal digits. Raises `forbidden`, `membership_required` for an
    organization that no venue has admitted, `attestation_exists`, or `invalid` with the field.
    """
    require(actor, Permission.ATTESTATION_ISSUE)
    if actor.organization_id is None:
        raise Problem("forbidden")
    admitted = Membership.objects.active().filter(organization=actor.organization_id).select_related("organization")
    membership = admitted.first()
    if membership is None:
        raise Problem("membership_required")
    there = local_node(node)
    now = timezone.now()
    kind = document_types_on(timezone.localdate()).named(document_type)
    if not now < expires_at <= now + timedelta(days=kind.longest_days):
        raise field_problem(
            "/expires_at", "out_of_range", _("A document of this type is attested for %d days.") % kind.longest_days
        )
    if Attestation.objects.filter(organization=actor.organization_id, digest=digest).exists():
        raise Problem("attestation_exists")

    attestation = Attestation.objects.create(
        organization_id=actor.organization_id,
        node=there,
        reference=secrets.token_hex(REFERENCE_BYTES),
        document_type=kind.code,
        algorithm=algorithm,
        digest=digest,
        salt_ref=salt_ref,
        expires_at=expires_at,
    )
    said = {
        "document_type": kind.code,
        "algorithm": algorithm,
        "digest": digest,
        "salt_ref": salt_ref,
        "issuer": membership.organization.legal_name,
        "issued_at": timestamp(now),
        "expires_at": timestamp(expires_at),
    }
    append_entry(there, Kind.ISSUED, attestation.reference, said)
    details = {"node": there.name, "document_type": kind.code, "algorithm": algorithm, "digest": digest}
    audit.record("attestation.issued", subject=attestation, actor=actor, details=details)
    return attestation


@transaction.atomic
def revoke_attestation(*, attestation_id: UUID, reason: str, note: str = "", actor: Actor) -> Attestation:
    """Revoke an attestation for a reason of the data file; a note stays in the audit log and crosses no border.

    Raises `not_found`, `forbidden`, `illegal_state` for one that is revoked, or `invalid` for an unknown reason.
    """
    attestation = find(Attestation.objects.visible_to(actor), pk=attestation_id)
    require(actor, Permission.ATTESTATION_ISSUE, organization_id=attestation.organization_id)
    if reason not in document_types_on(timezone.localdate()).reasons:
        raise field_problem("/reason", "unknown", _("There is no such reason."))

    now = timezone.now()
    advance(
        attestation,
        to=State.REVOKED,
        actor=actor,
        reason=note,
        details={"because": reason},
        revoked_at=now,
        revoked_because=reason,
    )
    said = {"reason": reason, "revoked_at": timestamp(now)}
    append_entry(attestation.node, Kind.REVOKED, attestation.reference, said)
    return attestation
