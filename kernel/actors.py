"""Who acts. Built by accounts/access.py from a person or an API client, and handed to every capability function."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

# The permission of the deployment's operator; accounts/permissions.py gives it.
SEE_EVERYTHING = "everything.see"


class ActorKind(StrEnum):
    PERSON = "person"
    CLIENT = "client"
    SYSTEM = "system"


@dataclass(frozen=True)
class Actor:
    """A person, an API client or the exchange itself, with what it may do.

    `person_id` is the responsible human being: the person, or whoever answers for the client.
    `venue_ids` are the venues which the actor's organization operates; they make it staff there, who see the rows.
    `counted_venue_ids` are those whose figures it may work with: the same, also for staff who see no single row.
    """

    kind: ActorKind
    id: UUID | None
    person_id: UUID | None
    organization_id: UUID | None
    venue_ids: frozenset[UUID] = frozenset()
    permissions: frozenset[str] = field(default=frozenset(), repr=False)
    label: str = ""
    counted_venue_ids: frozenset[UUID] = frozenset()

    @property
    def is_system(self) -> bool:
        return self.kind is ActorKind.SYSTEM

    @property
    def is_staff(self) -> bool:
        return bool(self.venue_ids)

    def may(self, permission: str) -> bool:
        """Tell whether the named permission is held; the system holds all."""
        return self.is_system or permission in self.permissions


SYSTEM = Actor(kind=ActorKind.SYSTEM, id=None, person_id=None, organization_id=None, label="system")
NOBODY = Actor(kind=ActorKind.PERSON, id=None, person_id=None, organization_id=None, label="anonymous")
