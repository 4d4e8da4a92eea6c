"""Search a catalogue of many listings over HTTP, beside the plain SQL of the same question.

    python -m bench.catalogue [--listings 200000] [--rounds 60] [--seconds 8]

Builds the listings in a scratch database. First one client asks typical questions through the whole web stack (in
process: middleware, view, serializer) and the very statements that each question made go over a bare connection, in
turns. Then eight clients at once ask a real server, and eight bare connections the same statements. Last, how long it
takes until a listing that is approved is found. With a million listings it takes the better part of an hour.
"""

import argparse
import http.client
import os
import socket
import statistics
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlencode

PAGE = 20
WARM_UP = 5
CLIENTS = 8
PAGES = 1000

# What is asked, as query parameters.
QUESTIONS: Mapping[str, dict[str, Any]] = {
    "newest, no words": {},
    "two words": {"q": "深圳 空气质量"},
    "the same, newest first": {"q": "深圳 空气质量", "sort": "newest"},
    "four words without spaces": {"q": "广州地铁客流数据"},
    "Traditional finds Simplified": {"q": "東莞企業信用"},
    "English": {"q": "air quality index"},
    "mistyped": {"q": "广洲地铁"},
    "a word in one of 25,000": {"q": "貔貅"},
    "a word in all of them": {"q": "研究"},
    "words and four filters": {
        "q": "客流",
        "venue": "szdex",
        "industry": "I",
        "format": "PARQUET",
        "price": "paid",
    },
    "filters alone": {"venue": "gzdex", "industry": "J", "frequency": "DAY"},
    "cheapest first, up to a price": {"sort": "price", "price": "paid", "price_max": "500.00"},
    "dearest first": {"sort": "-price"},
}
SEARCH, FACETS, SUGGESTIONS = "/api/v1/catalogue", "/api/v1/catalogue/facets", "/api/v1/catalogue/suggestions"
# What eight clients ask at once.
LOADS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "search: words and four filters": (SEARCH, QUESTIONS["words and four filters"]),
    "its facets": (FACETS, QUESTIONS["words and four filters"]),
    "search: four words": (SEARCH, QUESTIONS["four words without spaces"]),
    "its facets ": (FACETS, QUESTIONS["four words without spaces"]),
    "search: filters alone": (SEARCH, QUESTIONS["filters alone"]),
    "its facets  ": (FACETS, QUESTIONS["filters alone"]),
    "suggestions: gdsd": (SUGGESTIONS, {"q": "gdsd"}),
    "suggestions: 广州": (SUGGESTIONS, {"q": "广州"}),
}


@dataclass(frozen=True)
class Times:
    """Milliseconds of one question: over HTTP, and as plain SQL."""

    http: Sequence[float]
    sql: Sequence[float]
    hits: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--listings", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each question under load")
    arguments = parser.parse_args()

    from bench.ledger import scratch_servers, set_up_django
    from config.embedded import EmbeddedServers

    # Clients ask as fast as they can, which the rates for anonymous clients are there to prevent.
    os.environ |= {"THROTTLE_ANONYMOUS": "1000000000/min", "LOG_LEVEL": "WARNING"}
    os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1"
    with scratch_servers() as state:
        (state / "static").mkdir()
        EmbeddedServers(state).start(("redis",))
        set_up_django(state)
        from bench.catalogue_rows import build_listings

        seconds = build_listings(arguments.listings)
        print(f"{arguments.listings:,} listings written, indexed and analysed in {seconds:.1f} s\n", flush=True)
        measure(arguments.rounds, arguments.seconds)


def measure(rounds: int, seconds: float) -> None:
    """Print what one client finds, what eight find at once, and how soon a new listing is found."""
    print_header()
    for name, parameters in QUESTIONS.items():
        print_times(name, ask(SEARCH, parameters, rounds=rounds))
    print_times(f"newest, the {PAGES}th page", ask(SEARCH, parameters_of_page(PAGES), rounds=rounds))
    print_times("suggestions: gdsd", ask(SUGGESTIONS, {"q": "gdsd"}, rounds=rounds))
    print_times("facets of four words", ask(FACETS, QUESTIONS["four words without spaces"], rounds=rounds))

    print(f"\n{CLIENTS} clients at once")
    print_header()
    with web_server() as port:
        for name, (path, parameters) in LOADS.items():
            print_times(name, ask_at_once(port, path, parameters, seconds=seconds))
    print_lag()


# --- one client ------------------------------------------------------------------------------------------------------


def ask(path: str, parameters: dict[str, Any], *, rounds: int) -> Times:
    """Ask one question both ways, in turns, after a warm-up."""
    statements = sql_of(path, parameters)
    http_times, sql_times = [], []
    hits = 0
    for turn in range(rounds + WARM_UP):
        http_ms, hits = over_http(path, parameters)
        sql_ms = as_sql(statements)
        if turn >= WARM_UP:
            http_times.append(http_ms)
            sql_times.append(sql_ms)
    return Times(http_times, sql_times, hits)


@cache
def client() -> Any:
    """Return the one client: each loads the whole middleware anew on its first request."""
    from rest_framework.test import APIClient

    return APIClient()


