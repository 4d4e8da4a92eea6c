"""Who may do what: actors are made here from people and API clients, and every capability function asks here.

The tables of roles and scopes are in accounts/permissions.py, the rule of visible rows in accounts/visibility.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Model, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.models import Affiliation, ApiClient, Capacity, Membership, Organization, Person, Venue
from accounts.permissions import (
    ADMINISTRATING_ROLES,
    AGGREGATE_PERMISSIONS,
    AGGREGATE_ROLES,
    MEMBER_ROLES,
    ROLE_PERMISSIONS,
    SCOPE_PERMISSIONS,
    STAFF_ROLES,
    Permission,
    Role,
)
from accounts.visibility import owned_or_operated, sees_everything
from kernel.actors import Actor, ActorKind
from kernel.problems import Problem, field_problem

__all__ = [
    "ADMINISTRATING_ROLES",
    "MEMBER_ROLES",
    "ROLE_PERMISSIONS",
    "SCOPE_PERMISSIONS",
    "STAFF_ROLES",
    "Permission",
    "Role",
    "actor_for_client",
    "actor_for_person",
    "find",
    "owned_or_operated",
    "require",
    "require_different_person",
    "require_disinterested",
    "require_member",
    "require_own_or_all",
    "require_reason",
    "sees_everything",
]

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Standing:
    """A person's role in one organization, and the venues which that organization operates."""

    organization_id: UUID
    role: Role
    venue_ids: frozenset[UUID]

    @property
    def seen_venue_ids(self) -> frozenset[UUID]:
        """The venues whose rows the role lets its holder see."""
        return frozenset() if self.role in AGGREGATE_ROLES else self.venue_ids


# --- making actors ---------------------------------------------------------------------------------------------------


def standings_of(person_id: UUID) -> list[Standing]:
    """Return the person's roles, the oldest first, with one query."""
    venues = Venue.objects.filter(operator=OuterRef("organization")).order_by().values("pk")
    rows = Affiliation.objects.filter(person=person_id).order_by("pk")
    return [
        Standing(organization_id, Role(role), frozenset(venue_ids))
        for organization_id, role, venue_ids in rows.values_list("organization", "role", ArraySubquery(venues))
    ]


def actor_for_person(person: Person, organization: Organization | UUID | None = None) -> Actor:
    """Return the actor of a person, acting for `organization` or for the only one there is.

    Someone of several organizations who names none acts for none of them: they see themselves and may do nothing.
    Raises Problem `forbidden` for an organization that is not theirs.
    """
    standings = standings_of(person.pk)
    if organization is None:
        standing = standings[0] if len(standings) == 1 else None
    else:
        wanted = organization.pk if isinstance(organization, Organization) else organization
        standing = next((each for each in standings if each.organization_id == wanted), None)
        if standing is None:
            raise Problem("forbidden", _("You do not belong to that organization."))
    return _actor_of(person, standing)


def actor_for_console(person: Person) -> Actor:
    """Return the actor of a person in the console: for the organization that operates a venue, if it is theirs."""
    standings = standings_of(person.pk)
    operating = [standing for standing in standings if standing.venue_ids]
    chosen = operating or standings
    return _actor_of(person, chosen[0] if chosen else None)


def _actor_of(person: Person, standing: Standing | None) -> Actor:
    permissions = ROLE_PERMISSIONS[standing.role] if standing else frozenset()
    venue_ids = standing.seen_venue_ids if standing else frozenset()
    counted_venue_ids = standing.venue_ids if standing else frozenset()
    if not person.is_active:
        permissions, venue_ids, counted_venue_ids, standing = frozenset(), frozenset(), frozenset(), None
    elif person.is_superuser:
        permissions = frozenset(Permission)
        venue_ids = counted_venue_ids = frozenset(Venue.objects.values_list("pk", flat=True))
    return Actor(
        kind=ActorKind.PERSON,
        id=person.pk,
        person_id=person.pk,
        organization_id=standing.organization_id if standing else None,
        venue_ids=venue_ids,
        counted_venue_ids=counted_venue_ids,
        permissions=frozenset(permissions),
        label=person.name or person.email,
    )


