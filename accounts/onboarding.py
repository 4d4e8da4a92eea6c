"""How an organization becomes a member of a venue: it applies, staff review, another person approves.

apply → submit → start_review → request_correction | reject | approve → activate → suspend, resume, terminate
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import find, require, require_different_person, require_disinterested, require_reason
from accounts.models import Capacity, Membership
from accounts.permissions import Permission
from accounts.venues import venue_named
from kernel import audit
from kernel.actors import Actor
from kernel.numbering import short_number
from kernel.problems import Problem, field_problem
from kernel.states import advance

State = Membership.State


@transaction.atomic
def apply(*, venue_code: str, capacity: str, actor: Actor, statement: str = "") -> Membership:
    """Open an application of the actor's organization; it is a draft until it is submitted.

    Raises Problem `forbidden`, `invalid` for an unknown venue, `conflict_of_interest` for the venue's own operator;
    the database refuses a second application in the same capacity (`membership_exists`).
    """
    require(actor, Permission.MEMBERSHIP_APPLY)
    venue = venue_named(venue_code)
    if actor.organization_id is None:
        raise Problem("forbidden", _("Only an organization can become a member."))
    if venue.operator_id == actor.organization_id:
        raise Problem("conflict_of_interest", _("Who operates a venue cannot be its member."))

    year = timezone.now().astimezone(venue.zone).year
    membership = Membership.objects.create(
        number=short_number(venue.number_prefix, "M", year),
        organization_id=actor.organization_id,
        venue=venue,
        capacity=Capacity(capacity),
        statement=statement,
    )

    details = {"capacity": membership.capacity, "number": membership.number}
    audit.record("membership.draft", subject=membership, actor=actor, details=details)
    return membership


@transaction.atomic
def submit(*, membership_id: UUID, actor: Actor, statement: str | None = None) -> Membership:
    """Hand an application in, for the first time or after a correction."""
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_APPLY, organization_id=membership.organization_id)
    advance(
        membership,
        to=State.SUBMITTED,
        actor=actor,
        submitted_by_id=actor.person_id,
        submitted_at=timezone.now(),
        statement=membership.statement if statement is None else statement,
        corrections=[],
        decision_reason="",
    )
    return membership


@transaction.atomic
def start_review(*, membership_id: UUID, actor: Actor) -> Membership:
    """Take a submitted application up; whoever does so cannot be the one who approves it."""
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_REVIEW, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    require_different_person(actor, made_by=membership.submitted_by_id)
    advance(membership, to=State.IN_REVIEW, actor=actor, reviewed_by_id=actor.person_id)
    return membership


@transaction.atomic
def request_correction(*, membership_id: UUID, corrections: Sequence[str], actor: Actor) -> Membership:
    """Send an application back with everything that has to be put right, said in one go.

    Raises Problem `invalid` when no correction is named.
    """
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_REVIEW, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    wanted = [each.strip() for each in corrections if each.strip()]
    if not wanted:
        raise field_problem("/corrections", "required", _("Name at least one thing to correct."))
    advance(membership, to=State.CORRECTION, actor=actor, reason="\n".join(wanted), corrections=wanted)
    return membership


@transaction.atomic
def reject(*, membership_id: UUID, reason: str, actor: Actor) -> Membership:
    """Turn an application down for a stated reason; the organization may apply anew."""
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_REVIEW, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    said = require_reason(reason)
    advance(
        membership,
        to=State.REJECTED,
        actor=actor,
        reason=said,
        decision_reason=said,
        decided_by_id=actor.person_id,
        decided_at=timezone.now(),
    )
    return membership


@transaction.atomic
def approve(*, membership_id: UUID, actor: Actor) -> Membership:
    """Approve an application in review, as somebody who neither submitted nor reviewed it.

    Raises Problem `same_person`, or `conflict_of_interest` if the approver belongs to the applicant.
    """
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_APPROVE, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    require_different_person(actor, made_by=membership.submitted_by_id)
    require_different_person(actor, made_by=membership.reviewed_by_id)
    advance(membership, to=State.APPROVED, actor=actor, decided_by_id=actor.person_id, decided_at=timezone.now())
    return membership


@transaction.atomic
def activate(*, membership_id: UUID, actor: Actor) -> Membership:
    """Let an approved member trade, once it has signed what the venue asks for."""
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_APPROVE, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    if membership.state == State.SUSPENDED:
        raise Problem("illegal_state", _("A suspended membership is resumed, with a reason."), state=membership.state)
    advance(membership, to=State.ACTIVE, actor=actor)
    return membership


@transaction.atomic
def suspend(*, membership_id: UUID, reason: str, actor: Actor) -> Membership:
    """Stop a member from entering new business at the venue, and a buyer from reading what was bought there."""
    return _supervise(membership_id, State.SUSPENDED, reason, actor)


@transaction.atomic
def resume(*, membership_id: UUID, reason: str, actor: Actor) -> Membership:
    """Let a suspended member trade again."""
    membership = _visible(membership_id, actor)
    if membership.state == State.APPROVED:
        raise Problem("illegal_state", _("An approved membership is activated first."), state=membership.state)
    return _supervise(membership_id, State.ACTIVE, reason, actor)


@transaction.atomic
def terminate(*, membership_id: UUID, reason: str, actor: Actor) -> Membership:
    """End a membership for good; the organization may apply anew."""
    return _supervise(membership_id, State.TERMINATED, reason, actor)


def _supervise(membership_id: UUID, to: State, reason: str, actor: Actor) -> Membership:
    membership = _visible(membership_id, actor)
    require(actor, Permission.MEMBERSHIP_SUSPEND, venue_id=membership.venue_id)
    require_disinterested(actor, membership.organization_id)
    said = require_reason(reason)
    advance(membership, to=to, actor=actor, reason=said, decision_reason=said)
    return membership


def _visible(membership_id: UUID, actor: Actor) -> Membership:
    """Return the membership, locked: what is checked of it (its state, its maker) holds until the move is made."""
    rows = Membership.objects.visible_to(actor).select_related("organization", "venue")
    return find(rows.select_for_update(of=("self",)), pk=membership_id)
