"""Two lanes across the border: data that come in to be processed and go out again, and research data."""

import pytest

from accounts.models import Capacity, Organization
from kernel.identifiers import uuid7
from kernel.problems import Problem
from listings.crossborder.border_dossier import declare_border_dossier
from listings.crossborder.cases import missing_papers
from listings.crossborder.deciding import latest_decision
from listings.grade_confirmation import confirm_grade
from listings.listing import amend_listing, create_listing
from listings.models import DatasetParent, DatasetVersion, RouteCase
from listings.registration import amend_product, create_product, register_product
from listings.review import submit
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.listings.papers import paper
from tests.marketplace.crossing import buy, case_of, exportable, reviewed, standing
from tests.marketplace.trading import make_buyer, stored_version
from tests.world import actor, make_member, person_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(db: None) -> Organization:
    provider = make_member("gzdex", Capacity.PROVIDER)
    standing(provider)
    return provider


@pytest.fixture
def hong_kong(db: None) -> Organization:
    return make_buyer(jurisdiction="HK")


def test_data_that_came_in_to_be_processed_go_out_again_only_if_no_root_of_them_is_domestic(
    provider: Organization, hong_kong: Organization
) -> None:
    abroad = make_member("gzdex", Capacity.PROVIDER, jurisdiction="HK")
    collected = stored_version(abroad)
    listing = exportable(provider, n_general=200_000, scenario="OVERSEAS_ORIGIN_REEXPORT")
    terms = make_terms(listing.product)

    def comes_from(parent: DatasetVersion) -> None:
        DatasetParent.objects.create(
            dataset=listing.product.dataset,
            parent=parent.dataset,
            organization=provider,
            parent_organization=parent.dataset.organization,
            basis="AGREEMENT",
            agreement_id=uuid7(),
            terms=terms,
        )

    def decided() -> str:
        return str(latest_decision(case_of(buy(listing, hong_kong))).body["route"])

    assert decided() != "exempt_transit"  # nothing shows that it came from abroad
    comes_from(collected)
    assert decided() == "exempt_transit"

    domestic = stored_version(make_member("gzdex", Capacity.PROVIDER))
    comes_from(domestic)
    assert decided() != "exempt_transit"
    owner = actor(person_of(domestic.organization))
    confirm_grade(version_id=domestic.pk, grade="GENERAL", personal_data="NONE", actor=owner)
    assert decided() == "exempt_transit"


def test_research_data_go_to_research_bodies_for_research_with_papers_of_their_own(
    provider: Organization, hong_kong: Organization
) -> None:
    who = actor(person_of(provider))
    version = stored_version(provider)
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    border = {"reach": "GBA", "scenario": "OTHER", "research_cooperation": True}
    declare_border_dossier(product_id=product.pk, fields=border, actor=who)
    offered = {"product_id": product.pk, "venue_code": "gzdex", "version_id": version.pk, "actor": who}
    plans = [make_plan(product, "10.00").pk]
    anything = create_listing(**offered, terms_id=make_terms(product).pk, plan_ids=plans)
    with pytest.raises(Problem) as refused:
        submit(listing_id=anything.pk, actor=who)
    assert {error.pointer for error in refused.value.errors} == {
        "/product/border_dossier/scenario",
        "/product/buyer_kinds",
        "/product/evidence/COOPERATION_AGREEMENT",
        "/product/evidence/ETHICS_APPROVAL",
        "/terms_id",
    }

    academic = {"scenario": "TRADE_TRANSPORT_ACADEMIC_MANUFACT_MARKETING"}
    declare_border_dossier(product_id=product.pk, fields=border | academic, actor=who)
    amend_product(product_id=product.pk, changes={"buyer_kinds": ["RESEARCH"]}, actor=who)
    for evidence in ("ETHICS_APPROVAL", "COOPERATION_AGREEMENT"):
        paper(product, evidence=evidence)
    terms = make_terms(product, purposes=["RESEARCH"])
    listing = put_up(amend_listing(listing_id=anything.pk, terms_id=terms.pk, actor=who))
    case = case_of(buy(listing, hong_kong))
    assert missing_papers(case) == ["research_cooperation_agreement", "recipient_ethics_approval"]
    assert reviewed(case).state == RouteCase.State.EXEMPT_CONFIRMED
