"""Search a catalogue of 200,000 listings over HTTP, beside the plain SQL of the same question.

    python -m bench.catalogue [--listings 200000] [--rounds 60]

Builds the listings in a scratch database, asks typical questions through the whole web stack (in process: middleware,
view, serializer) and runs the very SQL that each question made on a bare connection. Rounds alternate between the two.
"""

import argparse
import os
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from time import perf_counter
from typing import Any

PAGE = 20
WARM_UP = 5

# What is asked, as query parameters.
QUESTIONS: Mapping[str, dict[str, Any]] = {
    "newest, no words": {},
    "two words": {"q": "深圳 空气质量"},
    "four words without spaces": {"q": "广州地铁客流数据"},
    "Traditional finds Simplified": {"q": "東莞企業信用"},
    "English": {"q": "air quality index"},
    "a word in one of 200,000": {"q": "貔貅"},
    "a word in most of them": {"q": "数据"},
    "the same, most relevant first": {"q": "数据", "sort": "relevance"},
    "two words, most relevant first": {"q": "深圳 空气质量", "sort": "relevance"},
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
    arguments = parser.parse_args()

    from bench.ledger import scratch_servers, set_up_django
    from config.embedded import EmbeddedServers

    # One client asks as fast as it can, which the rates for anonymous clients are there to prevent.
    os.environ |= {"THROTTLE_ANONYMOUS": "1000000000/min", "LOG_LEVEL": "WARNING", "ALLOWED_HOSTS": "testserver"}
    with scratch_servers() as state:
        (state / "static").mkdir()
        EmbeddedServers(state).start(("redis",))
        set_up_django(state)
        from bench.catalogue_rows import build_listings

        seconds = build_listings(arguments.listings)
        print(f"{arguments.listings:,} listings written, indexed and analysed in {seconds:.1f} s\n")
        print_header()
        for name, parameters in QUESTIONS.items():
            print_times(name, ask(parameters, rounds=arguments.rounds))
        print_times("newest, the 1000th page", ask(parameters_of_page(1000), rounds=arguments.rounds))


def ask(parameters: dict[str, Any], *, rounds: int) -> Times:
    """Ask one question both ways, in turns, after a warm-up."""
    statement = sql_of(parameters)
    http, sql = [], []
    hits = 0
    for turn in range(rounds + WARM_UP):
        http_ms, hits = over_http(parameters)
        sql_ms = as_sql(statement)
        if turn >= WARM_UP:
            http.append(http_ms)
            sql.append(sql_ms)
    return Times(http, sql, hits)


@cache
def client() -> Any:
    """Return the one client: each loads the whole middleware anew on its first request."""
    from rest_framework.test import APIClient

    return APIClient()


def over_http(parameters: dict[str, Any]) -> tuple[float, int]:
    started = perf_counter()
    response = client().get("/api/v1/catalogue", {"limit": PAGE, **parameters})
    elapsed = (perf_counter() - started) * 1000
    assert response.status_code == 200, response.content
    return elapsed, len(response.json()["items"])


def sql_of(parameters: dict[str, Any]) -> str:
    """Return the statement that the view sends for these parameters, its values filled in."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        over_http(parameters)
    (query,) = captured.captured_queries
    return str(query["sql"])


def as_sql(statement: str) -> float:
    from django.db import connection

    with connection.cursor() as cursor:
        started = perf_counter()
        cursor.cursor.execute(statement)
        cursor.cursor.fetchall()
        return (perf_counter() - started) * 1000


def parameters_of_page(number: int) -> dict[str, Any]:
    """Follow the cursors to a page and return what asks for it."""
    parameters: dict[str, Any] = {}
    for _ in range(number - 1):
        page = client().get("/api/v1/catalogue", {"limit": PAGE, **parameters}).json()
        parameters = {"cursor": page["next"]}
    return parameters


def print_header() -> None:
    print(f"{'question':34s} {'found':>5s} {'HTTP p50':>9s} {'p95':>8s} {'SQL p50':>9s} {'p95':>8s} {'ratio':>7s}")


def print_times(name: str, times: Times) -> None:
    http, sql = statistics.median(times.http), statistics.median(times.sql)
    print(
        f"{name:34s} {times.hits:5d} {http:6.2f} ms {p95(times.http):5.2f} ms {sql:6.2f} ms {p95(times.sql):5.2f} ms"
        f" {http / sql:6.1f}x"
    )


def p95(values: Sequence[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)]


if __name__ == "__main__":
    main()
