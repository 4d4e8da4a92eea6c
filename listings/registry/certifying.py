"""From the end of publicity to the certificate, and to the end of its term.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM
from kernel.certificates import issue_certificate, revoke_certificate, state_certificate
from kernel.models import Certificate
from kernel.states import advance
from listings.models import PropertyRegistration
from listings.registry.clocks import stop_all_clocks
from listings.registry.entries import CERTIFY_JOB, enqueue_for, locked_entry, publicity_is_over, rules_of
from listings.registry.numbers import next_number

State = PropertyRegistration.State
CERTIFICATE = "property"  # the kind of certificate


@transaction.atomic
def end_publicity(*, registration_id: UUID) -> None:
    """Notarise a registration whose publicity has passed and to which nobody objects; else do nothing."""
    registration = locked_entry(registration_id, SYSTEM)
    if registration.state == State.PUBLICITY and publicity_is_over(registration):
        notarise(registration)


def notarise(registration: PropertyRegistration) -> None:
    """Write a registration into the evidence log, from which moment it holds, and state its certificate.

    Called under the registration's lock, in the transaction of the act that ends publicity.
    """
    now = timezone.now()
    today = now.astimezone(registration.venue.zone).date()
    rules = rules_of(registration)
    _succeed(registration)
    advance(
        registration,
        to=State.NOTARISED,
        actor=SYSTEM,
        details={"sha256": registration.sha256, "sm3": registration.sm3},
        number=next_number(
            region=rules.bodies[registration.venue.code]["region"],
            body=rules.bodies[registration.venue.code]["body"],
            day=today,
        ),
        notarised_at=now,
        valid_until=_last_day(today, rules.validity_years),
    )
    stop_all_clocks(registration)
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


def certify(*, registration_id: UUID) -> None:
    """Issue the certificate of a notarised registration with its proof; does nothing the second time."""
    issue_certificate(certificate_id=_living_certificate(registration_id).get().pk)
    with transaction.atomic():
        registration = locked_entry(registration_id, SYSTEM)
        if registration.state == State.NOTARISED:
            advance(registration, to=State.CERTIFIED, actor=SYSTEM, details={"certificate": registration.number})


def expire_registrations() -> int:
    """Let registrations end whose term has passed; return how many. Sent by beat, nightly."""
    ended = 0
    for registration_id in PropertyRegistration.objects.filter(
        state=State.CERTIFIED, valid_until__lt=timezone.localdate()
    ).values_list("pk", flat=True):
        with transaction.atomic():
            registration = locked_entry(registration_id, SYSTEM)
            if registration.state == State.CERTIFIED:
                advance(registration, to=State.EXPIRED, actor=SYSTEM)
                ended += 1
    return ended


def revoke_certificate_of(registration: PropertyRegistration, *, reason: str) -> None:
    """Take the certificate of a registration back, with the reason."""
    for certificate in _living_certificate(registration.pk):
        revoke_certificate(certificate_id=certificate.pk, actor=SYSTEM, reason=reason)


def _succeed(registration: PropertyRegistration) -> None:
    """Let the registration that this one follows end; its certificate is taken back in favour of the new one."""
    before = registration.follows
    if before is None or before.state != State.CERTIFIED:
        return
    ended = State.RENEWED if registration.kind == PropertyRegistration.Kind.RENEWAL else State.CHANGED
    advance(before, to=ended, actor=SYSTEM, details={"by": str(registration.pk)})
    revoke_certificate_of(before, reason=_("Followed by a later registration."))


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
