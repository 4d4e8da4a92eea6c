"""From application to membership: the state machine, its two pairs of eyes and its evidence."""

import pytest
from django.db import IntegrityError, transaction

from accounts import onboarding
from accounts.models import Affiliation, Capacity, Membership, Role
from kernel.models import AuditEvent
from tests.refusals import refused
from tests.world import (
    actor,
    affiliate,
    make_client,
    make_membership,
    make_organization,
    make_person,
    operator_of,
    person_of,
    staff,
)

State = Membership.State


def apply_and_submit(organization, code="gzdex"):
    someone = actor(person_of(organization))
    draft = onboarding.apply(venue_code=code, capacity=Capacity.PROVIDER, actor=someone)
    return onboarding.submit(membership_id=draft.pk, actor=someone)


@pytest.fixture
def in_review(applicant, clerk):
    """An application that the clerk has taken up."""
    return onboarding.start_review(membership_id=apply_and_submit(applicant).pk, actor=actor(clerk))


def test_an_organization_becomes_a_member(applicant, clerk, reviewer):
    membership = apply_and_submit(applicant)
    onboarding.start_review(membership_id=membership.pk, actor=actor(clerk))
    onboarding.approve(membership_id=membership.pk, actor=actor(reviewer))
    member = onboarding.activate(membership_id=membership.pk, actor=actor(reviewer))

    assert member.state == State.ACTIVE
    assert member.number.startswith("GZ-M-")
    events = AuditEvent.objects.filter(subject_type="membership", subject_id=str(member.pk)).order_by("id")
    assert [event.action for event in events] == [
        "membership.draft",
        "membership.submitted",
        "membership.in_review",
        "membership.approved",
        "membership.active",
    ]
    assert {event.venue_id for event in events} == {member.venue_id}
    assert {event.organization_id for event in events} == {applicant.pk}


def test_a_correction_names_everything_and_is_answered_by_submitting_again(in_review, applicant, clerk):
    wanted = ["licence is cut off", " ", "legal name differs from the licence "]
    returned = onboarding.request_correction(membership_id=in_review.pk, corrections=wanted, actor=actor(clerk))
    assert returned.state == State.CORRECTION
    assert returned.corrections == ["licence is cut off", "legal name differs from the licence"]

    again = onboarding.submit(membership_id=in_review.pk, actor=actor(person_of(applicant)), statement="corrected")
    again.refresh_from_db()
    assert (again.state, again.statement, again.corrections) == (State.SUBMITTED, "corrected", [])


def test_a_correction_without_reasons_is_refused(in_review, clerk):
    with refused("invalid"):
        onboarding.request_correction(membership_id=in_review.pk, corrections=["  "], actor=actor(clerk))


def test_a_rejection_says_why_and_lets_the_organization_apply_anew(in_review, applicant, clerk):
    with refused("invalid"):
        onboarding.reject(membership_id=in_review.pk, reason="  ", actor=actor(clerk))
    rejected = onboarding.reject(membership_id=in_review.pk, reason="no licence", actor=actor(clerk))
    assert (rejected.state, rejected.decision_reason) == (State.REJECTED, "no licence")
    assert AuditEvent.objects.get(action="membership.rejected").reason == "no licence"
    assert apply_and_submit(applicant).state == State.SUBMITTED


def test_whoever_reviewed_cannot_approve(applicant, reviewer):
    submitted = apply_and_submit(applicant)
    onboarding.start_review(membership_id=submitted.pk, actor=actor(reviewer))
    with refused("same_person"):
        onboarding.approve(membership_id=submitted.pk, actor=actor(reviewer))
    with refused("same_person"):
        onboarding.approve(membership_id=submitted.pk, actor=actor(make_client(reviewer)))
    second = make_person(operator_of(), Role.COMPLIANCE_REVIEWER)
    assert onboarding.approve(membership_id=submitted.pk, actor=actor(second)).state == State.APPROVED


def test_whoever_submitted_cannot_approve_even_from_the_other_side(applicant, clerk):
    turncoat = make_person(applicant, Role.ADMIN)
    draft = onboarding.apply(venue_code="gzdex", capacity=Capacity.BUYER, actor=actor(turncoat))
    onboarding.submit(membership_id=draft.pk, actor=actor(turncoat))
    onboarding.start_review(membership_id=draft.pk, actor=actor(clerk))
    Affiliation.objects.filter(person=turncoat).delete()
    affiliate(turncoat, operator_of(), Role.COMPLIANCE_REVIEWER)
    with refused("same_person"):
        onboarding.approve(membership_id=draft.pk, actor=actor(turncoat))


def test_the_database_refuses_an_approval_by_the_reviewer(in_review, clerk):
    with pytest.raises(IntegrityError, match="membership_is_approved_by_another_person"), transaction.atomic():
        Membership.objects.filter(pk=in_review.pk).update(state=State.APPROVED, decided_by=clerk)


