"""What a question costs through a clean room, against the same SQL in plain DuckDB on the same Parquet in clear.

    python -m bench.clean_room [--rows 10000000] [--rounds 5]

The table is uploaded, examined, bought and cut by the real jobs, on a PostgreSQL of our own. Through the room is the
whole way: asking (parsed, budget spent), the job, decryption, the locked-down process, the noise, the kept result.
Plain DuckDB runs in a process of its own, as a person would start it, and in one that is already running; both with two
threads. The contestants take turns, the figures are medians; the first round, which loads OpenDP, is not counted.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import duckdb

from bench.ledger import scratch_servers, set_up_django

ROWS = """
SELECT '区' || (hash(range) % 11) AS district, DATE '2025-01-01' + CAST(hash(range, 1) % 365 AS INTEGER) AS visited_on,
       CAST(hash(range, 2) % 20000 AS INTEGER) AS amount, 'P' || (hash(range, 3) % 3000000) AS patient
  FROM range({rows})
"""
SQL = "SELECT district, count(*), avg(amount) FROM {source} WHERE visited_on >= DATE '2025-03-01' GROUP BY district"
COLUMNS = [
    {"name": "district", "grouped": True, "places": 0},
    {"name": "visited_on", "grouped": True, "places": 0},
    {"name": "amount", "grouped": False, "least": 0, "greatest": 20000, "places": 0},
]
PART_BYTES = 16 * 1024 * 1024
OWN_PROCESS = "import duckdb, sys; duckdb.connect(config={'threads': 2}).execute(sys.argv[1]).fetchall()"
AIMED_RATIO = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    os.environ["LOG_LEVEL"] = "ERROR"  # there is no Redis to nudge a worker; the job is run here
    with scratch_servers() as state, tempfile.TemporaryDirectory() as folder:
        set_up_django(state)
        plain = Path(folder) / "visits.parquet"
        with duckdb.connect() as database:
            database.execute(f"COPY ({ROWS.format(rows=asked.rows)}) TO '{plain}' (COMPRESSION zstd)")
        measure(plain, asked.rounds)


def measure(plain: Path, rounds: int) -> None:
    """Ask both ways in turn and print what each takes."""
    question = SQL.format(source=f"read_parquet('{plain}')")
    database = duckdb.connect(config={"threads": 2})
    command = [sys.executable, "-c", OWN_PROCESS, question]
    ways: Mapping[str, Callable[[], object]] = {
        "through the room": through_the_room(plain),
        "DuckDB, its own process": lambda: subprocess.run(command, check=True),
        "DuckDB, running": lambda: database.execute(question).fetchall(),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, act in ways.items():
            began = perf_counter()
            act()
            if turn:
                took[name].append(perf_counter() - began)
    medians = {name: statistics.median(seconds) for name, seconds in took.items()}
    for name, median in medians.items():
        print(f"{name:36s} {median:7.3f} s")
    ours, own, running = medians.values()
    print(f"{'room / DuckDB in its own process':36s} {ours / own:7.2f}   (aim <= {AIMED_RATIO})")
    print(f"{'room / DuckDB that runs':36s} {ours / running:7.2f}")


def through_the_room(plain: Path) -> Callable[[], object]:
    """Sell the table by privacy computing, and return what asks about it once."""
    from kernel.jobs import run_due_jobs
    from listings import uploading
    from marketplace.delivery.clean_room import queries
    from marketplace.models import RoomQuery
    from tests.marketplace.rooming import asked, opened_room, room_listing_of
    from tests.marketplace.trading import make_buyer
    from tests.world import actor, make_member, person_of, put_back_venues

    put_back_venues()
    provider, buyer = make_member(), make_buyer()
    who = actor(person_of(provider))
    dataset = uploading.register_dataset(title={"en": "Visits"}, actor=who)
    version = uploading.open_version(dataset_id=dataset.id, actor=who)
    file = uploading.add_file(version_id=version.id, name=plain.name, format="PARQUET", actor=who)
    with plain.open("rb") as source:
        for number, part in enumerate(iter(lambda: source.read(PART_BYTES), b""), start=1):
            uploading.receive_part(file_id=file.id, number=number, body=[part], actor=who)
    uploading.complete_file(file_id=file.id, actor=who)
    uploading.seal_version(version_id=version.id, actor=who)
    run_due_jobs(kinds=("dataset.profile",))
    version.refresh_from_db()
    began = perf_counter()
    room = opened_room(room_listing_of(version, epsilon="100", columns=COLUMNS), buyer)
    [table] = room.tables.all()
    size = sum(table.files.values_list("size", flat=True))
    print(f"room opened over {table.rows:,} rows as {size / 1e6:.0f} MB of Parquet in {perf_counter() - began:.1f} s")

    def ask() -> RoomQuery:
        query = asked(room, SQL.format(source="data"), "1")
        run_due_jobs(kinds=(queries.COMPUTE_JOB,))
        query.refresh_from_db()
        assert query.state == RoomQuery.State.RELEASED, query.why_not
        assert query.epsilon == Decimal(1)
        return query

    return ask


if __name__ == "__main__":
    main()
