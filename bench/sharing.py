"""What reading a shared table costs: `load_as_pandas` over HTTP against `pandas.read_parquet` of the same file on disk.

    python -m bench.sharing [--rows 1000000] [--rounds 5]

The table is uploaded as CSV, examined, bought and written by the real jobs, on a PostgreSQL of our own; the web server
is the production one. Both sides run in one process of the official client, in turn; the figures are medians. The first
reading, which fills caches, is not counted.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from bench.ledger import scratch_servers, set_up_django
from config.supervisor import choose_port

HERE = Path(__file__).resolve().parent.parent
CLIENT = HERE / ".venv-delta-sharing" / "bin" / "python"
AIMED_RATIO = 1.5
READER = """
import json, statistics, sys, time
import delta_sharing, pandas
table, rounds, paths = sys.argv[1], int(sys.argv[2]), sys.argv[3:]

def shared():
    return delta_sharing.load_as_pandas(table)

def local():
    return pandas.concat([pandas.read_parquet(path) for path in paths], ignore_index=True)

def timed(act):
    began = time.perf_counter()
    rows = len(act())
    return time.perf_counter() - began, rows

timed(shared), timed(local)
pairs = [(timed(shared), timed(local)) for _ in range(rounds)]
assert len({rows for pair in pairs for _seconds, rows in pair}) == 1
print(json.dumps([statistics.median(each[side][0] for each in pairs) for side in (0, 1)]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    subprocess.run([str(HERE / "deploy/delta-sharing-client"), str(HERE / ".venv")], check=True)
    with scratch_servers(("postgres", "redis")) as state, tempfile.TemporaryDirectory() as folder:
        port = choose_port(None)
        os.environ["LOG_LEVEL"] = "WARNING"
        os.environ["PUBLIC_URL"] = f"http://127.0.0.1:{port}"
        set_up_django(state)
        measure(asked.rows, asked.rounds, port, Path(folder))


def measure(rows: int, rounds: int, port: int, folder: Path) -> None:
    """Prepare the table, read it both ways, and print what each takes."""
    from listings.storage import read_range
    from marketplace.delivery.tables import stored_table_file
    from marketplace.models import Delivery
    from marketplace.protocols.delta_sharing.activation import profile_v1
    from tests.marketplace.sharing import activated_profile, bought, listed_tables
    from tests.marketplace.trading import make_buyer
    from tests.world import make_member, put_back_venues

    put_back_venues()
    provider, buyer = make_member(), make_buyer()
    listing = listed_tables(provider, {"trips.csv": "".join(trips(rows))})
    began = perf_counter()
    delivery: Delivery = bought(listing, buyer)
    prepared = perf_counter() - began

    paths, size = [], 0
    for file in delivery.entitlement.tables.get().files.select_related("table__version"):
        path = folder / f"{file.number}.parquet"
        path.write_bytes(b"".join(read_range(stored_table_file(file), 0, file.size)))
        paths.append(str(path))
        size += file.size
    profile = folder / "reader.share"
    profile.write_text(json.dumps(profile_v1(activated_profile(buyer))))
    address = f"{profile}#{delivery.order.listing.product.number}.default.data"
    with web_server(port):
        shared, local = read_both(address, rounds, paths)
    print(f"prepared {rows:,} rows as {size / 1e6:.1f} MB of Parquet in {prepared:.1f} s")
    print(f"load_as_pandas                      {shared:>10.3f} s")
    print(f"pandas.read_parquet                 {local:>10.3f} s")
    print(f"load_as_pandas / read_parquet       {shared / local:>10.2f} (aim at most {AIMED_RATIO})")


def read_both(address: str, rounds: int, paths: Sequence[str]) -> tuple[float, float]:
    """Return the median seconds of reading by the protocol and from disk."""
    command = [str(CLIENT), "-c", READER, address, str(rounds), *paths]
    told: Any = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
    return told[0], told[1]


def trips(rows: int) -> Iterator[str]:
    """Make rides of shared bicycles: numbers, money, words that repeat, and moments."""
    chance = random.Random(7)
    districts = ("天河", "越秀", "荔湾", "海珠", "白云", "番禺", "南沙", "黄埔")
    yield "编号,开始,区,车号,公里,费用\n"
    for number in range(rows):
        minute = chance.randrange(60 * 24 * 28)
        moment = f"2026-02-{1 + minute // 1440:02d}T{minute % 1440 // 60:02d}:{minute % 60:02d}:00Z"
        place, bicycle = chance.choice(districts), chance.randrange(80_000)
        kilometres, fee = chance.random() * 9, chance.randrange(100, 900) / 100
        yield f"{number},{moment},{place},B{bicycle:06d},{kilometres:.3f},{fee:.2f}\n"


@contextmanager
def web_server(port: int) -> Iterator[int]:
    """Run the production web server with the settings of this process; yield its process id."""
    command = ["-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    options = ["--blocking-threads", "8", "--no-ws", "--log-level", "warning", "config.wsgi:application"]
    process = subprocess.Popen([sys.executable, *command, *options], cwd=HERE)
    try:
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/api/v1/venues").close()
                break
            except URLError:
                sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
