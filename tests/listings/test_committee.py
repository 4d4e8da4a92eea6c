"""The compliance committee: red items and referrals come before it, votes are secret, the outcome binds."""

from datetime import timedelta

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import Role
from kernel.models import AuditEvent
from listings import review
from listings.committee import cast_vote, close_ballot, open_ballot, outcome_of, refer
from listings.models import Ballot, Listing, Vote
from tests.listings.offers import (
    CRAWLED,
    all_ok,
    approved,
    at_stage,
    draft_listing,
    in_compliance,
    officer_of,
    passed,
    registered_product,
)
from tests.refusals import refused
from tests.world import actor, affiliate, api, make_member, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def members():
    return [make_person(operator_of("gzdex"), Role.COMMITTEE_MEMBER) for _ in range(3)]


@pytest.fixture
def red(provider):
    return at_stage(draft_listing(registered_product(provider, **CRAWLED)), "COMMITTEE")


def head():
    return actor(staff("gzdex", Role.VENUE_ADMIN))


@pytest.fixture
def ballot(red, members):
    return open_ballot(listing_id=red.pk, actor=head())


def vote(ballot, member, choice="FOR"):
    return cast_vote(ballot_id=ballot.pk, choice=choice, reason="because", actor=actor(member))


def close(ballot, who=None):
    return close_ballot(ballot_id=ballot.pk, minutes="Weighed and decided.", actor=who or head())


def test_a_red_item_brings_a_listing_before_the_committee(red):
    assert red.state == "COMMITTEE"
    assert red.submissions.get().plan[-2:] == ["COMMITTEE", "PUBLICATION"]


def test_without_a_red_item_there_is_no_committee(provider):
    listing = in_compliance(draft_listing(registered_product(provider)))
    assert "COMMITTEE" not in listing.submissions.get().plan


def test_no_single_member_decides_for_the_committee(red, members):
    member = actor(members[0])
    for act in (
        lambda: review.pass_stage(listing_id=red.pk, stage="COMMITTEE", answers={}, actor=member),
        lambda: review.reject(listing_id=red.pk, reason="no", actor=member),
        lambda: review.approve(listing_id=red.pk, answers=all_ok(red, "PUBLICATION"), actor=member),
    ):
        with refused("illegal_state"):
            act()


def test_what_the_committee_passes_goes_on_to_publication(red, members, ballot):
    for member in members:
        vote(ballot, member)
    closed = close(ballot)
    assert (closed.state, closed.counts) == ("PASSED", {"FOR": 3, "AGAINST": 0, "ABSTAIN": 0, "RECUSED": 0, "SEATS": 3})
    listing = Listing.objects.get(pk=red.pk)
    assert listing.stage == "PUBLICATION"
    answers = all_ok(listing, "PUBLICATION")
    assert review.approve(listing_id=red.pk, answers=answers, actor=actor(officer_of(listing))).state == "LISTED"
    decision = listing.reviews.get(stage="COMMITTEE")
    assert (decision.decision, decision.reason) == ("PASS", "Weighed and decided.")


def test_what_the_committee_refuses_is_rejected_with_its_minutes(red, members, ballot):
    for member, choice in zip(members, ("FOR", "AGAINST", "AGAINST"), strict=True):
        vote(ballot, member, choice)
    assert close(ballot).state == "REFUSED"
    assert Listing.objects.get(pk=red.pk).state == "REJECTED"
    assert red.reviews.get(stage="COMMITTEE").reason == "Weighed and decided."
    assert not red.clocks.filter(stopped_at__isnull=True).exists()


@pytest.mark.parametrize(
    ("votes", "outcome"),
    [
        ({"FOR": 2, "AGAINST": 1}, "PASSED"),  # two thirds exactly
        ({"FOR": 1, "AGAINST": 1, "ABSTAIN": 1}, "REFUSED"),
        ({"FOR": 1, "ABSTAIN": 2}, "PASSED"),  # abstentions make the quorum, not the majority
        ({"ABSTAIN": 3}, "REFUSED"),  # nobody was for it
        ({"FOR": 1}, "LAPSED"),
        ({"FOR": 2, "RECUSED": 1}, "PASSED"),  # who recuses leaves the count of the entitled
        ({"FOR": 1, "RECUSED": 1}, "LAPSED"),
        ({"RECUSED": 3}, "LAPSED"),
        ({}, "LAPSED"),
    ],
)
def test_quorum_and_majority_are_counted_in_whole_numbers(votes, outcome):
    assert outcome_of(votes, seats=3, quorum=[2, 3], majority=[2, 3]) == outcome


def test_a_ballot_without_a_quorum_lapses_and_another_may_open(red, members, ballot):
    vote(ballot, members[0])
    with refused("ballot_running"):
        close(ballot)
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        with refused("illegal_state"):
            vote(ballot, members[1])
        assert close(ballot).state == "LAPSED"
    assert Listing.objects.get(pk=red.pk).state == "COMMITTEE"
    assert open_ballot(listing_id=red.pk, actor=head()).pk != ballot.pk


