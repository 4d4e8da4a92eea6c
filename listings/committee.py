"""The compliance committee: an officer refers a listing to it, its members vote in secret, and the outcome binds.

Who is seated when a ballot opens votes once, with a reason; whoever is related to the provider, submitted the listing
or decided a stage that the rule names is not seated. Nobody sees a vote of another before the ballot is closed.
Abstentions count towards the quorum and not towards the majority; who recuses themselves counts towards neither.
"""

from collections import Counter
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, actor_for_person, find, require, require_reason
from accounts.calendars import add_working_days
from accounts.models import Person
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.clocks import stop_clock
from listings.listing import locked_listing
from listings.models import Ballot, Listing, Review, ReviewClock, ReviewStage, Vote
from listings.review import open_next, record_decision
from listings.review_rules import Case, case_of, person_of, refuse_barred, refuse_taken

Choice = Vote.Choice


@transaction.atomic
def refer(*, listing_id: UUID, reason: str, actor: Actor) -> Listing:
    """Refer a listing under review to the committee, by the officer of the stage it is at, whatever its red items.

    The stage itself is decided as before; the committee decides before the last one.
    Raises Problem `not_found`, `forbidden`, `same_person`, `conflict_of_interest`, `stage_taken`, `illegal_state`, or
    `invalid` without a reason or where the venue has no committee.
    """
    listing = locked_listing(listing_id, actor)
    case = case_of(listing)
    require(actor, case.stage.permission, venue_id=listing.venue_id)
    if listing.state not in (Listing.State.IN_REVIEW, Listing.State.COMPLIANCE):
        raise Problem("illegal_state", _("The listing is not at this stage of its review."), state=listing.state)
    refuse_barred(case, actor)
    refuse_taken(listing, actor)
    require_reason(reason)
    case.named(ReviewStage.COMMITTEE)
    if ReviewStage.COMMITTEE in case.stages:
        raise Problem("illegal_state", _("The committee decides on this listing already."), state=listing.state)

    record_decision(case, actor, Review.Decision.REFER, reason=reason)
    audit.record("listing.referred", subject=listing, actor=actor, reason=reason, details={"stage": case.stage.code})
    return listing


@transaction.atomic
def open_ballot(*, listing_id: UUID, actor: Actor) -> Ballot:
    """Open the committee's ballot on a listing at its stage, by whoever divides the review's work.

    Raises Problem `not_found`, `forbidden`, `illegal_state`, `ballot_open`, or `committee_too_small` when fewer members
    than the rule asks for may vote.
    """
    listing = locked_listing(listing_id, actor)
    require(actor, Permission.LISTING_ASSIGN, venue_id=listing.venue_id)
    case = case_of(listing)
    if listing.state != Listing.State.COMMITTEE:
        raise Problem("illegal_state", _("The committee has nothing to decide here."), state=listing.state)
    if listing.ballots.filter(state=Ballot.State.OPEN).exists():
        raise Problem("ballot_open")
    rule = case.checklist.committee
    members = [person for person in _members(listing) if _may_vote(case, person)]
    if len(members) < rule["members"]:
        raise Problem("committee_too_small", members=len(members), needed=rule["members"])

    venue = listing.venue
    ballot = Ballot.objects.create(
        listing=listing,
        submission=case.submission,
        organization_id=listing.organization_id,
        venue=venue,
        red_items=[item.code for item in case.checklist.red_items_of(case.facts)],
        quorum=rule["quorum"],
        majority=rule["majority"],
        opened_by_id=person_of(actor),
        closes_at=add_working_days(
            timezone.now(), rule["working_days"], jurisdiction=venue.jurisdiction, tz=venue.zone
        ),
    )
    ballot.members.set(members)
    audit.record(
        "ballot.opened", subject=ballot, actor=actor, details={"members": sorted(str(person.pk) for person in members)}
    )
    return ballot


@transaction.atomic
def cast_vote(*, ballot_id: UUID, choice: str, reason: str, actor: Actor) -> Vote:
    """Cast one's vote, once and for good; the audit event tells that one voted, not how.

    Raises Problem `not_found`, `forbidden` for who is not seated, `conflict_of_interest`, `illegal_state`,
    `voted_already`, or `invalid` without a reason.
    """
    ballot = _locked_ballot(ballot_id, actor)
    require(actor, Permission.LISTING_VOTE, venue_id=ballot.venue_id)
    if not ballot.members.filter(pk=actor.person_id).exists():
        raise Problem("forbidden", _("You are not seated in this ballot."))
    if ballot.state != Ballot.State.OPEN or timezone.now() > ballot.closes_at:
        raise Problem("illegal_state", _("The ballot is over."), state=ballot.state)
    if choice != Choice.RECUSED:
        refuse_barred(case_of(ballot.listing), actor)  # one may have become related since the ballot opened
    said = require_reason(reason)
    if ballot.votes.filter(member=actor.person_id).exists():
        raise Problem("voted_already")

    vote = Vote.objects.create(ballot=ballot, member_id=person_of(actor), choice=choice, reason=said)
    audit.record(
        "vote.cast",
        subject=vote,
        actor=actor,
        details={"ballot": str(ballot.pk)},
        organization_id=ballot.organization_id,
        venue_id=ballot.venue_id,
    )
    return vote


