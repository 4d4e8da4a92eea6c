"""Compute as a product: where jobs are placed, what they may not do, and that their seconds are metered once."""

import hashlib
import json
import os
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Organization, Role
from kernel import jobs as kernel_jobs
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.models import TransferPermit
from marketplace import entitlements
from marketplace.compute import jobs, pools, running
from marketplace.compute.scheduling import Capacity, Hindrance, Placement, Wish, choose
from marketplace.models import ComputeJob, ComputePool, Delivery, UsageRecord
from tests.marketplace.computing import (
    HONG_KONG,
    SHAOGUAN,
    compute_listing,
    opened_pool,
    ran,
    right_to_compute,
    submitted,
    yuan,
)
from tests.marketplace.crossing import buy, funded, released, standing
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 28, 10, tzinfo=SHANGHAI)
CHEAP, NEAR, NIGHT = (
    Capacity(UUID(int=1), frozenset({"CN", "440000", "440200"}), 8, 8192, 0, 24, 100, "CNY"),
    Capacity(UUID(int=2), frozenset({"HK", "GBA"}), 64, 65536, 0, 24, 900, "CNY"),
    Capacity(UUID(int=3), frozenset({"CN", "GBA", "440000", "440300"}), 8, 8192, 20, 23, 50, "CNY"),
)
ALL = (CHEAP, NEAR, NIGHT)
HOUR = Wish(3600, 4, 1024, NOW + timedelta(days=1), 1000, "CNY")
TONIGHT = NOW.replace(hour=20)
CASES = [
    ("the cheapest, if there is time until it opens", HOUR, ALL, Placement(NIGHT.id, TONIGHT, 50)),
    ("the next, if there is not", replace(HOUR, deadline=NOW + timedelta(hours=3)), ALL, Placement(CHEAP.id, NOW, 100)),
    ("only in the wished place", replace(HOUR, place="HK"), ALL, Placement(NEAR.id, NOW, 900)),
    ("a place may be wide", replace(HOUR, place="GBA"), ALL, Placement(NIGHT.id, TONIGHT, 50)),
    ("only where it fits", replace(HOUR, cores=16), ALL, Placement(NEAR.id, NOW, 900)),
    ("a price is rounded up", replace(HOUR, seconds=1, place="HK"), ALL, Placement(NEAR.id, NOW, 1)),
    ("not past closing", replace(HOUR, seconds=4 * 3600), ALL, Placement(CHEAP.id, NOW, 400)),
    (
        "over midnight where it is always open",
        replace(HOUR, seconds=20 * 3600, max_price=2000),
        (CHEAP,),
        Placement(CHEAP.id, NOW, 2000),
    ),
    (
        "after the backlog",
        HOUR,
        (replace(CHEAP, busy=8, backlog=8 * 600),),
        Placement(CHEAP.id, NOW + timedelta(minutes=10), 100),
    ),
    (
        "of equal prices the earliest",
        HOUR,
        (replace(CHEAP, busy=8, backlog=1), replace(CHEAP, id=UUID(int=9))),
        Placement(UUID(int=9), NOW, 100),
    ),
    ("at once beside what runs", HOUR, (replace(CHEAP, busy=4, backlog=8 * 86400),), Placement(CHEAP.id, NOW, 100)),
    ("no pool", HOUR, (), Hindrance.NO_POOL),
    ("no such place", replace(HOUR, place="MO"), ALL, Hindrance.PLACE),
    ("too large", replace(HOUR, memory_mb=100_000), ALL, Hindrance.SIZE),
    ("too dear there", replace(HOUR, place="HK", max_price=899), ALL, Hindrance.PRICE),
    ("another currency", replace(HOUR, currency="HKD"), ALL, Hindrance.PRICE),
    ("too late", replace(HOUR, deadline=NOW + timedelta(minutes=59)), ALL, Hindrance.DEADLINE),
    ("backlog too long", HOUR, (replace(CHEAP, busy=8, backlog=8 * 86400),), Hindrance.DEADLINE),
]


def test_the_scheduler_places_by_place_size_price_and_deadline() -> None:
    found = {title: choose(wish, capacities, NOW) for title, wish, capacities, _expected in CASES}
    assert found == {title: expected for title, _wish, _capacities, expected in CASES}


@pytest.fixture
def right(provider: Organization, buyer: Organization, db: None) -> Delivery:
    return right_to_compute(compute_listing(provider), buyer)