def actor_for_client(client: ApiClient, scopes: Iterable[str]) -> Actor:
    """Return the actor of an API client: what its responsible person may do now, as far as the token's scopes reach.

    Raises Problem `invalid_token` when the person no longer acts for the organization or is deactivated.
    """
    standing = next(
        (each for each in standings_of(client.person_id) if each.organization_id == client.organization_id), None
    )
    if standing is None or not client.person.is_active:
        raise Problem("invalid_token", _("The person responsible for this client no longer acts for its organization."))
    return client_actor(
        client_id=client.pk, name=client.name, person_id=client.person_id, standing=standing, scopes=scopes
    )


def client_actor(*, client_id: UUID, name: str, person_id: UUID, standing: Standing, scopes: Iterable[str]) -> Actor:
    """Return a client's actor: the permissions of its person's role that lie within the scopes."""
    granted: frozenset[Permission] = frozenset().union(*(SCOPE_PERMISSIONS.get(scope, frozenset()) for scope in scopes))
    return Actor(
        kind=ActorKind.CLIENT,
        id=client_id,
        person_id=person_id,
        organization_id=standing.organization_id,
        venue_ids=standing.seen_venue_ids,
        counted_venue_ids=standing.venue_ids,
        permissions=ROLE_PERMISSIONS[standing.role] & granted,
        label=name,
    )


# --- asking ----------------------------------------------------------------------------------------------------------


def require(
    actor: Actor, permission: str, *, organization_id: UUID | None = None, venue_id: UUID | None = None
) -> None:
    """Raise Problem `forbidden` unless the actor holds the permission, for that organization or at that venue.

    `permission` is one of `Permission`; a name that is none of them is a mistake of ours and raises ValueError.
    """
    permission = Permission(permission)
    if actor.is_system:
        return
    if not actor.may(permission):
        raise Problem("forbidden", _refusal(actor), permission=permission)
    if organization_id is not None and actor.organization_id != organization_id:
        raise Problem("forbidden", _("You do not act for that organization."), permission=permission)
    venues = actor.counted_venue_ids if permission in AGGREGATE_PERMISSIONS else actor.venue_ids
    if venue_id is not None and venue_id not in venues:
        raise Problem("forbidden", _("You are not on the staff of that venue."), permission=permission)


def require_own_or_all(actor: Actor, permission: str, *, organization_id: UUID) -> None:
    """Like `require` for an organization, but let the deployment's operator help one that cannot help itself."""
    if not sees_everything(actor):
        require(actor, permission, organization_id=organization_id)


def _refusal(actor: Actor) -> str | None:
    if actor.organization_id is None and actor.person_id is not None:
        return str(_("Say for which of your organizations you act, with the header Dawan-Organization."))
    return None


def require_different_person(actor: Actor, *, made_by: UUID | None) -> None:
    """Raise Problem `same_person` if the actor, or whoever answers for the client, made what is to be approved."""
    if actor.person_id is not None and actor.person_id == made_by:
        raise Problem("same_person")


def require_disinterested(actor: Actor, organization_id: UUID) -> None:
    """Raise Problem `conflict_of_interest` if the person who answers for the act has a role in that organization."""
    if Affiliation.objects.filter(person=actor.person_id, organization=organization_id).exists():
        raise Problem("conflict_of_interest")


def require_reason(reason: str) -> str:
    """Return the reason without surrounding space; raises Problem `invalid` at `/reason` if there is none."""
    said = reason.strip()
    if not said:
        raise field_problem("/reason", "required", _("Say why."))
    return said


def find(rows: QuerySet[Row], **lookup: Any) -> Row:
    """Return the one row; raises Problem `not_found` when there is none among those the actor can see."""
    try:
        return rows.get(**lookup)
    except ObjectDoesNotExist as error:
        raise Problem("not_found") from error


def require_member(organization_id: UUID, venue_id: UUID, capacity: str) -> Membership:
    """Return the organization's active membership at the venue in that capacity.

    Raises Problem `membership_required` if there is none.
    """
    membership = (
        Membership.objects.active()
        .select_related("organization")
        .filter(organization=organization_id, venue=venue_id, capacity=Capacity(capacity))
        .first()
    )
    if membership is None:
        raise Problem("membership_required", capacity=str(capacity), venue=str(venue_id))
    return membership
