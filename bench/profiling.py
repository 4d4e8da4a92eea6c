"""Register and examine a table of a million rows, against DuckDB's plain scan and its SUMMARIZE in the same run.

    python -m bench.profiling [--rows 1000000] [--rounds 5] [--large]

Ours is the whole way through the public functions on a PostgreSQL of our own: announce the file, receive its parts on
two connections (digest, encryption, fsync), seal the version, and the job that decrypts, digests (SHA-256 and SM3),
decodes, types, counts and samples it, gathers its statistics, looks for personal data, and proposes quality and grade.
"Profile alone" leaves out the last three. DuckDB reads the plain file with two threads as we do: every column once, and
SUMMARIZE, its own profile. The contestants take turns, and the figures are medians. Memory is the peak of the
process above what it holds once a small table has been through (engines loaded). `--large` examines ten million
rows too, once, after a SUMMARIZE of the same.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from uuid import UUID

from bench.ledger import scratch_servers, set_up_django

SCANS = {
    "DuckDB, every column": "SELECT count(COLUMNS(*)) FROM read_csv('{path}')",
    "DuckDB, SUMMARIZE": "SUMMARIZE FROM read_csv('{path}')",
}
PLAIN, SUMMARIZE = SCANS
PROCESSOR = ", processor"
LARGE_ROWS = 10_000_000
STREETS = Path(__file__).parent.parent / "demo" / "data" / "guangdong-streets.csv"
PART_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
CONNECTIONS = 2
THREADS = 2
HEADER = "id,code,street,observed_on,recorded_at,lat,lon,amount,active,note\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="examine ten million rows too (takes two minutes)")
    parser.add_argument("--scan", help=argparse.SUPPRESS)  # the scanning process, run by this one
    arguments = parser.parse_args()
    if arguments.scan:
        scan(arguments.scan)
        return
    os.environ["LOG_LEVEL"] = "ERROR"  # there is no Redis to nudge a worker; the job is run here
    with scratch_servers() as state:
        set_up_django(state)
        with tempfile.TemporaryDirectory(prefix="dawan-bench-") as folder:
            small, table = Path(folder) / "small.csv", Path(folder) / "table.csv"
            write_table(small, rows=1_000)
            write_table(table, rows=arguments.rows)
            run(small, table, rounds=arguments.rounds)
            if arguments.large:
                write_table(table, rows=LARGE_ROWS)
                run_large(table)


def run(small: Path, table: Path, *, rounds: int) -> None:
    """Let the contestants take turns and print what they took."""
    seconds: dict[str, list[float]] = {}
    register(small)
    with memory() as used, scanner(table) as scans:
        for turn in range(rounds + 1):
            measured = scans() | register(table)
            if turn:  # the first one warms up
                for name, took in measured.items():
                    seconds.setdefault(name, []).append(took)
    print(f"table of {table.stat().st_size / 1e6:.0f} MB")
    medians = {name: statistics.median(took) for name, took in seconds.items()}
    for name, median in medians.items():
        print(f"{name:38s} {median:7.3f} s   (best {min(seconds[name]):.3f})")
    alone = medians["ours, receiving"] + medians["ours, profile alone"]
    whole = medians["ours, receiving"] + medians["ours, examining"]
    print()
    told("register + profile / every column", alone / medians[PLAIN], "aim <= 3")
    told("register + examine / every column", whole / medians[PLAIN], "everything in one job")
    told_of_examining(medians)
    told("peak memory above idle, MB", used["peak"] - used["idle"], f"aim < 300; idle {used['idle']:.0f}")


def told(figure: str, value: float, aim: str) -> None:
    """Print one of the figures that count."""
    print(f"{figure:36s} {value:7.2f}   ({aim})")


def told_of_examining(took: Mapping[str, float]) -> None:
    """Print the examination against SUMMARIZE, by the clock and in processor time, which other work does not blur."""
    examining = "ours, examining"
    told("examine / SUMMARIZE", took[examining] / took[SUMMARIZE], "aim <= 3")
    busy = took[f"{examining}{PROCESSOR}"] / took[f"{SUMMARIZE}{PROCESSOR}"]
    told("examine / SUMMARIZE, processor", busy, "the same, whatever else the machine does")


def run_large(table: Path) -> None:
    """Examine a large table once and print what that took, against one SUMMARIZE."""
    with scanner(table) as scans:
        took = scans()
    with memory() as used:
        took |= register(table, profile_alone=False)
    print(f"\ntable of {table.stat().st_size / 1e6:.0f} MB")
    for name, seconds in took.items():
        print(f"{name:38s} {seconds:7.3f} s")
    told_of_examining(took)
    told("peak memory above idle, MB", used["peak"] - used["idle"], f"aim <= 1000; idle {used['idle']:.0f}")


def register(path: Path, *, profile_alone: bool = True) -> dict[str, float]:
    """Take a file the whole way; return the seconds of receiving, of its profile alone, and of the examining job."""
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
    parts = range(1, -(-path.stat().st_size // PART_BYTES) + 1)
    with ThreadPoolExecutor(CONNECTIONS) as connections:
        list(connections.map(lambda number: send(path, file.id, number, actor), parts))
    uploading.complete_file(file_id=file.id, actor=actor)
    took = {"ours, receiving": perf_counter() - started}
    if profile_alone:
        took["ours, profile alone"] = profile(file.id)
    started, busy = perf_counter(), process_time()
    uploading.seal_version(version_id=version.id, actor=actor)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    took["ours, examining"] = perf_counter() - started
    took[f"ours, examining{PROCESSOR}"] = process_time() - busy
    version = DatasetVersion.objects.get(pk=version.id)
    assert version.state == DatasetVersion.State.READY, version.refusal
    return took


def profile(file_id: UUID) -> float:
    """Decrypt, digest and profile a file, and nothing else; return the seconds."""
    from kernel.digests import Digests
    from listings.inspection import Reading
    from listings.models import DataFile
    from listings.profiling.csv_table import profile_csv
    from listings.storage import stored_file

    started = perf_counter()
    reading = Reading(stored_file(DataFile.objects.get(pk=file_id)), Digests(), threading.Event())
    profile_csv(reading.chunks())
    return perf_counter() - started


def send(path: Path, file_id: UUID, number: int, actor: Any) -> None:
    """Send one part, in the chunks that a server hands over."""
    from django.db import connection

    from listings import uploading

    def body() -> Iterator[bytes]:
        with path.open("rb", buffering=0) as source:
            source.seek((number - 1) * PART_BYTES)
            for _ in range(PART_BYTES // CHUNK_BYTES):
                if piece := source.read(CHUNK_BYTES):
                    yield piece

    try:
        uploading.receive_part(file_id=file_id, number=number, body=body(), actor=actor)
    finally:
        connection.close()


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
            told = {name: process.stdout.readline().split() for name in SCANS}
            clock = {name: float(seconds) for name, (seconds, _busy) in told.items()}
            return clock | {f"{name}{PROCESSOR}": float(busy) for name, (_seconds, busy) in told.items()}

        yield scans
        process.stdin.close()


def scan(path: str) -> None:
    """Time the scans whenever asked, each with a new connection."""
    import duckdb

    for _ in sys.stdin:
        for query in SCANS.values():
            started, busy = perf_counter(), process_time()
            with duckdb.connect(config={"threads": THREADS}) as engine:
                engine.execute(query.format(path=path)).fetchall()
            print(perf_counter() - started, process_time() - busy, flush=True)


@contextmanager
def memory() -> Iterator[dict[str, float]]:
    """Take this process's resident memory (MB) before the block, and its peak within."""
    used = {"idle": _resident("VmRSS")}
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far (proc(5))
    yield used
    used["peak"] = _resident("VmHWM")


def _resident(which: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith(f"{which}:"))
    return int(kilobytes) * 1024 / 1e6


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
