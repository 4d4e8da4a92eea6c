"""Review of a listing: completeness by one person, compliance by another, neither of whom submitted it.

    DRAFT → SUBMITTED → IN_REVIEW (completeness) → COMPLIANCE → LISTED
                 ↑           └──────── CORRECTION ←──┘            both may also end in REJECTED

Every decision is a `Review` row with the answers to the venue's checklist and the edition they were given to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import (
    Permission,
    require,
    require_different_person,
    require_disinterested,
    require_member,
    require_reason,
)
from accounts.models import Capacity
from kernel.actors import Actor
from kernel.certificates import state_certificate
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.catalogue_rows import catalogue_row
from listings.checklists import Answer, Checklist, Correction, answer_errors, checklist_of, correction_errors
from listings.clocks import pause_clock, resume_clock, start_clock, stop_clock
from listings.dossier import missing_errors, plan_errors, value_errors
from listings.grade_confirmation import grading_errors
from listings.listing import Parts, locked_listing, part_errors, refuse_unsellable
from listings.models import Listing, Review, ReviewClock
from listings.registration_certificate import registration_statement
from listings.suggestions import write_suggestions

Stage = Review.Stage
Decision = Review.Decision
Clock = ReviewClock.Kind

# Who decides in which state: the stage, and the permission it takes at the venue.
STAGES: Mapping[str, tuple[Stage, Permission]] = {
    Listing.State.IN_REVIEW: (Stage.COMPLETENESS, Permission.LISTING_REVIEW),
    Listing.State.COMPLIANCE: (Stage.COMPLIANCE, Permission.LISTING_APPROVE),
}


@transaction.atomic
def submit(*, listing_id: UUID, actor: Actor) -> Listing:
    """Hand a draft, or a corrected listing, to the venue; everything is checked once more, under the product's lock.

    Raises Problem `not_found`, `forbidden`, `membership_required`, `illegal_state`, `product_not_registered`,
    `right_to_sell_missing`, `delivery_not_open`, or `invalid` with pointers.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    require_member(listing.organization_id, listing.venue_id, Capacity.PROVIDER)
    refuse_unsellable(listing.product)
    _refuse(_submission_errors(listing))

    again = listing.state == Listing.State.CORRECTION
    now = timezone.now()
    year = now.astimezone(listing.venue.zone).year
    advance(
        listing,
        to=Listing.State.SUBMITTED,
        actor=actor,
        number=listing.number or short_number(listing.venue.number_prefix, "L", year),
        submitted_by_id=_person(actor),
        submitted_at=now,
    )
    if again:
        resume_clock(listing, Clock.DECISION)
    else:
        start_clock(listing, Clock.ACCEPTANCE)
    return listing


@transaction.atomic
def start_review(*, listing_id: UUID, actor: Actor) -> Listing:
    """Take a submitted listing up for the completeness check, by a clerk of its venue who did not submit it.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_REVIEW, venue_id=listing.venue_id)
    _refuse_related(listing, actor)

    advance(listing, to=Listing.State.IN_REVIEW, actor=actor, reviewed_by_id=_person(actor))
    stop_clock(listing, Clock.ACCEPTANCE)
    if not listing.clocks.filter(kind=Clock.DECISION).exists():
        start_clock(listing, Clock.DECISION)
    return listing


@transaction.atomic
def pass_completeness(*, listing_id: UUID, answers: Mapping[str, Answer], actor: Actor) -> Listing:
    """Find the dossier complete: every item of the venue's completeness checklist is answered with yes.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `illegal_state`, or `invalid`.
    """
    listing = _under_review(listing_id, actor, Listing.State.IN_REVIEW)
    checklist = checklist_today(listing)
    _refuse(answer_errors(checklist.of_stage(Stage.COMPLETENESS), answers))

    advance(listing, to=Listing.State.COMPLIANCE, actor=actor, reviewed_by_id=_person(actor))
    _record(listing, actor, Stage.COMPLETENESS, Decision.PASS, checklist, answers=answers)
    return listing


@transaction.atomic
def approve(*, listing_id: UUID, answers: Mapping[str, Answer], actor: Actor) -> Listing:
    """Find the listing compliant and put it into the catalogue, by someone who neither submitted nor reviewed it.

    States the registration certificate in the same transaction. Of two who approve at once one wins.
    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `illegal_state`, or `invalid`.
    """
    listing = _under_review(listing_id, actor, Listing.State.COMPLIANCE)
    checklist = checklist_today(listing)
    _refuse(answer_errors(checklist.of_stage(Stage.COMPLIANCE), answers))
    _refuse(grading_errors(listing.version, listing.product))  # a graver grade may have been confirmed meanwhile

    now = timezone.now()
    Listing.objects.filter(pk=listing.pk).update(**catalogue_row(listing))
    advance(listing, to=Listing.State.LISTED, actor=actor, listed_at=now, approved_by_id=_person(actor))
    listing.refresh_from_db()
    write_suggestions(listing)
    _record(listing, actor, Stage.COMPLIANCE, Decision.PASS, checklist, answers=answers)
    stop_clock(listing, Clock.DECISION)
    state_certificate(
        kind="registration",
        subject=listing,
        number=short_number(listing.venue.number_prefix, "R", now.astimezone(listing.venue.zone).year),
        statement=registration_statement(listing, edition=checklist.edition),
        actor=actor,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
    )
    return listing


@transaction.atomic
def request_correction(*, listing_id: UUID, corrections: Sequence[Correction], actor: Actor) -> Listing:
    """Send the listing back with all that is to be corrected; the clock pauses meanwhile.

    A stage says everything at once (一次性告知): after its first request it may only repeat what is still open.
    Raises Problem `correction_given_once`, and those of `pass_completeness`.
    """
    listing = _under_review(listing_id, actor, *STAGES)
    stage, _permission = STAGES[listing.state]
    checklist = checklist_today(listing)
    _refuse(correction_errors(checklist.of_stage(stage), corrections))
    _refuse_new_corrections(listing, stage, corrections)

    advance(listing, to=Listing.State.CORRECTION, actor=actor, details={"corrections": len(corrections)})
    _record(listing, actor, stage, Decision.CORRECT, checklist, corrections=corrections)
    pause_clock(listing, Clock.DECISION)
    return listing


@transaction.atomic
def reject(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """Refuse the listing for good, with a reason that the provider reads. Raises as `pass_completeness` does."""
    listing = _under_review(listing_id, actor, *STAGES)
    require_reason(reason)
    stage, _permission = STAGES[listing.state]

    advance(listing, to=Listing.State.REJECTED, actor=actor, reason=reason)
    _record(listing, actor, stage, Decision.REJECT, checklist_today(listing), reason=reason)
    stop_clock(listing, Clock.DECISION)
    return listing


def checklist_today(listing: Listing) -> Checklist:
    """Return the checklist by which the listing's venue reviews today."""
    return checklist_of(listing.venue.code, on=timezone.now().astimezone(listing.venue.zone).date())


