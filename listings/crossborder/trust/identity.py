"""Identity verification: yes or no, under a person's consent, and never the record.

Every answer costs the same look-up and the same comparisons, whether there is a record or not, and every consent is
used up by its answer. Who guesses is locked out for a day: ten answers that were no match close the programme to a
client until the oldest of them is a day old.
"""

import hashlib
import hmac
import math
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from kernel.states import advance
from listings.models import IdentityConsent, IdentityProgramme, IdentityQuery, IdentityRecord

State, Result, Reason = IdentityConsent.State, IdentityQuery.Result, IdentityQuery.Reason

TOKEN_BYTES = 32
MOST_MISSES = 10  # in MISSES_COUNT_FOR, for one client of one programme
MISSES_COUNT_FOR = timedelta(days=1)
NO_RECORD = IdentityRecord(name_hash="", phone_hash="")
REASONS = {
    # whether there is a record, the name agrees, the phone agrees
    (True, True, True): (Result.MATCH, Reason.ALL_AGREE),
    (True, False, True): (Result.MISMATCH, Reason.NAME_DIFFERS),
    (True, True, False): (Result.MISMATCH, Reason.PHONE_DIFFERS),
    (True, False, False): (Result.MISMATCH, Reason.SEVERAL_DIFFER),
}


@transaction.atomic
def register_consent(
    *, programme: IdentityProgramme, purpose: str, subject: str, evidence_sha256: str, days: int, actor: Actor
) -> tuple[IdentityConsent, str]:
    """Register a person's consent, which the client holds signed, and return it with its token, shown this once.

    `subject` is the keyed hash of the person's ID number: the token answers for nobody else. `evidence_sha256` is the
    digest of the signed consent, which the client must be able to show (PIPL articles 14 and 23).
    Raises `forbidden`, or `illegal_state` for a programme that is closed.
    """
    require(actor, Permission.DELIVERY_READ)
    if actor.organization_id is None:
        raise Problem("forbidden")
    _require_open(programme)

    token = secrets.token_urlsafe(TOKEN_BYTES)
    consent = IdentityConsent.objects.create(
        organization_id=actor.organization_id,
        programme=programme,
        purpose=purpose,
        subject_hash=subject,
        evidence_sha256=evidence_sha256,
        token_sha256=_digest(token),
        expires_at=timezone.now() + timedelta(days=days),
    )
    details = {"purpose": purpose, "evidence_sha256": evidence_sha256, "programme": str(programme.pk)}
    audit.record("identityconsent.given", subject=consent, actor=actor, details=details)
    return consent, token


@transaction.atomic
def withdraw_consent(*, consent_id: UUID, reason: str, actor: Actor) -> IdentityConsent:
    """Withdraw a consent that was not used, as its person asked the client to. Raises `not_found`, `illegal_state`."""
    consent = find(IdentityConsent.objects.visible_to(actor), pk=consent_id)
    require(actor, Permission.DELIVERY_READ, organization_id=consent.organization_id)
    advance(consent, to=State.WITHDRAWN, actor=actor, reason=reason)
    return consent


@transaction.atomic
def answer_query(
    *, programme: IdentityProgramme, token: str, nonce: str, subject: str, name: str, phone: str, actor: Actor
) -> tuple[IdentityQuery, bool]:
    """Answer whether name and phone (keyed hashes) are those of the person; return the answer and whether it is new.

    Without a phone number (an empty text) the name alone is compared. The nonce makes a repeated question the same
    question: its first answer comes back and nothing is counted. Raises `identity_locked`, `nonce_reused`,
    `consent_unusable` (unknown, used, withdrawn, run out, of another person, programme or client: which is not told),
    or `illegal_state` for a programme that is closed. What is refused is not an answer, and uses nothing up.
    """
    require(actor, Permission.DELIVERY_READ)
    consent = _locked_consent(token, programme, actor)
    earlier = IdentityQuery.objects.filter(organization=actor.organization_id, nonce=nonce).first()
    if earlier is not None:
        if consent is None or earlier.consent_id != consent.pk:
            raise Problem("nonce_reused")
        return earlier, False
    _require_open(programme)
    _refuse_guessing(programme, actor)
    if consent is None or not _is_usable(consent, subject):
        raise Problem("consent_unusable")

    result, reason = _compare(programme, subject, name, phone)
    advance(consent, to=State.USED, actor=actor)
    query = IdentityQuery.objects.create(
        organization_id=consent.organization_id,
        programme=programme,
        consent=consent,
        nonce=nonce,
        result=result,
        reason=reason,
    )
    audit.record("identityquery.answered", subject=query, actor=actor, details={"consent": str(consent.pk)})
    return query, True


def _locked_consent(token: str, programme: IdentityProgramme, actor: Actor) -> IdentityConsent | None:
    mine = IdentityConsent.objects.filter(programme=programme, organization=actor.organization_id)
    return mine.select_for_update(of=("self",)).filter(token_sha256=_digest(token)).first()


def _is_usable(consent: IdentityConsent, subject: str) -> bool:
    in_time = consent.expires_at > timezone.now()
    return consent.state == State.GIVEN and in_time and hmac.compare_digest(consent.subject_hash, subject)


def _compare(programme: IdentityProgramme, subject: str, name: str, phone: str) -> tuple[str, str]:
    found = IdentityRecord.objects.filter(programme=programme, id_hash=subject).first()
    record = found or NO_RECORD
    same_name = hmac.compare_digest(record.name_hash, name)
    same_phone = hmac.compare_digest(record.phone_hash, phone) or not phone
    return REASONS.get((found is not None, same_name, same_phone), (Result.NOT_FOUND, Reason.NO_RECORD))


def _refuse_guessing(programme: IdentityProgramme, actor: Actor) -> None:
    now = timezone.now()
    misses = IdentityQuery.objects.filter(
        ~Q(result=Result.MATCH),
        organization=actor.organization_id,
        programme=programme,
        created_at__gt=now - MISSES_COUNT_FOR,
    ).aggregate(number=Count("pk"), oldest=Min("created_at"))
    if misses["number"] >= MOST_MISSES:
        seconds = (misses["oldest"] + MISSES_COUNT_FOR - now).total_seconds()
        raise Problem("identity_locked", headers={"Retry-After": str(math.ceil(seconds))})


def _require_open(programme: IdentityProgramme) -> None:
    if programme.state != IdentityProgramme.State.OPEN:
        raise Problem("illegal_state", state=programme.state)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
