"""Who may decide what of a review: the case on the desk, and whom its stage bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import require_different_person
from accounts.interests import require_unrelated
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from listings.checklists import Checklist, ChecklistItem, Stage, checklist_named, checklist_of
from listings.models import Listing, Review, ReviewStage, Submission
from listings.submissions import facts_of, latest_submission


@dataclass(frozen=True)
class Case:
    """A listing as its reviewer has it before them: what was handed in, by which rules, and the stage it is at."""

    listing: Listing
    checklist: Checklist
    handed_in: Submission | None
    stage: Stage
    stages: tuple[str, ...]

    @property
    def facts(self) -> dict[str, Any]:
        return facts_of(self.listing)

    @property
    def submission(self) -> Submission:
        """What is decided; a listing that is under review was handed in."""
        assert self.handed_in is not None  # noqa: S101 - only a draft has none, and none is decided
        return self.handed_in

    @property
    def items(self) -> Sequence[ChecklistItem]:
        """The questions that this stage asks of this type of product."""
        return self.checklist.of_stage(self.stage.code, self.listing.product.product_type)

    @property
    def is_last(self) -> bool:
        return self.stages[-1] == self.stage.code

    @property
    def following(self) -> Stage:
        """The stage that decides after this one."""
        return self.checklist.stage(self.stages[self.stages.index(self.stage.code) + 1])

    def named(self, code: str) -> Stage:
        """Return a stage of this review; raises Problem `invalid` at `/stage` if it has no such stage."""
        try:
            return self.checklist.stage(code)
        except LookupError as error:
            raise field_problem("/stage", "unknown_stage", _("The review has no such stage.")) from error


def case_of(listing: Listing) -> Case:
    """Return the case of a listing, by the edition it was handed in under; a draft's is that of today's first stage."""
    submission = latest_submission(listing)
    checklist = checklist_named(submission.edition) if submission else checklist_today(listing)
    stage = checklist.stage(listing.stage) if listing.stage else checklist.stages[0]
    return Case(listing, checklist, submission, stage, _stages(submission))


def _stages(submission: Submission | None) -> tuple[str, ...]:
    """Return the stages that decide a submission; one that was referred goes before the committee as well."""
    if submission is None:
        return ()
    *earlier, last = submission.stages
    committee = str(ReviewStage.COMMITTEE)
    referred = submission.reviews.filter(decision=Review.Decision.REFER).exists()
    return (*earlier, *([committee] if referred and committee not in earlier else []), last)


def checklist_today(listing: Listing) -> Checklist:
    """Return the checklist by which the listing's venue reviews today."""
    return checklist_of(listing.venue.code, on=timezone.now().astimezone(listing.venue.zone).date())


def refuse_barred(case: Case, actor: Actor) -> None:
    """Raise unless the person may decide the case at its stage (I5).

    Neither the submitter, nor who is related to the provider (`conflict_of_interest`), nor who took up or passed
    a stage that this one names (`same_person`).
    """
    listing = case.listing
    require_different_person(actor, made_by=listing.submitted_by_id)
    require_unrelated(actor, listing.organization_id)
    if case.checklist.stages[0].code in case.stage.not_by:  # whoever took it up has read it first
        require_different_person(actor, made_by=listing.reviewed_by_id)
    passed = listing.reviews.filter(stage__in=case.stage.not_by, decision=Review.Decision.PASS)
    for reviewer_id in passed.values_list("reviewer", flat=True):
        require_different_person(actor, made_by=reviewer_id)


def refuse_taken(listing: Listing, actor: Actor) -> None:
    """Raise Problem `stage_taken` if the listing lies on somebody else's desk."""
    if listing.assignee_id not in (None, actor.person_id):
        raise Problem("stage_taken")


def person_of(actor: Actor) -> UUID:
    """Return the human being who answers for the act; the exchange itself neither submits nor reviews."""
    if actor.person_id is None:
        raise Problem("forbidden", _("A person must answer for this."))
    return actor.person_id