def test_a_job_is_bought_run_metered_and_read(right: Delivery, buyer: Organization) -> None:
    assert right.receipt["compute"] == [{"name": "Shaoguan", "price_per_hour": {"amount": "36.00", "currency": "CNY"}}]
    client = api(make_client(person_of(buyer)))
    wanted = {
        "kind": "SQL",
        "code": "SELECT place, sum(amount) FROM input GROUP BY ALL ORDER BY 1",
        "rows": [{"place": "天河", "amount": 1}, {"place": "天河", "amount": 2}, {"place": "越秀", "amount": 4}],
        "seconds": 60,
        "deadline": (timezone.now() + timedelta(hours=1)).isoformat(),
        "max_price": {"amount": "1.00", "currency": "CNY"},
        "place": "440200",
    }
    address = f"/api/v1/entitlements/{right.entitlement_id}/compute-jobs"
    for change, pointer in (
        ({"place": "HK"}, "/place"),
        ({"place": "??"}, "/place"),
        ({"cores": 64}, "/cores"),
        ({"max_price": {"amount": "0.59", "currency": "CNY"}}, "/max_price"),
        ({"deadline": (timezone.now() + timedelta(seconds=59)).isoformat()}, "/deadline"),
        ({"deadline": timezone.now().isoformat()}, "/deadline"),
        ({"rows": [{"x": "y" * 1_200_000}]}, "/rows"),
        ({"seconds": 0}, "/seconds"),
    ):
        answer = client.post(address, wanted | change)
        assert (answer.status_code in (400, 409), answer.json()["errors"][0]["pointer"]) == (True, pointer), change
    assert not ComputeJob.objects.exists()

    made = client.post(address, wanted)
    assert made.status_code == 201, made.json()
    job = ComputeJob.objects.get()
    assert "天河".encode() not in bytes(job.sealed_task)
    run_due_jobs()
    job.refresh_from_db()
    assert job.state == "PLACED"  # only the pool's own workers take it
    assert running.pools_with_work() == [job.pool_id]
    assert ran(job).state == "DONE", (job.why_not, job.receipt)
    found = client.post(f"/api/v1/compute-jobs/{job.pk}/result")
    assert json.loads(found.content) == [["天河", 3], ["越秀", 4]]
    assert job.evidence["sha256"] == hashlib.sha256(found.content).hexdigest()
    shown = client.get("/api/v1/compute-jobs", {"state": "DONE"}).json()["items"][0]
    assert shown["cost"]["amount"] == f"0.{job.seconds_used:02}"
    used = UsageRecord.objects.get(nonce=str(job.pk))
    assert (used.kind, used.units) == ("COMPUTE_SECOND", job.seconds_used)
    assert 1 <= used.units < 60
    assert AuditEvent.objects.filter(action="computejob.read").count() == 1
    assert client.post(f"/api/v1/compute-jobs/{job.pk}/cancel", {"reason": "Late"}).json()["code"] == "illegal_state"


REACHES = """
import socket, os
found = []
for act in (lambda: open('/etc/passwd'), lambda: os.listdir('/proc'), os.fork, lambda: os.kill(os.getppid(), 9),
            lambda: socket.socket().connect(('127.0.0.1', 6379)), lambda: open('new', 'wb', 0).write(b'x' * 10)):
    try:
        act(); found.append('open')
    except (OSError, ValueError) as error:
        found.append(type(error).__name__)
result = {'found': found, 'uid': os.getuid(), 'environ': len(os.environ)}
"""
TASKS = [
    ("result = statistics.mean(row['amount'] for row in rows)", "DONE", ""),
    ("result = 1 / 0", "FAILED", "ERROR"),
    ("raise SystemExit(0)", "FAILED", "ERROR"),
    ("result = object()", "FAILED", "ERROR"),
    ("while True: pass", "FAILED", "TIME"),
    ("result = 'x' * 8_000_000_000", "FAILED", "MEMORY"),
    ("import os; os._exit(0)", "FAILED", "MEMORY"),
    ("import os, sys; sys.stdout.write('[1]\\n'); sys.stdout.flush(); os._exit(0)", "FAILED", "ERROR"),
]


def test_python_is_shut_in_and_whatever_it_does_ends_with_a_reason(right: Delivery) -> None:
    if os.geteuid() != 0:  # without root nobody else can be made of it, and it does not run
        assert ran(submitted(right, "result = 1", kind="PYTHON")).why_not == "WALLS"
        return
    done = [
        ran(submitted(right, code, kind="PYTHON", seconds=3 if reason == "TIME" else 60))
        for code, _state, reason in TASKS
    ]
    assert [(job.state, job.why_not) for job in done] == [(state, reason) for _code, state, reason in TASKS]
    assert "ZeroDivisionError" in done[1].receipt["error"]
    assert UsageRecord.objects.filter(kind="COMPUTE_SECOND").count() == len(TASKS)
    reached = ran(submitted(right, REACHES, kind="PYTHON"))
    assert reached.evidence["walls"] == ["network", "files", "user"]
    said = json.loads(jobs.opened(reached, bytes(reached.sealed_result)))
    assert (said["uid"], said["environ"]) == (65534, 0)
    assert "open" not in said["found"], said
    refused_sql = ran(submitted(right, "SELECT * FROM read_text('/etc/passwd')", kind="SQL"))
    assert refused_sql.why_not == "REFUSED"


