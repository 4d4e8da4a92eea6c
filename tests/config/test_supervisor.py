"""The whole exchange on one machine: starts everything, shares counters, stops what it started and no more."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pytest

from config.embedded import EmbeddedServers
from config.supervisor import choose_port, environment_for, serving
from tests import migrated
from tests.faults.exchange import free_port

ROOT = Path(__file__).resolve().parents[2]
SERVER_VARIABLES = {"DATABASE_URL", "REDIS_URL", "STATE_DIR", "PUBLIC_URL", "LOG_LEVEL", "PROMETHEUS_MULTIPROC_DIR"}


@pytest.fixture
def state() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="dawan-serving-"))
    path.chmod(0o711)
    yield path
    EmbeddedServers(path).stop()
    shutil.rmtree(path)


def supervisor(act: str, state: Path, *options: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SERVER_VARIABLES}
    command = [sys.executable, "-m", "config.supervisor", act, "--state", str(state), *options]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def with_tables(state: Path) -> None:
    """Make the tables, so that what is served need not apply every migration first; the demo's test does that."""
    servers = EmbeddedServers(state)
    servers.start(("postgres",))
    migrated.load(servers)
    servers.stop()


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, ""
    except OSError:
        return 0, ""


def await_ready(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120
    while get(f"{url}/readyz")[0] != 200:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "not ready after two minutes"
        time.sleep(0.2)


def test_serving_runs_everything_and_stops_exactly_what_it_started(state: Path) -> None:
    with_tables(state)
    EmbeddedServers(state).start(("redis",))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    process = supervisor("serve", state, "--port", str(port))
    try:
        await_ready(url, process)
        children = psutil.Process(process.pid).children(recursive=True)

        second = supervisor("serve", state)
        assert second.wait(timeout=60) == 1
        assert f"Already serving at {url}" in second.communicate()[0]

        for _ in range(20):
            assert get(f"{url}/healthz")[0] == 200
        counted = {line for line in get(f"{url}/metrics")[1].splitlines() if 'route="healthz"' in line}
        assert 'dawan_http_requests_total{method="GET",route="healthz",status="200"} 20.0' in counted

        # The web process cannot break an answer; it tells programs where the gateway is, and takes people there.
        call, page = (f"{url}/gateway/{uuid4()}/{path}" for path in ("streets", "-/docs/"))
        told = httpx.get(call)
        assert (told.status_code, told.json()["code"]) == (421, "gateway_elsewhere")
        refused = httpx.get(told.json()["gateway"])
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert httpx.get(page, follow_redirects=True).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        output = process.communicate(timeout=60)[0]

    assert process.returncode == 0, output
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert EmbeddedServers(state).running() == ("redis",)
    assert serving(state) is None


def test_stop_also_ends_what_a_killed_supervisor_has_left(state: Path) -> None:
    with_tables(state)
    port = free_port()
    process = supervisor("serve", state, "--port", str(port))
    await_ready(f"http://127.0.0.1:{port}", process)
    children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert get(f"http://127.0.0.1:{port}/healthz")[0] == 200

    stopping = supervisor("stop", state)
    output = stopping.communicate(timeout=90)[0]

    assert stopping.returncode == 0
    assert "that a killed supervisor had left" in output
    assert get(f"http://127.0.0.1:{port}/healthz")[0] == 0
    psutil.wait_procs(children, timeout=30)
    assert [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE] == []
    assert EmbeddedServers(state).running() == ()


def test_a_note_left_by_a_process_that_died_does_not_count(state: Path) -> None:
    (state / "serving.json").write_text('{"pid": 1, "url": "http://127.0.0.1:8000"}')

    assert serving(state) is None


def test_a_taken_port_that_was_asked_for_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(SystemExit, match="is in use"):
            choose_port(taken.getsockname()[1])


def test_servers_named_in_the_environment_replace_the_embedded_ones(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/dawan")
    monkeypatch.setenv("REDIS_URL", "")

    environment = environment_for(state, port=8000)

    assert environment["DATABASE_URL"] == "postgresql://db.example/dawan"
    assert environment["REDIS_URL"].startswith("unix://")