def test_a_vote_is_secret_until_the_ballot_is_closed(red, members, ballot):
    cast = vote(ballot, members[0], "AGAINST")
    operator = make_person(operator_of("gzdex"), Role.AUDITOR)
    operator.is_superuser = True
    operator.save()
    watchers = [actor(members[1]), head(), actor(operator)]
    assert [list(Vote.objects.visible_to(who)) for who in watchers] == [[], [], []]
    assert list(Vote.objects.visible_to(actor(members[0]))) == [cast]
    event = AuditEvent.objects.get(action="vote.cast")
    assert "AGAINST" not in str(event.details) + event.reason
    for member in members[1:]:
        vote(ballot, member)
    close(ballot)
    assert Vote.objects.visible_to(actor(members[1])).count() == 3


def test_a_member_votes_once_and_no_vote_is_changed(members, ballot):
    vote(ballot, members[0])
    with refused("voted_already"):
        vote(ballot, members[0], "AGAINST")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Vote.objects.update(choice="FOR")


def test_a_closed_ballot_stays_as_it_was_signed(members, ballot):
    for member in members:
        vote(ballot, member)
    close(ballot)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Ballot.objects.update(minutes="Otherwise.")
    with refused("illegal_state"):
        close(ballot)


def test_a_vote_and_the_minutes_say_why(members, ballot):
    with refused("invalid"):
        cast_vote(ballot_id=ballot.pk, choice="FOR", reason=" ", actor=actor(members[0]))
    with refused("invalid"):
        close_ballot(ballot_id=ballot.pk, minutes=" ", actor=head())


def test_who_is_related_to_the_provider_is_not_seated(red, provider, members):
    affiliate(members[0], provider, Role.VIEWER)
    with refused("committee_too_small") as caught:
        open_ballot(listing_id=red.pk, actor=head())
    assert caught.value.extensions == {"members": 2, "needed": 3}
    make_person(operator_of("gzdex"), Role.COMMITTEE_MEMBER)
    assert members[0] not in open_ballot(listing_id=red.pk, actor=head()).members.all()


def test_who_becomes_related_meanwhile_may_only_recuse(provider, members, ballot):
    affiliate(members[0], provider, Role.VIEWER)
    member = actor(members[0], operator_of("gzdex"))
    with refused("conflict_of_interest"):
        cast_vote(ballot_id=ballot.pk, choice="FOR", reason="because", actor=member)
    recused = cast_vote(ballot_id=ballot.pk, choice="RECUSED", reason="I have joined the provider.", actor=member)
    assert recused.choice == "RECUSED"


def test_only_the_seated_vote_and_no_member_counts_the_votes(members, ballot):
    late = make_person(operator_of("gzdex"), Role.COMMITTEE_MEMBER)
    with refused("forbidden"):
        vote(ballot, late)
    with refused("forbidden"):
        close(ballot, actor(members[0]))
    with refused("not_found"):
        vote(ballot, make_person(operator_of("szdex"), Role.COMMITTEE_MEMBER))
    with refused("ballot_open"):
        open_ballot(listing_id=ballot.listing_id, actor=head())


def test_an_officer_refers_a_listing_that_has_no_red_item(provider, members):
    listing = at_stage(draft_listing(registered_product(provider)), "GRADE")
    security = actor(staff("gzdex", Role.SECURITY_REVIEWER))
    with refused("invalid"):
        refer(listing_id=listing.pk, reason=" ", actor=security)
    with refused("forbidden"):
        refer(listing_id=listing.pk, reason="no", actor=actor(staff("gzdex", Role.CLERK)))
    refer(listing_id=listing.pk, reason="People can be told from their rounds.", actor=security)
    with refused("illegal_state"):
        refer(listing_id=listing.pk, reason="again", actor=security)
    for stage in ("QUALITY", "PRICE", "COMMITTEE", "PUBLICATION"):
        listing = passed(listing)
        assert listing.stage == stage


def test_the_committee_decides_over_http(red, members):
    http = api(staff("gzdex", Role.VENUE_ADMIN))
    opened = http.post(f"/api/v1/listings/{red.pk}/open-ballot")
    assert opened.status_code == 201, opened.json()
    assert opened.json()["red_items"] == ["CRAWLED_FOR_SALE"]
    assert api(person_of(red.organization)).get("/api/v1/ballots").json()["items"] == []
    votes = f"/api/v1/ballots/{opened.json()['id']}/votes"
    for member in members:
        assert api(member).post(votes, {"choice": "FOR", "reason": "weighed"}).status_code == 201
    assert http.get(votes).json()["items"] == []
    closed = http.post(f"/api/v1/ballots/{opened.json()['id']}/close", {"minutes": "Weighed."})
    assert closed.json()["state"] == "PASSED"
    assert len(http.get(votes).json()["items"]) == 3
    provider = api(person_of(red.organization))
    assert [item["minutes"] for item in provider.get("/api/v1/ballots").json()["items"]] == ["Weighed."]
    assert provider.get(votes).json()["items"] == []  # who voted how is the venue's own


def test_a_listing_with_red_items_can_be_brought_into_the_catalogue(provider):
    assert approved(draft_listing(registered_product(provider, **CRAWLED))).state == "LISTED"
