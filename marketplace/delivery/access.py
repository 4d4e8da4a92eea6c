"""Grants to read a delivered file, checked against the entitlement at every single read."""

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.access import Permission, find, require
from accounts.models import ApiClient, Capacity, Membership, Person
from kernel import audit
from kernel.actors import SYSTEM, Actor, ActorKind
from kernel.problems import Problem
from listings.crossborder.customs import payload_digest
from listings.crossborder.parties import crosses_border
from listings.crossborder.permits import use_permit
from listings.models import DataFile, TransferPermit
from marketplace.models import AccessGrant, Agreement, Delivery, Entitlement

GRANT_LIFE = timedelta(minutes=60)
# Not a superseded one: its right goes on until the one that follows it begins.
ENDED_AGREEMENTS = (Agreement.State.SUSPENDED, Agreement.State.EXPIRED, Agreement.State.TERMINATED)


@dataclass(frozen=True)
class IssuedGrant:
    """A grant and its secret, which is shown this once."""

    grant: AccessGrant
    token: str


@transaction.atomic
def grant_access(*, delivery_id: UUID, file_id: UUID, actor: Actor) -> IssuedGrant:
    """Give the buyer an address by which one file may be read, as often as needed, for an hour.

    Across a border it takes the file's bytes from the delivery's permit. Raises `entitlement_not_active` when the right
    to read is not in force, or what `use_permit` raises: no permit, no byte.
    """
    parties = Delivery.objects.visible_to(actor).select_related("order__buyer", "order__provider", "order__agreement")
    delivery = find(parties, pk=delivery_id)
    require(actor, Permission.DELIVERY_READ, organization_id=delivery.organization_id)
    return _give(delivery, file_id, expires_at=timezone.now() + GRANT_LIFE, granted_to=actor.id, actor=actor)


def grant_push(delivery: Delivery, file_id: UUID, *, asked_by: UUID | None) -> AccessGrant:
    """Give a push of the delivery one file to read; no address leads to it. Raises as `grant_access` does.

    Must run in the transaction that writes down where the file goes.
    """
    return _give(delivery, file_id, expires_at=timezone.now(), granted_to=asked_by, actor=SYSTEM).grant


def _give(
    delivery: Delivery, file_id: UUID, *, expires_at: datetime, granted_to: UUID | None, actor: Actor
) -> IssuedGrant:
    entitlement = Entitlement.objects.select_for_update(of=("self",)).get(pk=delivery.entitlement_id)
    require_in_force(entitlement)
    require_files(delivery)
    file = find(DataFile.objects.filter(version_id=entitlement.version_id), pk=file_id)
    permit = permit_for(delivery, bytes_wanted=_size_in(delivery, file), actor=actor)

    token = secrets.token_urlsafe(32)
    grant = AccessGrant.objects.create(
        delivery=delivery,
        entitlement=entitlement,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
        file=file,
        permit=permit,
        token_sha256=_digest(token),
        granted_to=granted_to,
        expires_at=expires_at,
    )
    audit.record("access_grant.given", subject=grant, actor=actor, details={"file": str(file.id)})
    return IssuedGrant(grant, token)


def grant_of(token: str) -> AccessGrant:
    """Return the grant behind an address if it may be read right now.

    Raises `not_found` for an unknown address, `grant_expired`, what `require_in_force` raises from the very moment that
    the right ends, `invalid_token` once whoever took the grant is revoked, or `permit_not_in_force` likewise.
    """
    grant = find(
        AccessGrant.objects.select_related("entitlement", "delivery", "file__version", "permit__case"),
        token_sha256=_digest(token),
    )
    if grant.expires_at <= timezone.now():
        raise Problem("grant_expired")
    require_in_force(grant.entitlement)
    if not _reader_lives(grant.granted_to):
        raise Problem("invalid_token")
    if grant.permit is not None and not grant.permit.in_force:
        raise Problem("permit_not_in_force")
    return grant


def may_go_on(grant: AccessGrant) -> bool:
    """Ask again in mid-stream whether the right, its reader, and the permit across a border, are still in force."""
    now = AccessGrant.objects.select_related("entitlement", "permit__case").get(pk=grant.pk)
    try:
        require_in_force(now.entitlement)
    except Problem:
        return False
    return _reader_lives(now.granted_to) and (now.permit is None or now.permit.in_force)


