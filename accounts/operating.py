"""Appointing the organization that operates a venue: its people become the venue's staff."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.access import find, require
from accounts.models import Affiliation, Membership, Organization, Venue
from accounts.permissions import STAFF_ROLES, Permission
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem


@transaction.atomic
def appoint_operator(*, venue_code: str, organization_id: UUID, actor: Actor) -> Venue:
    """Let an organization operate a venue; for the deployment's operator or the system.

    The organization must be no member anywhere, and its people must have no roles of a member, so that nobody comes
    by powers over a venue unawares. Raises Problem `forbidden`, `not_found` or `conflict_of_interest`.
    """
    require(actor, Permission.EVERYTHING_SEE)
    venue = find(Venue.objects.select_for_update(), code=venue_code)
    organization = find(Organization.objects.select_for_update(), pk=organization_id)
    if Membership.objects.filter(organization=organization).exists():
        raise Problem("conflict_of_interest", _("A member of a venue cannot operate one."))
    if Affiliation.objects.filter(organization=organization).exclude(role__in=sorted(STAFF_ROLES)).exists():
        raise Problem("conflict_of_interest", _("The organization's people have roles of a member."))

    before = venue.operator_id
    venue.operator = organization
    venue.save(update_fields=["operator"])

    details = {"before": str(before) if before else None, "operator": str(organization.pk)}
    audit.record("venue.operator_appointed", subject=venue, actor=actor, details=details)
    return venue
