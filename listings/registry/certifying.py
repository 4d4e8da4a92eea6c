"""From the end of publicity to the certificate, and to the end of its term.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM, Actor
from kernel.audit import record
from kernel.certificates import issue_certificate, revoke_certificate, state_certificate
from kernel.digests import Digests, canonical_json
from kernel.models import Certificate
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationObjection
from listings.registry.clocks import stop_all_clocks
from listings.registry.entries import (
    CERTIFY_JOB,
    end_followers,
    enqueue_for,
    lapse_objections,
    locked_entry,
    publicity_is_over,
    rules_of,
)
from listings.registry.numbers import next_number

State = PropertyRegistration.State
Kind = PropertyRegistration.Kind
CERTIFICATE = "property"  # the kind of certificate
# How the registration ends that an entry follows.
ENDS: Mapping[str, str] = {Kind.CHANGE: State.CHANGED, Kind.RENEWAL: State.RENEWED, Kind.TRANSFER: State.TRANSFERRED}


@transaction.atomic
def end_publicity(*, registration_id: UUID) -> None:
    """Notarise a registration whose publicity has passed and to which nobody objects; else do nothing."""
    registration = locked_entry(registration_id, SYSTEM)
    if registration.state == State.PUBLICITY and publicity_is_over(registration):
        notarise(registration)


def notarise(registration: PropertyRegistration) -> None:
    """Write a registration into the evidence log, from which moment it holds, and state its certificate.

    Called under the registration's lock, in the transaction of the act that ends publicity. What it follows ends. Of a
    transfer of some of the rights there remains an entry with the others, for the holder who keeps them.
    """
    now = timezone.now()
    number, last_day = _number(registration, now), _end(registration, now)
    before = registration.follows
    stop_all_clocks(registration)
    if before is not None:
        _succeed(before, registration, number=number)
    details = {"sha256": registration.sha256, "sm3": registration.sm3}
    advance(
        registration,
        to=State.NOTARISED,
        actor=SYSTEM,
        details=details,
        number=number,
        notarised_at=now,
        valid_until=last_day,
    )
    _state_certificate(registration)
    if before is not None and registration.kind == Kind.TRANSFER:
        _keep_the_rest(before, registration, now)


def certify(*, registration_id: UUID) -> None:
    """Issue the certificate of a notarised registration with its proof; does nothing the second time."""
    issue_certificate(certificate_id=_living_certificate(registration_id).get().pk)
    with transaction.atomic():
        registration = locked_entry(registration_id, SYSTEM)
        if registration.state == State.NOTARISED:
            advance(registration, to=State.CERTIFIED, actor=SYSTEM, details={"certificate": registration.number})


def expire_registrations() -> int:
    """Let registrations end whose term has passed; return how many. Sent by beat, nightly.

    Only a renewal that was applied for in time goes on.
    """
    ended = 0
    for registration_id in PropertyRegistration.objects.filter(
        state=State.CERTIFIED, valid_until__lt=timezone.localdate()
    ).values_list("pk", flat=True):
        with transaction.atomic():
            registration = locked_entry(registration_id, SYSTEM)
            if registration.state == State.CERTIFIED:
                advance(registration, to=State.EXPIRED, actor=SYSTEM)
                _end_what_hangs_on(registration, but=Kind.RENEWAL, actor=SYSTEM, reason=_("The registration expired."))
                ended += 1
    return ended


def cancel_registration(registration: PropertyRegistration, *, by: PropertyRegistration, actor: Actor) -> None:
    """End a registration in force, as a cancellation that is carried out says: its certificate is revoked."""
    advance(registration, to=State.CANCELLED, actor=actor, reason=by.cause, details={"by": str(by.pk)})
    revoke_certificate_of(registration, reason=_("The registration was cancelled: %s") % by.cause)
    end_followers(registration.followed_by.exclude(pk=by.pk), actor=actor, reason=_("The registration was cancelled."))


def revoke_certificate_of(registration: PropertyRegistration, *, reason: str) -> None:
    """Take the certificate of a registration back, with the reason."""
    for certificate in _living_certificate(registration.pk):
        revoke_certificate(certificate_id=certificate.pk, actor=SYSTEM, reason=reason)


def _end_what_hangs_on(registration: PropertyRegistration, *, but: str, actor: Actor, reason: str) -> None:
    """End the applications that would follow a registration, `but` of one kind, and the objections against it."""
    stop_all_clocks(registration)
    end_followers(registration.followed_by.exclude(kind=but), actor=actor, reason=reason)
    lapse_objections(registration, actor=actor, reason=reason)


def _succeed(before: PropertyRegistration, by: PropertyRegistration, *, number: str) -> None:
    """Let the registration that an entry follows end; its certificate is taken back in favour of the new one.

    Annotations and open objections run with the data: they go over to the new entry.
    """
    if before.state != State.CERTIFIED:
        return
    ended = ENDS[by.kind] if set(before.rights) <= set(by.rights) or by.kind != Kind.TRANSFER else State.CHANGED
    advance(before, to=ended, actor=SYSTEM, details={"by": str(by.pk)})
    revoke_certificate_of(before, reason=_("Superseded by registration %s.") % number)
    end_followers(before.followed_by.exclude(pk=by.pk), actor=SYSTEM, reason=_("The registration was superseded."))
    details = {"from": str(before.pk), "to": str(by.pk)}
    for annotation in before.annotations.standing().order_by("id"):
        annotation.registration = by
        annotation.save(update_fields=["registration"])
        record("registrationannotation.carried_over", subject=annotation, actor=SYSTEM, details=details)
    for objection in before.objections.filter(state=RegistrationObjection.State.RAISED).order_by("id"):
        objection.registration = by
        objection.save(update_fields=["registration"])
        record("registrationobjection.carried_over", subject=objection, actor=SYSTEM, details=details)
    before.clocks.filter(stopped_at__isnull=True).update(registration=by)


def _keep_the_rest(before: PropertyRegistration, transfer: PropertyRegistration, now: datetime) -> None:
    """Register the rights that a transfer left with the holder, by the same decision."""
    kept = sorted(set(before.rights) - set(transfer.rights))
    if not kept or transfer.consented_by is None:
        return
    dossier = {**before.dossier, "rights": kept, "transferred": {"rights": transfer.rights, "to": transfer.number}}
    digests = Digests(canonical_json(dossier))
    rest = PropertyRegistration.objects.create(
        organization_id=before.organization_id,
        venue_id=before.venue_id,
        product_id=before.product_id,
        kind=Kind.CHANGE,
        follows=before,
        state=State.NOTARISED,
        rights=kept,
        cause=_("Some of the rights were transferred."),
        rules=transfer.rules,
        dossier=dossier,
        sha256=digests.sha256,
        sm3=digests.sm3,
        number=_number(transfer, now),
        applied_by=transfer.consented_by,
        reviewed_by_id=transfer.reviewed_by_id,
        decided_by_id=transfer.decided_by_id,
        notarised_at=now,
        valid_until=before.valid_until,
    )
    details = {"sha256": digests.sha256, "sm3": digests.sm3, "by": str(transfer.pk)}
    record("propertyregistration.notarised", subject=rest, actor=SYSTEM, details=details)
    _state_certificate(rest)


def _state_certificate(registration: PropertyRegistration) -> None:
    state_certificate(
        kind=CERTIFICATE,
        subject=registration,
        number=str(registration.number),
        statement=_statement(registration),
        actor=SYSTEM,
        organization_id=registration.organization_id,
        venue_id=registration.venue_id,
        issue=False,  # CERTIFY_JOB does, and moves the registration
    )
    enqueue_for(CERTIFY_JOB, registration)


def _number(registration: PropertyRegistration, now: datetime) -> str:
    body = rules_of(registration).bodies[registration.venue.code]
    return next_number(region=body["region"], body=body["body"], day=now.astimezone(registration.venue.zone).date())


def _end(registration: PropertyRegistration, now: datetime) -> date:
    """Return the last day: a change or a transfer keeps the term of what it follows, which only a renewal prolongs."""
    before = registration.follows
    if before is not None and before.valid_until is not None and registration.kind != Kind.RENEWAL:
        return before.valid_until
    return _last_day(now.astimezone(registration.venue.zone).date(), rules_of(registration).validity_years)


def _living_certificate(registration_id: UUID) -> QuerySet[Certificate]:
    living = Certificate.objects.exclude(state=Certificate.State.REVOKED)
    return living.filter(kind=CERTIFICATE, subject_id=str(registration_id))


def _statement(registration: PropertyRegistration) -> dict[str, Any]:
    holder = registration.product.organization
    return {
        "number": registration.number,
        "kind": registration.kind,
        "follows": registration.follows.number if registration.follows else None,
        "registration_body": registration.venue.code,
        "holder": {
            "legal_name": holder.legal_name,
            "jurisdiction": holder.jurisdiction,
            "identifier": f"{holder.identifier_kind}:{holder.identifier}",
        },
        "rights": registration.rights,
        "data": registration.dossier,
        "dossier": {"sha256": registration.sha256, "sm3": registration.sm3},
        "rules": registration.rules,
        "notarised_at": registration.notarised_at.isoformat() if registration.notarised_at else None,
        "valid_until": registration.valid_until.isoformat() if registration.valid_until else None,
    }


def _last_day(first: date, years: int) -> date:
    """Return the last day of a term of whole years."""
    return date(first.year + years, first.month, min(first.day, 28) if first.month == 2 else first.day) - timedelta(1)
