"""A subscription across a border: no new version follows by itself; one with a clearance of its own is taken up."""

import pytest

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import Currency, Money
from listings.crossborder.border_dossier import declare_border_dossier
from listings.grade_confirmation import confirm_grade
from listings.listing import create_listing
from listings.models import DatasetVersion, Listing, Plan, TransferPermit
from listings.plans import create_plan
from listings.registration import create_product, register_product
from listings.revising import OFFERED_JOB, edit_listing
from marketplace import subscriptions
from marketplace.delivery.access import grant_access
from marketplace.models import Delivery, Entitlement, Order, Subscription
from marketplace.ordering import place_order
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.listings.test_releases import next_version
from tests.marketplace.crossing import funded, released, standing
from tests.marketplace.subscribing import MORE, new_version
from tests.marketplace.trading import PURPOSE, STREETS, make_buyer, stored_version
from tests.refusals import refused
from tests.world import actor, person_of

pytestmark = pytest.mark.django_db
BORDER = {"reach": "ANYWHERE", "scenario": "OTHER", "n_general": 0, "n_sensitive": 0}


def offered_abroad(provider: Organization) -> tuple[Listing, Plan, Plan]:
    """Return a listing that may leave the jurisdiction, with a subscription and a plan for one version."""
    who = actor(person_of(provider))
    version = graded(stored_version(provider, STREETS))
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    declare_border_dossier(product_id=product.pk, fields=BORDER, actor=who)
    price = Money(36_500, Currency.CNY)
    term = create_plan(product_id=product.pk, kind=Plan.Kind.SUBSCRIPTION, price=price, new_versions="MAJOR", actor=who)
    once = make_plan(product, "10.00")
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product, term_days=365).pk,
        plan_ids=[term.pk, once.pk],
        actor=who,
    )
    return put_up(listing), term, once


def graded(version: DatasetVersion) -> DatasetVersion:
    who = actor(person_of(version.organization))
    confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
    return version


def crossed(listing: Listing, plan: Plan, buyer: Organization) -> Delivery:
    """Order the offered version and take it through its case, the customs and the delivery."""
    who = actor(person_of(buyer))
    order: Order = place_order(listing_id=listing.pk, plan_id=plan.pk, purpose=PURPOSE, actor=who)
    return released(funded(order))


def test_a_new_version_waits_for_a_clearance_of_its_own(provider: Organization) -> None:
    standing(provider)
    abroad = make_buyer(jurisdiction="HK")
    listing, term, once = offered_abroad(provider)
    first = crossed(listing, term, abroad)
    subscription = Subscription.objects.get(agreement__order=first.order)

    version = graded(next_version(listing.version.dataset, content=MORE))
    edit_listing(listing_id=listing.pk, version_id=version.pk, reason="Newer", actor=actor(person_of(provider)))
    run_due_jobs(kinds=(OFFERED_JOB,))
    new = new_version(subscription)
    assert (new.version, new.hindrance, new.delivery) == (version, "BORDER", None)
    assert subscriptions.deliver_waiting() == 0
    run_due_jobs(kinds=("delivery.fulfil",))
    assert not Entitlement.objects.filter(version=version).exists()
    assert TransferPermit.objects.count() == 1
    with refused("not_found"):
        file_id = version.files.get().pk
        grant_access(delivery_id=first.pk, file_id=file_id, actor=actor(person_of(abroad)))

    listing.refresh_from_db()
    second = crossed(listing, once, abroad)
    assert subscriptions.deliver_waiting() == 1
    assert subscriptions.deliver_waiting() == 0
    new.refresh_from_db()
    assert (new.hindrance, new.delivery) == ("", second)
    assert (second.kind, TransferPermit.objects.count()) == ("ORDERED", 2)
    assert AuditEvent.objects.get(action="newversion.crossed").details == {"delivery": str(second.pk)}
