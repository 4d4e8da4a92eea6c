"""Stages of a review: each has its own officer, desk and clock; after a correction only what changed comes back."""

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Role
from kernel.models import AuditEvent
from listings import review
from listings.checklists import Correction, checklist_named
from listings.listing import amend_listing
from listings.models import Listing, ReviewClock, Submission
from listings.registration import amend_product
from listings.review_desk import assign, claim, release
from listings.submissions import changes_between, stages_to_decide
from tests.listings.offers import (
    all_ok,
    approved,
    at_stage,
    draft_listing,
    in_compliance,
    in_review,
    make_plan,
    officer_of,
    passed,
    provider_actor,
    registered_product,
    submitted,
)
from tests.refusals import refused
from tests.world import actor, affiliate, api, make_member, make_membership, make_person, operator_of, person_of, staff

pytestmark = pytest.mark.django_db

SOURCE = Correction("source_is_lawful", "attach the notice", "/product/evidence")


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def draft(provider):
    return draft_listing(registered_product(provider))


def officer(role: Role):
    return actor(staff("gzdex", role))


def amend(listing, **changes):
    return amend_product(product_id=listing.product_id, changes=changes, actor=provider_actor(listing.organization))


# --- which stages ---------------------------------------------------------------------------------------------------


def test_a_listing_goes_through_the_stages_of_its_venue_in_order(draft):
    approved(draft)
    decided = list(draft.reviews.order_by("id").values_list("stage", flat=True))
    assert decided == ["COMPLETENESS", "SOURCE_RIGHTS", "GRADE", "QUALITY", "PRICE", "PUBLICATION"]
    assert draft.submissions.get().plan == decided


def test_shenzhen_has_stages_of_its_own(provider):
    make_membership(provider, "szdex")
    listing = approved(draft_listing(registered_product(provider), "szdex"))
    decided = list(listing.reviews.order_by("id").values_list("stage", flat=True))
    assert decided == ["COMPLETENESS", "SOURCE_RIGHTS", "GRADE", "QUALITY", "PUBLICATION"]


def test_a_review_ends_by_the_edition_it_began_with(draft):
    in_compliance(draft)
    assert draft.submissions.get().edition == "gzdex-2026-11-01"
    Listing.objects.filter(pk=draft.pk).update(stage="COMPLIANCE")
    with pytest.raises(LookupError):  # the older edition's stage is not one of this review
        review.approve(listing_id=draft.pk, answers={}, actor=officer(Role.COMPLIANCE_REVIEWER))


@pytest.mark.parametrize(
    ("stage", "stranger"),
    [
        ("COMPLETENESS", Role.LEGAL_REVIEWER),
        ("SOURCE_RIGHTS", Role.CLERK),
        ("GRADE", Role.LEGAL_REVIEWER),
        ("QUALITY", Role.SECURITY_REVIEWER),
        ("PRICE", Role.COMPLIANCE_REVIEWER),
        ("PUBLICATION", Role.QUALITY_REVIEWER),
    ],
)
def test_each_stage_is_decided_by_its_own_officer(draft, stage, stranger):
    listing = at_stage(draft, stage)
    with refused("forbidden"):
        review.reject(listing_id=listing.pk, reason="no", actor=officer(stranger))
    assert review.reject(listing_id=listing.pk, reason="no", actor=actor(officer_of(listing))).state == "REJECTED"


def test_a_stage_is_passed_only_while_the_listing_is_at_it(draft):
    listing = at_stage(draft, "GRADE")
    for stage, role in (("SOURCE_RIGHTS", Role.LEGAL_REVIEWER), ("QUALITY", Role.QUALITY_REVIEWER)):
        with refused("illegal_state"):
            review.pass_stage(listing_id=listing.pk, stage=stage, answers=all_ok(listing, stage), actor=officer(role))
    with refused("invalid"):
        review.pass_stage(listing_id=listing.pk, stage="PACKING", answers={}, actor=officer(Role.CLERK))


def test_the_last_stage_is_not_passed_but_approved_and_no_other_one_is(draft):
    listing = at_stage(draft, "PUBLICATION")
    publisher = officer(Role.COMPLIANCE_REVIEWER)
    with refused("illegal_state"):
        review.pass_stage(
            listing_id=listing.pk, stage="PUBLICATION", answers=all_ok(listing, "PUBLICATION"), actor=publisher
        )
    Listing.objects.filter(pk=listing.pk).update(stage="PRICE")
    with refused("illegal_state"):
        review.approve(listing_id=listing.pk, answers=all_ok(listing, "PRICE"), actor=officer(Role.QUALITY_REVIEWER))


