"""The review of a material edit, by the stages of the venue's own table: those that the change concerns, and the last.

The listing stays on sale meanwhile. An edit enters at compliance (DOMAIN §8.2): completeness was seen when the listing
was first handed in, and what the committee or a service agency would have to see is reviewed as a new listing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import find, require, require_different_person
from accounts.calendars import add_working_days
from accounts.interests import require_unrelated
from kernel import audit
from kernel.actors import Actor
from kernel.languages import in_language
from kernel.problems import FieldError, Problem
from listings.checklists import Answer, Checklist, ChecklistItem, Stage, answer_errors, checklist_named
from listings.listing import locked_listing
from listings.models import Listing, ListingRevision, RevisionReview
from listings.review_rules import checklist_today, person_of
from listings.submissions import facts_of

POINTERS = {"version_id": "/version", "terms_id": "/terms", "plan_ids": "/plans"}


def plan_revision(listing: Listing, dossier: Mapping[str, Any], fields: Collection[str]) -> tuple[Checklist, list[str]]:
    """Return today's edition and its stages that decide a change of these fields, in order.

    Raises Problem `invalid` where the change makes a red item of the listing, or a report wanted that was not: then the
    committee or an agency has to see it, which they do for a new listing.
    """
    checklist, before = checklist_today(listing), facts_of(listing)
    after = before | {fact: dossier[fact] for fact in before.keys() & dossier.keys()}
    errors = list(_beyond_a_revision(checklist, before, after))
    if errors:
        raise Problem("invalid", errors=errors)
    plan = [stage for stage in checklist.plan(after) if stage.listing_state == Listing.State.COMPLIANCE]
    pointers = {POINTERS.get(field, f"/product/{field}") for field in fields}
    *earlier, last = plan
    return checklist, [*(stage.code for stage in earlier if stage.concerns & pointers), last.code]


def stage_of(revision: ListingRevision) -> Stage:
    """Return the stage at which a revision lies."""
    return checklist_named(revision.edition).stage(revision.stage)


def questions_of(revision: ListingRevision) -> Sequence[ChecklistItem]:
    """Return what that stage asks of the product as it would be."""
    product_type = revision.dossier.get("product_type", revision.listing.product.product_type)
    return checklist_named(revision.edition).of_stage(revision.stage, product_type)


def stage_due(revision: ListingRevision) -> datetime:
    """Return the end of the working days that the stage has, from now, by the venue's calendar."""
    venue = revision.venue
    days = stage_of(revision).working_days
    return add_working_days(timezone.now(), days, jurisdiction=venue.jurisdiction, tz=venue.zone)


@transaction.atomic
def pass_revision_stage(
    *, revision_id: UUID, stage: str, answers: Mapping[str, Answer], actor: Actor
) -> ListingRevision:
    """Pass the stage at which a revision is, every question answered with yes; the next one opens.

    The last stage is passed by approving. Raises Problem `not_found`, `forbidden`, `same_person`,
    `conflict_of_interest`, `illegal_state` (also when the revision is at another stage), or `invalid`.
    """
    revision, _listing = revision_under_review(revision_id, actor)
    if stage != revision.stage or stage == revision.stages[-1]:
        raise Problem("illegal_state", _("The revision is not at this stage of its review."), state=revision.state)
    passed_stage(revision, answers, actor)

    revision.stage = revision.stages[revision.stages.index(stage) + 1]
    revision.stage_due_at = stage_due(revision)
    revision.save(update_fields=["stage", "stage_due_at"])
    details = {"passed": stage, "stage": revision.stage}
    audit.record("listingrevision.stage_passed", subject=revision, actor=actor, details=details)
    return revision


def revision_under_review(revision_id: UUID, actor: Actor) -> tuple[ListingRevision, Listing]:
    """Return the revision and its listing, both locked, if the actor may decide about it at the stage where it lies.

    That is the officer of the stage, who neither submitted it, nor is related to the provider, nor has passed one of
    the stages that this one names (I5).
    """
    listing_id = find(ListingRevision.objects.visible_to(actor).only("listing_id"), pk=revision_id).listing_id
    listing = locked_listing(listing_id, actor)
    revision = ListingRevision.objects.select_for_update(of=("self",)).select_related("venue").get(pk=revision_id)
    stage = stage_of(revision)
    require(actor, stage.permission, venue_id=listing.venue_id)
    person_of(actor)
    if revision.state != ListingRevision.State.SUBMITTED:
        raise Problem("illegal_state", _("The revision has been decided or withdrawn."), state=revision.state)
    require_different_person(actor, made_by=revision.submitted_by_id)
    require_unrelated(actor, listing.organization_id)
    for reviewer_id in revision.reviews.filter(stage__in=stage.not_by).values_list("reviewer", flat=True):
        require_different_person(actor, made_by=reviewer_id)
    return revision, listing


def passed_stage(revision: ListingRevision, answers: Mapping[str, Answer], actor: Actor) -> RevisionReview:
    """Keep that the stage is passed, with the answers it rests on; raises Problem `invalid` for a wrong one."""
    errors = list(answer_errors(questions_of(revision), answers))
    if errors:
        raise Problem("invalid", errors=errors)
    return RevisionReview.objects.create(
        revision=revision,
        stage=revision.stage,
        reviewer_id=person_of(actor),
        edition=revision.edition,
        checklist={code: asdict(answer) for code, answer in answers.items()},
    )


def refuse_undecided_stages(revision: ListingRevision) -> None:
    """Raise unless the log itself shows every stage but the last as passed, whatever the revision's row says."""
    missing = set(revision.stages[:-1]) - set(revision.reviews.values_list("stage", flat=True))
    if missing or revision.stage != revision.stages[-1]:
        said = _("A stage of the review is not decided.")
        raise Problem("illegal_state", said, state=revision.state, stages=sorted(missing))


def _beyond_a_revision(
    checklist: Checklist, before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[FieldError]:
    red, wanted = checklist.red_items_of(before), checklist.reports_of(before)
    message = _("%(what)s: this is reviewed as a new listing; delist this one first.")
    for item in checklist.red_items_of(after):
        if item not in red:
            yield FieldError("/dossier", "new_red_item", message % {"what": in_language(item.label)})
    for report in checklist.reports_of(after):
        if report not in wanted:
            yield FieldError("/dossier", "new_report_wanted", message % {"what": in_language(report.label)})
