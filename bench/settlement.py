"""Settle accepted trades in one run, with split, entries, payables and evidence, on a PostgreSQL of our own.

    python -m bench.settlement [--trades 100000]

Two processes work as workers do: one claims the run, which asks for a second one beside it. The baseline of the same
run is the ledger alone, by one process: transfers with as many entries each, posted in batches of the same size by the
function that the run uses too. Processor time is that of the processes and of their PostgreSQL, and says the same on a
busy machine. Memory is that of the larger worker after a tenth of the time and at the end.
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter, sleep
from typing import Self

import psutil

from bench.ledger import scratch_servers, set_up_django

AIM = 5_000  # trades a second
WORKERS = 2
PAUSE = 0.1  # seconds between two looks at whether the run has ended
MEBIBYTE = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trades", type=int, default=100_000)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        work()
        return
    with scratch_servers(("postgres", "redis")) as state:
        set_up_django(state)
        settle(arguments.trades)
        post(min(arguments.trades, 20_000))


def settle(trades: int) -> None:
    """Make so many accepted trades and print how fast a run settles them."""
    from django.db import connection

    from kernel.jobs import enqueue
    from kernel.models import Job
    from marketplace.closing import settle_orders
    from marketplace.models import Order
    from marketplace.settlement_runs import RUN_JOB, TOGETHER
    from settlements.books import trial_balance
    from tests.marketplace.many_trades import accepted_trades
    from tests.world import put_back_venues

    put_back_venues()
    pattern = accepted_trades(trades)
    accepted = Order.objects.filter(state=Order.State.ACCEPTED).order_by("id")
    # A tenth goes first: plans that are made while the tables are empty would be kept, and are not those of any day.
    first = list(accepted.values_list("id", flat=True)[: trades // 10])
    for start in range(0, len(first), TOGETHER):
        settle_orders(first[start : start + TOGETHER])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    count = accepted.count()
    runs = Job.objects.filter(kind=RUN_JOB).exclude(state=Job.State.DONE)
    with workers() as processes:
        enqueue(RUN_JOB, key="bench", venue_id=pattern.venue_id)
        before, memory = Spent.until_now(processes), []
        for process in processes:
            tell(process, "begin")
        while runs.exists():
            memory.append(max(process.memory_info().rss for process in processes) / MEBIBYTE)
            sleep(PAUSE)
        spent = Spent.until_now(processes).since(before)
    if any(trial_balance().values()) or accepted.exists():
        raise RuntimeError("the run has not settled everything")
    print(f"settled      {count / spent.wall:>10,.0f} trades a second (aim {AIM:,}); {spent.each(count)} a trade")
    print(f"memory       {memory[len(memory) // 10]:>10,.0f} MiB after a tenth, {memory[-1]:,.0f} MiB at the end")


def post(transfers: int) -> None:
    """Post so many transfers of three entries in batches of the run's size, and print how fast."""
    from bench.ledger_postings import Ours
    from marketplace.settlement_runs import TOGETHER

    ours = Ours()
    ours.batch(TOGETHER)
    before = Spent.until_now([psutil.Process()])
    for _ in range(transfers // TOGETHER):
        ours.batch(TOGETHER)
    spent = Spent.until_now([psutil.Process()]).since(before)
    print(f"ledger alone {transfers / spent.wall:>10,.0f} transfers a second; {spent.each(transfers)} a transfer")


@contextmanager
def workers() -> Iterator[list[psutil.Popen]]:
    """Start the workers and yield them once they are ready to begin."""
    command = [sys.executable, "-m", "bench.settlement", "--worker"]
    processes = [
        psutil.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)
    ]
    for process in processes:
        process.stdout.readline()
    yield processes
    for process in processes:
        tell(process, "end")
        process.wait()


def tell(process: psutil.Popen, what: str) -> None:
    process.stdin.write(f"{what}\n")
    process.stdin.flush()


def work() -> None:
    """Run the jobs of settlement runs from the moment that we are told until none is left."""
    import django

    django.setup()
    from django.db import connection

    import marketplace.tasks  # noqa: F401 - what the jobs do
    from kernel.jobs import run_due_jobs
    from kernel.models import Job
    from marketplace.settlement_runs import RUN_JOB

    connection.ensure_connection()
    print("ready", flush=True)
    sys.stdin.readline()
    while Job.objects.filter(kind=RUN_JOB).exclude(state=Job.State.DONE).exists():
        run_due_jobs(kinds=(RUN_JOB,)) or sleep(PAUSE)
    sys.stdin.readline()


@dataclass(frozen=True)
class Spent:
    """Seconds: on the clock, of the processor in some processes of ours, and of it in PostgreSQL's."""

    wall: float
    python: float
    postgres: float

    @classmethod
    def until_now(cls, processes: Sequence[psutil.Process]) -> Self:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            server = psutil.Process(cursor.fetchone()[0]).parent()
        assert server is not None
        return cls(perf_counter(), processor_time(processes), processor_time(server.children()))

    def since(self, before: Self) -> Self:
        return type(self)(self.wall - before.wall, self.python - before.python, self.postgres - before.postgres)

    def each(self, count: int) -> str:
        return f"{1e6 * self.python / count:.0f} µs of Python and {1e6 * self.postgres / count:.0f} µs of PostgreSQL"


def processor_time(processes: Sequence[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return sum(each.user + each.system for each in times)


if __name__ == "__main__":
    main()
