"""Review: two different people, one list of corrections, one winner of a race, and a certificate at the end."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Capacity, Membership, Role
from kernel.models import AuditEvent, Certificate
from kernel.problems import Problem
from listings import review
from listings.checklists import Answer, Correction
from listings.listing import (
    amend_listing,
    create_listing,
    delete_listing,
    delist,
    offer_for,
    relist,
    suspend,
)
from listings.models import Listing, Plan, Review
from listings.registration import amend_product
from listings.review_rules import case_of
from tests.listings.offers import (
    all_ok,
    approved,
    at_stage,
    draft_listing,
    draft_product,
    in_compliance,
    in_review,
    listed,
    make_dataset,
    make_plan,
    make_terms,
    make_version,
    passed,
    provider_actor,
    registered_product,
    submitted,
)
from tests.refusals import refused
from tests.world import actor, affiliate, make_member, make_membership, make_person, operator_of, staff

pytestmark = pytest.mark.django_db

SCENARIO = Correction("scenario_is_concrete", "say who checks what", "/scenario")


@pytest.fixture
def provider():
    return make_member()


@pytest.fixture
def draft(provider):
    return draft_listing(registered_product(provider))


@pytest.fixture
def clerk():
    return actor(staff("gzdex", Role.CLERK))


@pytest.fixture
def reviewer():
    return actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))


def approve(listing, who):
    return review.approve(listing_id=listing.pk, answers=all_ok(listing, "PUBLICATION"), actor=who)


def pass_completeness(listing, who):
    answers = all_ok(listing, "COMPLETENESS")
    return review.pass_stage(listing_id=listing.pk, stage="COMPLETENESS", answers=answers, actor=who)


def ask(listing, who, *corrections):
    return review.request_correction(listing_id=listing.pk, corrections=corrections, actor=who)


# --- drafts ---------------------------------------------------------------------------------------------------------


def test_no_registration_no_listing(provider):
    with refused("product_not_registered"):
        draft_listing(draft_product(provider))


def test_only_a_ready_version_is_offered(provider):
    product = registered_product(provider)
    still_open = make_version(product.dataset, state="OPEN")
    with refused("invalid") as caught:
        draft_listing(product, version_id=still_open.pk)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/version_id", "version_not_ready")]


def test_a_listing_offers_parts_of_its_own_product_only(provider):
    product, other = registered_product(provider), registered_product(provider)
    with refused("invalid") as caught:
        create_listing(
            product_id=product.pk,
            venue_code="gzdex",
            version_id=make_version(make_dataset(provider)).pk,
            terms_id=make_terms(other).pk,
            plan_ids=[make_plan(product).pk, make_plan(other).pk],
            actor=provider_actor(provider),
        )
    assert [error.pointer for error in caught.value.errors] == ["/version_id", "/terms_id", "/plan_ids/1"]


def test_an_unknown_venue_is_refused(provider):
    with refused("invalid") as caught:
        draft_listing(registered_product(provider), "bjdex")
    assert [(error.pointer, error.code) for error in caught.value.errors] == [("/venue", "unknown_venue")]


def test_a_product_has_one_live_listing_at_a_venue_and_may_be_at_both(draft):
    with refused("live_listing_exists"):
        draft_listing(draft.product)
    assert draft_listing(draft.product, "szdex").venue.code == "szdex"


def test_a_product_may_be_offered_again_after_its_listing_ended(provider, draft, clerk):
    in_review(draft)
    review.reject(listing_id=draft.pk, reason="not described", actor=clerk)
    again = draft_listing(draft.product)
    approved(again)
    delist(listing_id=again.pk, reason="moved", actor=provider_actor(provider))
    draft_listing(draft.product)


def test_the_database_refuses_a_second_live_listing(draft):
    with pytest.raises(IntegrityError, match="one_live_listing_by_product_and_venue"), transaction.atomic():
        Listing.objects.create(
            product=draft.product,
            organization=draft.organization,
            venue=draft.venue,
            version=draft.version,
            terms=draft.terms,
        )


def test_a_draft_can_be_changed_and_deleted_and_what_is_submitted_cannot(provider, draft):
    who = provider_actor(provider)
    plans = [make_plan(draft.product, "1.00"), make_plan(draft.product, "0")]
    amend_listing(listing_id=draft.pk, plan_ids=[plan.pk for plan in plans], actor=who)
    assert set(draft.plans.all()) == set(plans)
    submitted(draft)
    with refused("illegal_state"):
        amend_listing(listing_id=draft.pk, plan_ids=[plans[0].pk], actor=who)
    with refused("illegal_state"):
        delete_listing(listing_id=draft.pk, actor=who)


def test_a_deleted_draft_leaves_its_plans_and_an_audit_event(provider, draft):
    delete_listing(listing_id=draft.pk, actor=provider_actor(provider))
    assert not Listing.objects.exists()
    assert Plan.objects.count() == 1
    assert AuditEvent.objects.filter(action="listing.deleted", subject_id=str(draft.pk)).exists()


# --- submission -----------------------------------------------------------------------------------------------------


def test_a_submitted_listing_gets_a_number_of_its_venue(draft):
    assert submitted(draft).number.startswith("GZ-L-")
    other = submitted(draft_listing(draft_listing_product(draft), "szdex"))
    assert other.number.startswith("SZ-L-")


def draft_listing_product(draft):
    make_membership(draft.organization, "szdex", Capacity.PROVIDER)
    return draft.product


def test_without_an_active_membership_nothing_is_submitted(provider, draft):
    Membership.objects.filter(organization=provider).update(state=Membership.State.SUSPENDED)
    with refused("membership_required"):
        submitted(draft)


def test_a_member_of_one_venue_cannot_submit_at_the_other(draft):
    elsewhere = draft_listing(draft.product, "szdex")
    with refused("membership_required"):
        submitted(elsewhere)


def test_a_buyer_is_no_provider():
    buyer = make_member("gzdex", Capacity.BUYER)
    with refused("membership_required"):
        submitted(draft_listing(registered_product(buyer)))


def test_a_correction_that_broke_the_dossier_is_not_resubmitted(provider, draft, clerk):
    ask(in_review(draft), clerk, SCENARIO)
    draft.product.__class__.objects.filter(pk=draft.product_id).update(industry="Z99")
    with refused("invalid") as caught:
        submitted(draft)
    assert [error.pointer for error in caught.value.errors] == ["/product/industry"]


# --- two people -----------------------------------------------------------------------------------------------------


def test_the_first_reviewer_cannot_approve(draft, reviewer):
    in_compliance(draft, staff("gzdex", Role.COMPLIANCE_REVIEWER))
    with refused("same_person"):
        approve(draft, reviewer)
    second = actor(make_person(operator_of("gzdex"), Role.COMPLIANCE_REVIEWER))
    assert approve(draft, second).state == "LISTED"


def test_the_first_reviewer_cannot_reject_at_the_second_stage_either(draft, reviewer):
    in_compliance(draft, staff("gzdex", Role.COMPLIANCE_REVIEWER))
    with refused("same_person"):
        review.reject(listing_id=draft.pk, reason="no", actor=reviewer)


def test_a_clerk_cannot_approve(draft, clerk):
    in_compliance(draft)
    second_clerk = actor(make_person(operator_of("gzdex"), Role.CLERK))
    for who in (clerk, second_clerk):
        with refused("forbidden"):
            approve(draft, who)


def test_a_submitter_who_is_also_on_the_staff_reviews_nothing_of_it(provider, draft):
    both = make_person(provider, Role.ADMIN)
    operator = operator_of("gzdex")
    affiliate(both, operator, Role.COMPLIANCE_REVIEWER)
    review.submit(listing_id=draft.pk, actor=actor(both, provider))
    as_staff = actor(both, operator)
    with refused("same_person"):
        review.start_review(listing_id=draft.pk, actor=as_staff)
    clerk = actor(staff("gzdex", Role.CLERK))
    review.start_review(listing_id=draft.pk, actor=clerk)
    while not case_of(Listing.objects.get(pk=draft.pk)).is_last:
        passed(draft)
    with refused("same_person"):
        approve(draft, as_staff)


def test_the_venues_operator_does_not_review_its_own_listing(reviewer):
    operator = operator_of("gzdex")
    make_person(operator, Role.ADMIN)
    make_membership(operator, "gzdex", Capacity.PROVIDER)
    listing = submitted(draft_listing(registered_product(operator)))
    with refused("conflict_of_interest"):
        review.start_review(listing_id=listing.pk, actor=reviewer)


def test_staff_of_another_venue_cannot_even_see_the_listing(draft):
    submitted(draft)
    with refused("not_found"):
        review.start_review(listing_id=draft.pk, actor=actor(staff("szdex", Role.CLERK)))


def test_the_provider_cannot_review(provider, draft):
    submitted(draft)
    with refused("forbidden"):
        review.start_review(listing_id=draft.pk, actor=provider_actor(provider))


def test_the_database_refuses_an_approval_by_the_first_reviewer(draft):
    listing = approved(draft)
    with pytest.raises(IntegrityError, match="listing_is_approved_by_a_third_person"), transaction.atomic():
        Listing.objects.filter(pk=listing.pk).update(approved_by=listing.reviewed_by)


# --- the checklist --------------------------------------------------------------------------------------------------


def test_every_item_of_the_stage_is_answered_with_yes(draft, clerk):
    in_review(draft)
    answers = all_ok(draft, "COMPLETENESS")
    answers["files_match_description"] = Answer(ok=False, note="a column is missing")
    del answers["scenario_is_concrete"]
    answers["is_pretty"] = Answer(ok=True)
    with refused("invalid") as caught:
        review.pass_stage(listing_id=draft.pk, stage="COMPLETENESS", answers=answers, actor=clerk)
    assert {error.pointer: error.code for error in caught.value.errors} == {
        "/checklist/files_match_description": "not_ok",
        "/checklist/scenario_is_concrete": "required",
        "/checklist/is_pretty": "unknown_item",
    }
    assert not Review.objects.exists()


def test_the_decision_keeps_the_answers_and_the_edition_they_were_given_to(draft):
    listing = approved(draft)
    first, *_others, last = listing.reviews.order_by("id")
    assert (first.stage, first.decision, first.edition) == ("COMPLETENESS", "PASS", "gzdex-2026-11-01")
    assert (last.stage, last.decision) == ("PUBLICATION", "PASS")
    assert first.reviewer != last.reviewer
    assert first.checklist["scenario_is_concrete"] == {"ok": True, "note": ""}


def test_a_review_is_never_rewritten(draft):
    listing = approved(draft)
    for change in (
        lambda: listing.reviews.update(reason="other"),
        lambda: Review.objects.filter(listing=listing).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


# --- corrections ----------------------------------------------------------------------------------------------------


def test_a_corrected_listing_keeps_its_number_and_comes_back(provider, draft, clerk, reviewer):
    ask(in_review(draft), clerk, SCENARIO)
    number = Listing.objects.get(pk=draft.pk).number
    changes = {"scenario": {"zh-Hans": "快递企业校验地址"}}
    amend_product(product_id=draft.product_id, changes=changes, actor=provider_actor(provider))
    in_compliance(draft)
    assert approve(draft, reviewer).number == number
    assert [r.decision for r in draft.reviews.order_by("id")] == ["CORRECT", *["PASS"] * 6]


def test_corrections_are_asked_for_once_and_later_only_repeated(draft, clerk):
    ask(in_review(draft), clerk, SCENARIO)
    in_review(draft)
    with refused("correction_given_once") as caught:
        ask(draft, clerk, SCENARIO, Correction("files_match_description", "suddenly another"))
    assert caught.value.extensions["codes"] == ["files_match_description"]
    assert ask(draft, clerk, SCENARIO).state == "CORRECTION"


def test_each_stage_has_its_own_request(draft, clerk):
    ask(in_review(draft), clerk, SCENARIO)
    at_stage(draft, "SOURCE_RIGHTS")
    lawyer = actor(staff("gzdex", Role.LEGAL_REVIEWER))
    listing = ask(draft, lawyer, Correction("source_is_lawful", "attach the notice"))
    assert listing.state == "CORRECTION"
    assert submitted(draft).state == "SUBMITTED"


@pytest.mark.parametrize(
    ("corrections", "pointer"),
    [
        ([], "/corrections"),
        ([Correction("scenario_is_concrete", "  ")], "/corrections/0/reason"),
        ([SCENARIO, Correction("source_is_lawful", "of the other stage")], "/corrections/1/code"),
    ],
)
def test_a_request_says_which_item_and_why(draft, clerk, corrections, pointer):
    in_review(draft)
    with refused("invalid") as caught:
        ask(draft, clerk, *corrections)
    assert [error.pointer for error in caught.value.errors] == [pointer]


def test_a_rejection_has_a_reason_and_is_final(draft, clerk):
    in_review(draft)
    with refused("invalid"):
        review.reject(listing_id=draft.pk, reason=" ", actor=clerk)
    review.reject(listing_id=draft.pk, reason="the source is not yours", actor=clerk)
    assert draft.reviews.get().reason == "the source is not yours"
    with refused("illegal_state"):
        submitted(draft)


@pytest.mark.parametrize("stage", ["DRAFT", "SUBMITTED", "LISTED"])
def test_nothing_is_decided_outside_a_stage(provider, draft, clerk, reviewer, stage):
    listing = {"DRAFT": lambda: draft, "SUBMITTED": lambda: submitted(draft), "LISTED": lambda: approved(draft)}[
        stage
    ]()
    for act in (
        lambda: pass_completeness(listing, clerk),
        lambda: approve(listing, reviewer),
        lambda: ask(listing, clerk, SCENARIO),
        lambda: review.reject(listing_id=listing.pk, reason="no", actor=clerk),
    ):
        with refused("illegal_state"):
            act()


# --- listed ---------------------------------------------------------------------------------------------------------


def test_a_listed_product_has_a_registration_certificate(draft):
    listing = approved(draft)
    certificate = Certificate.objects.get(kind="registration")
    content = certificate.statement["content"]
    assert certificate.number.startswith("GZ-R-")
    assert (certificate.organization_id, certificate.venue_id) == (listing.organization_id, listing.venue_id)
    assert content["listing"]["number"] == listing.number
    assert content["version"]["sha256"] == listing.version.sha256
    assert content["product"]["rights"] == ["HOLD", "OPERATE", "USE"]
    assert content["decided_by"] == {"rule_set": "source-rights-2026-07-01", "checklist": "gzdex-2026-11-01"}


def test_suspending_and_relisting_need_staff_and_a_reason(provider, reviewer, clerk):
    listing = listed(provider)
    for who in (clerk, provider_actor(provider)):
        with refused("forbidden"):
            suspend(listing_id=listing.pk, reason="complaint", actor=who)
    with refused("invalid"):
        suspend(listing_id=listing.pk, reason="", actor=reviewer)
    suspend(listing_id=listing.pk, reason="complaint about the source", actor=reviewer)
    with refused("forbidden"):
        relist(listing_id=listing.pk, reason="settled", actor=provider_actor(provider))
    assert relist(listing_id=listing.pk, reason="settled", actor=reviewer).state == "LISTED"
    assert Certificate.objects.filter(kind="registration").count() == 1
    events = AuditEvent.objects.filter(subject_id=str(listing.pk), reason__gt="").order_by("id")
    assert [(e.action, e.reason) for e in events] == [
        ("listing.suspended", "complaint about the source"),
        ("listing.listed", "settled"),
    ]


def test_relisting_is_no_way_around_the_approval(draft, reviewer):
    in_compliance(draft)
    with refused("illegal_state"):
        relist(listing_id=draft.pk, reason="quickly", actor=reviewer)


@pytest.mark.parametrize("by", ["provider", "staff"])
def test_a_listing_is_ended_by_its_provider_or_by_staff_for_good(provider, reviewer, by):
    listing = listed(provider)
    who = provider_actor(provider) if by == "provider" else reviewer
    delist(listing_id=listing.pk, reason="end of life", actor=who)
    with refused("illegal_state"):
        relist(listing_id=listing.pk, reason="after all", actor=reviewer)


def test_an_offer_has_all_that_an_agreement_freezes_in_one_query(provider, django_assert_num_queries):
    listing = listed(provider)
    plan = listing.plans.get()
    with django_assert_num_queries(1):
        offer = offer_for(listing.pk, plan.pk)
        assert (offer.provider, offer.venue, offer.plan) == (provider, listing.venue, plan)
        assert (offer.product, offer.terms, offer.version) == (listing.product, listing.terms, listing.version)


def test_there_is_no_offer_of_what_is_not_listed_or_with_a_plan_of_another_listing(provider, reviewer):
    listing, other = listed(provider), listed(provider)
    plan = listing.plans.get()
    with refused("listing_not_available"):
        offer_for(listing.pk, other.plans.get().pk)
    suspend(listing_id=listing.pk, reason="complaint", actor=reviewer)
    with refused("listing_not_available"):
        offer_for(listing.pk, plan.pk)


# --- races ----------------------------------------------------------------------------------------------------------


def at_once(*acts):
    """Run the acts in threads that start together; return each one's result or the code of its refusal."""
    barrier = Barrier(len(acts))

    def run(act):
        try:
            barrier.wait(timeout=10)
            return act().state
        except Problem as problem:
            return problem.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_who_approve_at_once_one_wins():
    listing = in_compliance(draft_listing(registered_product(make_member())))
    operator = operator_of("gzdex")
    reviewers = [actor(make_person(operator, Role.COMPLIANCE_REVIEWER)) for _ in range(4)]
    outcomes = at_once(*(lambda who=who: approve(listing, who) for who in reviewers))
    assert outcomes == ["LISTED", "illegal_state", "illegal_state", "illegal_state"]
    assert Review.objects.filter(stage="PUBLICATION").count() == 1
    assert Certificate.objects.filter(kind="registration").count() == 1
    assert AuditEvent.objects.filter(action="listing.listed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_product_cannot_change_under_its_submission():
    provider = make_member()
    listing = draft_listing(registered_product(provider))
    who = provider_actor(provider)

    outcomes = at_once(
        lambda: submitted(listing),
        lambda: amend_product(product_id=listing.product_id, changes={"industry": "I64"}, actor=who),
    )
    # Either the change came first and was submitted with it, or it was refused; never in between.
    assert outcomes in (["REGISTERED", "SUBMITTED"], ["SUBMITTED", "product_in_use"])
