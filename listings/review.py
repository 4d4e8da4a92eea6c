"""Review of a listing: stage by stage, each decided by its own officer, none of whom submitted it.

    DRAFT → SUBMITTED → IN_REVIEW → COMPLIANCE … COMMITTEE … COMPLIANCE → LISTED
                 ↑           └── CORRECTION ←──┘                          all of them may also end in REJECTED

Which stages there are, in which order, whose they are and what they ask is data of the venue (listings/checklists.py).
Every decision is a `Review` row with the answers to the checklist and the edition they were given to.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require, require_member, require_reason
from accounts.models import Capacity
from kernel.actors import Actor
from kernel.certificates import state_certificate
from kernel.numbering import short_number
from kernel.problems import FieldError, Problem
from kernel.states import advance
from listings.agency_reports import report_errors
from listings.catalogue_rows import catalogue_row
from listings.certified import certificate_errors
from listings.checklists import Answer, Correction, answer_errors, correction_errors
from listings.clocks import pause_clock, resume_clock, start_clock, stop_clock
from listings.crossborder.research_lane import research_terms_errors
from listings.gates import refuse_closed_gates
from listings.grade_confirmation import grading_errors
from listings.listing import Parts, locked_listing, part_errors, refuse_unsellable
from listings.models import Listing, Review, ReviewClock
from listings.price_ceilings import refuse_plans_above
from listings.readiness import submission_errors
from listings.registration_certificate import registration_statement
from listings.registry.standing import register_errors
from listings.review_rules import Case, case_of, checklist_today, person_of, refuse_barred, refuse_taken
from listings.rights_matrix import standing_errors
from listings.search.learning import learn_soon
from listings.submissions import latest_submission, passed_stages, unanswered_errors, write_submission
from listings.suggestions import write_suggestions

Decision = Review.Decision
Clock = ReviewClock.Kind


@transaction.atomic
def submit(*, listing_id: UUID, answers: Mapping[str, str] | None = None, actor: Actor) -> Listing:
    """Hand a draft, or a corrected listing, to the venue; everything is checked once more, under the product's lock.

    `answers` say for the code of every item that was to be corrected how that was met.
    Raises Problem `not_found`, `forbidden`, `membership_required`, `illegal_state`, `product_not_registered`,
    `right_to_sell_missing`, `delivery_not_open`, or `invalid` with pointers.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_SUBMIT, organization_id=listing.organization_id)
    require_member(listing.organization_id, listing.venue_id, Capacity.PROVIDER)
    if listing.state not in Listing.EDITABLE:
        raise Problem("illegal_state", _("The listing has been submitted already."), state=listing.state)
    checklist = checklist_today(listing)
    refuse_closed_gates(listing, checklist, "submit")
    refuse_unsellable(listing.product)
    refuse_plans_above(product=listing.product, venue=listing.venue, plans=listing.plans.all())
    _refuse(_submission_errors(listing))
    before = latest_submission(listing) if listing.state == Listing.State.CORRECTION else None
    _refuse(unanswered_errors(before, answers or {}))

    submission = write_submission(
        listing, checklist=checklist, before=before, answers=answers or {}, person_id=person_of(actor)
    )
    now = timezone.now()
    year = now.astimezone(listing.venue.zone).year
    advance(
        listing,
        to=Listing.State.SUBMITTED,
        actor=actor,
        details={
            "round": submission.round,
            "changes": sorted(submission.changes),
            "sha256": submission.sha256,
            "sm3": submission.sm3,
        },
        number=listing.number or short_number(listing.venue.number_prefix, "L", year),
        submitted_by_id=person_of(actor),
        submitted_at=now,
        stage=submission.stages[0],
        assignee_id=None,
    )
    if before:
        resume_clock(listing, Clock.DECISION)
        _resume_stage_clock(listing)
    else:
        start_clock(listing, Clock.ACCEPTANCE, checklist.working_days[Clock.ACCEPTANCE])
    return listing


@transaction.atomic
def start_review(*, listing_id: UUID, actor: Actor) -> Listing:
    """Take a submitted listing up, by the officer of the stage at which its review begins or goes on.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest` or `illegal_state`.
    """
    listing = locked_listing(listing_id, actor)
    case = case_of(listing)
    require(actor, case.stage.permission, venue_id=listing.venue_id)
    refuse_barred(case, actor)

    advance(
        listing,
        to=case.stage.listing_state,
        actor=actor,
        details={"stage": case.stage.code},
        assignee_id=person_of(actor),
        reviewed_by_id=listing.reviewed_by_id or person_of(actor),
    )
    stop_clock(listing, Clock.ACCEPTANCE)
    if not listing.clocks.filter(kind=Clock.DECISION).exists():
        start_clock(listing, Clock.DECISION, case.checklist.working_days[Clock.DECISION])
    if not listing.clocks.filter(kind=Clock.STAGE, stopped_at__isnull=True).exists():
        start_clock(listing, Clock.STAGE, case.stage.working_days, stage=case.stage.code)
    return listing


