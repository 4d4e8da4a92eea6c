"""The gates of each venue, by its table: at submission, at listing, at ordering."""

import pytest

from accounts.models import Role
from listings import review
from listings.checklists import checklist_named
from listings.gates import refuse_closed_gates
from listings.listing import offer_for
from listings.models import Listing, Product
from tests.listings.offers import all_ok, at_stage, draft_listing, in_compliance, listed, registered_product, submitted
from tests.refusals import refused
from tests.world import actor, make_member, make_membership, staff

pytestmark = pytest.mark.django_db

GUANGZHOU, SHENZHEN = checklist_named("gzdex-2026-11-01"), checklist_named("szdex-2026-11-01")


@pytest.fixture
def provider():
    return make_member()


def closed(code: str, act) -> bool:
    with refused("gate_closed") as caught:
        act()
    return code in caught.value.extensions["gates"]


def test_no_scenario_no_registration_at_guangzhou(provider):
    draft = draft_listing(registered_product(provider))
    Product.objects.filter(pk=draft.product_id).update(scenario={"zh-Hans": " "})
    assert closed("scenario_before_registration", lambda: submitted(draft))


def test_no_registration_no_trade_at_guangzhou(provider):
    draft = draft_listing(registered_product(provider))
    Product.objects.filter(pk=draft.product_id).update(state="DRAFT")
    assert closed("registration_before_trade", lambda: submitted(draft))
    offered = listed(provider)
    Product.objects.filter(pk=offered.product_id).update(state="RETIRED")
    assert closed("registration_before_trade", lambda: offer_for(offered.pk, offered.plans.get().pk))


def test_no_compliance_no_listing_at_guangzhou(provider):
    listing = at_stage(draft_listing(registered_product(provider)), "GRADE")
    Listing.objects.filter(pk=listing.pk).update(stage="PUBLICATION")
    publisher = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    answers = all_ok(listing, "PUBLICATION")
    assert closed(
        "compliance_before_listing",
        lambda: review.approve(listing_id=listing.pk, answers=answers, actor=publisher),
    )


def test_shenzhen_has_gates_of_its_own(provider):
    make_membership(provider, "szdex")
    listing = in_compliance(draft_listing(registered_product(provider), "szdex"))
    Product.objects.filter(pk=listing.product_id).update(rights=["HOLD", "USE"])
    publisher = actor(staff("szdex", Role.COMPLIANCE_REVIEWER))
    answers = all_ok(listing, "PUBLICATION")
    assert closed(
        "lawful_source_before_listing",
        lambda: review.approve(listing_id=listing.pk, answers=answers, actor=publisher),
    )


def test_the_tables_tell_the_venues_apart(provider):
    draft = draft_listing(registered_product(provider))
    draft.product.scenario = {}
    refuse_closed_gates(draft, SHENZHEN, "submit")
    assert closed("scenario_before_registration", lambda: refuse_closed_gates(draft, GUANGZHOU, "submit"))
    assert [gate.act for gate in SHENZHEN.gates] == ["list", "list"]


def test_the_first_edition_had_no_gates(provider):
    draft = draft_listing(registered_product(provider))
    draft.product.scenario = {}
    refuse_closed_gates(draft, checklist_named("gzdex-2026-01-01"), "submit")
