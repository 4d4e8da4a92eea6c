"""What a registration body's officers do with an application, from accepting it to making it public.

Source: 数据产权登记工作指引（试行）, 国数综政策〔2026〕35号; the time limits stand in listings/data/registry.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, require_different_person, require_reason
from kernel.actors import SYSTEM, Actor
from kernel.jobs import cancel
from kernel.problems import field_problem
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationClock
from listings.registry.clocks import pause_clock, start_clock, stop_clock
from listings.registry.entries import (
    PUBLICITY_JOB,
    SILENCE_JOB,
    end_application,
    enqueue_for,
    locked_entry,
    require_officer,
    rules_of,
)

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
    if ground not in rules_of(registration).grounds:
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
    registration = locked_entry(registration_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
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
    enqueue_for(PUBLICITY_JOB, registration, due_at=clock.due_at)
    return registration


def _require_another_person(registration: PropertyRegistration, actor: Actor) -> None:
    for person_id in (registration.applied_by_id, registration.reviewed_by_id):
        require_different_person(actor, made_by=person_id)


def _accept(registration: PropertyRegistration, actor: Actor) -> None:
    advance(registration, to=State.ACCEPTED, actor=actor)
    stop_clock(registration, Clock.ACCEPTANCE)
    start_clock(registration, Clock.DECISION)
    cancel(SILENCE_JOB, str(registration.pk))
