"""Data made from what an agreement lets its buyer read: the licence's terms bind whatever is made of it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Capacity, Role
from kernel.models import AuditEvent
from kernel.problems import Problem
from listings.lapses import watch_lapses
from listings.lineage import add_own_parent, lineage_of
from listings.models import DatasetParent
from listings.registration import register_product
from listings.review import submit
from marketplace.entitlements import revoke_entitlement
from marketplace.licensed_parents import license_parent
from marketplace.models import Entitlement
from tests.listings.offers import draft_listing, draft_product, make_dataset, provider_actor, put_up
from tests.marketplace.trading import delivered, listed_dataset, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, make_member, make_membership, person_of, staff

pytestmark = pytest.mark.django_db
API = "/api/v1"
DERIVED = {
    "source_kind": "DERIVED",
    "evidence": {"RIGHT_TO_ORIGINALS": "合约", "DERIVATION": "按街道汇总并建立指标"},
}
FOR_PRODUCTS = {"purposes": ["PRODUCT_DEVELOPMENT"]}


@pytest.fixture
def seller():
    return make_member("gzdex", Capacity.PROVIDER)


@pytest.fixture
def maker():
    """A buyer that sells what it makes of the data."""
    member = make_buyer()
    make_membership(member, capacity=Capacity.PROVIDER)
    return member


def bought(seller, maker, **terms) -> Entitlement:
    """Return the maker's right to read the seller's data under these terms, delivered."""
    return delivered(placed(listed_dataset(seller, price="10.00", **terms), maker)).entitlement


def made(maker, entitlement, **dossier):
    """Return a draft product of the maker whose dataset was made from what it bought."""
    product = draft_product(maker, **(DERIVED | dossier))
    license_parent(dataset_id=product.dataset_id, entitlement_id=entitlement.pk, actor=provider_actor(maker))
    return product


def register(product):
    return register_product(product_id=product.pk, actor=provider_actor(product.organization))


def errors_of(problem: Problem) -> dict[str, str]:
    return {error.pointer: error.code for error in problem.errors}


def test_what_an_agreement_allows_to_derive_becomes_a_product(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    product = made(maker, entitlement)
    edge = DatasetParent.objects.get()
    assert (edge.parent_organization, edge.agreement_number) == (seller, entitlement.agreement.number)
    assert register(product).state == "REGISTERED"


@pytest.mark.parametrize(
    ("terms", "dossier", "error"),
    [
        ({**FOR_PRODUCTS, "derivatives_allowed": False}, {}, {"/source_kind": "wider_than_parents"}),
        ({"purposes": ["INTERNAL_ANALYSIS"]}, {}, {"/rights": "wider_than_parents"}),
        (FOR_PRODUCTS, {"resale_allowed": True}, {"/resale_allowed": "wider_than_parents"}),
        (FOR_PRODUCTS, {"export_allowed": True}, {"/export_allowed": "wider_than_parents"}),
        ({**FOR_PRODUCTS, "territories": ["CN"]}, {}, {"/buyer_regions": "wider_than_parents"}),
        (
            {**FOR_PRODUCTS, "territories": ["CN"]},
            {"buyer_regions": ["CN", "HK"]},
            {"/buyer_regions": "wider_than_parents"},
        ),
        (
            FOR_PRODUCTS,
            {"source_kind": "AGREEMENT", "evidence": {"CONTRACT": "数据采购合同"}},
            {"/rights": "wider_than_parents"},
        ),
    ],
)
def test_no_product_goes_beyond_the_licence_of_its_parent(seller, maker, terms, dossier, error):
    product = made(maker, bought(seller, maker, **terms), **dossier)
    with refused("invalid") as caught:
        register(product)
    assert errors_of(caught.value) == error
    assert bool(caught.value.errors[0].detail)


def test_a_licence_reaches_through_own_datasets(seller, maker):
    first = make_dataset(maker)
    who = provider_actor(maker)
    license_parent(dataset_id=first.pk, entitlement_id=bought(seller, maker).pk, actor=who)
    product = draft_product(maker, **DERIVED)
    add_own_parent(dataset_id=product.dataset_id, parent_id=first.pk, actor=who)
    with refused("invalid") as caught:
        register(product)
    assert errors_of(caught.value) == {"/rights": "wider_than_parents"}


def test_a_licence_that_has_run_out_lets_nothing_be_submitted(seller, maker):
    product = made(maker, bought(seller, maker, **FOR_PRODUCTS, term_days=30))
    register(product)
    product.refresh_from_db()
    draft = draft_listing(product)
    with time_machine.travel(timezone.now() + timedelta(days=31), tick=False), refused("invalid") as caught:
        submit(listing_id=draft.pk, actor=provider_actor(maker))
    assert errors_of(caught.value) == {"/product/dataset_id": "parent_licence_ended"}


def test_a_licence_that_the_venue_revokes_lets_nothing_be_submitted(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    product = made(maker, entitlement)
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    revoke_entitlement(entitlement_id=entitlement.pk, reason="Breach of purpose", actor=officer)
    with refused("invalid") as caught:
        register(product)
    assert errors_of(caught.value) == {"/dataset_id": "parent_licence_ended"}


def test_a_right_that_is_not_in_force_licenses_nothing(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    revoke_entitlement(entitlement_id=entitlement.pk, reason="Breach of purpose", actor=officer)
    with refused("entitlement_not_active"):
        made(maker, entitlement)


def test_nobody_stands_on_the_agreement_of_another(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    other = make_member("gzdex", Capacity.PROVIDER)
    with refused("not_found"):
        made(other, entitlement)
    with refused("not_found"):
        made(seller, entitlement)


def test_the_licensor_sees_that_something_was_made_but_not_what(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    product = draft_product(maker, **DERIVED)
    http = api(make_client(person_of(maker)))
    body = {"entitlement_id": str(entitlement.pk), "note": "joined with our addresses"}
    added = http.post(f"{API}/datasets/{product.dataset_id}/licensed-parents", body)
    assert added.status_code == 201
    assert (added.json()["basis"], added.json()["note"]) == ("AGREEMENT", "joined with our addresses")
    assert added.json()["made_from"]["title"] == entitlement.version.dataset.title

    licensor = api(make_client(person_of(seller)))
    address = f"{API}/datasets/{entitlement.version.dataset_id}/lineage"
    (edge,) = licensor.get(address, {"direction": "descendants"}).json()["items"]
    assert (edge["dataset"]["title"], edge["note"]) == (None, "")
    assert edge["agreement"] == entitlement.agreement.number


def test_the_walk_up_ends_at_the_licensed_dataset(seller, maker):
    listing = listed_dataset(seller, price="10.00", **FOR_PRODUCTS)
    DatasetParent.objects.create(
        dataset=listing.product.dataset,
        parent=make_dataset(seller),
        organization=seller,
        parent_organization=seller,
        basis="OWN",
    )
    product = made(maker, delivered(placed(listing, maker)).entitlement)
    assert lineage_of(product.dataset, "ancestors", provider_actor(maker)).count() == 1


def test_what_is_listed_is_suspended_when_the_licence_that_it_rests_on_ends(seller, maker):
    entitlement = bought(seller, maker, **FOR_PRODUCTS)
    listing = put_up(draft_listing(register(made(maker, entitlement))))
    assert watch_lapses() == 0

    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    revoke_entitlement(entitlement_id=entitlement.pk, reason="terminated", actor=officer)
    assert (watch_lapses(), watch_lapses()) == (1, 0)
    listing.refresh_from_db()
    assert listing.state == "SUSPENDED"
    event = AuditEvent.objects.get(action="listing.suspended", subject_id=str(listing.pk))
    assert event.details["lapses"] == ["parent_licence_ended"]