@transaction.atomic
def pass_stage(*, listing_id: UUID, stage: str, answers: Mapping[str, Answer], actor: Actor) -> Listing:
    """Pass the stage at which the listing is: every question of the stage is answered with yes. The next one opens.

    The last stage is passed by `approve`. Raises Problem `not_found`, `forbidden`, `same_person`,
    `conflict_of_interest`, `stage_taken`, `illegal_state` (also when the listing is at another stage), or `invalid`.
    """
    case = _deciding(listing_id, actor, stage=stage)
    listing = case.listing
    if case.is_last:
        raise Problem("illegal_state", _("The last stage is decided by approving the listing."), state=listing.state)
    _refuse(answer_errors(case.items, answers))
    _refuse(report_errors(case))

    record_decision(case, actor, Decision.PASS, answers=answers)
    open_next(case, actor)
    return listing


@transaction.atomic
def approve(*, listing_id: UUID, answers: Mapping[str, Answer], actor: Actor) -> Listing:
    """Pass the last stage and put the listing into the catalogue, by someone who neither submitted nor reviewed it.

    States the registration certificate in the same transaction. Of two who approve at once one wins.
    Raises what `pass_stage` raises.
    """
    case = _deciding(listing_id, actor)
    listing = case.listing
    if not case.is_last:
        raise Problem("illegal_state", _("The listing is not at the last stage of its review."), state=listing.state)
    refuse_closed_gates(listing, case.checklist, "list")
    _refuse_undecided(case)
    _refuse(answer_errors(case.items, answers))
    _refuse(report_errors(case))
    refuse_plans_above(product=listing.product, venue=listing.venue, plans=listing.plans.all())
    _refuse(grading_errors(listing.version, listing.product))  # a graver grade may have been confirmed meanwhile
    _refuse(_of_product(standing_errors(listing.product)))
    _refuse(_of_product(certificate_errors(listing.product, for_approval=True)))
    _refuse(_of_product(register_errors(listing.product)))

    now = timezone.now()
    Listing.objects.filter(pk=listing.pk).update(**catalogue_row(listing))
    advance(
        listing,
        to=Listing.State.LISTED,
        actor=actor,
        listed_at=now,
        approved_by_id=person_of(actor),
        stage="",
        assignee_id=None,
    )
    listing.refresh_from_db()
    write_suggestions(listing)
    learn_soon(listing)
    record_decision(case, actor, Decision.PASS, answers=answers)
    _stop_clocks(listing)
    state_certificate(
        kind="registration",
        subject=listing,
        number=short_number(listing.venue.number_prefix, "R", now.astimezone(listing.venue.zone).year),
        statement=registration_statement(listing, edition=case.checklist.edition),
        actor=actor,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
    )
    return listing


@transaction.atomic
def request_correction(*, listing_id: UUID, corrections: Sequence[Correction], actor: Actor) -> Listing:
    """Send the listing back with all that is to be corrected; the clocks pause meanwhile.

    A stage says everything at once (一次性告知): once it has spoken it may only repeat what is still open, or name
    what the correction itself brought about, by a pointer into what has changed.
    Raises Problem `correction_given_once`, and those of `pass_stage`.
    """
    case = _deciding(listing_id, actor)
    listing = case.listing
    _refuse(correction_errors(case.items, corrections))
    _refuse_late_corrections(case, corrections)

    advance(
        listing,
        to=Listing.State.CORRECTION,
        actor=actor,
        details={"stage": case.stage.code, "corrections": len(corrections)},
    )
    record_decision(case, actor, Decision.CORRECT, corrections=corrections)
    pause_clock(listing, Clock.DECISION)
    pause_clock(listing, Clock.STAGE)
    return listing


