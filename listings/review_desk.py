"""On whose desk a listing lies: an officer takes it, gives it back, or is given it by whoever divides the work."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, actor_for_person, require
from accounts.models import Person
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from listings.listing import locked_listing
from listings.models import Listing
from listings.review_rules import Case, case_of, person_of, refuse_barred, refuse_taken


@transaction.atomic
def claim(*, listing_id: UUID, actor: Actor) -> Listing:
    """Take a listing under review onto one's own desk, as an officer of the stage it is at.

    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `stage_taken` or `illegal_state`.
    """
    case = case_of(locked_listing(listing_id, actor))
    require(actor, case.stage.permission, venue_id=case.listing.venue_id)
    _refuse_closed(case.listing)
    refuse_barred(case, actor)
    refuse_taken(case.listing, actor)
    return _lay(case, person_of(actor), "listing.claimed", actor)


@transaction.atomic
def assign(*, listing_id: UUID, person_id: UUID, actor: Actor) -> Listing:
    """Lay a listing under review on the desk of an officer of its stage, whoever has it now.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, or `invalid` at `/person_id` for someone who may not
    decide the stage, with the reason.
    """
    case = case_of(locked_listing(listing_id, actor))
    require(actor, Permission.LISTING_ASSIGN, venue_id=case.listing.venue_id)
    _refuse_closed(case.listing)
    _refuse_unfit(case, person_id)
    return _lay(case, person_id, "listing.assigned", actor)


@transaction.atomic
def release(*, listing_id: UUID, actor: Actor) -> Listing:
    """Put a listing back into the queue of its stage, by who has it or by whoever divides the work.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    case = case_of(locked_listing(listing_id, actor))
    if case.listing.assignee_id != actor.person_id:
        require(actor, Permission.LISTING_ASSIGN, venue_id=case.listing.venue_id)
    _refuse_closed(case.listing)
    return _lay(case, None, "listing.released", actor)


def _refuse_closed(listing: Listing) -> None:
    if listing.state not in Listing.UNDER_REVIEW:
        raise Problem("illegal_state", _("The listing is not under review."), state=listing.state)


def _refuse_unfit(case: Case, person_id: UUID) -> None:
    """Raise unless the person is an officer of the stage at the venue and nothing bars them."""
    venue = case.listing.venue
    person = Person.objects.filter(pk=person_id, affiliations__organization=venue.operator_id).first()
    if person is None or venue.operator_id is None:
        raise field_problem("/person_id", "unknown", _("The venue has no such officer."))
    officer = actor_for_person(person, venue.operator_id)
    try:
        require(officer, case.stage.permission, venue_id=venue.pk)
        refuse_barred(case, officer)
    except Problem as problem:
        raise field_problem("/person_id", problem.code, str(problem.detail)) from problem


def _lay(case: Case, person_id: UUID | None, action: str, actor: Actor) -> Listing:
    listing = case.listing
    listing.assignee_id = person_id
    listing.save(update_fields=["assignee"])
    details = {"stage": case.stage.code, "person": str(person_id) if person_id else None}
    audit.record(action, subject=listing, actor=actor, details=details)
    return listing
