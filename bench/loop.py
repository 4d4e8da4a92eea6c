"""The trade loop over HTTP by eight clients at once, against a bare DRF insert on the same server.

    python -m bench loop

Each client buys, waits for the delivery, reads the file, accepts, and goes on; settlement and certificates run beside
it in the worker. The baseline is the same server's `BareInsert` under the same eight clients, before the loop.
"""

import http.client
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from tests.faults.exchange import Exchange, eventually

CLIENTS = 8
SECONDS = 20.0
AIM = 0.35


class Client:
    """One keep-alive connection, with the times of its requests in seconds."""

    def __init__(self, exchange: Exchange, who: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=30)
        self.token = exchange.world["tokens"][who]
        self.times: list[float] = []
        self.trades = 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self.token}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": str(uuid4())}
        started = time.perf_counter()
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.connection.getresponse()
        data = response.read()
        self.times.append(time.perf_counter() - started)
        return response.status, data

    def insist(self, method: str, path: str, body: Any = None) -> Any:
        status, data = self.ask(method, path, body)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {data[:500]!r}")
        return json.loads(data)


def trade(client: Client, exchange: Exchange) -> None:
    """Buy, wait, read, accept."""
    order = client.insist("POST", "/api/v1/orders", exchange.wish())
    while order["state"] != "DELIVERED":
        time.sleep(0.05)
        order = client.insist("GET", f"/api/v1/orders/{order['id']}")
    delivery = client.insist("GET", f"/api/v1/deliveries/{order['deliveries'][0]['id']}")
    file_id = delivery["receipt"]["files"][0]["id"]
    grant = client.insist("POST", f"/api/v1/deliveries/{delivery['id']}/grants", {"file_id": file_id})
    status, _data = client.ask("GET", urlsplit(grant["url"]).path)
    if status != 200:
        raise RuntimeError(f"download: {status}")
    client.insist("POST", f"/api/v1/deliveries/{delivery['id']}/accept", {})
    client.trades += 1


def drive(clients: list[Client], act: Callable[[Client], None], seconds: float) -> float:
    """Let every client repeat `act` for so many seconds; return how long it took."""
    end = time.perf_counter() + seconds
    failures: list[BaseException] = []

    def run(client: Client) -> None:
        try:
            while time.perf_counter() < end:
                act(client)
        except BaseException as failure:  # noqa: BLE001 - shown by the main thread
            failures.append(failure)

    started = time.perf_counter()
    threads = [threading.Thread(target=run, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return time.perf_counter() - started


def rate(clients: list[Client], elapsed: float) -> tuple[float, float, float]:
    """Return requests per second, and the median and 95th percentile in milliseconds."""
    times = [seconds for client in clients for seconds in client.times]
    percentiles = quantiles(times, n=100)
    return len(times) / elapsed, percentiles[49] * 1000, percentiles[94] * 1000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dawan-bench-", ignore_cleanup_errors=True) as folder:
        exchange = Exchange(Path(folder), rows=1000)
        exchange.environment["DJANGO_SETTINGS_MODULE"] = "bench.settings"
        try:
            exchange.open()
            measure(exchange)
        finally:
            exchange.close()


def measure(exchange: Exchange) -> None:
    with exchange.connect() as connection:
        connection.execute("CREATE TABLE bench_row (id bigint GENERATED ALWAYS AS IDENTITY, note text)")
    bare = [Client(exchange, "buyer") for _ in range(CLIENTS)]
    drive(bare, lambda client: client.insist("POST", "/bench/bare", {"note": "warm"}) and None, 2)
    bare = [Client(exchange, "buyer") for _ in range(CLIENTS)]
    elapsed = drive(bare, lambda client: client.insist("POST", "/bench/bare", {"note": "x"}) and None, SECONDS / 2)
    base, base_p50, base_p95 = rate(bare, elapsed)

    buyers = [Client(exchange, f"buyer{number}") for number in range(CLIENTS)]
    elapsed = drive(buyers, lambda client: trade(client, exchange), SECONDS)
    requests, p50, p95 = rate(buyers, elapsed)
    trades = sum(client.trades for client in buyers)
    waiting = "SELECT count(*) FROM marketplace_order WHERE state IN ('ACCEPTED', 'SETTLED')"
    started = time.perf_counter()
    eventually(lambda: exchange.value(waiting) == 0, "every trade is closed")
    tail = time.perf_counter() - started
    exchange.check_books_and_evidence()

    print(f"bare DRF insert, {CLIENTS} clients: {base:,.0f} requests/s, p50 {base_p50:.1f} ms, p95 {base_p95:.1f} ms")
    print(f"trade loop, {CLIENTS} clients: {trades / elapsed:,.1f} trades/s, {requests:,.0f} requests/s,", end=" ")
    print(f"p50 {p50:.1f} ms, p95 {p95:.1f} ms; last certificate {tail:.1f} s after the last acceptance")
    print(f"ratio of requests/s to the bare insert: {requests / base:.2f} (aim ≥ {AIM})")


if __name__ == "__main__":
    main()
