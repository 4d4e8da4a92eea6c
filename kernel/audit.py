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
from kernel.models import AuditEvent
from kernel.tracing import current_trace_id


@dataclass(frozen=True)
class Occurrence:
    """What `record_many` writes: an action and its subject, before they become an event."""

    action: str
    subject: models.Model
    details: Mapping[str, Any] = field(default_factory=dict)
    organization_id: UUID | None = None
    venue_id: UUID | None = None


def record(
    action: str,
    *,
    subject: models.Model,
    actor: Actor,
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    organization_id: UUID | None = None,
    venue_id: UUID | None = None,
) -> AuditEvent:
    """Write one audit event (`action` reads `subject.verb`, for example `listing.listed`).

    Organization and venue default to the subject's own keys, so that each can be shown its events.
    """
    occurrence = Occurrence(action, subject, details or {}, organization_id, venue_id)
    event = _event(occurrence, actor, reason)
    event.save(force_insert=True)
    return event


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
                "id": str(uuid7()),
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


def _event(occurrence: Occurrence, actor: Actor, reason: str) -> AuditEvent:
    subject = occurrence.subject
    return AuditEvent(
        action=occurrence.action,
        subject_type=subject._meta.model_name or "",
        subject_id=str(subject.pk),
        actor_kind=actor.kind,
        actor_id=actor.id,
        person_id=actor.person_id,
        organization_id=occurrence.organization_id or _owner(subject, "organization"),
        venue_id=occurrence.venue_id or _owner(subject, "venue"),
        reason=reason,
        details=dict(occurrence.details),
        trace_id=current_trace_id(),
        occurred_at=timezone.now(),
    )


def _owner(subject: models.Model, kind: str) -> UUID | None:
    if subject._meta.model_name == kind:
        return UUID(str(subject.pk))
    owner: UUID | None = getattr(subject, f"{kind}_id", None)
    return owner
