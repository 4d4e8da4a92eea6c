"""Objections against a registration in publicity, and the body's answer to each (the guide of 2026, article 29)."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from accounts.interests import require_unrelated
from kernel.actors import Actor
from kernel.audit import record
from kernel.problems import Problem
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationClock, RegistrationObjection
from listings.registry.certifying import notarise
from listings.registry.clocks import start_clock, stop_clock
from listings.registry.entries import end_application, publicity_is_over

State = PropertyRegistration.State
OPEN_TO_OBJECTIONS = (State.PUBLICITY, State.OBJECTION)


@transaction.atomic
def object_to_registration(*, registration_id: UUID, grounds: str, actor: Actor) -> RegistrationObjection:
    """Object to a registration in publicity, saying why; any other organization may.

    Raises `not_found`, `own_registration`, `objection_under_way`, or `illegal_state` when publicity is over.
    """
    registration = find(
        PropertyRegistration.objects.public().select_related("venue").select_for_update(of=("self",)),
        pk=registration_id,
    )
    require(actor, Permission.REGISTRATION_OBJECT)
    if actor.organization_id is None:
        raise Problem("forbidden")
    if actor.organization_id == registration.organization_id:
        raise Problem("own_registration")
    if registration.state not in OPEN_TO_OBJECTIONS or publicity_is_over(registration):
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
    return objection


@transaction.atomic
def decide_objection(*, objection_id: UUID, upheld: bool, reason: str, actor: Actor) -> RegistrationObjection:
    """Uphold or dismiss an objection with reasons; another person than the application's reviewer does.

    One upheld objection refuses the registration, for a dispute over the rights is open, and the others lapse. When
    the last one is dismissed, publicity goes on to its end, or the registration is notarised if it has passed.
    Raises `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, or `illegal_state` if it is decided.
    """
    objection = find(RegistrationObjection.objects.visible_to(actor), pk=objection_id)
    require(actor, Permission.LISTING_APPROVE, venue_id=objection.venue_id)
    registration = (
        PropertyRegistration.objects.select_related("venue", "product__organization")
        .select_for_update(of=("self",))
        .get(pk=objection.registration_id)
    )
    for organization_id in (registration.organization_id, objection.organization_id):
        require_unrelated(actor, organization_id)
    require_different_person(actor, made_by=registration.reviewed_by_id)
    if registration.state != State.OBJECTION:
        raise Problem("illegal_state", _("The registration is no longer objected to."), state=registration.state)

    said = require_reason(reason)
    advance(
        objection,
        to=RegistrationObjection.State.UPHELD if upheld else RegistrationObjection.State.DISMISSED,
        actor=actor,
        reason=said,
        decided_by_id=actor.person_id,
        decision=said,
    )
    if upheld:
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
