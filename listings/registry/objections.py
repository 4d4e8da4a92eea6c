"""Objections against registrations, and the body's answer to each (the guide of 2026, article 29).

One in publicity may be kept from being made. Of one in force the holder is told within five working days; where the
objection is upheld the register says that the rights are disputed, and arbitration or a court decides on them.
"""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.interests import require_unrelated
from kernel.actors import Actor
from kernel.audit import record
from kernel.problems import Problem
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationClock, RegistrationObjection
from listings.registry.annotating import dispute
from listings.registry.certifying import notarise
from listings.registry.clocks import start_clock, stop_clock
from listings.registry.entries import end_application, publicity_is_over, require_officer

State = PropertyRegistration.State
NOTICE = RegistrationClock.Kind.NOTICE
OPEN_TO_OBJECTIONS = (State.PUBLICITY, State.OBJECTION)


@transaction.atomic
def object_to_registration(*, registration_id: UUID, grounds: str, actor: Actor) -> RegistrationObjection:
    """Object to a registration in publicity or in force, saying why; any other organization may.

    Raises `not_found`, `own_registration`, `objection_under_way`, or `illegal_state` when publicity is over.
    """
    registration = find(
        PropertyRegistration.objects.public().select_related("venue", "follows").select_for_update(of=("self",)),
        pk=registration_id,
    )
    require(actor, Permission.REGISTRATION_OBJECT)
    if actor.organization_id is None:
        raise Problem("forbidden")
    follows = registration.follows
    if actor.organization_id in (registration.organization_id, follows.organization_id if follows else None):
        raise Problem("own_registration")
    in_force = registration.state == State.CERTIFIED
    if not in_force and (registration.state not in OPEN_TO_OBJECTIONS or publicity_is_over(registration)):
        raise Problem("illegal_state", _("The time for objections is over."), state=registration.state)
    if registration.objections.filter(organization=actor.organization_id, state="RAISED").exists():
        raise Problem("objection_under_way")

    objection = RegistrationObjection.objects.create(
        registration=registration,
        organization_id=actor.organization_id,
        venue_id=registration.venue_id,
        grounds=grounds,
        raised_by=actor.person_id,
    )
    record("registrationobjection.raised", subject=objection, actor=actor, reason=objection.grounds)
    if registration.state == State.PUBLICITY:
        advance(registration, to=State.OBJECTION, actor=actor, details={"objection": str(objection.pk)})
        start_clock(registration, RegistrationClock.Kind.OBJECTION)
    elif in_force and not _running(registration, NOTICE).exists():
        start_clock(registration, NOTICE)
    return objection


@transaction.atomic
def notify_holder(*, objection_id: UUID, actor: Actor) -> RegistrationObjection:
    """Tell the holder of a registration in force of an objection, as an officer who does not decide it.

    Raises `not_found`, `forbidden`, `conflict_of_interest`, `not_in_force`, or `illegal_state` if it was done.
    """
    objection, registration = _locked(objection_id, actor)
    _require_officer(registration, objection, Permission.LISTING_REVIEW, actor)
    if registration.state != State.CERTIFIED:
        raise Problem("not_in_force", state=registration.state)
    if objection.state != RegistrationObjection.State.RAISED or objection.notified_by_id or actor.person_id is None:
        raise Problem("illegal_state", _("The holder was told already."), state=objection.state)
    objection.notified_by_id, objection.notified_at = actor.person_id, timezone.now()
    objection.save(update_fields=["notified_by", "notified_at"])
    record("registrationobjection.notified", subject=objection, actor=actor)
    if not registration.objections.filter(state=RegistrationObjection.State.RAISED, notified_by=None).exists():
        stop_clock(registration, NOTICE)
    return objection


@transaction.atomic
def answer_objection(*, objection_id: UUID, answer: str, actor: Actor) -> RegistrationObjection:
    """Say, as the holder or applicant, what there is to say of an objection, once.

    Raises `not_found`, `forbidden`, or `illegal_state` if it is decided or answered.
    """
    objection, registration = _locked(objection_id, actor)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    if objection.state != RegistrationObjection.State.RAISED or objection.answer:
        raise Problem("illegal_state", _("The objection is decided, or answered."), state=objection.state)
    objection.answer = answer
    objection.save(update_fields=["answer"])
    record("registrationobjection.answered", subject=objection, actor=actor, reason=answer)
    return objection


@transaction.atomic
def decide_objection(*, objection_id: UUID, upheld: bool, reason: str, actor: Actor) -> RegistrationObjection:
    """Uphold or dismiss an objection with reasons; neither the application's reviewer nor who told the holder does.

    Against a registration in force, one upheld annotates it as disputed. In publicity, one upheld refuses the
    registration, for a dispute over the rights is open, and the others lapse; when the last one is dismissed, publicity
    goes on to its end, or the registration is notarised if it has passed.
    Raises `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, or `illegal_state` if it is decided.
    """
    objection, registration = _locked(objection_id, actor)
    _require_officer(registration, objection, Permission.LISTING_APPROVE, actor)
    require_different_person(actor, made_by=registration.reviewed_by_id)
    require_different_person(actor, made_by=objection.notified_by_id)
    in_force = registration.state == State.CERTIFIED
    if not in_force and registration.state != State.OBJECTION:
        raise Problem("illegal_state", _("The registration is no longer objected to."), state=registration.state)
    if in_force and objection.notified_by_id is None:
        raise Problem("illegal_state", _("Tell the holder first."), state=objection.state)

    said = require_reason(reason)
    advance(
        objection,
        to=RegistrationObjection.State.UPHELD if upheld else RegistrationObjection.State.DISMISSED,
        actor=actor,
        reason=said,
        decided_by_id=actor.person_id,
        decision=said,
    )
    if in_force:
        if upheld and objection.notified_by_id:
            basis = _("Objection of %(day)s, upheld.") % {"day": timezone.localdate(objection.created_at)}
            dispute(registration, text=said[:1000], basis=basis, proposed_by_id=objection.notified_by_id, actor=actor)
    elif upheld:
        end_application(
            registration,
            State.REFUSED,
            actor=actor,
            reason=said,
            ground="OPEN_DISPUTE",
            decided_by_id=actor.person_id,
        )
    elif not registration.objections.filter(state=RegistrationObjection.State.RAISED).exists():
        stop_clock(registration, RegistrationClock.Kind.OBJECTION)
        if publicity_is_over(registration):
            notarise(registration)
        else:
            advance(registration, to=State.PUBLICITY, actor=actor)
    return objection


def _locked(objection_id: UUID, actor: Actor) -> tuple[RegistrationObjection, PropertyRegistration]:
    """Return an objection that the actor sees, and its registration under its lock."""
    objections = RegistrationObjection.objects.visible_to(actor)
    registration = (
        PropertyRegistration.objects.select_related("venue", "product__organization", "follows")
        .select_for_update(of=("self",))
        .get(pk=find(objections, pk=objection_id).registration_id)
    )
    return objections.get(pk=objection_id), registration


def _require_officer(
    registration: PropertyRegistration, objection: RegistrationObjection, permission: Permission, actor: Actor
) -> None:
    require_officer(registration, permission, actor)
    require_unrelated(actor, objection.organization_id)


def _running(registration: PropertyRegistration, kind: str) -> QuerySet[RegistrationClock]:
    return registration.clocks.filter(kind=kind, stopped_at__isnull=True)
