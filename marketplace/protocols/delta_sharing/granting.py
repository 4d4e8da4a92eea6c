"""Granting a query: the right, the border's permit, the count of use and the event, all in one transaction."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.access import find
from kernel import audit
from kernel.actors import Actor, ActorKind
from kernel.problems import Problem
from marketplace.delivery.access import delivery_of, permit_for, require_in_force
from marketplace.delivery.metering import refuse_beyond_quota
from marketplace.models import Delivery, Entitlement, SharedFile, TableGrant, UsageRecord
from marketplace.protocols.delta_sharing.reading import Reader
from marketplace.protocols.delta_sharing.shares import Version

GRANT_LIFE = timedelta(minutes=60)
OPEN = (Delivery.State.DELIVERED, Delivery.State.ACCEPTED)


@dataclass(frozen=True)
class IssuedTableGrant:
    """A grant and the secret in its addresses, which is told this once."""

    grant: TableGrant
    token: str


@transaction.atomic
def grant_query(
    reader: Reader, version: Version, files: Sequence[SharedFile], *, hints: Sequence[str] = ()
) -> IssuedTableGrant:
    """Hand out files of a table by the right to its version; counted once, however often they are read.

    Across a border it takes their bytes from the delivery's permit. Raises `entitlement_not_active`, or what
    `use_permit` raises: no permit, no byte.
    """
    locked = Entitlement.objects.select_related("agreement").select_for_update(of=("self",))
    entitlement = locked.get(pk=version.entitlement.pk)
    require_in_force(entitlement)
    refuse_beyond_quota(entitlement)
    delivery = delivery_of(entitlement)
    if delivery.state not in OPEN:
        raise Problem("entitlement_not_active", state=entitlement.state)
    size, rows = sum(file.size for file in files), sum(file.rows for file in files)
    permit = permit_for(delivery, bytes_wanted=size, actor=reader.actor)

    token = secrets.token_urlsafe(32)
    grant = TableGrant.objects.create(
        delivery=delivery,
        entitlement=entitlement,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
        table=version.table,
        recipient=reader.recipient,
        client_id=None if reader.recipient else reader.actor.id,
        permit=permit,
        token_sha256=_digest(token),
        file_ids=[file.id for file in files],
        rows=rows,
        bytes=size,
        hints=list(hints),
        expires_at=timezone.now() + GRANT_LIFE,
    )
    UsageRecord.objects.create(
        entitlement=entitlement,
        organization_id=delivery.organization_id,
        provider_id=entitlement.provider_id,
        venue_id=delivery.venue_id,
        kind=UsageRecord.Kind.TABLE_QUERY,
        nonce=str(grant.id),
        subject_id=version.table.id,
    )
    details = {"version": version.number, "files": len(files), "rows": rows, "bytes": size, "hints": list(hints)}
    audit.record("table_grant.given", subject=grant, actor=reader.actor, details=details)
    return IssuedTableGrant(grant, token)


def grant_of(token: str) -> TableGrant:
    """Return the grant behind an address if it may be read right now, whoever asks.

    Raises `not_found`, `grant_expired`, `entitlement_not_active` from the very moment that the right is suspended,
    revoked or expired, `invalid_token` once its reader is revoked, or `permit_not_in_force`.
    """
    grants = TableGrant.objects.select_related("entitlement", "permit__case", "recipient", "client")
    grant = find(grants, token_sha256=_digest(token))
    if grant.is_over:
        raise Problem("grant_expired")
    require_in_force(grant.entitlement)
    if not grant.reader_lives:
        raise Problem("invalid_token")
    if grant.permit is not None and not grant.permit.in_force:
        raise Problem("permit_not_in_force")
    return grant


def may_go_on(grant: TableGrant) -> bool:
    """Ask again in mid-stream whether right, reader and permit are still in force."""
    now = TableGrant.objects.select_related("entitlement", "permit__case", "recipient", "client").get(pk=grant.pk)
    try:
        require_in_force(now.entitlement)
    except Problem:
        return False
    return now.reader_lives and (now.permit is None or now.permit.in_force)


@transaction.atomic
def record_read(grant: TableGrant, file: SharedFile, *, start: int, stop: int) -> None:
    """Write down that bytes `start` to `stop` (exclusive) of a file were asked for."""
    now = timezone.now()
    TableGrant.objects.filter(pk=grant.pk).update(
        reads=F("reads") + 1, first_read_at=Coalesce("first_read_at", now), last_read_at=now
    )
    reader = Actor(ActorKind.CLIENT, grant.reader_id, None, grant.organization_id)
    details = {"file": str(file.id), "sha256": file.sha256, "start": start, "stop": stop}
    audit.record("table_grant.read", subject=grant, actor=reader, details=details)


def record_served(grant: TableGrant, count: int) -> None:
    """Add the bytes that really went out, when a read ends."""
    TableGrant.objects.filter(pk=grant.pk).update(bytes_served=F("bytes_served") + count, last_read_at=timezone.now())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
