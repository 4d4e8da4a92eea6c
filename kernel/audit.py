"""The evidence log: an append-only event for every transition, grant, access and transfer, in the act's transaction.

kernel/sealing.py gathers events into the signed Merkle tree afterwards; if writing the event fails, the act fails.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.tracing import current_trace_id


@dataclass(frozen=True)
class Occurrence:
    """What is to be recorded: an action (`subject.verb`, for example `listing.listed`) and its subject.

    Organization and venue default to the subject's own keys, so that each can be shown its events.
    """

    action: str
    subject: models.Model
    details: Mapping[str, Any] = field(default_factory=dict)
    organization_id: UUID | None = None
    venue_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)


def record(
    action: str,
    *,
    subject: models.Model,
    actor: Actor,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    organization_id: UUID | None = None,
    venue_id: UUID | None = None,
) -> UUID:
    """Write one audit event and return its id."""
    occurrence = Occurrence(action, subject, details or {}, organization_id, venue_id)
    record_many([occurrence], actor=actor, reason=reason)
    return occurrence.id


def record_many(occurrences: Iterable[Occurrence], *, actor: Actor, reason: str = "") -> None:
    """Write many audit events of one act with a single statement, whose cost hardly grows with their number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kernel_record_events(%s)", [act_as_json(occurrences, actor=actor, reason=reason)])


def act_as_json(occurrences: Iterable[Occurrence], *, actor: Actor, reason: str = "") -> str:
    """Return the argument of the database's `kernel_record_events`, for a function there that records what it does."""
    act = {
        "occurred_at": timezone.now().isoformat(),
        "actor_kind": actor.kind,
        "actor_id": _text(actor.id),
        "person_id": _text(actor.person_id),
        "reason": reason,
        "trace_id": current_trace_id(),
        "events": [
            {
                "id": str(occurrence.id),
                "action": occurrence.action,
                "subject_type": occurrence.subject._meta.model_name,
                "subject_id": str(occurrence.subject.pk),
                "organization_id": _text(occurrence.organization_id or _owner(occurrence.subject, "organization")),
                "venue_id": _text(occurrence.venue_id or _owner(occurrence.subject, "venue")),
                "details": occurrence.details,
            }
            for occurrence in occurrences
        ],
    }
    return json.dumps(act, cls=DjangoJSONEncoder, ensure_ascii=False)


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


def _owner(subject: models.Model, kind: str) -> UUID | None:
    if subject._meta.model_name == kind:
        return UUID(str(subject.pk))
    owner: UUID | None = getattr(subject, f"{kind}_id", None)
    return owner
