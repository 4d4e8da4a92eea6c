"""Waivers of the venue's own fee: granted for some days with a reason, to one payer or for one type of product."""

from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_disinterested, require_reason
from accounts.models import Organization, Venue
from accounts.product_types import ProductType
from kernel import audit
from kernel.actors import Actor
from kernel.problems import field_problem
from settlements.deposits import responsible_person
from settlements.models import FeeWaiver


@transaction.atomic
def grant_waiver(
    *,
    venue: Venue,
    organization: Organization | None,
    product_type: ProductType | None,
    waived_ppm: int,
    valid_from: date,
    valid_until: date,
    reason: str,
    actor: Actor,
) -> FeeWaiver:
    """Let the venue take less of its fee, or nothing (1,000,000 ppm), from its payer, for a type of product, or both.

    Of several that fit the greatest counts. What was agreed before stays as it was agreed. Raises Problem `forbidden`,
    `conflict_of_interest` for an organization of one's own, or `invalid` with a pointer.
    """
    require(actor, Permission.FEES_MANAGE, venue_id=venue.id)
    if organization is None and product_type is None:
        raise field_problem("/organization_id", "required", _("Say for whom the fee is waived, or for what."))
    if organization is not None:
        require_disinterested(actor, organization.id)
    if valid_from < timezone.now().astimezone(venue.zone).date():
        raise field_problem("/valid_from", "in_the_past", _("A waiver begins today or later."))
    if valid_until < valid_from:
        raise field_problem("/valid_until", "before_start", _("A waiver ends after it has begun."))
    waiver = FeeWaiver.objects.create(
        venue=venue,
        organization=organization,
        product_type=product_type or "",
        waived_ppm=waived_ppm,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=require_reason(reason),
        granted_by_id=responsible_person(actor),
    )
    details = {"waived_ppm": waived_ppm, "from": valid_from.isoformat(), "until": valid_until.isoformat()}
    audit.record("fee_waiver.granted", subject=waiver, actor=actor, reason=waiver.reason, details=details)
    return waiver


@transaction.atomic
def end_waiver(*, waiver_id: UUID, reason: str, actor: Actor) -> FeeWaiver:
    """Let a waiver end today, saying why; orders of today still enjoy it.

    Raises Problem `not_found`, `forbidden`, or `invalid` when it has ended or would not begin before tomorrow.
    """
    waiver = find(
        FeeWaiver.objects.visible_to(actor).select_related("venue").select_for_update(of=("self",)), id=waiver_id
    )
    require(actor, Permission.FEES_MANAGE, venue_id=waiver.venue_id)
    today = timezone.now().astimezone(waiver.venue.zone).date()
    why = require_reason(reason)
    if not waiver.valid_from <= today < waiver.valid_until:
        raise field_problem("", "not_in_force", _("Only a waiver that goes on beyond today is ended."))
    waiver.valid_until = today
    waiver.save(update_fields=["valid_until"])
    audit.record("fee_waiver.ended", subject=waiver, actor=actor, reason=why, details={"until": today.isoformat()})
    return waiver
