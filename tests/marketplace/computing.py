"""Compute in tests: a compute product in the catalogue with its pools, and a buyer's jobs on them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Organization
from kernel.money import Currency, Money
from listings.crossborder.border_dossier import declare_border_dossier
from listings.grade_confirmation import confirm_grade
from listings.listing import create_listing
from listings.metering import Metering
from listings.models import Listing, Plan
from listings.plans import create_plan
from listings.registration import create_product, register_product
from marketplace.compute import jobs, running
from marketplace.compute.pools import register_pool
from marketplace.models import ComputeJob, ComputePool, Delivery
from tests.listings.offers import dossier, make_terms, put_up
from tests.marketplace.trading import delivered, placed, stored_version
from tests.world import actor, person_of

SHAOGUAN: dict[str, Any] = {"name": "Shaoguan", "jurisdiction": "CN", "division_code": "440200"}
HONG_KONG: dict[str, Any] = {"name": "Hong Kong", "jurisdiction": "HK"}


def yuan(minor: int) -> Money:
    return Money(minor, Currency.CNY)


def compute_listing(
    provider: Organization, *pools: dict[str, Any], metering: Metering | None = None, abroad: bool = False
) -> Listing:
    """Return a listing of compute that the exchange schedules, with these pools (one at Shaoguan).

    It is sold by the month for 10.00 yuan, or as it is metered; also across the border where `abroad`.
    """
    who = actor(person_of(provider))
    version = stored_version(provider, b"processor,cards\nAscend 910B,512\n")
    wanted = dossier(product_type="COMPUTE", deliveries=["SCHEDULER"])
    product = create_product(dataset_id=version.dataset_id, dossier=wanted, actor=who)
    register_product(product_id=product.pk, actor=who)
    product.refresh_from_db()
    for pool in pools or (SHAOGUAN,):
        opened_pool(product.pk, who, **pool)
    if abroad:
        confirm_grade(version_id=version.pk, grade="GENERAL", personal_data="NONE", actor=who)
        border = {"reach": "ANYWHERE", "scenario": "OTHER", "n_general": 0, "n_sensitive": 0}
        declare_border_dossier(product_id=product.pk, fields=border, actor=who)
    kind, price = (Plan.Kind.METERED, yuan(0)) if metering else (Plan.Kind.SUBSCRIPTION, yuan(1000))
    plan = create_plan(product_id=product.pk, kind=kind, price=price, metering=metering, actor=who)
    listing = create_listing(
        product_id=product.pk,
        venue_code="gzdex",
        version_id=version.pk,
        terms_id=make_terms(product, term_days=30).pk,
        plan_ids=[plan.pk],
        actor=who,
    )
    return put_up(listing)


def opened_pool(product_id: Any, who: Any, **fields: Any) -> ComputePool:
    defaults = {"cores": 4, "memory_mb": 4096, "price_per_hour": yuan(3600)}
    return register_pool(product_id=product_id, actor=who, **(defaults | fields))


def right_to_compute(listing: Listing, buyer: Organization) -> Delivery:
    return delivered(placed(listing, buyer))


def submitted(delivery: Delivery, code: str = "SELECT count(*) FROM input", **fields: Any) -> ComputeJob:
    defaults = {
        "kind": "SQL",
        "rows": [{"place": "天河", "amount": number} for number in range(10)],
        "seconds": 60,
        "deadline": timezone.now() + timedelta(hours=2),
        "max_price": yuan(100),
        "memory_mb": 512,
    }
    who = actor(person_of(delivery.organization))
    return jobs.submit(entitlement_id=delivery.entitlement_id, code=code, actor=who, **(defaults | fields))


def ran(job: ComputeJob) -> ComputeJob:
    """Let the pool's worker run what is due."""
    running.run_pool(job.pool_id)
    job.refresh_from_db()
    return job
