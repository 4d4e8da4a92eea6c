"""Post money three ways in one run: through our functions, as the raw statements they stand for, and by django-hordak.

    python -m bench.ledger [--rounds 7]

Each transfer has three legs (payer, provider, venue fee); hordak's has the two that its `transfer_to` makes. The raw
statements write the same rows, audit event included, into copies of our tables without triggers. Rounds alternate
between the contestants, so that a busy machine slows all of them; the figures are medians.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from config.embedded import EmbeddedServers, database_url, redis_url

SINGLES = 300
BATCHES = 12
BATCH = 100
Contestant = Callable[[], float]  # runs one round and returns postings per second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with scratch_servers() as state:
        set_up_django(state)
        with contestants(state) as runners:
            print_rates(measure(runners, rounds=arguments.rounds))


@contextmanager
def scratch_servers(names: tuple[str, ...] = ("postgres",)) -> Iterator[Path]:
    """Start a PostgreSQL of our own, with fsync on as in production, and remove it afterwards."""
    state = Path(tempfile.mkdtemp(prefix="dawan-bench-"))
    state.chmod(0o711)  # under root PostgreSQL runs as another user, who passes through
    servers = EmbeddedServers(state)
    servers.start(names)
    try:
        yield state
    finally:
        servers.stop()
        shutil.rmtree(state, ignore_errors=True)


def set_up_django(state: Path) -> None:
    """Point the settings at the scratch server and make our tables there."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DATABASE_URL=database_url(state),
        REDIS_URL=redis_url(state),
        STATE_DIR=str(state),
    )
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


@contextmanager
def contestants(state: Path) -> Iterator[Mapping[str, Contestant]]:
    """Yield the rounds to run, by name; hordak lives in a process with settings and a database of its own."""
    from bench.ledger_postings import Ours, Raw

    ours, raw = Ours(), Raw(database_url(state))
    url = database_url(state, database="hordak")
    subprocess.run([*_psql(state), "-c", "CREATE DATABASE hordak"], check=True, stdout=subprocess.DEVNULL)
    command = [sys.executable, "-m", "bench.ledger_hordak", url, str(SINGLES // 3), str(BATCHES // 3), str(BATCH)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as hordak:
        yield {
            "ours, one a transaction": lambda: rate(ours.single, SINGLES),
            "raw statements, one a transaction": lambda: rate(raw.single, SINGLES),
            "hordak, one a transaction": lambda: _ask(hordak, "single"),
            f"ours, batches of {BATCH}": lambda: rate(lambda: ours.batch(BATCH), BATCHES) * BATCH,
            f"raw statements, batches of {BATCH}": lambda: rate(lambda: raw.batch(BATCH), BATCHES) * BATCH,
            f"hordak, {BATCH} a transaction": lambda: _ask(hordak, "batch"),
            f"hordak, bulk_create of {BATCH}": lambda: _ask(hordak, "bulk"),
        }
        assert hordak.stdin is not None
        hordak.stdin.close()
    raw.close()


def rate(post: Callable[[], object], times: int) -> float:
    """Return how often per second `post` runs."""
    started = perf_counter()
    for _ in range(times):
        post()
    return times / (perf_counter() - started)


def measure(runners: Mapping[str, Contestant], *, rounds: int) -> dict[str, float]:
    """Run every contestant in turn, once to warm up and then `rounds` times; return the median rates."""
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for turn in range(rounds + 1):
        for name, run in runners.items():
            measured = run()
            if turn:
                rates[name].append(measured)
    return {name: statistics.median(values) for name, values in rates.items()}


def print_rates(rates: Mapping[str, float]) -> None:
    for name, per_second in rates.items():
        print(f"{name:36s} {per_second:9,.0f} transfers/s")
    single, raw_single, hordak_single, batch, raw_batch, hordak_batch, hordak_bulk = rates.values()
    print(f"\nsingle: ours / raw statements         {single / raw_single:6.2f}   (aim >= 0.7)")
    print(f"single: ours / hordak                 {single / hordak_single:6.2f}")
    print(f"batched: ours / raw statements        {batch / raw_batch:6.2f}")
    print(f"batched: ours / hordak's transfer_to  {batch / hordak_batch:6.2f}   (aim >= 10)")
    print(f"batched: ours / hordak by bulk_create {batch / hordak_bulk:6.2f}   (no model code of hordak runs)")


def _ask(process: "subprocess.Popen[str]", what: str) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{what}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def _psql(state: Path) -> list[str]:
    return [str(EmbeddedServers(state).postgres.binaries / "psql"), "-q", database_url(state)]


if __name__ == "__main__":
    main()
