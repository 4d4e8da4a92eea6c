"""Trades in tests: a stored dataset in the catalogue, a buyer with money, and an order at any stage of its life.

Everything happens through the public functions and the real job runner.
"""

from collections.abc import Mapping
from itertools import count
from types import MappingProxyType
from typing import Any

from django.utils import timezone

from accounts.models import Capacity, Organization, Role, Venue
from config.celery import app as celery_app
from kernel.jobs import run_due_jobs
from kernel.models import Job
from kernel.money import Currency, Money, parse_amount
from listings import uploading
from listings.listing import create_listing
from listings.models import DatasetVersion, Listing
from marketplace import acceptance, ordering
from marketplace.models import Delivery, Order
from settlements.books import balance
from settlements.chart import AccountKey, open_accounts
from settlements.deposits import credit_deposit, enter_deposit
from settlements.models import Account
from tests.listings.offers import dossier, make_plan, make_terms, put_up
from tests.world import actor, make_member, make_person, operator_of, person_of, staff, venue

STREETS = "code,name\n440103001,沙面街道\n440103002,岭南街道\n440103003,华林街道\n".encode()
celery_app.autodiscover_tasks(force=True)  # the handlers of jobs, as a worker knows them

PURPOSE = "Checking delivery addresses"
_references = count(1)


def stored_version(provider: Organization, content: bytes = STREETS) -> DatasetVersion:
    """Upload one CSV file, seal the version and let the profile job run: the version is READY."""
    who = actor(person_of(provider))
    dataset = uploading.register_dataset(title={"zh-Hans": "街道", "en": "Sub-districts"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    file = uploading.add_file(version_id=version.id, name="streets.csv", format="CSV", actor=who)
    uploading.receive_part(file_id=file.id, number=1, body=[content], actor=who)
    uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    run_due_jobs(kinds=("dataset.profile",))
    version.refresh_from_db()
    assert version.state == DatasetVersion.State.READY, version.refusal
    return version


def listed_dataset(
    provider: Organization,
    code: str = "gzdex",
    *,
    price: str = "120.00",
    content: bytes = STREETS,
    plan: Mapping[str, Any] = MappingProxyType({}),
    **terms: object,
) -> Listing:
    """Return a listing in the catalogue whose bytes are really stored."""
    return listed_version(stored_version(provider, content), code, price=price, plan=plan, **terms)


def listed_version(
    version: DatasetVersion,
    code: str = "gzdex",
    *,
    price: str = "120.00",
    plan: Mapping[str, Any] = MappingProxyType({}),
    **terms: object,
) -> Listing:
    """Return a listing in the catalogue that offers a version which is ready."""
    from listings.registration import create_product, register_product

    who = actor(person_of(version.organization))
    product = create_product(dataset_id=version.dataset_id, dossier=dossier(), actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    listing = create_listing(
        product_id=product.pk,
        venue_code=code,
        version_id=version.pk,
        terms_id=make_terms(product, **terms).pk,
        plan_ids=[make_plan(product, price, **plan).pk],
        actor=who,
    )
    return put_up(listing)


def fund(organization: Organization, amount: str, code: str = "gzdex") -> None:
    """Credit a bank receipt, entered and credited by two people."""
    officer = staff(code, Role.SETTLEMENT_OFFICER)
    second = make_person(operator_of(code), Role.SETTLEMENT_OFFICER)
    deposit = enter_deposit(
        venue=venue(code),
        organization=organization,
        amount=Money(parse_amount(amount), Currency.CNY),
        bank_reference=f"BANK-{next(_references)}",
        received_on=timezone.localdate(),
        actor=actor(officer),
    )
    credit_deposit(deposit_id=deposit.id, actor=actor(second))


def make_buyer(code: str = "gzdex", *, funds: str = "1000.00", **fields: object) -> Organization:
    buyer = make_member(code, Capacity.BUYER, name="前海科技", **fields)
    if parse_amount(funds):
        fund(buyer, funds, code)
    return buyer


def placed(listing: Listing, buyer: Organization, broker: Organization | None = None) -> Order:
    return ordering.place_order(
        listing_id=listing.id,
        plan_id=listing.plans.get().id,
        purpose=PURPOSE,
        broker_id=broker.id if broker else None,
        actor=actor(person_of(buyer)),
    )


def delivered(order: Order) -> Delivery:
    """Let the worker fulfil the order's delivery."""
    run_due_jobs(kinds=("delivery.fulfil",))
    delivery = order.deliveries.get()
    assert delivery.state == Delivery.State.DELIVERED, Job.objects.get(subject_id=delivery.id).last_error
    return delivery


def accepted(order: Order) -> Delivery:
    return acceptance.accept_delivery(delivery_id=delivered(order).id, actor=actor(person_of(order.buyer)))


def closed(order: Order) -> Order:
    """Accept the order and let settlement and certificate follow."""
    accepted(order)
    run_due_jobs()
    order.refresh_from_db()
    assert order.state == Order.State.CERTIFIED
    return order


def funds_of(organization: Organization | None, kind: Account.Kind = Account.Kind.CLIENT, code: str = "gzdex") -> int:
    """Return the minor units in an organization's account at the venue (None: the venue's own)."""
    there: Venue = venue(code)
    key = AccountKey(kind, there.id, Currency.CNY, organization.id if organization else None)
    [account_id] = open_accounts(key)
    return balance(account_id).minor
