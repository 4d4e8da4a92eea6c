"""Register and profile a table of a million rows, against DuckDB's plain scan of the same file in the same run.

    python -m bench.profiling [--rows 1000000] [--rounds 5]

Ours is the whole way through the public functions on a PostgreSQL of our own: announce the file, receive it in parts
(digest, encryption, fsync), seal the version, and the job that decrypts, digests (SHA-256 and SM3), decodes, types,
counts and samples it. The scan is `SELECT count(*)`, and for comparison one that reads every column of the plain file.
The contestants take turns, and the figures are medians. Memory is the process's own, sampled every few milliseconds,
above what it holds once a small table has been through (engines loaded).
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from time import perf_counter, sleep
from typing import Any

from bench.ledger import scratch_servers, set_up_django

SCANS = {
    "DuckDB, count(*)": "SELECT count(*) FROM read_csv('{path}')",
    "DuckDB, every column": "SELECT count(COLUMNS(*)) FROM read_csv('{path}')",
}
STREETS = Path(__file__).parent.parent / "demo" / "data" / "guangdong-streets.csv"
HEADER = "id,code,street,observed_on,recorded_at,lat,lon,amount,active,note\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scan", help=argparse.SUPPRESS)  # the scanning process, run by this one
    arguments = parser.parse_args()
    if arguments.scan:
        scan(arguments.scan)
        return
    with scratch_servers() as state:
        set_up_django(state)
        with tempfile.TemporaryDirectory(prefix="dawan-bench-") as folder:
            small, table = Path(folder) / "small.csv", Path(folder) / "table.csv"
            write_table(small, rows=1_000)
            write_table(table, rows=arguments.rows)
            run(small, table, rounds=arguments.rounds)


def run(small: Path, table: Path, *, rounds: int) -> None:
    """Let the contestants take turns and print what they took."""
    seconds: dict[str, list[float]] = {}
    register_and_profile(small)
    with scanner(table) as scans, memory() as used:
        for turn in range(rounds + 1):
            measured = scans() | register_and_profile(table)
            if turn:  # the first one warms up
                for name, took in measured.items():
                    seconds.setdefault(name, []).append(took)
    print(f"table of {table.stat().st_size / 1e6:.0f} MB")
    medians = {name: statistics.median(took) for name, took in seconds.items()}
    for name, median in medians.items():
        print(f"{name:28s} {median:7.3f} s   (best {min(seconds[name]):.3f})")
    ours = medians["ours, both"]
    print()
    for name in SCANS:
        print(f"ours / {name:24s} {ours / medians[name]:6.2f}   (aim <= 3)")
    print(
        f"peak memory above idle      {used['peak'] - used['idle']:7.0f} MB   (aim < 300; idle {used['idle']:.0f} MB)"
    )


def register_and_profile(path: Path) -> dict[str, float]:
    """Take a file the whole way; return the seconds of receiving and of profiling it."""
    from accounts.access import actor_for_person
    from accounts.models import Person
    from kernel.jobs import run_due_jobs
    from listings import uploading
    from listings.models import DatasetVersion

    actor = actor_for_person(Person.objects.first() or provider())
    dataset = uploading.register_dataset(title={"en": path.name}, actor=actor)
    started = perf_counter()
    version = uploading.open_version(dataset_id=dataset.id, actor=actor)
    file = uploading.add_file(version_id=version.id, name=path.name, format="CSV", actor=actor)
    with path.open("rb", buffering=0) as source:
        for number in count(1):
            if source.tell() == path.stat().st_size:
                break
            uploading.receive_part(
                file_id=file.id, number=number, body=body(source, uploading.LARGEST_PART), actor=actor
            )
    uploading.complete_file(file_id=file.id, actor=actor)
    received = perf_counter()
    uploading.seal_version(version_id=version.id, actor=actor)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    ended = perf_counter()
    version = DatasetVersion.objects.get(pk=version.id)
    assert version.state == DatasetVersion.State.READY, version.refusal
    return {"ours, receiving": received - started, "ours, profiling": ended - received, "ours, both": ended - started}


def body(source: Any, limit: int) -> Iterator[bytes]:
    """Yield up to `limit` bytes in the chunks that a server hands over."""
    chunk = 1024 * 1024
    for _ in range(limit // chunk):
        if not (piece := source.read(chunk)):
            return
        yield piece


def provider() -> Any:
    """Make a provider's administrator."""
    from accounts.models import Affiliation, Organization, Person, Role

    organization = Organization.objects.create(
        name={"en": "Provider"}, legal_name="Provider", jurisdiction="HK", identifier_kind="HKBR", identifier="50000001"
    )
    person = Person.objects.create(email="provider@example.com", name="Provider")
    Affiliation.objects.create(person=person, organization=organization, role=Role.ADMIN)
    return person


@contextmanager
def scanner(path: Path) -> Iterator[Any]:
    """Yield a function that times each scan in a process of its own, whose memory is not ours."""
    command = [sys.executable, "-m", "bench.profiling", "--scan", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def scans() -> dict[str, float]:
            process.stdin.write("go\n")
            process.stdin.flush()
            return {name: float(process.stdout.readline()) for name in SCANS}

        yield scans
        process.stdin.close()


def scan(path: str) -> None:
    """Time the scans whenever asked, each with a new connection."""
    import duckdb

    for _ in sys.stdin:
        for query in SCANS.values():
            started = perf_counter()
            with duckdb.connect() as engine:
                engine.execute(query.format(path=path)).fetchall()
            print(perf_counter() - started, flush=True)


@contextmanager
def memory() -> Iterator[dict[str, float]]:
    """Sample this process's resident memory (MB) while the block runs."""
    ended = threading.Event()
    used = {"idle": _resident(), "peak": 0.0}

    def sample() -> None:
        while not ended.is_set():
            used["peak"] = max(used["peak"], _resident())
            sleep(0.005)

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield used
    finally:
        ended.set()
        sampler.join()


def _resident() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def write_table(path: Path, *, rows: int) -> None:
    """Write a table of numbers, codes, Chinese names, days, moments, coordinates, amounts, truth values and notes."""
    streets = [line.split(",")[1].strip('"') for line in STREETS.read_text(encoding="utf-8").splitlines()[1:]]
    first = datetime(2020, 1, 1)  # noqa: DTZ001 - a table's moments have no zone
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(HEADER)
        for number in range(rows):
            # Spread by odd multipliers, so that the table is the same every time and columns differ.
            spread = number * 2_654_435_761 % 2**32
            moment = first + timedelta(seconds=spread % 10**8)
            street = streets[spread % len(streets)]
            note = ("", "", f'"备注, {number % 977}"', f"{street}好")[spread % 4]
            file.write(
                f"{number},{440103000 + spread % 9973},{street},{moment:%Y-%m-%d},{moment},"
                f"{22 + spread % 999_983 / 1e6:.6f},{113 + spread % 999_979 / 1e6:.6f},{spread % 1_000_003 / 100:.2f},"
                f"{'true' if spread % 3 else 'false'},{note}\n"
            )


if __name__ == "__main__":
    main()
