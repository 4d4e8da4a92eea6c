"""Compute jobs: placing one over the provider's pools, cancelling it, and reading what it gave."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.access import Permission, find, require, require_reason
from accounts.places import is_place
from kernel import audit, jobs
from kernel.actors import Actor
from kernel.digests import canonical_json
from kernel.identifiers import uuid7
from kernel.money import Money
from kernel.problems import FieldError, Problem, Text, field_problem
from kernel.states import advance
from listings.encryption import NONCE_BYTES, WrappedKey, key_ring
from listings.metering import metering_of_json
from marketplace.compute.pools import WAY, capacities
from marketplace.compute.scheduling import Capacity, Hindrance, Placement, Wish, choose
from marketplace.delivery.access import delivery_of, permit_for, require_in_force
from marketplace.delivery.metering import refuse_beyond_quota
from marketplace.delivery.results import require_readable
from marketplace.models import ComputeJob, ComputePool, Entitlement

RUN_JOB = "compute.run"
LONGEST_CODE = 100_000  # characters
LARGEST_INPUT = 1024 * 1024  # bytes in canonical JSON
FURTHEST = timedelta(days=30)
State, Reason = ComputeJob.State, ComputeJob.Reason
# What a job without a pool is told, and where.
HINDRANCES: Mapping[Hindrance, tuple[str, Text]] = {
    Hindrance.NO_POOL: ("", gettext_lazy("The provider has no open pool.")),
    Hindrance.PLACE: ("/place", gettext_lazy("No open pool is at this place.")),
    Hindrance.SIZE: ("/cores", gettext_lazy("No open pool there is large enough.")),
    Hindrance.PRICE: ("/max_price", gettext_lazy("No open pool that is large enough does it for this price.")),
    Hindrance.DEADLINE: ("/deadline", gettext_lazy("No open pool at this price ends it before the deadline.")),
}


@dataclass(frozen=True)
class Task:
    """What a job runs: code, and the rows that it gets as the table `input` (SQL) or the list `rows` (Python)."""

    code: str
    rows: Sequence[Mapping[str, Any]]

    def content(self) -> bytes:
        return canonical_json({"code": self.code, "rows": list(self.rows)})


@transaction.atomic
def submit(
    *,
    entitlement_id: UUID,
    kind: str,
    code: str,
    rows: Sequence[Mapping[str, Any]] = (),
    cores: int = 1,
    memory_mb: int = 512,
    seconds: int,
    deadline: datetime,
    max_price: Money,
    place: str = "",
    actor: Actor,
) -> ComputeJob:
    """Place a job on the cheapest pool that can end it before the deadline, at no more than `max_price`.

    It runs for `seconds` at most and pays for those it uses. Raises Problem `not_found`, `forbidden`,
    `entitlement_not_active`, `not_delivered_by_scheduler`, `quota_exhausted` where the plan's month has no such seconds
    left, `no_pool` with the condition that none meets, or `invalid`.
    """
    entitlement = find(
        Entitlement.objects.visible_to(actor).select_related("agreement").select_for_update(of=("self",)),
        pk=entitlement_id,
    )
    require(actor, Permission.DELIVERY_READ, organization_id=entitlement.organization_id)
    require_in_force(entitlement)
    product = entitlement.agreement.body["product"]
    if WAY not in product["deliveries"]:
        raise Problem("not_delivered_by_scheduler")
    content = Task(code, rows).content()
    ahead = entitlement.compute_jobs.filter(state__in=(State.PLACED, State.RUNNING)).aggregate(Sum("seconds"))
    refuse_beyond_quota(entitlement, wanted=(ahead["seconds__sum"] or 0) + seconds)
    wish = Wish(seconds, cores, memory_mb, deadline, max_price.minor, max_price.currency, place)
    pools = _offered(entitlement, UUID(product["id"]))
    placement = _place(wish, pools, content)

    number = uuid7()
    key, wrapped = key_ring().new_data_key(owner=number)
    job = ComputeJob.objects.create(
        id=number,
        entitlement=entitlement,
        organization_id=entitlement.organization_id,
        provider_id=entitlement.provider_id,
        venue_id=entitlement.venue_id,
        kind=kind,
        wrapped_key=wrapped.wrapped,
        key_id=wrapped.key_id,
        sealed_task=_sealed(key, number, content),
        task_sha256=hashlib.sha256(content).hexdigest(),
        cores=cores,
        memory_mb=memory_mb,
        seconds=seconds,
        place=place,
        deadline=deadline,
        max_price_minor=max_price.minor,
        placed_by=actor.person_id,
        **_placed(placement, pools),
    )
    audit.record("computejob.placed", subject=job, actor=actor, details={"pool": str(placement.pool)})
    _enqueue(job)
    return job


def _offered(entitlement: Entitlement, product_id: UUID) -> Sequence[Capacity]:
    """Return the open pools at what they cost under a right: by its metered plan wherever it is, else by each pool.

    Of tiers the dearest counts, so that a month never costs more than its jobs may.
    """
    body = entitlement.agreement.body
    pools = capacities(product_id)
    if "metering" not in body:
        return pools
    metering = metering_of_json(body["metering"])
    second = max([metering.unit_price, *(tier.unit_price for tier in metering.tiers)])
    hour = math.ceil(second * 3600 * 100)
    return [replace(pool, price_per_hour=hour, currency=body["price"]["currency"]) for pool in pools]


def _place(wish: Wish, pools: Sequence[Capacity], content: bytes) -> Placement:
    """Return where a task can run as it is wished, or refuse it by the field that keeps it from everywhere."""
    now = timezone.now()
    if wish.place and not is_place(wish.place):
        raise field_problem("/place", "unknown_place", _("Give a place: a jurisdiction, a division code, or GBA."))
    if not now < wish.deadline <= now + FURTHEST:
        raise field_problem("/deadline", "out_of_range", _("Give a time within the next thirty days."))
    if len(content) > LARGEST_INPUT + LONGEST_CODE:
        raise field_problem("/rows", "too_large", _("Code and rows have at most one MiB."))
    placement = choose(wish, pools, now)
    if isinstance(placement, Hindrance):
        pointer, text = HINDRANCES[placement]
        raise Problem("no_pool", text, errors=[FieldError(pointer, placement, text)])
    return placement


def place_anew(job: ComputeJob, actor: Actor) -> None:
    """Place a waiting job whose pool was suspended elsewhere, or fail it as `POOL`; the caller has the transaction."""
    product = ComputePool.objects.values_list("product", flat=True).get(pk=job.pool_id)
    wish = Wish(job.seconds, job.cores, job.memory_mb, job.deadline, job.max_price_minor, job.currency, job.place)
    pools = _offered(job.entitlement, product)
    placement = choose(wish, pools, timezone.now())
    if isinstance(placement, Hindrance):
        advance(job, to=State.FAILED, actor=actor, why_not=Reason.POOL, ended_at=timezone.now())
        return
    ComputeJob.objects.filter(pk=job.pk).update(**_placed(placement, pools))
    job.refresh_from_db()
    audit.record("computejob.placed", subject=job, actor=actor, details={"pool": str(placement.pool)})
    _enqueue(job)


@transaction.atomic
def cancel(*, job_id: UUID, reason: str, actor: Actor) -> ComputeJob:
    """Give a job up: before it runs it costs nothing, while it runs what it has used by the time its pool hears of it.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    job = find(ComputeJob.objects.visible_to(actor).select_for_update(of=("self",)), pk=job_id)
    require(actor, Permission.DELIVERY_READ, organization_id=job.organization_id)
    advance(job, to=State.CANCELLED, actor=actor, reason=require_reason(reason), ended_at=timezone.now())
    return job


