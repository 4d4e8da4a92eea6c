"""Plans cost what their kind allows; terms are frozen, and never wider than the product."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from kernel.money import LARGEST_MINOR, Currency, Money
from listings.models import Plan, Terms
from listings.plans import amend_plan, create_plan, delete_plan
from tests.listings.offers import (
    draft_listing,
    draft_product,
    make_plan,
    make_terms,
    provider_actor,
    registered_product,
    submitted,
)
from tests.refusals import refused
from tests.world import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def product():
    return draft_product(make_member())


def plan(product, kind, minor):
    price = None if minor is None else Money(minor, Currency.CNY)
    return create_plan(product_id=product.pk, kind=kind, price=price, actor=provider_actor(product.organization))


@pytest.mark.parametrize("minor", [1, 12_000, LARGEST_MINOR])
def test_a_one_off_plan_costs_from_one_fen_to_under_a_hundred_billion(product, minor):
    assert plan(product, "ONE_OFF", minor).price == Money(minor, Currency.CNY)


@pytest.mark.parametrize("minor", [None, 0, -1, 10**13, 10**18])
def test_other_one_off_prices_are_refused_at_the_price(product, minor):
    with refused("invalid") as caught:
        plan(product, "ONE_OFF", minor)
    assert [error.pointer for error in caught.value.errors] == ["/price"]
    assert not Plan.objects.exists()


def test_a_free_plan_costs_nothing(product):
    assert plan(product, "FREE", None).price_minor == 0
    with refused("invalid"):
        plan(product, "FREE", 1)


@pytest.mark.parametrize(("kind", "minor"), [("ONE_OFF", 0), ("FREE", 1), ("ONE_OFF", 10**13), ("GIFT", 0)])
def test_the_database_itself_refuses_such_prices(product, kind, minor):
    with pytest.raises(IntegrityError, match="plan_price_fits_its_kind"), transaction.atomic():
        Plan.objects.create(
            product=product, organization=product.organization, kind=kind, price_minor=minor, currency="CNY"
        )


def test_a_plan_changes_until_it_is_submitted():
    product = registered_product(make_member())
    who = provider_actor(product.organization)
    listing = draft_listing(product)
    offered = listing.plans.get()
    amend_plan(plan_id=offered.pk, price=Money(99, Currency.CNY), actor=who)
    submitted(listing)
    with refused("plan_in_use"):
        amend_plan(plan_id=offered.pk, price=Money(98, Currency.CNY), actor=who)
    with refused("plan_in_use"):
        delete_plan(plan_id=offered.pk, actor=who)
    offered.refresh_from_db()
    assert offered.price_minor == 99


def test_a_plan_that_becomes_free_loses_its_price(product):
    who = provider_actor(product.organization)
    paid = plan(product, "ONE_OFF", 500)
    assert amend_plan(plan_id=paid.pk, kind="FREE", actor=who).price_minor == 0
    with refused("invalid"):
        amend_plan(plan_id=paid.pk, kind="ONE_OFF", actor=who)


def test_a_plan_nobody_offered_is_deleted(product):
    unused = make_plan(product)
    delete_plan(plan_id=unused.pk, actor=provider_actor(product.organization))
    assert not Plan.objects.exists()


def test_a_plan_of_another_organization_cannot_be_found(product):
    theirs = make_plan(product)
    with refused("not_found"):
        amend_plan(plan_id=theirs.pk, price=Money(1, Currency.CNY), actor=provider_actor(make_member()))


def test_a_change_of_terms_is_a_new_version(product):
    first = make_terms(product)
    second = make_terms(product, term_days=365)
    assert (first.version, second.version) == (1, 2)
    assert Terms.objects.get(pk=first.pk).term_days is None


def test_the_database_refuses_to_change_terms(product):
    terms = make_terms(product)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Terms.objects.filter(pk=terms.pk).update(term_days=1)


def test_terms_become_a_policy_that_a_machine_reads():
    product = draft_product(make_member(), resale_allowed=True)
    policy = make_terms(
        product,
        purposes=["RESEARCH", "MODEL_TRAINING"],
        territories=["HK", "CN"],
        term_days=365,
        resale_allowed=True,
        attribution_required=True,
        deletion_required=True,
    ).policy
    use = policy["permission"][0]
    assert policy["@type"] == "Offer"
    assert use["action"] == "use"
    assert use["constraint"] == [
        {"leftOperand": "purpose", "operator": "isAnyOf", "rightOperand": ["MODEL_TRAINING", "RESEARCH"]},
        {"leftOperand": "spatial", "operator": "isAnyOf", "rightOperand": ["CN", "HK"]},
        {
            "leftOperand": "elapsedTime",
            "operator": "lteq",
            "rightOperand": {"@value": "P365D", "@type": "xsd:duration"},
        },
    ]
    assert use["duty"] == [{"action": "attribute"}, {"action": "delete"}]
    assert {rule["action"] for rule in policy["permission"]} == {"use", "derive", "distribute"}
    assert {rule["action"] for rule in policy["prohibition"]} == {"dawan:export"}


@pytest.mark.parametrize(
    ("restriction", "wish", "pointer"),
    [
        ({}, {"resale_allowed": True}, "/resale_allowed"),
        ({}, {"export_allowed": True}, "/export_allowed"),
        ({"buyer_regions": ["CN"]}, {"territories": ["CN", "HK"]}, "/territories"),
        ({"buyer_regions": ["CN"]}, {}, "/territories"),
    ],
)
def test_terms_do_not_allow_more_than_the_product(restriction, wish, pointer):
    product = draft_product(make_member(), **restriction)
    with refused("invalid") as caught:
        make_terms(product, **wish)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [(pointer, "wider_than_product")]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"purposes": []}, "/purposes"),
        ({"purposes": ["FUN"]}, "/purposes"),
        ({"territories": ["China"]}, "/territories"),
        ({"term_days": 0}, "/term_days"),
        ({"term_days": 36_501}, "/term_days"),
        ({"deletion_required": True}, "/deletion_required"),
        ({"text": {}}, "/text"),
    ],
)
def test_wrong_terms_are_refused_where_they_are_wrong(product, fields, pointer):
    with refused("invalid") as caught:
        make_terms(product, **fields)
    assert {error.pointer for error in caught.value.errors} == {pointer}