@transaction.atomic
def close_ballot(*, ballot_id: UUID, minutes: str, actor: Actor) -> Ballot:
    """Count the votes, sign the minutes, and let the outcome bind: the next stage, the end, or another ballot.

    It closes when everyone has voted or its time is up. Raises Problem `not_found`, `forbidden`, `same_person` for a
    seated member, `ballot_running`, `illegal_state`, or `invalid` without minutes.
    """
    ballot = _locked_ballot(ballot_id, actor)
    require(actor, Permission.LISTING_ASSIGN, venue_id=ballot.venue_id)
    if ballot.state != Ballot.State.OPEN:
        raise Problem("illegal_state", _("The ballot is over."), state=ballot.state)
    if not minutes.strip():
        raise field_problem("/minutes", "required", _("Minutes say what was weighed and why."))
    if ballot.members.filter(pk=actor.person_id).exists():
        raise Problem("same_person")
    case = case_of(ballot.listing)
    refuse_barred(case, actor)
    counts = Counter(ballot.votes.values_list("choice", flat=True))
    seats = ballot.members.count()
    if counts.total() < seats and timezone.now() <= ballot.closes_at:
        raise Problem("ballot_running", missing=seats - counts.total())

    outcome = outcome_of(counts, seats=seats, quorum=ballot.quorum, majority=ballot.majority)
    told = {choice.value: counts[choice.value] for choice in Choice} | {"SEATS": seats}
    advance(
        ballot,
        to=outcome,
        actor=actor,
        details={"counts": told},
        counts=told,
        minutes=minutes.strip(),
        closed_by_id=person_of(actor),
        closed_at=timezone.now(),
    )
    if outcome == Ballot.State.PASSED:
        record_decision(case, actor, Review.Decision.PASS, reason=ballot.minutes)
        open_next(case, actor)
    elif outcome == Ballot.State.REFUSED:
        _reject(case, ballot.minutes, actor)
    return ballot


def outcome_of(counts: Mapping[str, int], *, seats: int, quorum: list[int], majority: list[int]) -> str:
    """Return what the votes make of a ballot, in whole numbers: `quorum` and `majority` are fractions as pairs."""
    entitled = seats - counts.get(Choice.RECUSED, 0)
    in_favour, against = counts.get(Choice.FOR, 0), counts.get(Choice.AGAINST, 0)
    present = in_favour + against + counts.get(Choice.ABSTAIN, 0)
    if not present or present * quorum[1] < entitled * quorum[0]:
        return Ballot.State.LAPSED
    decided = in_favour + against
    carried = decided > 0 and in_favour * majority[1] >= decided * majority[0]
    return Ballot.State.PASSED if carried else Ballot.State.REFUSED


def _reject(case: Case, minutes: str, actor: Actor) -> None:
    listing = case.listing
    record_decision(case, actor, Review.Decision.REJECT, reason=minutes)
    advance(
        listing,
        to=Listing.State.REJECTED,
        actor=actor,
        reason=minutes,
        details={"stage": case.stage.code},
        stage="",
        assignee_id=None,
    )
    for kind in (ReviewClock.Kind.STAGE, ReviewClock.Kind.DECISION):
        stop_clock(listing, kind)


def _members(listing: Listing) -> list[Person]:
    """Return everyone of the venue's operator who may vote by their role."""
    people = Person.objects.filter(is_active=True, affiliations__organization=listing.venue.operator_id)
    return list(people.order_by("id"))


def _may_vote(case: Case, person: Person) -> bool:
    member = actor_for_person(person, case.listing.venue.operator_id)
    try:
        require(member, Permission.LISTING_VOTE, venue_id=case.listing.venue_id)
        refuse_barred(case, member)
    except Problem:
        return False
    return True


def _locked_ballot(ballot_id: UUID, actor: Actor) -> Ballot:
    """Return the ballot under the lock of its listing, then its own, so that voting and closing take turns."""
    listing_id = find(Ballot.objects.visible_to(actor), pk=ballot_id).listing_id
    locked_listing(listing_id, actor)
    rows = Ballot.objects.select_related("listing__venue", "listing__product", "venue")
    return find(rows.select_for_update(of=("self",)), pk=ballot_id)
