"""Inviting organizations to a listing that is not for everybody, until a moment or until the invitation is revoked."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.models import Organization
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.listing import locked_listing
from listings.models import Listing, ListingInvitation

LONGEST_DAYS = 366
State = ListingInvitation.State


@transaction.atomic
def invite(*, listing_id: UUID, invitee_id: UUID, days: int, message: str = "", actor: Actor) -> ListingInvitation:
    """Invite an organization to read and order a listing for so many days from now.

    Raises Problem `not_found`, `forbidden`, `illegal_state` for a listing that has ended, `listing_invitation_exists`,
    or `invalid`.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    if listing.state in Listing.ENDED:
        raise Problem("illegal_state", _("The listing has ended."), state=listing.state)
    if not 1 <= days <= LONGEST_DAYS:
        raise field_problem("/days", "out_of_range", _("Give a whole number from 1 to %d.") % LONGEST_DAYS)
    invitee = Organization.objects.filter(pk=invitee_id).first()
    if invitee is None:
        raise field_problem("/invitee_id", "unknown", _("There is no such organization."))
    if invitee.pk == listing.organization_id:
        raise field_problem("/invitee_id", "self", _("An organization needs no invitation to its own listing."))

    for lapsed in listing.invitations.filter(invitee=invitee, state=State.OPEN, expires_at__lte=timezone.now()):
        advance(lapsed, to=State.EXPIRED, actor=SYSTEM)
    invitation = ListingInvitation.objects.create(
        listing=listing,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
        invitee=invitee,
        message=message,
        expires_at=timezone.now() + timedelta(days=days),
    )
    details = {"listing": listing.pk, "invitee": invitee.pk, "expires_at": invitation.expires_at}
    audit.record("listinginvitation.open", subject=invitation, actor=actor, details=details)
    return invitation


@transaction.atomic
def revoke_invitation(*, invitation_id: UUID, reason: str, actor: Actor) -> ListingInvitation:
    """Take an invitation back, by the provider, from this moment on; running agreements are not touched.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` without a reason.
    """
    invitation = find(ListingInvitation.objects.visible_to(actor), pk=invitation_id)
    require(actor, Permission.LISTING_SUBMIT, organization_id=invitation.organization_id)
    require_reason(reason)

    advance(invitation, to=State.REVOKED, actor=actor, reason=reason)
    return invitation


def expire_invitations(limit: int = 500) -> int:
    """Show invitations whose moment has passed as expired; reading ended at that second already."""
    due = ListingInvitation.objects.filter(state=State.OPEN, expires_at__lte=timezone.now()).order_by("expires_at")
    moved = 0
    for invitation in due[:limit]:
        with transaction.atomic():
            try:
                advance(invitation, to=State.EXPIRED, actor=SYSTEM)
            except Problem:  # revoked meanwhile
                continue
            moved += 1
    return moved
