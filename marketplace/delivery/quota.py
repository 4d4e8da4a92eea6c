"""How fast and how much may be called: one atomic script in Redis, whose counters are rebuilt from PostgreSQL.

Bills are made of usage records, never of these counters: what Redis loses changes no bill. A lost counter of a month
begins again at what the records say and what is under way, so that a quota is overrun by no more than the calls that
were being passed on in that very moment; rates begin a new window. While Redis is away quotas are read from PostgreSQL,
and rates are not held.
"""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone
from redis.exceptions import RedisError

from kernel.problems import Problem
from kernel.redis_client import redis_client
from listings.metering import Metering
from marketplace.delivery.metering import Period, period_of, usage_in
from marketplace.models import GatewayCall, UsageRecord

log = logging.getLogger(__name__)

FAILURES_TO_REST = 5  # in a row
REST_SECONDS = 30
COUNTER_SECONDS = 40 * 86400  # longer than any month

ADMIT = """
local rest, second, minute, used, failures = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local per_second, per_minute, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local resting = redis.call('TTL', rest)
if resting >= 0 then return {'resting', resting} end
if per_second and tonumber(redis.call('GET', second) or 0) >= per_second then return {'second', 0} end
if per_minute and tonumber(redis.call('GET', minute) or 0) >= per_minute then return {'minute', 0} end
if most then
  local now = tonumber(redis.call('GET', used))
  if not now then return {'unknown', 0} end
  if now >= most then return {'quota', now} end
  redis.call('INCR', used)
end
if per_second and redis.call('INCR', second) == 1 then redis.call('EXPIRE', second, 2) end
if per_minute and redis.call('INCR', minute) == 1 then redis.call('EXPIRE', minute, 120) end
return {'admitted', tonumber(redis.call('GET', failures) or 0)}
"""
SETTLE = "if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('INCRBY', KEYS[1], ARGV[1]) end"
FAILED = """
local count = redis.call('INCR', KEYS[1])
redis.call('EXPIRE', KEYS[1], 600)
if count >= tonumber(ARGV[1]) then redis.call('SET', KEYS[2], 1, 'EX', ARGV[2]) end
"""


@dataclass(frozen=True)
class Admission:
    """A call that may begin: one unit of the month is taken ahead, and it may be the one that tries a rested upstream.

    `counted` says whether the counter in Redis took it.
    """

    entitlement_id: UUID
    upstream_id: UUID
    period: Period
    counted: bool
    failures: int


def admit(entitlement_id: UUID, upstream_id: UUID, metering: Metering) -> Admission:
    """Let a call begin, or raise Problem `rate_exceeded`, `quota_exhausted` or `upstream_resting`, with Retry-After."""
    now = time.time()
    period = period_of(timezone.now())
    keys = [
        f"gateway:rest:{upstream_id}",
        f"gateway:second:{entitlement_id}:{int(now)}",
        f"gateway:minute:{entitlement_id}:{int(now // 60)}",
        _used_key(entitlement_id, period),
        f"gateway:failures:{upstream_id}",
    ]
    limits = [_limit(metering.calls_per_second), _limit(metering.calls_per_minute), _limit(metering.most_units)]
    try:
        verdict, number = _run(ADMIT, keys, limits)
        if verdict == b"unknown":
            used = _used(entitlement_id, period, metering.unit)
            redis_client().set(keys[3], used, nx=True, ex=COUNTER_SECONDS)
            verdict, number = _run(ADMIT, keys, limits)
    except RedisError as error:
        log.warning("the counters of the gateway are away", extra={"error": str(error)})
        if metering.most_units is not None and _used(entitlement_id, period, metering.unit) >= metering.most_units:
            raise _refusal("quota", now, period, 0) from error
        return Admission(entitlement_id, upstream_id, period, False, 0)
    if verdict != b"admitted":
        raise _refusal(verdict.decode(), now, period, number)
    return Admission(entitlement_id, upstream_id, period, metering.most_units is not None, number)


def settle(admission: Admission, units: int) -> None:
    """Replace the unit that was taken ahead by those that were counted."""
    if admission.counted and units != 1:
        _quietly(lambda: _run(SETTLE, [_used_key(admission.entitlement_id, admission.period)], [units - 1]))


def note_failure(admission: Admission) -> None:
    """Count a call that the upstream did not answer; after some in a row it is left alone for a while."""
    keys = [f"gateway:failures:{admission.upstream_id}", f"gateway:rest:{admission.upstream_id}"]
    _quietly(lambda: _run(FAILED, keys, [FAILURES_TO_REST, REST_SECONDS]))


def note_success(admission: Admission) -> None:
    """Forget earlier failures of an upstream that answered."""
    if admission.failures:
        _quietly(lambda: redis_client().delete(f"gateway:failures:{admission.upstream_id}"))


def _used(entitlement_id: UUID, period: Period, unit: str) -> int:
    """Return the units of a month, and one for each call under way that is not counted yet."""
    counted = UsageRecord.objects.filter(entitlement=entitlement_id, nonce=OuterRef("nonce"))
    under_way = GatewayCall.objects.filter(entitlement=entitlement_id, outcome=GatewayCall.Outcome.OPEN)
    return usage_in(entitlement_id, period, unit)[1] + under_way.exclude(Exists(counted)).count()


def _used_key(entitlement_id: UUID, period: Period) -> str:
    return f"gateway:used:{entitlement_id}:{period.name}"


def _limit(limit: int | None) -> str:
    return "" if limit is None else str(limit)


def _run(script: str, keys: list[str], arguments: list[Any]) -> Any:
    return redis_client().eval(script, len(keys), *keys, *arguments)


def _quietly(act: Callable[[], object]) -> None:
    try:
        act()
    except RedisError as error:
        log.warning("the counters of the gateway are away", extra={"error": str(error)})


def _refusal(verdict: str, now: float, period: Period, number: int) -> Problem:
    waits = {
        "second": 1,
        "minute": math.ceil(60 - now % 60),
        "quota": math.ceil(period.end.timestamp() - now),
        "resting": max(1, number),
    }
    codes = {"quota": "quota_exhausted", "resting": "upstream_resting"}
    return Problem(codes.get(verdict, "rate_exceeded"), headers={"Retry-After": str(waits[verdict])})