@transaction.atomic
def reject(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """Refuse the listing for good, with a reason that the provider reads. Raises as `pass_stage` does."""
    case = _deciding(listing_id, actor)
    listing = case.listing
    require_reason(reason)

    advance(
        listing,
        to=Listing.State.REJECTED,
        actor=actor,
        reason=reason,
        details={"stage": case.stage.code},
        stage="",
        assignee_id=None,
    )
    record_decision(case, actor, Decision.REJECT, reason=reason)
    _stop_clocks(listing)
    return listing


# --- rules ----------------------------------------------------------------------------------------------------------


def _deciding(listing_id: UUID, actor: Actor, *, stage: str | None = None) -> Case:
    """Return the case of a locked listing under review that the actor may decide at the stage where it is.

    `stage` is the one that the actor believes to decide, which must be the one at which the listing is.
    """
    listing = locked_listing(listing_id, actor)
    case = case_of(listing)
    wanted = case.named(stage) if stage is not None else case.stage
    require(actor, wanted.permission, venue_id=listing.venue_id)
    if listing.state not in Listing.UNDER_REVIEW or wanted.code != listing.stage:
        raise Problem("illegal_state", _("The listing is not at this stage of its review."), state=listing.state)
    if listing.state == Listing.State.COMMITTEE:
        raise Problem("illegal_state", _("The committee decides this stage by a ballot."), state=listing.state)
    refuse_barred(case, actor)
    refuse_taken(listing, actor)
    return case


def open_next(case: Case, actor: Actor) -> None:
    """Lay the listing on the desk of the next stage's officers, and start the clock of that stage."""
    following = case.following
    is_first = case.stage.code == case.submission.plan[0]
    advance(
        case.listing,
        to=following.listing_state,
        actor=actor,
        details={"stage": following.code, "passed": case.stage.code},
        stage=following.code,
        assignee_id=None,
        reviewed_by_id=person_of(actor) if is_first else case.listing.reviewed_by_id,
    )
    stop_clock(case.listing, Clock.STAGE)
    start_clock(case.listing, Clock.STAGE, following.working_days, stage=following.code)


def _resume_stage_clock(listing: Listing) -> None:
    """Let the clock of the stage run on at which the review goes on; that of another one has ended."""
    ended = listing.clocks.filter(kind=Clock.STAGE, stopped_at__isnull=True).exclude(stage=listing.stage)
    ended.update(stopped_at=timezone.now())
    resume_clock(listing, Clock.STAGE)


def _stop_clocks(listing: Listing) -> None:
    for kind in (Clock.STAGE, Clock.DECISION):
        stop_clock(listing, kind)


def _submission_errors(listing: Listing) -> Iterator[FieldError]:
    product = listing.product
    yield from _of_product(submission_errors(product))
    yield from research_terms_errors(listing)
    yield from part_errors(product, Parts(listing.version, listing.terms, tuple(listing.plans.all())))


def _of_product(errors: Iterable[FieldError]) -> Iterator[FieldError]:
    for error in errors:
        yield FieldError(f"/product{error.pointer}", error.code, error.detail)


def _refuse_undecided(case: Case) -> None:
    """Raise unless the log of decisions itself shows every earlier stage as passed, whatever the listing's row says."""
    *earlier, _last = [*case.submission.plan[:-1], *case.stages]
    missing = set(earlier) - passed_stages(case.submission)
    if missing:
        raise Problem("illegal_state", _("A stage of the review is not decided."), stages=sorted(missing))


def _refuse_late_corrections(case: Case, corrections: Iterable[Correction]) -> None:
    earlier = case.listing.reviews.filter(stage=case.stage.code).exclude(submission=case.submission)
    if not earlier.exists():
        return
    said = {correction["code"] for review in earlier for correction in review.corrections}
    late = {
        correction.code
        for correction in corrections
        if correction.code not in said and not _has_changed(correction.pointer, case.submission.changes)
    }
    if late:
        raise Problem("correction_given_once", codes=sorted(late))


def _has_changed(pointer: str, changes: Iterable[str]) -> bool:
    return any(f"{pointer}/".startswith(f"{changed}/") for changed in changes)


def record_decision(
    case: Case,
    actor: Actor,
    decision: str,
    *,
    answers: Mapping[str, Answer] | None = None,
    corrections: Sequence[Correction] = (),
    reason: str = "",
) -> Review:
    listing = case.listing
    return Review.objects.create(
        listing=listing,
        submission=case.submission,
        organization_id=listing.organization_id,
        venue_id=listing.venue_id,
        stage=case.stage.code,
        reviewer_id=person_of(actor),
        decision=decision,
        edition=case.checklist.edition,
        checklist={code: asdict(answer) for code, answer in (answers or {}).items()},
        corrections=[asdict(correction) for correction in corrections],
        reason=reason,
    )


def _refuse(errors: Iterator[FieldError]) -> None:
    found = list(errors)
    if found:
        raise Problem("invalid", errors=found)
