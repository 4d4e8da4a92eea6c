"""`make demo` from an empty exchange to a verified certificate, again on the world it finds, and stopped by Ctrl-C."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from config.embedded import POSTGRES, EmbeddedServers
from config.supervisor import serving
from tests import migrated

ROOT = Path(__file__).resolve().parents[2]
SERVER_VARIABLES = {"DATABASE_URL", "REDIS_URL", "STATE_DIR", "PUBLIC_URL", "LOG_LEVEL", "DJANGO_SETTINGS_MODULE"}


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder with nothing but a migrated database: migrating takes half a minute, and is tested already."""
    path = Path(tempfile.mkdtemp(prefix="dawan-demo-"))
    path.chmod(0o711)
    servers = EmbeddedServers(path)
    servers.start((POSTGRES,))
    migrated.load(servers)
    servers.stop((POSTGRES,))
    yield path
    servers.stop()
    rmtree(path)


def demo(state: Path, *options: str) -> subprocess.Popen[str]:
    environment = {name: value for name, value in os.environ.items() if name not in SERVER_VARIABLES}
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--state", str(state), *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_demo_trades_settles_and_certifies_and_does_so_again_until_ctrl_c(state: Path) -> None:
    first = demo(state, "--once")
    told = first.communicate(timeout=500)[0]

    assert first.returncode == 0, told
    assert "trial balance of gzdex                                     0.00 CNY" in told
    assert told.count("it verifies offline, with no database and no network       VALID") == 3
    for refusal in (
        "same_person",
        "destination_not_allowed",
        "illegal_state",
        "bid_too_low",
        "digest_mismatch",
        "forbidden",
        "route_not_cleared",
        "papers_missing",
        "entitlement_not_active",
    ):
        assert f"refused: {refusal}" in told
    for left in (
        "two buyers bid against each other                          GZ-K-",
        "a voucher pays a part of an order                          360.00 of 1200.01 CNY",
        "an order in steps: one accepted, one delivered",
        "1,000,000 for 12000.00 CNY",
        "the bank's answer is taken                                 PAID, REJECTED",
        "one arrival is nobody's yet: a break, to be explained      8888.80 CNY",
    ):
        assert left in told
    assert EmbeddedServers(state).running() == ()
    assert serving(state) is None

    second = demo(state)
    told = told_until(second, "Ctrl-C stops everything")
    url = serving(state).url
    second.send_signal(signal.SIGINT)
    rest = second.communicate(timeout=120)[0]

    assert second.returncode == 0, rest
    assert told.count("the listing of an earlier run is still there") == 4
    assert "the auctions and orders of an earlier run are still there" in told
    assert "the bank's statements of an earlier run are still there" in told
    assert "an earlier run has carried them over the border" in told
    assert f"Console        {url}/console/" in told
    assert "reviewer@szdex.example" in told
    assert EmbeddedServers(state).running() == ()
    assert serving(state) is None


def told_until(process: "subprocess.Popen[str]", sentence: str) -> str:
    """Return what the process printed up to that sentence."""
    told = ""
    deadline = time.monotonic() + 300
    assert process.stdout is not None
    while sentence not in told:
        line = process.stdout.readline()
        assert line, told
        assert time.monotonic() < deadline, told
        told += line
    return told


def test_the_demo_world_is_refused_in_production(tmp_path: Path) -> None:
    program = (
        "from pathlib import Path; from demo.__main__ import prepare_django;"
        f"prepare_django('http://127.0.0.1:8000', Path({str(tmp_path)!r}))"
    )
    production = {
        "PRODUCTION": "1",
        "SECRET_KEY": "s" * 50,
        "PUBLIC_URL": "https://exchange.example",
        "STORAGE_KEYS": "k1:" + "A" * 43 + "=",
        "METRICS_TOKEN": "t",
        "DATABASE_URL": "postgresql://db.example/dawan",
        "REDIS_URL": "redis://cache.example/0",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | production,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    assert "well-known passwords" in done.stderr
