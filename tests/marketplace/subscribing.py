"""Subscriptions in tests: a dataset sold with its new versions, and a provider who brings one out."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from kernel.money import Currency, Money
from listings.listing import create_listing
from listings.models import DatasetVersion, Listing, Plan
from listings.plans import create_plan
from listings.registration import create_product, register_product
from listings.revising import OFFERED_JOB, edit_listing
from marketplace.models import Delivery, NewVersion, Subscription
from marketplace.ordering import place_order
from tests.listings.offers import dossier, make_terms, put_up
from tests.listings.test_releases import next_version
from tests.marketplace.trading import PURPOSE, STREETS, delivered, stored_version
from tests.world import actor, person_of

MORE = STREETS.decode() + "440103004,多宝街道\n"


def subscription_listing(
    provider: Organization,
    *,
    new_versions: str = "MAJOR",
    cycle: str = "",
    others: Iterable[Mapping[str, Any]] = (),
    content: bytes = STREETS,
    changes: dict[str, object] | None = None,
    **terms: object,
) -> Listing:
    """Return a listing in the catalogue with one plan, a year's new versions for 365.00 CNY, and maybe others."""
    who = actor(person_of(provider))
    version = stored_version(provider, content)
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(**(changes or {})), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    kind, price = Plan.Kind.SUBSCRIPTION, Money(36_500, Currency.CNY)
    first = {"kind": kind, "price": price, "new_versions": new_versions, "cycle": cycle}
    plans = [create_plan(product_id=product.pk, **(first | other), actor=who) for other in ({}, *others)]
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product, **({"term_days": 365} | terms)).pk,
        plan_ids=[plan.pk for plan in plans],
        actor=who,
    )
    return put_up(listing)


def subscribed(listing: Listing, buyer: Organization) -> Subscription:
    """Buy the listing's subscription and let its first version be delivered."""
    order = place_order(
        listing_id=listing.pk,
        plan_id=listing.plans.earliest("id").pk,
        purpose=PURPOSE,
        actor=actor(person_of(buyer)),
    )
    delivered(order)
    return Subscription.objects.get(agreement__order=order)


def bring_out(listing: Listing, content: str = MORE) -> DatasetVersion:
    """Let the provider upload a version and offer it, and the worker tell the subscriptions."""
    listing.refresh_from_db()
    version = next_version(listing.version.dataset, content=content)
    edit = edit_listing(
        listing_id=listing.pk, version_id=version.pk, reason="Newer", actor=actor(person_of(listing.organization))
    )
    assert edit.revision is None, edit.revision.changes
    run_due_jobs(kinds=(OFFERED_JOB,))
    return version


def new_version(subscription: Subscription) -> NewVersion:
    """Return the latest version that the subscription has heard of."""
    return (
        NewVersion.objects.select_related("delivery__entitlement", "version")
        .filter(subscription=subscription)
        .latest("id")
    )


def made(subscription: Subscription) -> Delivery:
    """Let the worker make the delivery of the latest new version."""
    run_due_jobs(kinds=("delivery.fulfil",))
    delivery = new_version(subscription).delivery
    assert delivery is not None
    return delivery
