"""Pools of capacity: what a provider registers for its compute product, suspends, and opens again."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require, require_reason
from accounts.places import check_place, places_around
from kernel import audit
from kernel.actors import Actor
from kernel.jobs import GiveUp
from kernel.models import Job
from kernel.money import Money
from kernel.problems import Problem, field_problem
from kernel.states import advance
from listings.models import Product
from listings.registration import refuse_retired
from marketplace.compute.scheduling import Capacity
from marketplace.models import ComputeJob, ComputePool, Delivery

WAY = "SCHEDULER"  # the code in the product types' table
State = ComputePool.State


@transaction.atomic
def register_pool(
    *,
    product_id: UUID,
    name: str,
    jurisdiction: str,
    division_code: str = "",
    opens: int = 0,
    closes: int = 24,
    cores: int,
    memory_mb: int,
    price_per_hour: Money,
    actor: Actor,
) -> ComputePool:
    """Register machines at one place for a compute product; jobs are placed there from then on.

    `opens` and `closes` are hours of the day in Shanghai. Raises Problem `not_found`, `forbidden`, `illegal_state` for
    a retired product, `not_delivered_by_scheduler`, or `invalid` at the member.
    """
    product = find(Product.objects.visible_to(actor).select_for_update(of=("self",), no_key=True), pk=product_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=product.organization_id)
    refuse_retired(product)
    if WAY not in product.deliveries:
        raise Problem("not_delivered_by_scheduler")
    check_place(jurisdiction=jurisdiction, division_code=division_code)
    if not opens < closes:
        raise field_problem("/closes", "out_of_range", _("A pool closes after it opens."))
    try:
        with transaction.atomic():
            pool = ComputePool.objects.create(
                product=product,
                organization_id=product.organization_id,
                name=name,
                jurisdiction=jurisdiction,
                division_code=division_code,
                opens=opens,
                closes=closes,
                cores=cores,
                memory_mb=memory_mb,
                price_per_hour_minor=price_per_hour.minor,
                currency=price_per_hour.currency,
            )
    except IntegrityError as error:
        raise field_problem("/name", "taken", _("The product has a pool of this name.")) from error
    audit.record("computepool.registered", subject=pool, actor=actor, details={"price": price_per_hour.as_json()})
    return pool


@transaction.atomic
def suspend_pool(*, pool_id: UUID, reason: str, actor: Actor) -> ComputePool:
    """Place nothing there any more; what waits there is placed elsewhere, or fails as `POOL`; what runs may end.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    from marketplace.compute.jobs import place_anew  # noqa: PLC0415 - jobs are placed over pools

    pool = _own_pool(pool_id, actor)
    advance(pool, to=State.SUSPENDED, actor=actor, reason=require_reason(reason))
    waiting = pool.jobs.filter(state=ComputeJob.State.PLACED).select_related("entitlement__agreement")
    for job in waiting.order_by("id"):
        place_anew(job, actor)
    return pool


@transaction.atomic
def open_pool(*, pool_id: UUID, actor: Actor) -> ComputePool:
    """Let jobs be placed there again. Raises as `suspend_pool`."""
    pool = _own_pool(pool_id, actor)
    advance(pool, to=State.ACTIVE, actor=actor)
    return pool


def capacities(product_id: UUID) -> Sequence[Capacity]:
    """Lock the product's open pools, and return them with what is before each; so no two jobs take the same hour."""
    pools = ComputePool.objects.filter(product=product_id, state=State.ACTIVE).order_by("id")
    locked = {pool.pk: pool for pool in pools.select_for_update(no_key=True)}
    ahead = Q(jobs__state__in=(ComputeJob.State.PLACED, ComputeJob.State.RUNNING))
    sums = ComputePool.objects.filter(pk__in=locked).annotate(
        work=Sum(F("jobs__seconds") * F("jobs__cores"), filter=ahead), busy=Sum("jobs__cores", filter=ahead)
    )
    loads = {pk: (busy or 0, work or 0) for pk, busy, work in sums.values_list("pk", "busy", "work")}
    return [
        Capacity(
            id=pool.pk,
            places=frozenset(places_around(pool.jurisdiction, pool.division_code)),
            cores=pool.cores,
            memory_mb=pool.memory_mb,
            opens=pool.opens,
            closes=pool.closes,
            price_per_hour=pool.price_per_hour_minor,
            currency=pool.currency,
            busy=loads[pool.pk][0],
            backlog=loads[pool.pk][1],
        )
        for pool in locked.values()
    ]


def prepare_compute(delivery: Delivery, _job: Job) -> dict[str, Any]:
    """Return what the receipt says of the pools; raises GiveUp where the provider has none open."""
    pools = ComputePool.objects.filter(product__listings=delivery.order.listing_id, state=State.ACTIVE)
    is_metered = "metering" in delivery.order.agreement.body  # then the plan's price holds at all of them
    found = [
        {"name": pool.name} | ({} if is_metered else {"price_per_hour": pool.price_per_hour.as_json()})
        for pool in pools.order_by("id")
    ]
    if not found:
        raise GiveUp(_("The provider has no open pool for this product."))
    return {"compute": found}


def _own_pool(pool_id: UUID, actor: Actor) -> ComputePool:
    pool = find(ComputePool.objects.visible_to(actor).select_for_update(of=("self",)), pk=pool_id)
    require(actor, Permission.PRODUCT_MANAGE, organization_id=pool.organization_id)
    return pool
