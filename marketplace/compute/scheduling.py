"""Where a job runs: the cheapest pool that has the place, the size and the hours for it before its deadline.

Nothing here knows a database: pools and their backlog come in, a placement or the reason for none goes out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

HOURS = ZoneInfo("Asia/Shanghai")  # in which pools say when they are open


class Hindrance(StrEnum):
    """Why no pool takes a job: the first of these conditions, in this order, that none of them meets."""

    NO_POOL = "no_pool"
    PLACE = "place"
    SIZE = "size"
    PRICE = "price"
    DEADLINE = "deadline"


@dataclass(frozen=True)
class Capacity:
    """A pool as the scheduler sees it; `places` are its place and all around it, `backlog` is in core-seconds."""

    id: UUID
    places: frozenset[str]
    cores: int
    memory_mb: int
    opens: int
    closes: int
    price_per_hour: int  # minor units
    currency: str
    busy: int = 0  # cores
    backlog: int = 0


@dataclass(frozen=True)
class Wish:
    """What a job needs; an empty `place` is anywhere, `max_price` is in minor units of `currency`."""

    seconds: int
    cores: int
    memory_mb: int
    deadline: datetime
    max_price: int
    currency: str
    place: str = ""


@dataclass(frozen=True)
class Placement:
    pool: UUID
    start: datetime
    price: int  # minor units, if all the seconds are used


def choose(wish: Wish, pools: Sequence[Capacity], now: datetime) -> Placement | Hindrance:
    """Return the cheapest placement, of equal ones the earliest; or the first condition that no pool meets."""
    conditions: tuple[tuple[Hindrance, Callable[[Capacity], bool]], ...] = (
        (Hindrance.PLACE, lambda pool: not wish.place or wish.place in pool.places),
        (Hindrance.SIZE, lambda pool: pool.cores >= wish.cores and pool.memory_mb >= wish.memory_mb),
        (
            Hindrance.PRICE,
            lambda pool: pool.currency == wish.currency and price_of(wish.seconds, pool) <= wish.max_price,
        ),
        (Hindrance.DEADLINE, lambda pool: _start(wish, pool, now) is not None),
    )
    left, hindrance = list(pools), Hindrance.NO_POOL
    for hindrance, condition in conditions:
        if not left:
            break
        fitting = [pool for pool in left if condition(pool)]
        if not fitting:
            return hindrance
        left = fitting
    placements = [
        Placement(pool.id, start, price_of(wish.seconds, pool))
        for pool in left
        if (start := _start(wish, pool, now)) is not None
    ]
    return min(placements, key=lambda each: (each.price, each.start, each.pool), default=Hindrance.NO_POOL)


def price_of(seconds: int, pool: Capacity) -> int:
    """Return what so many seconds cost in minor units, rounded up."""
    return cost_of(seconds, pool.price_per_hour)


def cost_of(seconds: int, price_per_hour: int) -> int:
    """Return what so many seconds cost in minor units, rounded up."""
    return -(-seconds * price_per_hour // 3600)


def _start(wish: Wish, pool: Capacity, now: datetime) -> datetime | None:
    """Return when the pool can begin, after its backlog and within its hours; None if it would end too late."""
    waits = -(-pool.backlog // pool.cores) if pool.busy + wish.cores > pool.cores else 0
    ready = now + timedelta(seconds=waits)
    length = timedelta(seconds=wish.seconds)
    for day in range((wish.deadline - now).days + 2):
        date = (ready.astimezone(HOURS) + timedelta(days=day)).date()
        opens = datetime.combine(date, time(), HOURS) + timedelta(hours=pool.opens)
        closes = datetime.combine(date, time(), HOURS) + timedelta(hours=pool.closes)
        start = max(ready, opens)
        if start + length <= min(closes, wish.deadline):
            return start
        if pool.opens == 0 and pool.closes == 24 and start + length <= wish.deadline:
            return start  # open around the clock: a job may run over midnight
        if opens > wish.deadline:
            return None
    return None
