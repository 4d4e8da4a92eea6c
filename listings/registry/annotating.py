"""Annotations (注记) of registrations in force: proposed by one officer, confirmed by another, lifted in the same way.

An agreed term may be proposed by the holder; judicial seizure, temporary control and disputes by officers only. What
each kind keeps a registration from, and whether it suspends what rests on it, stands in listings/data/registry.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_different_person, require_reason
from kernel.actors import SYSTEM, Actor
from kernel.audit import record
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import PropertyRegistration, RegistrationAnnotation
from listings.registry.entries import end_followers, locked_entry, require_officer
from listings.registry.rules import rules_on

State = RegistrationAnnotation.State
Kind = RegistrationAnnotation.Kind


@transaction.atomic
def annotate(*, registration_id: UUID, fields: Mapping[str, Any], actor: Actor) -> RegistrationAnnotation:
    """Propose an annotation of a registration in force; `fields` are its kind, text, basis and, if it ends, last day.

    Raises `not_found`, `forbidden`, `conflict_of_interest`, `not_in_force`, or `invalid` for a last day that is past.
    """
    registration = locked_entry(registration_id, actor)
    own = actor.organization_id == registration.organization_id
    if own and fields["kind"] == Kind.AGREED:
        require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    else:
        require_officer(registration, Permission.LISTING_REVIEW, actor)
    if actor.person_id is None:
        raise Problem("forbidden")
    if registration.state != PropertyRegistration.State.CERTIFIED:
        raise Problem("not_in_force", state=registration.state)
    if (until := fields.get("until")) and until < timezone.localdate():
        raise field_problem("/until", "past", _("This day is past."))

    annotation = RegistrationAnnotation.objects.create(
        registration=registration, venue_id=registration.venue_id, proposed_by_id=actor.person_id, **fields
    )
    record("registrationannotation.proposed", subject=annotation, actor=actor, details=_said(annotation))
    return annotation


@transaction.atomic
def confirm_annotation(*, annotation_id: UUID, actor: Actor) -> RegistrationAnnotation:
    """Write a proposed annotation into the register; another person than its proposer does.

    Applications that it keeps the registration from end with it.
    Raises `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `not_in_force`, or `illegal_state`.
    """
    annotation, registration = _locked(annotation_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    require_different_person(actor, made_by=annotation.proposed_by_id)
    if registration.state != PropertyRegistration.State.CERTIFIED:
        raise Problem("not_in_force", state=registration.state)
    _stand(annotation, registration, actor)
    return annotation


@transaction.atomic
def reject_annotation(*, annotation_id: UUID, reason: str, actor: Actor) -> RegistrationAnnotation:
    """Do not write a proposed annotation, saying why. Raises as `confirm_annotation`, or `invalid`."""
    annotation, registration = _locked(annotation_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    require_different_person(actor, made_by=annotation.proposed_by_id)
    advance(annotation, to=State.REJECTED, actor=actor, reason=require_reason(reason), details=_said(annotation))
    return annotation


@transaction.atomic
def ask_to_lift(*, annotation_id: UUID, reason: str, actor: Actor) -> RegistrationAnnotation:
    """Ask that an annotation be lifted, saying why: its holder may, or an officer.

    Raises `not_found`, `forbidden`, `conflict_of_interest`, `invalid`, or `illegal_state` unless it stands.
    """
    annotation, registration = _locked(annotation_id, actor)
    if actor.organization_id == registration.organization_id:
        require(actor, Permission.PRODUCT_MANAGE, organization_id=registration.organization_id)
    else:
        require_officer(registration, Permission.LISTING_REVIEW, actor)
    if actor.person_id is None:
        raise Problem("forbidden")
    if annotation.state != State.STANDING:
        raise Problem("illegal_state", state=annotation.state)
    annotation.lift_asked_by_id, annotation.lift_reason = actor.person_id, require_reason(reason)
    annotation.save(update_fields=["lift_asked_by", "lift_reason"])
    record("registrationannotation.lift_asked", subject=annotation, actor=actor, reason=annotation.lift_reason)
    return annotation


@transaction.atomic
def lift_annotation(*, annotation_id: UUID, reason: str, actor: Actor) -> RegistrationAnnotation:
    """Lift an annotation, as somebody else asked.

    Raises as `confirm_annotation`, or `illegal_state` if nobody asked.
    """
    annotation, registration = _locked(annotation_id, actor)
    require_officer(registration, Permission.LISTING_APPROVE, actor)
    if annotation.state == State.STANDING and annotation.lift_asked_by_id is None:
        raise Problem("illegal_state", _("Nobody has asked that this annotation be lifted."), state=annotation.state)
    require_different_person(actor, made_by=annotation.lift_asked_by_id)
    advance(
        annotation,
        to=State.LIFTED,
        actor=actor,
        reason=require_reason(reason),
        details=_said(annotation),
        lifted_by_id=actor.person_id,
    )
    return annotation


def lift_ended_annotations() -> int:
    """Lift annotations whose last day is past; return how many. Sent by beat, nightly."""
    past = RegistrationAnnotation.objects.standing().filter(until__lt=timezone.localdate())
    ended = list(past.order_by("id").values_list("pk", flat=True))
    for annotation_id in ended:
        with transaction.atomic():
            annotation, _registration = _locked(annotation_id, SYSTEM)
            if annotation.state == State.STANDING:
                advance(annotation, to=State.LIFTED, actor=SYSTEM, reason=_("Its last day is past."))
    return len(ended)


def dispute(registration: PropertyRegistration, *, text: str, basis: str, proposed_by_id: UUID, actor: Actor) -> None:
    """Annotate that the rights are disputed: an objection against a registration in force was upheld."""
    annotation = RegistrationAnnotation.objects.create(
        registration=registration,
        venue_id=registration.venue_id,
        kind=Kind.DISPUTE,
        text=text,
        basis=basis,
        proposed_by_id=proposed_by_id,
    )
    _stand(annotation, registration, actor)


def _stand(annotation: RegistrationAnnotation, registration: PropertyRegistration, actor: Actor) -> None:
    details = _said(annotation)
    advance(annotation, to=State.STANDING, actor=actor, details=details, confirmed_by_id=actor.person_id)
    kept_from = rules_on(timezone.localdate()).annotations[annotation.kind]["keeps_from"]
    end_followers(
        registration.followed_by.filter(kind__in=kept_from, ground=""),
        actor=actor,
        reason=_("The registration was annotated: %s.") % annotation.get_kind_display(),
    )


def _locked(annotation_id: UUID, actor: Actor) -> tuple[RegistrationAnnotation, PropertyRegistration]:
    """Return an annotation that the actor sees and its registration, the latter locked first."""
    seen: QuerySet[RegistrationAnnotation] = RegistrationAnnotation.objects.visible_to(actor)
    registration = locked_entry(find(seen, pk=annotation_id).registration_id, actor)
    return find(seen.select_for_update(of=("self",)), pk=annotation_id), registration


def _said(annotation: RegistrationAnnotation) -> dict[str, str | None]:
    return {
        "registration": str(annotation.registration_id),
        "kind": annotation.kind,
        "text": annotation.text,
        "basis": annotation.basis,
        "until": annotation.until.isoformat() if annotation.until else None,
    }
