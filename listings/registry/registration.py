"""The way of a registration through the register: applied for, accepted, reviewed, made public, notarised, certified.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import (
    Permission,
    find,
    require,
    require_different_person,
    require_disinterested,
    require_reason,
)
from accounts.venues import venue_named
from kernel.actors import SYSTEM, Actor
from kernel.audit import record
from kernel.certificates import issue_certificate, revoke_certificate, state_certificate
from kernel.digests import Digests, canonical_json
from kernel.jobs import cancel, enqueue
from kernel.models import Certificate
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings import problems  # noqa: F401 - registers the codes raised here
from listings.models import Product, PropertyRegistration
from listings.models.registry import RegistrationClock
from listings.registry.clocks import pause_clock, resume_clock, start_clock, stop_all_clocks, stop_clock
from listings.registry.numbers import next_number
from listings.registry.rules import RegistryRules, rules_on

State = PropertyRegistration.State
Clock = RegistrationClock.Kind
SILENCE_JOB = "registry.accept_in_silence"
PUBLICITY_JOB = "registry.end_publicity"
CERTIFY_JOB = "registry.certify"
CERTIFICATE = "property"  # the kind of certificate


# --- what the applicant does -----------------------------------------------------------------------------------------


@transaction.atomic
def apply_for_registration(*, product_id: UUID, venue: str, kind: str, actor: Actor) -> PropertyRegistration:
    """Apply to a registration body for a product's property rights; `venue` is its code.

    The dossier is frozen as it stands. Raises `not_found`, `forbidden`, or `invalid` with the field: a venue that is no
    registration body or the applicant's own, a product that is not registered with the exchange, a change or renewal
    of nothing, a renewal outside its window. `registration_under_way` while another application is open.
    """
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    there = venue_named(venue)
    today = timezone.localdate()
    rules = rules_on(today)
    if there.code not in rules.bodies:
        raise field_problem("/venue", "not_a_registration_body", _("This venue is no registration body."))
    # Article 5 of the guide: a registration body may not register its own data.
    if there.operator_id == product.organization_id:
        raise field_problem("/venue", "own_data", _("A registration body may not register its own data."))
    if product.state != Product.State.REGISTERED:
        raise field_problem("/product_id", "not_registered", _("Register the product with the exchange first."))
    open_ones = PropertyRegistration.objects.filter(product=product, state__in=PropertyRegistration.OPEN)
    if open_ones.exists():
        raise Problem("registration_under_way")
    in_force = PropertyRegistration.objects.filter(product=product, state=State.CERTIFIED).first()
    _check_kind(kind, in_force, rules, today)

    dossier = _dossier_of(product)
    digests = Digests(canonical_json(dossier))
    registration = PropertyRegistration.objects.create(
        organization_id=product.organization_id,
        venue=there,
        product=product,
        kind=kind,
        follows=in_force,
        rights=sorted(product.rights),
        rules=rules.edition,
        dossier=dossier,
        sha256=digests.sha256,
        sm3=digests.sm3,
        applied_by_id=actor.person_id,
    )
    record(
        "propertyregistration.applied",
        subject=registration,
        actor=actor,
        details={"kind": kind, "sha256": digests.sha256, "sm3": digests.sm3},
    )
    clock = start_clock(registration, Clock.ACCEPTANCE)
    _enqueue(SILENCE_JOB, registration, due_at=clock.due_at)
    return registration


@transaction.atomic
def supplement(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Hand in what was missing: the dossier is taken anew and the review goes on.

    Raises `not_found`, `forbidden` or `illegal_state` unless a supplement was asked for.
    """
    registration = _locked(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    dossier = _dossier_of(registration.product)
    digests = Digests(canonical_json(dossier))
    advance(
        registration,
        to=State.UNDER_REVIEW,
        actor=actor,
        details={"sha256": digests.sha256, "sm3": digests.sm3},
        dossier=dossier,
        rights=sorted(registration.product.rights),
        sha256=digests.sha256,
        sm3=digests.sm3,
        supplements=[],
    )
    resume_clock(registration, Clock.DECISION)
    return registration


@transaction.atomic
def withdraw_application(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Withdraw an application that is not yet notarised, saying why."""
    registration = _locked(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    end_application(registration, State.TERMINATED, actor=actor, reason=require_reason(reason))
    return registration


@transaction.atomic
def cancel_registration(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Give a registration in force up (注销): its certificate is revoked with the reason."""
    registration = _locked(registration_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    advance(registration, to=State.CANCELLED, actor=actor, reason=require_reason(reason))
    _revoke_certificate(registration, reason=require_reason(reason))
    return registration


# --- what the registration body does ---------------------------------------------------------------------------------


@transaction.atomic
def accept_application(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Accept an application for review; the ten working days to finish begin."""
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_REVIEW, actor)
    _accept(registration, actor)
    return registration


@transaction.atomic
def accept_in_silence(*, registration_id: UUID) -> None:
    """Accept an application that nobody answered in time: silence is acceptance. Else do nothing."""
    registration = _locked(registration_id, SYSTEM)
    if registration.state == State.APPLIED:
        _accept(registration, SYSTEM)


@transaction.atomic
def decline_application(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Answer that an application is not accepted, with the reason."""
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_REVIEW, actor)
    end_application(registration, State.NOT_ACCEPTED, actor=actor, reason=require_reason(reason))
    return registration


@transaction.atomic
def start_review(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Take an accepted application up."""
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_REVIEW, actor)
    advance(registration, to=State.UNDER_REVIEW, actor=actor, reviewed_by_id=actor.person_id)
    return registration


@transaction.atomic
def request_supplement(*, registration_id: UUID, supplements: Sequence[str], actor: Actor) -> PropertyRegistration:
    """Tell the applicant, in one list, all that is missing; the time to finish stands still meanwhile."""
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_REVIEW, actor)
    advance(
        registration,
        to=State.SUPPLEMENT,
        actor=actor,
        details={"supplements": list(supplements)},
        supplements=list(supplements),
    )
    pause_clock(registration, Clock.DECISION)
    return registration


@transaction.atomic
def refuse_registration(*, registration_id: UUID, ground: str, reason: str, actor: Actor) -> PropertyRegistration:
    """Refuse a registration on one of the grounds of the rules, with the reason; another person than its reviewer does.

    Raises `invalid` at /ground for a ground that the rules do not know.
    """
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    if ground not in _rules_of(registration).grounds:
        raise field_problem("/ground", "unknown_ground", _("The rules know no such ground of refusal."))
    said = require_reason(reason)
    end_application(
        registration,
        State.REFUSED,
        actor=actor,
        reason=said,
        ground=ground,
        decided_by_id=actor.person_id,
    )
    return registration


@transaction.atomic
def make_public(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Put a reviewed application before the public; another person than its reviewer does."""
    registration = _locked(registration_id, actor)
    _require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    pause_clock(registration, Clock.DECISION)
    clock = start_clock(registration, Clock.PUBLICITY)
    advance(
        registration,
        to=State.PUBLICITY,
        actor=actor,
        details={"until": clock.due_at.isoformat()},
        decided_by_id=actor.person_id,
        publicity_until=clock.due_at,
    )
    _enqueue(PUBLICITY_JOB, registration, due_at=clock.due_at)
    return registration


@transaction.atomic
def end_publicity(*, registration_id: UUID) -> None:
    """Notarise a registration whose publicity has passed and to which nobody objects; else do nothing."""
    registration = _locked(registration_id, SYSTEM)
    if registration.state == State.PUBLICITY and publicity_is_over(registration):
        notarise(registration)


def notarise(registration: PropertyRegistration) -> None:
    """Write a registration into the evidence log, from which moment it holds, and state its certificate.

    Called under the registration's lock, in the transaction of the act that ends publicity.
    """
    now = timezone.now()
    today = now.astimezone(registration.venue.zone).date()
    rules = _rules_of(registration)
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
    _enqueue(CERTIFY_JOB, registration)


def certify(*, registration_id: UUID) -> None:
    """Issue the certificate of a notarised registration with its proof; does nothing the second time."""
    issue_certificate(certificate_id=_certificate_of(registration_id).get().pk)
    with transaction.atomic():
        registration = _locked(registration_id, SYSTEM)
        if registration.state == State.NOTARISED:
            advance(registration, to=State.CERTIFIED, actor=SYSTEM, details={"certificate": registration.number})


def expire_registrations() -> int:
    """Let registrations end whose term has passed; return how many. Sent by beat, nightly."""
    ended = 0
    for registration_id in PropertyRegistration.objects.filter(
        state=State.CERTIFIED, valid_until__lt=timezone.localdate()
    ).values_list("pk", flat=True):
        with transaction.atomic():
            registration = _locked(registration_id, SYSTEM)
            if registration.state == State.CERTIFIED:
                advance(registration, to=State.EXPIRED, actor=SYSTEM)
                ended += 1
    return ended


# --- shared ----------------------------------------------------------------------------------------------------------


def publicity_is_over(registration: PropertyRegistration) -> bool:
    """Tell whether its working days of publicity have passed."""
    return registration.publicity_until is not None and registration.publicity_until <= timezone.now()


def end_application(
    registration: PropertyRegistration,
    state: str,
    *,
    actor: Actor,
    reason: str,
    ground: str = "",
    decided_by_id: UUID | None = None,
) -> None:
    """Let an application end without a registration: store why, and stop what runs for it."""
    registration.ground, registration.reason, registration.decided_by_id = ground, reason, decided_by_id
    registration.save(update_fields=["ground", "reason", "decided_by"])
    advance(registration, to=state, actor=actor, reason=reason, details={"ground": ground} if ground else None)
    stop_all_clocks(registration)
    for kind in (SILENCE_JOB, PUBLICITY_JOB):
        cancel(kind, str(registration.pk))


def renewal_opens(valid_until: date, months: int) -> date:
    """Return the first day of the window in which a registration may be renewed."""
    month = valid_until.month - months
    year, month = (valid_until.year, month) if month > 0 else (valid_until.year - 1, month + 12)
    return date(year, month, min(valid_until.day, 28))


def _locked(registration_id: UUID, actor: Actor) -> PropertyRegistration:
    rows = PropertyRegistration.objects.visible_to(actor).select_related("venue", "product__organization")
    return find(rows.select_for_update(of=("self",)), pk=registration_id)


def _require_officer(registration: PropertyRegistration, permission: Permission, actor: Actor) -> None:
    require(actor, permission, venue_id=registration.venue_id)
    require_disinterested(actor, registration.organization_id)


def _require_another_person(registration: PropertyRegistration, actor: Actor) -> None:
    for person_id in (registration.applied_by_id, registration.reviewed_by_id):
        require_different_person(actor, made_by=person_id)


def _accept(registration: PropertyRegistration, actor: Actor) -> None:
    advance(registration, to=State.ACCEPTED, actor=actor)
    stop_clock(registration, Clock.ACCEPTANCE)
    start_clock(registration, Clock.DECISION)
    cancel(SILENCE_JOB, str(registration.pk))


def _succeed(registration: PropertyRegistration) -> None:
    """Let the registration that this one follows end; its certificate is taken back in favour of the new one."""
    before = registration.follows
    if before is None or before.state != State.CERTIFIED:
        return
    ended = State.RENEWED if registration.kind == PropertyRegistration.Kind.RENEWAL else State.CHANGED
    advance(before, to=ended, actor=SYSTEM, details={"by": str(registration.pk)})
    _revoke_certificate(before, reason=_("Followed by a later registration."))


def _revoke_certificate(registration: PropertyRegistration, *, reason: str) -> None:
    for certificate in _certificate_of(registration.pk):
        revoke_certificate(certificate_id=certificate.pk, actor=SYSTEM, reason=reason)


def _certificate_of(registration_id: UUID) -> QuerySet[Certificate]:
    living = Certificate.objects.exclude(state=Certificate.State.REVOKED)
    return living.filter(kind=CERTIFICATE, subject_id=str(registration_id))


def _rules_of(registration: PropertyRegistration) -> RegistryRules:
    return rules_on(timezone.localdate(registration.created_at))


def _check_kind(kind: str, in_force: PropertyRegistration | None, rules: RegistryRules, today: date) -> None:
    first = kind == PropertyRegistration.Kind.FIRST
    if first and in_force is not None:
        raise field_problem(
            "/kind", "registered_already", _("The product is registered: apply for a change or renewal.")
        )
    if not first and in_force is None:
        raise field_problem("/kind", "not_registered", _("There is no registration in force that could be followed."))
    if kind == PropertyRegistration.Kind.RENEWAL and in_force and in_force.valid_until:
        opens = renewal_opens(in_force.valid_until, rules.renewal_opens_months)
        if not opens <= today < in_force.valid_until:
            raise field_problem(
                "/kind", "outside_renewal_window", _("Renew it from %(day)s on, before it ends.") % {"day": opens}
            )


def _dossier_of(product: Product) -> dict[str, Any]:
    """Return what is registered: the product's dossier, its rights, and the digests of its newest version."""
    version = product.dataset.versions.filter(state="READY").order_by("-number").first() if product.dataset else None
    return {
        "number": product.number,
        "name": product.name,
        "summary": product.summary,
        "scenario": product.scenario,
        "type": product.product_type,
        "industry": product.industry,
        "source_kind": product.source_kind,
        "processing": product.processing,
        "rights": sorted(product.rights),
        "evidence": product.evidence,
        "personal_data": product.personal_data,
        "version": None
        if version is None
        else {"id": str(version.pk), "sha256": version.sha256, "sm3": version.sm3, "rows": version.rows},
    }


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


def _enqueue(kind: str, registration: PropertyRegistration, **due: Any) -> None:
    enqueue(
        kind,
        key=str(registration.pk),
        subject_id=registration.pk,
        organization_id=registration.organization_id,
        venue_id=registration.venue_id,
        **due,
    )