def test_staff_who_belong_to_the_applicant_decide_nothing(in_review, applicant, reviewer):
    affiliate(reviewer, applicant, Role.VIEWER)
    with refused("conflict_of_interest"):
        onboarding.approve(membership_id=in_review.pk, actor=actor(reviewer, operator_of()))
    with refused("conflict_of_interest"):
        onboarding.reject(membership_id=in_review.pk, reason="rival", actor=actor(reviewer, operator_of()))


def test_a_clerk_may_review_but_not_approve(applicant, clerk):
    submitted = apply_and_submit(applicant)
    onboarding.start_review(membership_id=submitted.pk, actor=actor(clerk))
    with refused("forbidden"):
        onboarding.approve(membership_id=submitted.pk, actor=actor(make_person(operator_of(), Role.CLERK)))


def test_the_other_venues_staff_do_not_even_see_it(in_review, shenzhen_reviewer):
    with refused("not_found"):
        onboarding.approve(membership_id=in_review.pk, actor=actor(shenzhen_reviewer))


def test_an_applicant_cannot_act_as_staff(applicant):
    submitted = apply_and_submit(applicant)
    with refused("forbidden"):
        onboarding.start_review(membership_id=submitted.pk, actor=actor(person_of(applicant)))


def test_an_operator_of_the_organization_cannot_apply(applicant):
    with refused("forbidden"):
        onboarding.apply(
            venue_code="gzdex", capacity=Capacity.BUYER, actor=actor(make_person(applicant, Role.OPERATOR))
        )


def test_who_operates_a_venue_cannot_join_it(guangzhou_operator):
    insider = make_person(guangzhou_operator, Role.ADMIN)
    with refused("conflict_of_interest"):
        onboarding.apply(venue_code="gzdex", capacity=Capacity.PROVIDER, actor=actor(insider))


def test_an_unknown_venue_is_named(applicant):
    with refused("invalid") as caught:
        onboarding.apply(venue_code="bjdex", capacity=Capacity.BUYER, actor=actor(person_of(applicant)))
    assert caught.value.errors[0].code == "unknown_venue"


def test_two_applications_in_one_capacity_are_one_too_many(applicant):
    apply_and_submit(applicant)
    with pytest.raises(IntegrityError, match="membership_is_unique_while_it_lives"), transaction.atomic():
        apply_and_submit(applicant)
    assert apply_and_submit(applicant, "szdex").number.startswith("SZ-M-")


ACTS = {
    "submit": (onboarding.submit, {}),
    "start_review": (onboarding.start_review, {}),
    "request_correction": (onboarding.request_correction, {"corrections": ["x"]}),
    "reject": (onboarding.reject, {"reason": "x"}),
    "approve": (onboarding.approve, {}),
    "activate": (onboarding.activate, {}),
    "suspend": (onboarding.suspend, {"reason": "x"}),
    "resume": (onboarding.resume, {"reason": "x"}),
    "terminate": (onboarding.terminate, {"reason": "x"}),
}
POSSIBLE = {
    State.DRAFT: {"submit"},
    State.SUBMITTED: {"start_review"},
    State.IN_REVIEW: {"request_correction", "reject", "approve"},
    State.CORRECTION: {"submit"},
    State.REJECTED: set(),
    State.APPROVED: {"activate"},
    State.ACTIVE: {"suspend", "terminate"},
    State.SUSPENDED: {"resume", "terminate"},
    State.TERMINATED: set(),
}


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", sorted(ACTS))
@pytest.mark.django_db
def test_each_act_is_possible_in_its_states_alone(state, act):
    organization = make_organization()
    membership = make_membership(organization, state=state)
    function, body = ACTS[act]
    who = person_of(organization) if act == "submit" else make_person(operator_of(), Role.COMPLIANCE_REVIEWER)
    if act in POSSIBLE[state]:
        moved = function(membership_id=membership.pk, **body, actor=actor(who))
        assert moved.state in Membership.MOVES[state]
    else:
        with refused("illegal_state"):
            function(membership_id=membership.pk, **body, actor=actor(who))


@pytest.mark.django_db
def test_supervision_always_says_why():
    membership = make_membership(make_organization())
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    for act in (onboarding.suspend, onboarding.terminate):
        with refused("invalid"):
            act(membership_id=membership.pk, reason=" ", actor=officer)
    onboarding.suspend(membership_id=membership.pk, reason="licence expired", actor=officer)
    resumed = onboarding.resume(membership_id=membership.pk, reason="licence renewed", actor=officer)
    resumed.refresh_from_db()
    assert (resumed.state, resumed.decision_reason) == (State.ACTIVE, "licence renewed")