# --- rules ----------------------------------------------------------------------------------------------------------


def _under_review(listing_id: UUID, actor: Actor, *states: str) -> Listing:
    """Return the locked listing if it is in one of `states` and the actor may decide there."""
    listing = locked_listing(listing_id, actor)
    state = listing.state if listing.state in states else states[0]
    require(actor, STAGES[state][1], venue_id=listing.venue_id)
    if listing.state not in states:
        raise Problem("illegal_state", _("The listing is not at this stage of its review."), state=listing.state)
    _refuse_related(listing, actor)
    if listing.state == Listing.State.COMPLIANCE:
        require_different_person(actor, made_by=listing.reviewed_by_id)
    return listing


def _refuse_related(listing: Listing, actor: Actor) -> None:
    """Raise unless the person is neither the submitter nor of the provider's organization, in any role (I5)."""
    require_different_person(actor, made_by=listing.submitted_by_id)
    require_disinterested(actor, listing.organization_id)


def _submission_errors(listing: Listing) -> Iterator[FieldError]:
    product = listing.product
    for error in [*value_errors(product), *missing_errors(product), *plan_errors(product)]:
        yield FieldError(f"/product{error.pointer}", error.code, error.detail)
    yield from part_errors(product, Parts(listing.version, listing.terms, tuple(listing.plans.all())))


def _refuse_new_corrections(listing: Listing, stage: str, corrections: Sequence[Correction]) -> None:
    earlier = listing.reviews.filter(stage=stage, decision=Decision.CORRECT).values_list("corrections", flat=True)
    said = {correction["code"] for request in earlier for correction in request}
    if said and (new := sorted({correction.code for correction in corrections} - said)):
        raise Problem("correction_given_once", codes=new)


def _record(
    listing: Listing,
    actor: Actor,
    stage: str,
    decision: str,
    checklist: Checklist,
    *,
    answers: Mapping[str, Answer] | None = None,
    corrections: Sequence[Correction] = (),
    reason: str = "",
) -> Review:
    return Review.objects.create(
        listing=listing,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
        stage=stage,
        reviewer_id=_person(actor),
        decision=decision,
        edition=checklist.edition,
        checklist={code: asdict(answer) for code, answer in (answers or {}).items()},
        corrections=[asdict(correction) for correction in corrections],
        reason=reason,
    )


def _person(actor: Actor) -> UUID:
    """Return the human being who answers for the act; the exchange itself neither submits nor reviews."""
    if actor.person_id is None:
        raise Problem("forbidden", _("A person must answer for this."))
    return actor.person_id


def _refuse(errors: Iterator[FieldError]) -> None:
    found: list[Any] = list(errors)
    if found:
        raise Problem("invalid", errors=found)
