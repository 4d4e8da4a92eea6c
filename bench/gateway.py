"""Calls through the gateway against the bare upstream, and against proxies that check and count nothing.

    python -m bench gateway

The upstream is a small WSGI program under granian, since nginx is not everywhere. The same clients ask each server in
turn, first an upstream that answers at once, then one that takes 50 ms.
"""

import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import quantiles

from config.embedded import POSTGRES, REDIS
from config.supervisor import ROOT, THREADS, WORKERS
from tests import migrated
from tests.faults.exchange import Exchange, eventually, free_port

CLIENTS = 8
MANY_CLIENTS = 32
SECONDS = 6.0
AIM = 0.3


@contextmanager
def granian(app: str, interface: str, environment: Mapping[str, str], threads: int = THREADS) -> Iterator[int]:
    """Serve one of bench/gateway_apps.py with as many workers as the exchange has, and give its port."""
    port = free_port()
    blocking = f" --blocking-threads {threads}" if interface == "wsgi" else ""
    line = (
        f"exec {shlex.quote(sys.executable)} -m granian --interface {interface} --host 127.0.0.1 --port {port}"
        f" --workers {WORKERS}{blocking} --no-ws --log-level warning bench.gateway_apps:{app}"
    )
    process = subprocess.Popen(line, shell=True, cwd=ROOT, env={**os.environ, **environment}, start_new_session=True)
    try:
        eventually(lambda: _answers(port), f"{app} answers")
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _answers(port: int, path: str = "/") -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False


def drive(port: int, path: str, token: str, clients: int) -> tuple[float, float, float]:
    """Let clients ask for a while; return requests per second, and p50 and p95 in milliseconds."""
    times: list[float] = []
    failures: list[BaseException] = []
    end = time.perf_counter() + SECONDS

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            while time.perf_counter() < end:
                started = time.perf_counter()
                connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
                response = connection.getresponse()
                body = response.read()
                times.append(time.perf_counter() - started)
                if response.status != 200:
                    raise RuntimeError(f"{path}: {response.status} {body[:300]!r}")
        except BaseException as failure:  # noqa: BLE001 - shown by the main thread
            failures.append(failure)

    threads = [threading.Thread(target=run) for _client in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    percentiles = quantiles(times, n=100)
    return len(times) / (time.perf_counter() - started), percentiles[49] * 1000, percentiles[94] * 1000


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="dawan-bench-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        upstream = stack.enter_context(granian("upstream", "wsgi", {}, threads=MANY_CLIENTS))
        exchange = Exchange(Path(folder), rows=10)
        stack.callback(exchange.close)
        exchange.servers.start((POSTGRES, REDIS))
        (exchange.state / "metrics").mkdir()
        if not migrated.load(exchange.servers):
            exchange.manage("migrate", "--verbosity", "0")
        address = f"http://127.0.0.1:{upstream}"
        made = subprocess.run(
            [sys.executable, "-m", "bench.gateway_world", address],
            env=exchange.environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            check=True,
        )
        world = json.loads(made.stdout.splitlines()[-1])
        for name, port in (("web", exchange.port), ("gateway", exchange.gateway_port)):
            exchange.start(name)
            eventually(partial(_answers, port, "/healthz"), f"{name} answers")
        calls = f"/gateway/{world['entitlement']}"
        proxied = {"BENCH_UPSTREAM": address}
        servers = {
            "bare upstream": (upstream, ""),
            "bare WSGI proxy": (stack.enter_context(granian("wsgi_proxy", "wsgi", proxied)), ""),
            "bare ASGI proxy": (stack.enter_context(granian("asgi_proxy", "asgi", proxied)), ""),
            "gateway in web": (exchange.port, calls),
            "gateway alone": (exchange.gateway_port, calls),
        }
        for port, prefix in servers.values():  # a process loads the site with its first request
            drive(port, prefix + "/fast", world["token"], MANY_CLIENTS)
        for path, clients in (("/fast", 1), ("/fast", CLIENTS), ("/slow", MANY_CLIENTS)):
            base = None
            for name, (port, prefix) in servers.items():
                rate, p50, p95 = drive(port, prefix + path, world["token"], clients)
                base = base or (rate, p50)
                print(
                    f"{path} {clients:2} clients, {name:16}: {rate:8,.0f} requests/s, p50 {p50:6.1f} ms,"
                    f" p95 {p95:6.1f} ms, +{p50 - base[1]:5.1f} ms, ratio {rate / base[0]:.2f}",
                    flush=True,
                )
        print(f"aim: ratio of the gateway to the bare upstream ≥ {AIM}")


if __name__ == "__main__":
    main()