@transaction.atomic
def record_read(grant: AccessGrant, *, start: int, stop: int) -> None:
    """Write down that bytes `start` to `stop` (exclusive) were asked for."""
    now = timezone.now()
    AccessGrant.objects.filter(pk=grant.pk).update(
        reads=F("reads") + 1, first_read_at=Coalesce("first_read_at", now), last_read_at=now
    )
    reader = Actor(ActorKind.CLIENT, grant.granted_to, None, grant.organization_id)
    audit.record("access_grant.read", subject=grant, actor=reader, details={"start": start, "stop": stop})


def record_served(grant: AccessGrant, count: int) -> None:
    """Add the bytes that really went out, when a read ends."""
    AccessGrant.objects.filter(pk=grant.pk).update(bytes_served=F("bytes_served") + count, last_read_at=timezone.now())


def delivery_of(entitlement: Entitlement) -> Delivery:
    """Return the delivery that opened a right, from whose permit is taken what is read across a border."""
    opening = Delivery.objects.exclude(kind=Delivery.Kind.RESULT).select_related("order__buyer", "order__provider")
    return opening.get(entitlement=entitlement)


def permit_for(delivery: Delivery, *, bytes_wanted: int, actor: Actor) -> TransferPermit | None:
    """Take the bytes from the delivery's permit where its parties sit on two sides of a border."""
    if not crosses_border(delivery.order.provider, delivery.order.buyer):
        return None
    return use_permit(
        delivery_id=delivery.pk,
        recipient_id=delivery.organization_id,
        payload_sha256=payload_digest(delivery.receipt.get("files", [])),
        bytes_wanted=bytes_wanted,
        actor=actor,
    )


def require_in_force(entitlement: Entitlement) -> None:
    """Raise Problem unless the right is in force at this moment, by every path: whoever serves data asks here.

    `entitlement_not_active` where it, or the agreement that gave it, is suspended or over; `membership_required` while
    the buyer is no active member of the venue.
    """
    if entitlement.state != Entitlement.State.ACTIVE:
        raise Problem("entitlement_not_active", state=entitlement.state)
    if entitlement.expires_at is not None and entitlement.expires_at <= timezone.now():
        raise Problem("entitlement_not_active", state=Entitlement.State.EXPIRED)
    agreement_state, is_member = _behind(entitlement)
    if agreement_state in ENDED_AGREEMENTS:
        raise Problem("entitlement_not_active", state=agreement_state)
    if not is_member:
        raise Problem("membership_required", capacity=Capacity.BUYER.value, venue=str(entitlement.venue_id))


def _behind(entitlement: Entitlement) -> tuple[str, bool]:
    """Return the agreement's state, and whether the buyer is a member; one question, read anew each time."""
    members = Membership.objects.active().filter(
        organization=OuterRef("organization"), venue=OuterRef("venue"), capacity=Capacity.BUYER
    )
    rows = Entitlement.objects.filter(pk=entitlement.pk).annotate(is_member=Exists(members))
    return rows.values_list("agreement__state", "is_member").get()


def _reader_lives(reader_id: UUID | None) -> bool:
    """Whether the API client that took a grant has not been revoked since, or the person not been deactivated."""
    client = ApiClient.objects.filter(pk=reader_id).first()
    return client.is_live if client else Person.objects.filter(pk=reader_id, is_active=True).exists()


def require_files(delivery: Delivery) -> None:
    """Refuse whole files as `require_files_agreed`, and of a delivery that is a result."""
    if delivery.kind == Delivery.Kind.RESULT:
        raise Problem("not_delivered_as_files")
    require_files_agreed(delivery.order.agreement.body)


def require_files_agreed(agreement: Mapping[str, Any]) -> None:
    """Refuse whole files where they were not bought, or where the agreement gives some columns or rows only."""
    if "FILE" not in agreement["product"]["deliveries"] or agreement["terms"].get("table_cut"):
        raise Problem("not_delivered_as_files")


def _size_in(delivery: Delivery, file: DataFile) -> int:
    """Return a file's bytes as they are delivered; a marked copy is not as long as what it is a copy of."""
    sizes = {entry["id"]: entry["size"] for entry in delivery.receipt.get("files", [])}
    return int(sizes.get(str(file.id), file.size or 0))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
