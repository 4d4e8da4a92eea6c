"""Registration: a dossier with no gaps and no wrong values, rights that fit the source, and no change while offered."""

from datetime import date

import pytest

from accounts.models import Role
from kernel.models import AuditEvent
from kernel.problems import Problem
from listings.listing import delist
from listings.models import Dataset, Plan, Product, Terms
from listings.registration import (
    amend_product,
    create_product,
    delete_product,
    register_product,
    retire_product,
)
from tests.listings.offers import (
    dossier,
    draft_listing,
    draft_product,
    in_review,
    listed,
    make_dataset,
    make_plan,
    make_terms,
    provider_actor,
    registered_product,
)
from tests.refusals import refused
from tests.world import actor, make_member, make_person, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider():
    return make_member()


def errors_of(problem: Problem) -> dict[str, str]:
    return {error.pointer: error.code for error in problem.errors}


def refusal_of(provider, **changes) -> dict[str, str]:
    """Try to make a product with that dossier and return the field errors."""
    with refused("invalid") as caught:
        draft_product(provider, **changes)
    assert not Product.objects.exists()
    return errors_of(caught.value)


def test_a_complete_dossier_is_registered_with_a_number_and_the_rule_set_that_decided(provider):
    product = registered_product(provider)
    assert product.state == Product.State.REGISTERED
    assert product.number.startswith("DW-P-")
    assert product.rule_set == "source-rights-2026-07-01"
    event = AuditEvent.objects.get(action="product.registered")
    assert (event.subject_id, event.organization_id) == (str(product.pk), provider.pk)


def test_a_name_may_have_forty_chinese_characters_and_not_forty_one(provider):
    assert draft_product(provider, name={"zh-Hans": "数" * 40}).name == {"zh-Hans": "数" * 40}
    Product.objects.all().delete()
    assert refusal_of(provider, name={"zh-Hans": "数" * 41}) == {"/name": "max_length"}


def test_characters_outside_the_basic_plane_count_once(provider):
    draft_product(provider, name={"zh-Hans": "𠮷" * 40})


def test_each_language_has_its_own_forty_characters(provider):
    assert refusal_of(provider, name={"zh-Hans": "街道", "en": "x" * 41}) == {"/name": "max_length"}


def test_a_summary_has_at_most_four_hundred_characters(provider):
    draft_product(provider, summary={"zh-Hans": "说" * 400})
    Product.objects.all().delete()
    assert refusal_of(provider, summary={"zh-Hans": "说" * 401}) == {"/summary": "max_length"}


def test_languages_other_than_the_three_are_refused(provider):
    assert refusal_of(provider, name={"fr": "Rues"}) == {"/name": "unknown_language"}


@pytest.mark.parametrize("code", ["I99", "A65", "65", "Z01", "i65"])
def test_an_industry_that_the_standard_does_not_know_is_refused(provider, code):
    assert refusal_of(provider, industry=code) == {"/industry": "unknown_industry"}


def test_a_time_span_runs_forward(provider):
    assert refusal_of(provider, time_from=date(2024, 2, 1), time_to=date(2024, 1, 1)) == {"/time_to": "before_start"}


@pytest.mark.parametrize("source", ["ENTRUSTED", "GOVERNMENT"])
def test_entrusted_and_government_data_cannot_be_registered(provider, source):
    assert refusal_of(provider, source_kind=source) == {"/source_kind": "not_registrable"}


def test_raw_crawled_data_give_no_right_to_operate(provider):
    errors = refusal_of(
        provider,
        source_kind="CRAWLED_PUBLIC",
        processing="RAW",
        evidence={"PUBLIC_SOURCE": "robots.txt", "NO_INTRUSION": "公开页面"},
    )
    assert errors == {"/rights/2": "right_not_available"}


def test_raw_crawled_data_may_be_registered_but_not_offered(provider):
    product = registered_product(
        provider,
        source_kind="CRAWLED_PUBLIC",
        processing="RAW",
        rights=["HOLD", "USE"],
        evidence={"PUBLIC_SOURCE": "公开", "NO_INTRUSION": "未绕过"},
    )
    with refused("right_to_sell_missing"):
        draft_listing(product)


def test_crawled_data_that_were_processed_need_proof_that_they_do_not_replace_their_source(provider):
    evidence = {"PUBLIC_SOURCE": "公开", "NO_INTRUSION": "未绕过"}
    product = draft_product(provider, source_kind="CRAWLED_PUBLIC", evidence=evidence)
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/evidence/NO_SUBSTITUTION": "evidence_missing"}

    evidence["NO_SUBSTITUTION"] = "按街道汇总,不含原文"
    amend_product(product_id=product.pk, changes={"evidence": evidence}, actor=provider_actor(provider))
    assert register_product(product_id=product.pk, actor=provider_actor(provider)).state == "REGISTERED"


def test_joint_data_need_the_consent_of_the_others_only_to_be_operated(provider):
    evidence = {"JOINT_HOLDERS": "甲、乙"}
    registered_product(provider, source_kind="JOINT", rights=["HOLD", "USE"], evidence=evidence)
    with refused("invalid") as caught:
        registered_product(provider, source_kind="JOINT", evidence=evidence)
    assert errors_of(caught.value) == {"/evidence/CONSENT_OF_OTHERS": "evidence_missing"}


