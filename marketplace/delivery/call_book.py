"""Writing calls of interfaces down: row, usage record and audit event in one statement, many calls in one commit."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from kernel.actors import Actor
from kernel.group_commit import GroupCommit
from kernel.identifiers import uuid7
from kernel.problems import Problem
from kernel.tracing import current_trace_id
from marketplace.models import Entitlement, GatewayCall, UsageRecord

Outcome = GatewayCall.Outcome

# A call is written for the first time, or again with what has become of it. One whose nonce was used before is not
# written, and has neither usage nor event. All parts see the database as it was before the statement.
WRITE = """
WITH given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS given
           (id uuid, is_new boolean, created_at timestamptz, entitlement_id uuid, organization_id uuid,
            provider_id uuid, venue_id uuid, permit_id uuid, client_id uuid, person_id uuid, nonce text, method text,
            path text, outcome text, status smallint, bytes_in bigint, bytes_out bigint, units bigint, sha256 text,
            ended_at timestamptz, trace_id text, usage_id uuid, written_at timestamptz, event_id uuid, action text,
            details jsonb, actor_kind text)
), made AS (
    INSERT INTO marketplace_gatewaycall
           (id, created_at, entitlement_id, organization_id, provider_id, venue_id, permit_id, client_id, person_id,
            nonce, method, path, outcome, status, bytes_in, bytes_out, units, sha256, ended_at, trace_id)
    SELECT id, created_at, entitlement_id, organization_id, provider_id, venue_id, permit_id, client_id, person_id,
           nonce, method, path, outcome, status, bytes_in, bytes_out, units, sha256, ended_at, trace_id
      FROM given WHERE is_new
        ON CONFLICT (entitlement_id, nonce) DO NOTHING
    RETURNING id
), changed AS (
    UPDATE marketplace_gatewaycall call
       SET outcome = given.outcome, status = given.status, bytes_out = given.bytes_out, units = given.units,
           sha256 = given.sha256, ended_at = given.ended_at
      FROM given WHERE call.id = given.id AND NOT given.is_new
    RETURNING call.id
), written AS (
    SELECT id FROM made UNION ALL SELECT id FROM changed
), used AS (
    INSERT INTO marketplace_usagerecord
           (id, created_at, entitlement_id, organization_id, provider_id, venue_id, kind, nonce, subject_id, units)
    SELECT usage_id, written_at, entitlement_id, organization_id, provider_id, venue_id, %s, nonce, id, units
      FROM given WHERE usage_id IS NOT NULL AND id IN (SELECT id FROM written)
), noted AS (
    INSERT INTO kernel_auditevent
           (id, occurred_at, action, subject_type, subject_id, actor_kind, actor_id, person_id, organization_id,
            venue_id, reason, details, trace_id)
    SELECT event_id, written_at, action, 'gatewaycall', id::text, actor_kind, client_id, person_id, organization_id,
           venue_id, '', details, trace_id
      FROM given WHERE event_id IS NOT NULL AND id IN (SELECT id FROM written)
)
SELECT id FROM written
"""


@dataclass(slots=True, eq=False)
class Call:
    """A call in the making; what is known of it is written once, or when it begins, is counted and ends."""

    entitlement: Entitlement
    actor: Actor
    method: str
    path: str
    bytes_in: int
    nonce: str = ""
    permit_id: UUID | None = None
    id: UUID = field(default_factory=uuid7)
    created_at: datetime = field(default_factory=timezone.now)
    trace_id: str = field(default_factory=current_trace_id)
    outcome: str = Outcome.OPEN
    status: int | None = None
    bytes_out: int = 0
    units: int = 0
    sha256: str = ""
    is_written: bool = False

    def write(self, *, bills: bool = False, alone: bool = False) -> None:
        """Commit what is known of the call, its audit event, and if it `bills` its usage record.

        `alone` writes within the caller's transaction. Raises Problem `nonce_reused`, once and then no more.
        """
        entry = self._entry(bills)
        written = write_calls([entry])[0] if alone else _book.commit(entry)
        if not written:
            raise Problem("nonce_reused")
        self.is_written = True

    def _entry(self, bills: bool) -> dict[str, object]:
        now = timezone.now().isoformat()
        ended = self.outcome != Outcome.OPEN
        details: dict[str, object] = {"entitlement": str(self.entitlement.pk), "method": self.method, "path": self.path}
        if ended:
            said = {"bytes": self.bytes_out, "units": self.units, "sha256": self.sha256}
            details |= {"outcome": self.outcome, "status": self.status, **said}
        noted = ended or not self.is_written  # counting in between is the usage record's to tell
        return {
            "id": str(self.id),
            "is_new": not self.is_written,
            "created_at": self.created_at.isoformat(),
            "entitlement_id": str(self.entitlement.pk),
            "organization_id": str(self.entitlement.organization_id),
            "provider_id": str(self.entitlement.provider_id),
            "venue_id": str(self.entitlement.venue_id),
            "permit_id": None if self.permit_id is None else str(self.permit_id),
            "client_id": str(self.actor.id),
            "person_id": str(self.actor.person_id),
            "nonce": self.nonce or self.id.hex,
            "method": self.method,
            "path": self.path,
            "outcome": self.outcome,
            "status": self.status,
            "bytes_in": self.bytes_in,
            "bytes_out": self.bytes_out,
            "units": self.units,
            "sha256": self.sha256,
            "ended_at": now if ended else None,
            "trace_id": self.trace_id,
            "usage_id": str(uuid7()) if bills else None,
            "written_at": now,
            "event_id": str(uuid7()) if noted else None,
            "action": "gatewaycall.ended" if ended else "gatewaycall.made",
            "details": details,
            "actor_kind": self.actor.kind,
        }


def write_calls(entries: Sequence[dict[str, object]]) -> list[bool]:
    """Write calls down and return of each whether it was; the others' nonces were used before."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [json.dumps(entries, ensure_ascii=False), UsageRecord.Kind.API_CALL])
        written = {str(row[0]) for row in cursor.fetchall()}
    return [entry["id"] in written for entry in entries]


_book: GroupCommit[dict[str, object], bool] = GroupCommit(write_calls)
