"""A whole exchange of a test's own: PostgreSQL, Redis, web, worker and beat as real processes that may be killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from config.embedded import POSTGRES, REDIS, EmbeddedServers, database_url, redis_url
from config.supervisor import ROOT, commands, environment_for, gateway_command
from tests import migrated

# The size of the large file in MiB: digesting 20 GiB on a busy machine takes its time.
SOAK_MEBIBYTES = int(os.environ.get("SOAK_MEBIBYTES", "96"))
LEASE_SECONDS = 3 + SOAK_MEBIBYTES // 1024
PATIENCE = 90 + SOAK_MEBIBYTES // 8  # seconds until a thing that must come is called missing


def _status(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:  # it has ended meanwhile
        return []


def eventually(question: Callable[[], Any], what: str) -> Any:
    """Return the first truthy answer; fails when there is none within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if answer := question():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {PATIENCE} s")


class Exchange:
    """Everything in one state folder; `processes` are those that run now, by name."""

    def __init__(self, state: Path, *, rows: int = 400_000) -> None:
        self.state = state
        self.rows = rows
        self.port, self.gateway_port = free_port(), free_port()
        self.servers = EmbeddedServers(state)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.world: dict[str, Any] = {}
        self.environment = environment_for(state, port=self.port) | {
            "DATABASE_URL": database_url(state),
            "REDIS_URL": redis_url(state),
            "STATE_DIR": str(state),
            "PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "JOB_LEASE_SECONDS": str(LEASE_SECONDS),
            "THROTTLE_CLIENT": "1000000/min",
            "FETCH_ALLOWED_NETWORKS": "127.0.0.0/8",  # where tests have their upstreams
        }

    def open(self) -> None:
        """Start the servers, make the tables and the traders, then start web, worker and beat."""
        self.servers.start((POSTGRES, REDIS))
        (self.state / "metrics").mkdir(exist_ok=True)
        if not migrated.load(self.servers):
            self.manage("migrate", "--verbosity", "0")
        world = self.run(sys.executable, "-m", "tests.faults.world", str(self.rows))
        self.world = json.loads(world.splitlines()[-1])
        for name in ("web", "worker", "beat"):
            self.start(name)
        eventually(self.answers, "the web server answers")

    def close(self) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.servers.stop((POSTGRES, REDIS))

    def start(self, name: str) -> None:
        lines = {**commands(self.state, port=self.port), "gateway": gateway_command(self.gateway_port)}
        # As docs/compute.md lets a provider start the workers of its pool.
        lines["pool"] = f"{lines['worker']} -Q pool.{self.world['pool']}" if self.world else ""
        log = (self.state / f"{name}.log").open("ab")
        self.processes[name] = subprocess.Popen(
            lines[name], shell=True, cwd=ROOT, env=self.environment, start_new_session=True, stdout=log, stderr=log
        )

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process and all its children, as a power cut would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def peak_memory(self, name: str) -> int:
        """Return the most MiB that any process of `name` has held since it started."""
        family = psutil.Process(self.processes[name].pid).children(recursive=True)
        peaks = [line.split()[1] for each in family for line in _status(each.pid) if line.startswith("VmHWM:")]
        return max(int(peak) // 1024 for peak in peaks)

    def manage(self, *arguments: str) -> str:
        return self.run(sys.executable, "manage.py", *arguments)

    # --- looking into the database ---------------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(database_url(self.state), row_factory=dict_row)

    def query(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        with self.connect() as connection:
            return connection.execute(sql, parameters).fetchall()

    def value(self, sql: str, *parameters: Any) -> Any:
        return next(iter(self.query(sql, *parameters)[0].values()))

    @contextmanager
    def holding(self, sql: str) -> Iterator[None]:
        """Hold the row locks that `sql` takes, so that whoever needs them next stops right there."""
        with self.connect() as connection:
            connection.execute(sql)
            yield
            connection.rollback()

    def someone_waits_for_a_lock(self) -> bool:
        return bool(self.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))

    # --- trading ---------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, body: Any = None, *, who: str = "buyer", key: str = "") -> httpx.Response:
        """Send one request as one of the world's traders."""
        headers = {"Authorization": f"Bearer {self.world['tokens'][who]}"}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid4())
        with httpx.Client(base_url=self.environment["PUBLIC_URL"], timeout=30) as client:
            return client.request(method, path, json=body, headers=headers)

    def insist(self, method: str, path: str, body: Any = None, *, who: str = "buyer") -> Any:
        """Repeat one request under one Idempotency-Key until the exchange answers it, as a good client does."""
        key = str(uuid4())

        def once() -> httpx.Response | None:
            try:
                response = self.ask(method, path, body, who=who, key=key)
            except httpx.TransportError:
                return None
            retryable = response.status_code in {429, 500, 502, 503} or response.json().get("code") in {
                "idempotency_key_in_use"
            }
            return None if retryable else response

        response: httpx.Response = eventually(once, f"{method} {path} is answered")
        assert response.status_code < 300, response.text
        return response.json()

    def wish(self) -> dict[str, str]:
        return {"listing_id": self.world["listing_id"], "plan_id": self.world["plan_id"], "purpose": "A test of faults"}

    def place(self, who: str = "buyer") -> Any:
        return self.insist("POST", "/api/v1/orders", self.wish(), who=who)

    def order(self, order_id: str) -> Any:
        return self.insist("GET", f"/api/v1/orders/{order_id}")

    def until(self, order_id: str, *states: str) -> Any:
        """Wait until the order has come to one of these states."""

        def there() -> Any:
            order = self.order(order_id)
            return order if order["state"] in states else None

        return eventually(there, f"order {order_id} becomes {' or '.join(states)}")

    def accept(self, order_id: str) -> None:
        order = self.until(order_id, "DELIVERED")
        self.insist("POST", f"/api/v1/deliveries/{order['deliveries'][0]['id']}/accept", {})

    # --- what must hold whatever happened --------------------------------------------------------------------------

    def check_books_and_evidence(self) -> None:
        """Every trade settled exactly once, the books balanced, no job lost, the audit log verified."""
        assert (
            self.query(
                "SELECT currency, sum(amount_minor) FROM settlements_entry GROUP BY 1 HAVING sum(amount_minor) <> 0"
            )
            == []
        )
        closed = self.value("SELECT count(*) FROM marketplace_order WHERE state IN ('SETTLED', 'CERTIFIED')")
        assert self.value("SELECT count(*) FROM settlements_settlement") == closed
        assert self.value("SELECT count(DISTINCT order_id) FROM settlements_settlement") == closed
        assert (
            self.query(
                "SELECT subject_id FROM kernel_auditevent WHERE action IN ('order.settled', 'order.delivered') "
                "GROUP BY subject_id, action HAVING count(*) > 1"
            )
            == []
        )
        assert self.query("SELECT kind, key, last_error FROM kernel_job WHERE state = 'FAILED'") == []
        self.manage("verify_log")

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.environment['PUBLIC_URL']}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def free_port() -> int:
    """Return a port that nobody uses, not even the other test process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