@transaction.atomic
def read_result(*, job_id: UUID, actor: Actor) -> tuple[ComputeJob, bytes]:
    """Give the buyer what a job came to and write the reading down; across a border the permit pays for the bytes once.

    Raises Problem `not_found`, `forbidden`, `result_not_released`, `entitlement_not_active`, or what `use_permit`
    raises.
    """
    job = find(ComputeJob.objects.visible_to(actor).select_related("delivery"), pk=job_id)
    require(actor, Permission.DELIVERY_READ, organization_id=job.organization_id)
    receipt = require_readable(job.delivery, job.state).receipt
    entitlement = Entitlement.objects.select_for_update(of=("self",)).get(pk=job.entitlement_id)
    require_in_force(entitlement)
    job.refresh_from_db(fields=["reads"])  # under the right's lock, which every reading takes
    permit_for(delivery_of(entitlement), bytes_wanted=0 if job.reads else receipt["bytes"], actor=actor)
    now = timezone.now()
    ComputeJob.objects.filter(pk=job.pk).update(
        reads=F("reads") + 1, first_read_at=Coalesce("first_read_at", now), last_read_at=now
    )
    audit.record("computejob.read", subject=job, actor=actor, details={"sha256": receipt["sha256"]})
    return job, opened(job, bytes(job.sealed_result or b""))


def queue_of(pool_id: UUID) -> str:
    """Return the kind under which the jobs of one pool wait in kernel.Job; only its own workers ask for it."""
    return f"{RUN_JOB}{jobs.QUEUE_SIGN}{pool_id}"


def opened(job: ComputeJob, sealed: bytes) -> bytes:
    """Return what is sealed in a job's row."""
    key = key_ring().unwrap(WrappedKey(job.key_id, bytes(job.wrapped_key)), owner=job.pk)
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], job.pk.bytes)


def sealed_for(job: ComputeJob, content: bytes) -> bytes:
    """Return a result as it is kept in its job's row."""
    key = key_ring().unwrap(WrappedKey(job.key_id, bytes(job.wrapped_key)), owner=job.pk)
    return _sealed(key, job.pk, content)


def _sealed(key: bytes, owner: UUID, content: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, content, owner.bytes)


def _placed(placement: Placement, pools: Sequence[Capacity]) -> dict[str, Any]:
    pool = next(each for each in pools if each.id == placement.pool)
    return {
        "pool_id": pool.id,
        "start_at": placement.start,
        "price_per_hour_minor": pool.price_per_hour,
        "currency": pool.currency,
    }


def _enqueue(job: ComputeJob) -> None:
    jobs.enqueue(
        queue_of(job.pool_id),
        key=str(uuid7()),  # a job may come back to a pool that it had left
        subject_id=job.pk,
        due_at=job.start_at,
        organization_id=job.organization_id,
        venue_id=job.venue_id,
    )
