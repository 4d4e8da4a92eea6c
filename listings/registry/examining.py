"""What a registration body's officers do with an application, from accepting it to making it public.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require_different_person, require_reason
from kernel.actors import SYSTEM, Actor
from kernel.audit import record
from kernel.jobs import cancel
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationClock
from listings.models.registry import OPEN
from listings.registry.applying import write_application
from listings.registry.certifying import cancel_registration
from listings.registry.clocks import extend_clock, pause_clock, start_clock, stop_all_clocks, stop_clock
from listings.registry.entries import (
    PUBLICITY_JOB,
    SILENCE_JOB,
    end_application,
    enqueue_for,
    locked_entry,
    refuse_annotated,
    require_officer,
    rules_of,
)
from listings.registry.rules import RegistryRules, rules_on

State = PropertyRegistration.State
Clock = RegistrationClock.Kind


@transaction.atomic
def accept_application(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Accept an application for review; the ten working days to finish begin."""
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_REVIEW, actor)
    _accept(registration, actor)
    return registration


@transaction.atomic
def accept_in_silence(*, registration_id: UUID) -> None:
    """Accept an application that nobody answered in time: silence is acceptance. Else do nothing."""
    registration = locked_entry(registration_id, SYSTEM)
    if registration.state == State.APPLIED:
        _accept(registration, SYSTEM)


@transaction.atomic
def decline_application(*, registration_id: UUID, reason: str, actor: Actor) -> PropertyRegistration:
    """Answer that an application is not accepted, with the reason."""
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_REVIEW, actor)
    end_application(registration, State.NOT_ACCEPTED, actor=actor, reason=require_reason(reason))
    return registration


@transaction.atomic
def start_review(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Take an accepted application up."""
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_REVIEW, actor)
    advance(registration, to=State.UNDER_REVIEW, actor=actor, reviewed_by_id=actor.person_id)
    return registration


@transaction.atomic
def request_supplement(*, registration_id: UUID, supplements: Sequence[str], actor: Actor) -> PropertyRegistration:
    """Tell the applicant, in one list, all that is missing; the time to finish stands still meanwhile."""
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_REVIEW, actor)
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
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    _require_ground(ground, rules_of(registration))
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
def extend_review(*, registration_id: UUID, working_days: int, reason: str, actor: Actor) -> PropertyRegistration:
    """Give the ten working days to finish some more, once, at most as many as the rules allow, saying why.

    Raises `not_found`, `forbidden`, `same_person`, `illegal_state` unless it is under review and was not extended, or
    `invalid` at /working_days.
    """
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    said = require_reason(reason)
    most = rules_of(registration).extension_working_days
    if not 1 <= working_days <= most:
        raise field_problem("/working_days", "out_of_range", _("From 1 to %d working days.") % most)
    if registration.state != State.UNDER_REVIEW or not extend_clock(registration, Clock.DECISION, working_days):
        raise Problem("illegal_state", _("The time is extended once, during review."), state=registration.state)
    details = {"working_days": working_days}
    record("propertyregistration.extended", subject=registration, actor=actor, reason=said, details=details)
    return registration


@transaction.atomic
def begin_cancellation(*, registration_id: UUID, ground: str, reason: str, actor: Actor) -> PropertyRegistration:
    """Begin to cancel a registration in force on a ground of the rules, as an officer of the body; return the entry.

    It is under review at once; another person carries it out (`confirm_entry`).
    Raises `not_found`, `forbidden`, `conflict_of_interest`, `not_in_force`, `registration_under_way`, or `invalid`.
    """
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_REVIEW, actor)
    if actor.person_id is None:
        raise Problem("forbidden")
    if registration.state != State.CERTIFIED:
        raise Problem("not_in_force", state=registration.state)
    rules = rules_on(timezone.localdate())
    _require_ground(ground, rules)
    said = require_reason(reason)
    product = registration.product
    if PropertyRegistration.objects.filter(Q(product=product) | Q(follows=registration), state__in=OPEN).exists():
        raise Problem("registration_under_way")
    entry = write_application(
        product=product,
        venue=registration.venue,
        kind=PropertyRegistration.Kind.CANCEL,
        follows=registration,
        rights=registration.rights,
        cause=said,
        rules=rules.edition,
        actor=actor,
        person_id=actor.person_id,
        ground=ground,
    )
    _accept(entry, actor)
    advance(entry, to=State.UNDER_REVIEW, actor=actor, reviewed_by_id=actor.person_id)
    return entry


@transaction.atomic
def confirm_entry(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Carry out an entry that the rules do not put before the public: today, a cancellation.

    Raises `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `not_in_force`, `registration_annotated`
    for one that its holder wants, or `illegal_state`.
    """
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    cancelled = registration.follows
    if cancelled is None or registration.kind in rules_of(registration).publicity:
        raise Problem("illegal_state", _("An entry of this kind goes before the public."), state=registration.state)
    if cancelled.state != State.CERTIFIED:
        raise Problem("not_in_force", state=cancelled.state)
    if not registration.ground:
        refuse_annotated(cancelled, registration.kind)

    now = timezone.now()
    details = {"sha256": registration.sha256, "sm3": registration.sm3, "number": cancelled.number}
    advance(
        registration,
        to=State.CARRIED_OUT,
        actor=actor,
        reason=registration.cause,
        details=details,
        decided_by_id=actor.person_id,
        notarised_at=now,
    )
    stop_all_clocks(registration)
    cancel_registration(cancelled, by=registration, actor=actor)
    return registration


@transaction.atomic
def make_public(*, registration_id: UUID, actor: Actor) -> PropertyRegistration:
    """Put a reviewed application before the public; another person than its reviewer does."""
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    _require_another_person(registration, actor)
    if registration.kind not in rules_of(registration).publicity:
        raise Problem("illegal_state", _("An entry of this kind needs no publicity."), state=registration.state)
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
    enqueue_for(PUBLICITY_JOB, registration, due_at=clock.due_at)
    return registration


def _require_ground(ground: str, rules: RegistryRules) -> None:
    if ground not in rules.grounds:
        raise field_problem("/ground", "unknown_ground", _("The rules know no such ground of refusal."))


def _require_another_person(registration: PropertyRegistration, actor: Actor) -> None:
    for person_id in (registration.applied_by_id, registration.reviewed_by_id):
        require_different_person(actor, made_by=person_id)


def _accept(registration: PropertyRegistration, actor: Actor) -> None:
    advance(registration, to=State.ACCEPTED, actor=actor)
    stop_clock(registration, Clock.ACCEPTANCE)
    start_clock(registration, Clock.DECISION)
    cancel(SILENCE_JOB, str(registration.pk))
