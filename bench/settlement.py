"""Settle accepted trades in one run, with split, entries, payables and evidence, on a PostgreSQL of our own.

    python -m bench.settlement [--trades 100000]

The baseline of the same run is the ledger alone: as many transfers with as many entries each, posted in batches of the
same size by the function that the run uses too. Processor time is that of this process and of its PostgreSQL, and says
the same on a busy machine. Memory is the highest of this process after the first tenth and at the end.
"""

import argparse
import resource
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Self

import psutil

from bench.ledger import scratch_servers, set_up_django

AIM = 5_000  # trades a second
MEBIBYTE = 1024  # kibibytes, in which the system counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trades", type=int, default=100_000)
    trades = parser.parse_args().trades
    with scratch_servers(("postgres", "redis")) as state:
        set_up_django(state)
        settle(trades)
        post(min(trades, 20_000))


def settle(trades: int) -> None:
    """Make so many accepted trades and print how fast a run settles them."""
    from django.db import connection

    from marketplace.closing import settle_orders
    from marketplace.models import Order
    from marketplace.settlement_runs import TOGETHER
    from settlements.books import trial_balance
    from tests.marketplace.many_trades import accepted_trades
    from tests.world import put_back_venues

    put_back_venues()
    accepted_trades(trades)
    keys = list(Order.objects.filter(state=Order.State.ACCEPTED).order_by("id").values_list("id", flat=True))
    # A tenth goes first: plans that are made while the tables are empty would be kept, and are not those of any day.
    first, rest = keys[: trades // 10], keys[trades // 10 :]
    for start in range(0, len(first), TOGETHER):
        settle_orders(first[start : start + TOGETHER])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    memory, before = peak(), Spent.until_now()
    for start in range(0, len(rest), TOGETHER):
        settle_orders(rest[start : start + TOGETHER])
    spent = Spent.until_now().since(before)
    if any(trial_balance().values()) or Order.objects.filter(state=Order.State.ACCEPTED).exists():
        raise RuntimeError("the run has not settled everything")
    print(
        f"settled      {len(rest) / spent.wall:>10,.0f} trades a second (aim {AIM:,}); {spent.each(len(rest))} a trade"
    )
    print(f"memory       {memory:>10,.0f} MiB after a tenth, {peak():,.0f} MiB at the end")


def post(transfers: int) -> None:
    """Post so many transfers of three entries in batches of the run's size, and print how fast."""
    from bench.ledger_postings import Ours
    from marketplace.settlement_runs import TOGETHER

    ours = Ours()
    ours.batch(TOGETHER)
    before = Spent.until_now()
    for _ in range(transfers // TOGETHER):
        ours.batch(TOGETHER)
    spent = Spent.until_now().since(before)
    print(f"ledger alone {transfers / spent.wall:>10,.0f} transfers a second; {spent.each(transfers)} a transfer")


@dataclass(frozen=True)
class Spent:
    """Seconds: on the clock, of the processor in this process, and of it in PostgreSQL's."""

    wall: float
    python: float
    postgres: float

    @classmethod
    def until_now(cls) -> Self:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            server = psutil.Process(cursor.fetchone()[0]).parent()
        assert server is not None
        times = [process.cpu_times() for process in server.children()]
        return cls(perf_counter(), process_time(), sum(each.user + each.system for each in times))

    def since(self, before: Self) -> Self:
        return type(self)(self.wall - before.wall, self.python - before.python, self.postgres - before.postgres)

    def each(self, count: int) -> str:
        return f"{1e6 * self.python / count:.0f} µs of Python and {1e6 * self.postgres / count:.0f} µs of PostgreSQL"


def peak() -> float:
    """Return the highest memory of this process until now, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBIBYTE


if __name__ == "__main__":
    main()