def test_nothing_is_listed_while_the_log_lacks_a_decision(draft):
    listing = at_stage(draft, "GRADE")
    Listing.objects.filter(pk=listing.pk).update(stage="PUBLICATION")  # whoever changes the row does not fool the log
    with refused("gate_closed") as caught:
        review.approve(
            listing_id=listing.pk, answers=all_ok(listing, "PUBLICATION"), actor=officer(Role.COMPLIANCE_REVIEWER)
        )
    assert caught.value.extensions["gates"] == ["compliance_before_listing"]


def test_whoever_decided_the_source_does_not_decide_the_grade(draft):
    both = make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER)
    at_stage(draft, "SOURCE_RIGHTS")
    passed(draft, both)
    both.affiliations.update(role=Role.SECURITY_REVIEWER)
    with refused("same_person"):
        passed(draft, both)
    assert passed(draft, make_person(operator_of("gzdex"), Role.SECURITY_REVIEWER)).stage == "QUALITY"


# --- clocks ---------------------------------------------------------------------------------------------------------


def test_each_stage_has_a_clock_that_ends_with_it(draft):
    in_compliance(draft)
    clocks = ReviewClock.objects.filter(listing=draft, kind="STAGE").order_by("id")
    assert [(clock.stage, clock.working_days, clock.stopped_at is None) for clock in clocks] == [
        ("COMPLETENESS", 2, False),
        ("SOURCE_RIGHTS", 2, False),
        ("GRADE", 2, False),
        ("QUALITY", 1, False),
        ("PRICE", 1, False),
        ("PUBLICATION", 1, True),
    ]


