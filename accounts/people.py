"""People of an organization: invite, accept, change a role, remove; every organization keeps an administrator."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import actor_for_person, find, require, require_own_or_all, require_reason
from accounts.interests import keep_past_employment
from accounts.models import Affiliation, Invitation, Organization, Person, Role
from accounts.models.people import normal_email
from accounts.permissions import ADMINISTRATING_ROLES, MEMBER_ROLES, STAFF_ROLES, Permission
from accounts.registering import check_password_strength
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance

INVITATION_LIFETIME = timedelta(days=7)


@transaction.atomic
def invite(*, organization_id: UUID, email: str, role: str, actor: Actor) -> tuple[Invitation, str]:
    """Invite the owner of an email address into a role; return the invitation and its token, shown this once.

    An earlier invitation that has expired makes way. Raises Problem `forbidden`, `invalid` (a role that this
    organization does not have), `affiliation_exists`; the database refuses a second open one (`invitation_exists`).
    """
    organization = _managed(organization_id, actor)
    check_role(organization, role)
    address = normal_email(email)
    if Affiliation.objects.filter(organization=organization, person__email=address).exists():
        raise Problem("affiliation_exists")

    for stale in Invitation.objects.filter(
        organization=organization, email=address, state=Invitation.State.PENDING, expires_at__lte=timezone.now()
    ):
        advance(stale, to=Invitation.State.REVOKED, actor=actor, reason="expired")
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        organization=organization,
        email=address,
        role=role,
        token_checksum=checksum_of(token),
        invited_by_id=actor.person_id,
        expires_at=timezone.now() + INVITATION_LIFETIME,
    )

    audit.record("invitation.made", subject=invitation, actor=actor, details={"email": address, "role": role})
    return invitation, token


@transaction.atomic
def revoke_invitation(*, invitation_id: UUID, actor: Actor) -> Invitation:
    """Take an invitation back before it is accepted; raises Problem `illegal_state` afterwards."""
    invitation = find(Invitation.objects.visible_to(actor), pk=invitation_id)
    require_own_or_all(actor, Permission.PEOPLE_MANAGE, organization_id=invitation.organization_id)
    advance(invitation, to=Invitation.State.REVOKED, actor=actor)
    return invitation


def open_invitation(token: str) -> Invitation:
    """Return the invitation of a token; raises Problem `not_found`, or `invitation_expired` also when used."""
    invitation = find(Invitation.objects.select_related("organization"), token_checksum=checksum_of(token))
    if invitation.state != Invitation.State.PENDING or invitation.has_expired:
        raise Problem("invitation_expired")
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, person: Person) -> Affiliation:
    """Give the invited person the role they were offered. The caller has made sure that it is they.

    Raises Problem `invitation_expired`, `forbidden` for anyone else, and `illegal_state` the second time.
    """
    if invitation.has_expired:
        raise Problem("invitation_expired")
    if person.email != invitation.email or not person.is_active:
        raise Problem("forbidden", _("The invitation is for another email address."))
    check_role(invitation.organization, invitation.role)

    affiliation = Affiliation.objects.create(person=person, organization=invitation.organization, role=invitation.role)
    actor = actor_for_person(person, invitation.organization)
    advance(invitation, to=Invitation.State.ACCEPTED, actor=actor)

    audit.record("affiliation.made", subject=affiliation, actor=actor, details=_role_details(affiliation))
    return affiliation


@transaction.atomic
def change_role(*, affiliation_id: UUID, role: str, actor: Actor) -> Affiliation:
    """Give a person of the organization another role.

    Raises Problem `forbidden`, `invalid`, or `last_administrator` when nobody would be left to administer.
    """
    affiliation, organization = _managed_affiliation(affiliation_id, actor)
    check_role(organization, role)
    before = affiliation.role
    affiliation.role = role
    affiliation.save(update_fields=["role"])
    _require_administrator(organization)

    details = {**_role_details(affiliation), "before": before}
    audit.record("affiliation.changed", subject=affiliation, actor=actor, details=details)
    return affiliation


@transaction.atomic
def remove(*, affiliation_id: UUID, actor: Actor) -> None:
    """End a person's role in the organization; API clients they answer for stop working in the same moment.

    Raises Problem `forbidden` or `last_administrator`.
    """
    affiliation, organization = _managed_affiliation(affiliation_id, actor)
    details = _role_details(affiliation)
    audit.record("affiliation.ended", subject=affiliation, actor=actor, details=details)
    keep_past_employment(affiliation.person, organization)
    affiliation.delete()
    _require_administrator(organization)


@transaction.atomic
def update_profile(*, person: Person, actor: Actor, name: str | None = None, language: str | None = None) -> Person:
    """Change one's own name or language."""
    before = {"name": person.name, "language": person.language}
    person.name = person.name if name is None else name
    person.language = person.language if language is None else language
    person.save(update_fields=["name", "language"])

    after = {"name": person.name, "language": person.language}
    audit.record("person.updated", subject=person, actor=actor, details={"before": before, "after": after})
    return person


@transaction.atomic
def change_password(*, person: Person, password: str, actor: Actor) -> None:
    """Set a new password that passes the validators; raises Problem `invalid` at /new_password."""
    check_password_strength(password, person, pointer="/new_password")
    person.set_password(password)
    person.save(update_fields=["password"])
    audit.record("person.password_changed", subject=person, actor=actor)


@transaction.atomic
def set_active(*, person_id: UUID, active: bool, actor: Actor, reason: str) -> Person:
    """Let a person in again, or shut them out of everything at once, their API clients included.

    For the deployment's operator. Raises Problem `forbidden`, or `invalid` without a reason.
    """
    require(actor, Permission.EVERYTHING_SEE)
    said = require_reason(reason)
    person: Person = find(Person.objects.select_for_update(), pk=person_id)
    person.is_active = active
    person.save(update_fields=["is_active"])
    action = "person.reactivated" if active else "person.deactivated"
    audit.record(action, subject=person, actor=actor, reason=said)
    return person


def check_role(organization: Organization, role: str) -> None:
    """Raise Problem `invalid` unless the role is one that this kind of organization has."""
    allowed = STAFF_ROLES if organization.operated_venues.exists() else MEMBER_ROLES
    if role not in allowed:
        raise field_problem("/role", "role_not_here", _("This organization has no such role."))


def checksum_of(token: str) -> str:
    """Return under what a token is stored; tokens are random, so a plain hash hides them."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _managed(organization_id: UUID, actor: Actor) -> Organization:
    # The organization's row is the lock under which its people change, so that the last two administrators cannot
    # both leave at once.
    organization = find(Organization.objects.visible_to(actor).select_for_update(), pk=organization_id)
    require_own_or_all(actor, Permission.PEOPLE_MANAGE, organization_id=organization.pk)
    return organization


def _managed_affiliation(affiliation_id: UUID, actor: Actor) -> tuple[Affiliation, Organization]:
    affiliation = find(Affiliation.objects.visible_to(actor), pk=affiliation_id)
    organization = _managed(affiliation.organization_id, actor)
    return find(Affiliation.objects.select_related("person"), pk=affiliation_id), organization


def _require_administrator(organization: Organization) -> None:
    administrators = Affiliation.objects.filter(
        organization=organization, role__in=sorted(ADMINISTRATING_ROLES), person__is_active=True
    )
    if not administrators.exists():
        raise Problem("last_administrator")


def _role_details(affiliation: Affiliation) -> dict[str, Any]:
    return {"person": str(affiliation.person_id), "role": Role(affiliation.role).value}