def test_personal_information_needs_a_lawful_basis(provider):
    with refused("invalid") as caught:
        registered_product(provider, personal_data="GENERAL")
    assert errors_of(caught.value) == {"/evidence/PERSONAL_INFORMATION_BASIS": "evidence_missing"}


@pytest.mark.parametrize(
    ("evidence", "error"),
    [
        ({"RUMOUR": "they say so"}, {"/evidence/RUMOUR": "unknown_evidence"}),
        ({"CONTRACT": "  "}, {"/evidence/CONTRACT": "invalid"}),
        ({"CONTRACT": 7}, {"/evidence/CONTRACT": "invalid"}),
        (["CONTRACT"], {"/evidence": "invalid"}),
    ],
)
def test_evidence_is_a_statement_of_a_known_kind(provider, evidence, error):
    assert refusal_of(provider, evidence=evidence) == error


def test_no_scenario_no_registration(provider):
    product = draft_product(provider, scenario={})
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/scenario": "required"}
    product.refresh_from_db()
    assert (product.state, product.number) == ("DRAFT", None)


def test_everything_that_is_missing_is_said_at_once(provider):
    version_dataset = make_dataset(provider)
    product = create_product(dataset_id=version_dataset.pk, dossier={}, actor=provider_actor(provider))
    with refused("invalid") as caught:
        register_product(product_id=product.pk, actor=provider_actor(provider))
    assert errors_of(caught.value) == dict.fromkeys(
        (
            "/name",
            "/summary",
            "/scenario",
            "/industry",
            "/language",
            "/source_kind",
            "/rights",
            "/region_scope",
            "/time_from",
            "/frequency",
            "/type_fields/shape",
            "/type_fields/structure",
        ),
        "required",
    )


def test_a_product_is_registered_once(provider):
    product = registered_product(provider)
    with refused("illegal_state"):
        register_product(product_id=product.pk, actor=provider_actor(provider))


def test_the_dataset_of_another_organization_is_unknown(provider):
    theirs = make_dataset(make_member())
    with refused("invalid") as caught:
        create_product(dataset_id=theirs.pk, dossier=dossier(), actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/dataset_id": "unknown"}


def test_a_product_of_another_organization_cannot_be_found(provider):
    product = draft_product(provider)
    with refused("not_found"):
        amend_product(product_id=product.pk, changes={"industry": "I64"}, actor=provider_actor(make_member()))


def test_a_viewer_may_not_make_products(provider):
    dataset = make_dataset(provider)
    with refused("forbidden"):
        create_product(dataset_id=dataset.pk, dossier=dossier(), actor=actor(make_person(provider, Role.VIEWER)))


def test_staff_read_what_is_offered_at_their_venue_and_nothing_else(provider):
    offered = draft_listing(registered_product(provider)).product
    draft_product(provider)
    seen = Product.objects.visible_to(actor(staff("gzdex")))
    assert list(seen) == [offered]
    assert not Product.objects.visible_to(actor(staff("szdex"))).exists()
    with refused("forbidden"):
        amend_product(product_id=offered.pk, changes={"industry": "I64"}, actor=actor(staff("gzdex")))


def test_what_is_under_review_or_offered_does_not_change(provider):
    listing = in_review(draft_listing(registered_product(provider)))
    with refused("product_in_use"):
        amend_product(product_id=listing.product_id, changes={"industry": "I64"}, actor=provider_actor(provider))
    with refused("product_in_use"):
        retire_product(product_id=listing.product_id, actor=provider_actor(provider))


def test_a_registered_product_that_is_offered_nowhere_may_change_but_stays_complete(provider):
    product = registered_product(provider)
    amend_product(product_id=product.pk, changes={"industry": "I64"}, actor=provider_actor(provider))
    with refused("invalid") as caught:
        amend_product(product_id=product.pk, changes={"scenario": {}}, actor=provider_actor(provider))
    assert errors_of(caught.value) == {"/scenario": "required"}
    product.refresh_from_db()
    assert (product.industry, bool(product.scenario)) == ("I64", True)


def test_a_product_retires_once_its_listings_have_ended(provider):
    listing = listed(provider)
    delist(listing_id=listing.pk, reason="no longer kept up", actor=provider_actor(provider))
    product = retire_product(product_id=listing.product_id, actor=provider_actor(provider))
    assert product.state == Product.State.RETIRED
    with refused("illegal_state"):
        amend_product(product_id=product.pk, changes={"industry": "I64"}, actor=provider_actor(provider))
    with refused("illegal_state"):
        make_plan(product)


def test_a_draft_is_deleted_with_its_plans_and_terms_but_not_its_dataset(provider):
    product = draft_product(provider)
    make_plan(product)
    make_terms(product)
    delete_product(product_id=product.pk, actor=provider_actor(provider))
    assert not Product.objects.exists()
    assert not Plan.objects.exists()
    assert not Terms.objects.exists()
    assert Dataset.objects.filter(organization=provider).exists()


def test_a_registered_product_is_not_deleted(provider):
    product = registered_product(provider)
    with refused("illegal_state"):
        delete_product(product_id=product.pk, actor=provider_actor(provider))