def test_a_stages_clock_stands_still_while_the_provider_corrects(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    review.request_correction(listing_id=listing.pk, corrections=[SOURCE], actor=officer(Role.LEGAL_REVIEWER))
    clock = ReviewClock.objects.get(listing=listing, stage="SOURCE_RIGHTS")
    assert clock.paused_at is not None
    submitted(listing)
    clock.refresh_from_db()
    assert (clock.paused_at, clock.stopped_at) == (None, None)


def test_a_review_that_returns_to_an_earlier_stage_has_one_running_clock(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    review.request_correction(listing_id=listing.pk, corrections=[SOURCE], actor=officer(Role.LEGAL_REVIEWER))
    amend(listing, name={"zh-Hans": "2024年广东省街道名录（修订）"})
    in_review(listing)
    running = ReviewClock.objects.running().filter(listing=listing, kind="STAGE")
    assert [clock.stage for clock in running] == ["COMPLETENESS"]


# --- corrections and what changed -----------------------------------------------------------------------------------


def test_every_correction_is_answered_item_by_item(draft, provider):
    in_review(draft)
    asked = [
        Correction("scenario_is_concrete", "say who checks what"),
        Correction("files_match_description", "a column is missing"),
    ]
    review.request_correction(listing_id=draft.pk, corrections=asked, actor=officer(Role.CLERK))
    answers = {"scenario_is_concrete": " ", "is_pretty": "very"}
    with refused("invalid") as caught:
        review.submit(listing_id=draft.pk, answers=answers, actor=provider_actor(provider))
    assert {error.pointer: error.code for error in caught.value.errors} == {
        "/answers/scenario_is_concrete": "required",
        "/answers/files_match_description": "required",
        "/answers/is_pretty": "unknown_item",
    }
    answers = {"scenario_is_concrete": "Couriers check addresses.", "files_match_description": "Added."}
    review.submit(listing_id=draft.pk, answers=answers, actor=provider_actor(provider))
    assert draft.submissions.get(round=2).answers == answers


def test_a_first_submission_answers_nothing(draft, provider):
    with refused("invalid"):
        review.submit(listing_id=draft.pk, answers={"scenario_is_concrete": "x"}, actor=provider_actor(provider))


def test_an_item_is_named_once(draft):
    in_review(draft)
    twice = [Correction("scenario_is_concrete", "vague"), Correction("scenario_is_concrete", "short")]
    with refused("invalid") as caught:
        review.request_correction(listing_id=draft.pk, corrections=twice, actor=officer(Role.CLERK))
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/corrections/1/code", "repeated")]


def test_what_was_passed_and_did_not_change_is_not_decided_again(draft):
    listing = at_stage(draft, "GRADE")
    asked = [Correction("sample_is_masked", "names are in the sample", "/product/sample_rows_public")]
    review.request_correction(listing_id=listing.pk, corrections=asked, actor=officer(Role.SECURITY_REVIEWER))
    amend(listing, sample_rows_public=True)
    again = submitted(listing)
    submission = again.submissions.get(round=2)
    assert submission.changes == {"/product/sample_rows_public": [False, True]}
    assert submission.stages == ["GRADE", "QUALITY", "PRICE", "PUBLICATION"]
    assert again.stage == "GRADE"


def test_a_change_opens_the_stage_again_that_it_concerns(draft):
    listing = at_stage(draft, "GRADE")
    asked = [Correction("sample_is_masked", "names are in the sample")]
    review.request_correction(listing_id=listing.pk, corrections=asked, actor=officer(Role.SECURITY_REVIEWER))
    amend(listing, evidence={"LAWFUL_COLLECTION": "another notice"})
    again = submitted(listing)
    assert again.stage == "SOURCE_RIGHTS"
    assert again.submissions.get(round=2).stages == ["SOURCE_RIGHTS", "GRADE", "QUALITY", "PRICE", "PUBLICATION"]
    with refused("forbidden"):  # it is the lawyer's now, not the clerk's
        review.start_review(listing_id=listing.pk, actor=officer(Role.CLERK))
    assert review.start_review(listing_id=listing.pk, actor=officer(Role.LEGAL_REVIEWER)).state == "COMPLIANCE"


def test_what_changed_twice_is_compared_with_what_was_passed(draft, provider):
    """A listing that goes round more than once is decided on everything that any round touched."""
    listing = at_stage(draft, "PRICE")
    dear = [Correction("price_is_plausible", "too dear")]
    review.request_correction(listing_id=listing.pk, corrections=dear, actor=officer(Role.QUALITY_REVIEWER))
    amend(listing, personal_data="NONE", scenario={"zh-Hans": "快递企业校验地址"})
    assert submitted(listing).stage == "COMPLETENESS"
    review.start_review(listing_id=listing.pk, actor=officer(Role.CLERK))
    at_price = passed(listing)
    assert at_price.stage == "PRICE"
    assert approved_from(at_price).state == "LISTED"


def approved_from(listing: Listing) -> Listing:
    listing = passed(listing)
    return review.approve(
        listing_id=listing.pk, answers=all_ok(listing, listing.stage), actor=officer(Role.COMPLIANCE_REVIEWER)
    )


def test_a_second_list_may_name_what_the_correction_brought_about(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    lawyer = officer(Role.LEGAL_REVIEWER)
    review.request_correction(listing_id=listing.pk, corrections=[SOURCE], actor=lawyer)
    amend(listing, rights=["USE", "OPERATE"])
    submitted(listing)
    review.start_review(listing_id=listing.pk, actor=lawyer)
    with refused("correction_given_once"):
        late = [Correction("rights_cover_the_terms", "resale is not covered", "/product/resale_allowed")]
        review.request_correction(listing_id=listing.pk, corrections=late, actor=lawyer)
    arising = [Correction("rights_cover_the_terms", "the right to hold is gone", "/product/rights")]
    assert review.request_correction(listing_id=listing.pk, corrections=arising, actor=lawyer).state == "CORRECTION"


def test_a_pointer_beside_what_changed_is_no_way_in(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    lawyer = officer(Role.LEGAL_REVIEWER)
    review.request_correction(listing_id=listing.pk, corrections=[SOURCE], actor=lawyer)
    amend(listing, rights=["USE", "OPERATE"])
    submitted(listing)
    review.start_review(listing_id=listing.pk, actor=lawyer)
    for pointer in ("", "/product/rights_of_others", "/"):
        with refused("correction_given_once"):
            late = [Correction("rights_cover_the_terms", "new", pointer)]
            review.request_correction(listing_id=listing.pk, corrections=late, actor=lawyer)


def test_a_new_plan_is_a_change_and_its_price_is_looked_at(draft, provider):
    listing = at_stage(draft, "GRADE")
    asked = [Correction("sample_is_masked", "names are in the sample")]
    review.request_correction(listing_id=listing.pk, corrections=asked, actor=officer(Role.SECURITY_REVIEWER))
    cheaper = make_plan(draft.product, "1.00")
    amend_listing(listing_id=listing.pk, plan_ids=[cheaper.pk], actor=provider_actor(provider))
    changed = submitted(listing).submissions.get(round=2).changes
    assert list(changed) == ["/plans"]
    assert changed["/plans"][1] == [{"id": str(cheaper.pk), "kind": "ONE_OFF", "price_minor": 100, "currency": "CNY"}]


def test_a_field_that_no_stage_knows_is_read_by_the_first():
    plan = checklist_named("gzdex-2026-11-01").plan({"product_type": "DATASET"})
    codes = [stage.code for stage in plan]
    everything = stages_to_decide(plan, {"/product/colour"}, passed=codes, asked="PRICE")
    assert everything == ["COMPLETENESS", "PRICE", "PUBLICATION"]
    assert stages_to_decide(plan, {}, passed=(), asked="") == codes


def test_values_that_come_and_go_are_changes():
    assert changes_between({"/a": 1, "/b": 2}, {"/b": 2, "/c": 3}) == {"/a": [1, None], "/c": [None, 3]}


def test_a_submission_is_never_rewritten(draft):
    submitted(draft)
    for change in (lambda: Submission.objects.update(round=7), lambda: Submission.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


# --- desks ----------------------------------------------------------------------------------------------------------


def test_an_officer_takes_a_listing_and_no_other_decides_it(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    mine, other = (make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER) for _ in range(2))
    assert claim(listing_id=listing.pk, actor=actor(mine)).assignee == mine
    with refused("stage_taken"):
        claim(listing_id=listing.pk, actor=actor(other))
    with refused("stage_taken"):
        passed(listing, other)
    assert passed(listing, mine).assignee is None


def test_a_listing_goes_back_into_the_queue_or_to_somebody_else(draft):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    mine, other = (make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER) for _ in range(2))
    claim(listing_id=listing.pk, actor=actor(mine))
    with refused("forbidden"):
        release(listing_id=listing.pk, actor=actor(other))
    release(listing_id=listing.pk, actor=actor(mine))
    head = officer(Role.VENUE_ADMIN)
    assert assign(listing_id=listing.pk, person_id=other.pk, actor=head).assignee == other
    assert release(listing_id=listing.pk, actor=head).assignee is None
    actions = AuditEvent.objects.filter(subject_id=str(listing.pk)).order_by("id").values_list("action", flat=True)
    assert list(actions)[-4:] == ["listing.claimed", "listing.released", "listing.assigned", "listing.released"]


def test_work_is_given_to_officers_of_the_stage_only_and_to_nobody_it_bars(draft, provider):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    head = officer(Role.VENUE_ADMIN)
    related = make_person(operator_of("gzdex"), Role.LEGAL_REVIEWER)
    affiliate(related, provider, Role.VIEWER)
    for person, code in (
        (staff("gzdex", Role.CLERK), "forbidden"),
        (staff("szdex", Role.LEGAL_REVIEWER), "unknown"),
        (person_of(provider), "unknown"),
        (related, "conflict_of_interest"),
    ):
        with refused("invalid") as caught:
            assign(listing_id=listing.pk, person_id=person.pk, actor=head)
        assert [(error.pointer, error.code) for error in caught.value.errors] == [("/person_id", code)]
    with refused("forbidden"):
        assign(listing_id=listing.pk, person_id=related.pk, actor=officer(Role.CLERK))


def test_nothing_lies_on_a_desk_outside_a_review(draft):
    submitted(draft)
    with refused("illegal_state"):
        claim(listing_id=draft.pk, actor=officer(Role.CLERK))
    approved_listing = approved(draft_listing(registered_product(draft.organization)))
    assert (approved_listing.stage, approved_listing.assignee) == ("", None)


# --- over HTTP ------------------------------------------------------------------------------------------------------


def test_an_officer_finds_their_queue_and_their_desk(draft, provider):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    lawyer = api(staff("gzdex", Role.LEGAL_REVIEWER))
    address = f"/api/v1/listings/{listing.pk}"
    queue = {"stage": "SOURCE_RIGHTS", "desk": "nobody"}
    assert [item["id"] for item in lawyer.get("/api/v1/listings", queue).json()["items"]] == [str(listing.pk)]
    assert lawyer.post(f"{address}/claim").status_code == 200
    assert lawyer.get("/api/v1/listings", queue).json()["items"] == []
    assert len(lawyer.get("/api/v1/listings", {"desk": "mine"}).json()["items"]) == 1
    assert lawyer.post(f"{address}/release").status_code == 200
    someone = str(staff("gzdex", Role.LEGAL_REVIEWER).pk)
    given = api(staff("gzdex", Role.VENUE_ADMIN)).post(f"{address}/assign", {"person_id": someone})
    assert given.status_code == 200


def test_the_provider_reads_what_it_changed_and_answers_over_http(draft, provider):
    listing = at_stage(draft, "SOURCE_RIGHTS")
    http = api(person_of(provider))
    address = f"/api/v1/listings/{listing.pk}"
    review.request_correction(listing_id=listing.pk, corrections=[SOURCE], actor=officer(Role.LEGAL_REVIEWER))
    refusal = http.post(f"{address}/submit").json()
    assert [error["pointer"] for error in refusal["errors"]] == ["/answers/source_is_lawful"]
    amend(listing, evidence={"LAWFUL_COLLECTION": "the notice of 2024"})
    answers = {"source_is_lawful": "The notice is attached."}
    assert http.post(f"{address}/submit", {"answers": answers}).json()["stage"] == "SOURCE_RIGHTS"
    last, first = http.get(f"{address}/submissions").json()["items"]
    assert (last["round"], last["answers"]) == (2, answers)
    assert last["changes"]["/product/evidence"][1] == {"LAWFUL_COLLECTION": "the notice of 2024"}
    assert (first["round"], first["changes"]) == (1, {})