def over_http(path: str, parameters: dict[str, Any]) -> tuple[float, int]:
    started = perf_counter()
    response = client().get(path, {"limit": PAGE, **parameters} if path == SEARCH else parameters)
    elapsed = (perf_counter() - started) * 1000
    assert response.status_code == 200, response.content
    answer = response.json()
    return elapsed, answer["counted"] if path == FACETS else len(answer["items"] if path == SEARCH else answer)


def sql_of(path: str, parameters: dict[str, Any]) -> list[str]:
    """Return the statements that the view sends for these parameters, their values filled in."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    over_http(path, parameters)
    with CaptureQueriesContext(connection) as captured:
        over_http(path, parameters)
    return [str(query["sql"]) for query in captured.captured_queries]


def as_sql(statements: Sequence[str]) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        return run(cursor.cursor, statements)


def run(cursor: Any, statements: Sequence[str]) -> float:
    """Run statements on a bare cursor and return the milliseconds that they took."""
    started = perf_counter()
    for statement in statements:
        cursor.execute(statement)
        if cursor.description:
            cursor.fetchall()
    return (perf_counter() - started) * 1000


def parameters_of_page(number: int) -> dict[str, Any]:
    """Follow the cursors to a page and return what asks for it."""
    parameters: dict[str, Any] = {}
    for _ in range(number - 1):
        page = client().get(SEARCH, {"limit": PAGE, **parameters}).json()
        parameters = {"cursor": page["next"]}
    return parameters


# --- eight at once ---------------------------------------------------------------------------------------------------


@contextmanager
def web_server() -> Iterator[int]:
    """Run the exchange's web processes on a free port, as production does, and yield the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", "4", "--no-access-log", "config.wsgi:application"]
    server = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            sleep(0.2)
            try:
                http.client.HTTPConnection("127.0.0.1", port, timeout=60).request("GET", SEARCH)
            except OSError:
                continue
            break
        yield port
    finally:
        server.terminate()
        server.wait()


def ask_at_once(port: int, path: str, parameters: dict[str, Any], *, seconds: float) -> Times:
    """Let eight clients ask one question for so long over HTTP, then eight connections its statements."""
    import psycopg
    from django.db import connection

    query = {"limit": PAGE, **parameters} if path == SEARCH else parameters
    address = f"{path}?{urlencode(query)}"
    statements = sql_of(path, parameters)
    arguments = {
        key: value for key, value in connection.get_connection_params().items() if key in ("host", "dbname", "user")
    }

    def browser() -> Callable[[], float]:
        keep = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

        def act() -> float:
            started = perf_counter()
            keep.request("GET", address)
            answer = keep.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            return (perf_counter() - started) * 1000

        return act

    def bare() -> Callable[[], float]:
        cursor = psycopg.connect(**arguments, autocommit=True).cursor()
        return lambda: run(cursor, statements)

    at_once(browser, seconds / 4)
    over = at_once(browser, seconds)
    return Times(over, at_once(bare, seconds / 2), over_http(path, parameters)[1])


def at_once(make: Callable[[], Callable[[], float]], seconds: float) -> list[float]:
    """Let eight threads act for so many seconds and return the milliseconds of every act."""
    times: list[float] = []
    failures: list[BaseException] = []
    end = perf_counter() + seconds

    def repeat() -> None:
        try:
            act = make()
            while perf_counter() < end:
                times.append(act())
        except BaseException as failure:  # noqa: BLE001 - shown by the main thread
            failures.append(failure)

    threads = [threading.Thread(target=repeat) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return times


# --- how soon --------------------------------------------------------------------------------------------------------


def print_lag() -> None:
    """Print how long after its approval a listing is found by words, and what its job costs a worker."""
    from kernel.jobs import run_due_jobs
    from listings.search.learning import LEARN_JOB
    from tests.listings.offers import listed
    from tests.world import make_member

    word = "鸑鷟"  # which no other listing says
    listed(make_member(), name={"zh-Hans": f"{word}观测"})
    approved = perf_counter()
    while not client().get(SEARCH, {"q": word, "sort": "newest"}).json()["items"]:
        sleep(0.01)
    found = perf_counter()
    run_due_jobs(kinds=(LEARN_JOB,))
    learned = perf_counter()
    print(
        f"\nfound by its words {(found - approved) * 1000:.0f} ms after its approval,"
        f" its words and meaning learned in {(learned - found) * 1000:.0f} ms of a worker"
    )


def print_header() -> None:
    columns = f"{'HTTP p50':>9s} {'p95':>8s} {'SQL p50':>9s} {'p95':>8s} {'p50':>7s} {'p95':>6s}"
    print(f"{'question':34s} {'found':>6s} {columns}")


def print_times(name: str, times: Times) -> None:
    http_p50, sql_p50 = statistics.median(times.http), statistics.median(times.sql)
    http_p95, sql_p95 = p95(times.http), p95(times.sql)
    print(
        f"{name:34s} {times.hits:6d} {http_p50:6.2f} ms {http_p95:5.2f} ms {sql_p50:6.2f} ms {sql_p95:5.2f} ms"
        f" {http_p50 / sql_p50:6.1f}x {http_p95 / sql_p95:5.1f}x",
        flush=True,
    )


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main()
