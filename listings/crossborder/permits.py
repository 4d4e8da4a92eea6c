"""One-time permits: no permit, no byte. Every kind of delivery asks here in the transaction that grants access (I6)."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from listings.crossborder import problems  # noqa: F401 - registers the codes raised here
from listings.crossborder.customs_rules import customs_rules_on
from listings.crossborder.facts import day_of
from listings.crossborder.register import commit
from listings.crossborder.telling import tell_released
from listings.models import CustomsDeclaration, RouteCase, TransferPermit


def issue_permit(declaration: CustomsDeclaration, *, actor: Actor) -> TransferPermit:
    """Issue the permit of a declaration that is being released, bound to payload, recipient, bytes and time."""
    now = timezone.now()
    rules = customs_rules_on(day_of(now))
    permit = TransferPermit.objects.create(
        declaration=declaration,
        case=declaration.case,
        recipient_id=declaration.recipient_id,
        delivery_id=declaration.delivery_id,
        payload_sha256=declaration.payload_sha256,
        byte_ceiling=declaration.payload_bytes * (1 if declaration.manifest.get("calls") else rules.readings),
        valid_from=now,
        valid_until=now + timedelta(days=rules.permit_days),
    )
    details = {
        "payload_sha256": permit.payload_sha256,
        "recipient": str(permit.recipient_id),
        "byte_ceiling": permit.byte_ceiling,
        "valid_until": permit.valid_until,
    }
    audit.record("transferpermit.issued", subject=permit, actor=actor, details=details)
    tell_released(permit)
    return permit


def use_permit(
    *, delivery_id: UUID, recipient_id: UUID, payload_sha256: str, bytes_wanted: int, actor: Actor
) -> TransferPermit:
    """Take bytes of a delivery's permit for a grant of access, and count the case's persons as gone, all in one act.

    Must run in the transaction that grants access. Raises Problem `permit_missing`, `permit_not_yours`,
    `permit_other_payload`, `permit_not_in_force`, `permit_exhausted`, or what the register says of the year.
    """
    permits = TransferPermit.objects.select_related("case")
    permit = permits.filter(delivery_id=delivery_id).order_by("-id").first()
    if permit is None:
        raise Problem("permit_missing")
    # Case before permit, as everywhere: whoever ends the case holds its lock first.
    case = (
        RouteCase.objects.select_related("organization", "recipient", "product", "version")
        .select_for_update(of=("self",))
        .get(pk=permit.case_id)
    )
    permit = TransferPermit.objects.select_for_update(of=("self",)).get(pk=permit.pk)
    permit.case = case
    if permit.recipient_id != recipient_id:
        raise Problem("permit_not_yours")
    if permit.payload_sha256 != payload_sha256:
        raise Problem("permit_other_payload")
    if not permit.in_force:
        raise Problem("permit_not_in_force", valid_until=permit.valid_until.isoformat(), case=case.state)
    if permit.bytes_used + bytes_wanted > permit.byte_ceiling:
        raise Problem("permit_exhausted", left=permit.byte_ceiling - permit.bytes_used)

    TransferPermit.objects.filter(pk=permit.pk).update(bytes_used=F("bytes_used") + bytes_wanted)
    commit(case, actor=actor)
    audit.record("transferpermit.used", subject=permit, actor=actor, details={"bytes": bytes_wanted})
    return permit


@transaction.atomic
def withdraw_permit(declaration: CustomsDeclaration, *, actor: Actor, reason: str) -> None:
    """Withdraw the permit that a declaration gave, if it gave one; running downloads end within a few megabytes."""
    permit = TransferPermit.objects.filter(declaration=declaration, withdrawn_at__isnull=True).first()
    if permit is not None:
        permit.withdrawn_at = timezone.now()
        permit.save(update_fields=["withdrawn_at"])
        audit.record("transferpermit.withdrawn", subject=permit, actor=actor, reason=reason)