def test_a_dead_worker_a_suspended_pool_and_an_ended_right_lose_and_double_nothing(
    provider: Organization, buyer: Organization, db: None
) -> None:
    right = right_to_compute(compute_listing(provider, SHAOGUAN, HONG_KONG | {"price_per_hour": yuan(5000)}), buyer)
    killed = submitted(right)
    lease = kernel_jobs.claim(kinds=(jobs.queue_of(killed.pool_id),))
    assert lease is not None
    running._begin(killed.pk, lease)
    Job.objects.filter(pk=lease.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert ran(killed).state == "DONE"
    assert AuditEvent.objects.filter(action="computejob.running", subject_id=killed.pk).count() == 1
    Job.objects.filter(pk=lease.pk).update(state=Job.State.WAITING, due_at=timezone.now())
    with pytest.raises(kernel_jobs.LeaseLost):
        running._end(killed, lease, running.sandbox.Outcome([], "TIME", []), used=9)
    assert ran(killed).state == "DONE"
    assert UsageRecord.objects.filter(nonce=str(killed.pk)).count() == 1

    # Two jobs wait at the cheap pool; when it closes the one that may cost more goes to the other.
    moved, stuck = submitted(right), submitted(right, place="440200")
    selling = api(make_client(person_of(provider)))
    pool = ComputePool.objects.get(pk=moved.pool_id)
    shut = selling.post(f"/api/v1/compute-pools/{pool.pk}/suspend", {"reason": "Repairs"})
    assert shut.json()["state"] == "SUSPENDED"
    moved.refresh_from_db()
    stuck.refresh_from_db()
    assert (moved.state, moved.pool.name) == ("PLACED", "Hong Kong")
    assert (stuck.state, stuck.why_not, stuck.cost_minor) == ("FAILED", "POOL", 0)
    running.run_pool(pool.pk)
    moved.refresh_from_db()
    assert moved.state == "PLACED"  # what was left in the old queue is no longer its
    assert ran(moved).state == "DONE"
    assert selling.post(f"/api/v1/compute-pools/{pool.pk}/open").json()["state"] == "ACTIVE"
    assert selling.post(f"/api/v1/compute-pools/{pool.pk}/open").json()["code"] == "illegal_state"

    given_up, late, ended = submitted(right), submitted(right), submitted(right)
    jobs.cancel(job_id=given_up.pk, reason="No need", actor=actor(person_of(buyer)))
    ComputeJob.objects.filter(pk=late.pk).update(deadline=timezone.now())
    lease = Job.objects.get(subject_id=given_up.pk)
    Job.objects.filter(pk=lease.pk).update(state=Job.State.RUNNING, leased_until=timezone.now())
    lease.refresh_from_db()
    beat = running._beat(given_up, lease)
    with pytest.raises(running.Stopped):
        beat()
    assert ran(late).why_not == "DEADLINE"
    assert ran(ended).state == "DONE"
    waiting = submitted(right)
    entitlements.suspend_entitlement(
        entitlement_id=right.entitlement_id, reason="A complaint", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    )
    assert ran(waiting).why_not == "RIGHT"
    with refused("entitlement_not_active"):
        submitted(right)
    with refused("entitlement_not_active"):
        jobs.read_result(job_id=moved.pk, actor=actor(person_of(buyer)))
    with refused("not_found"):
        jobs.cancel(job_id=waiting.pk, reason="x", actor=actor(person_of(make_buyer())))


def test_a_result_that_crosses_the_border_is_taken_from_the_permit_once(provider: Organization, db: None) -> None:
    standing(provider)
    abroad = make_buyer(jurisdiction="HK")
    right = released(funded(buy(compute_listing(provider, abroad=True), abroad)))
    job, reader = ran(submitted(right)), actor(person_of(abroad))
    first, again = (jobs.read_result(job_id=job.pk, actor=reader)[1] for _ in range(2))
    permit = TransferPermit.objects.get(delivery_id=right.pk)
    assert (first, permit.bytes_used) == (again, job.evidence["bytes"])
    TransferPermit.objects.filter(pk=permit.pk).update(withdrawn_at=timezone.now())
    with refused("permit_not_in_force"):
        jobs.read_result(job_id=job.pk, actor=reader)
    job.refresh_from_db()
    assert job.reads == 2


def test_a_provider_registers_pools_of_its_own_product_only(provider: Organization, db: None) -> None:
    product = compute_listing(provider).product
    who = actor(person_of(provider))
    client = api(make_client(person_of(provider)))
    address = f"/api/v1/products/{product.pk}/compute-pools"
    good = SHAOGUAN | {"name": "b", "cores": 1, "memory_mb": 512, "price_per_hour": {"amount": "1", "currency": "CNY"}}
    assert client.post(address, good).status_code == 201
    for change, pointer in (
        ({}, "/name"),
        ({"name": "c", "jurisdiction": "XX"}, "/jurisdiction"),
        ({"name": "c", "jurisdiction": "HK"}, "/division_code"),
        ({"name": "c", "opens": 9, "closes": 9}, "/closes"),
    ):
        answer = client.post(address, good | change)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer), answer.json()
    assert [pool["name"] for pool in client.get(address).json()["items"]] == ["b", "Shaoguan"]
    with refused("not_found"):
        opened_pool(product.pk, actor(person_of(make_buyer())), **HONG_KONG)
    assert pools.capacities(product.pk)[0].places >= {"CN", "440000", "440200"}
    assert who.organization_id == product.organization_id
