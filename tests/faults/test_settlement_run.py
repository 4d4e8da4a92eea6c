"""Worker and PostgreSQL die in the middle of a settlement run over thousands of trades: each is settled once."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded import POSTGRES, REDIS
from config.supervisor import ROOT
from tests import migrated
from tests.faults.exchange import Exchange, eventually

pytestmark = pytest.mark.fault
TRADES = 10_000
SETTLED = "SELECT count(*) FROM marketplace_order WHERE state = 'SETTLED'"


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """Servers of their own with many trades that are due, and no other process."""
    with tempfile.TemporaryDirectory(prefix="dawan-faults-", ignore_cleanup_errors=True) as folder:
        made = Exchange(Path(folder))
        try:
            made.servers.start((POSTGRES, REDIS))
            if not migrated.load(made.servers):
                made.manage("migrate", "--verbosity", "0")
            made.run(sys.executable, "-m", "tests.faults.settlement_run", "make", str(TRADES))
            yield made
        finally:
            made.close()


def begin(exchange: Exchange) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "tests.faults.settlement_run", "run"]
    environment = exchange.environment | {"DATABASE_POOL_SIZE": "0"}
    log = (exchange.state / "run.log").open("ab")
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)


def test_worker_and_database_die_in_mid_run(exchange: Exchange) -> None:
    held = exchange.value("SELECT sum(amount_minor) FROM settlements_escrowhold")

    def settled(least: int) -> int:
        count = exchange.value(SETTLED)
        return count if count >= least else 0

    killed = begin(exchange)
    before = eventually(lambda: settled(TRADES // 5), "the run is under way")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    crashed = begin(exchange)
    eventually(lambda: settled(before + TRADES // 5), "another worker goes on")
    exchange.servers.postgres.stop(mode="immediate")
    crashed.wait()
    exchange.servers.postgres.start()
    assert TRADES * 2 // 5 <= exchange.value(SETTLED) < TRADES

    last = begin(exchange)
    eventually(lambda: settled(TRADES + 1), "the run ends")
    assert last.wait() == 0
    settlements = "SELECT count(*) AS made, count(DISTINCT order_id) AS orders, sum(gross_minor) AS gross"
    once = {"made": TRADES + 1, "orders": TRADES + 1, "gross": held}
    assert exchange.query(f"{settlements} FROM settlements_settlement") == [once]
    assert exchange.value("SELECT count(*) FROM settlements_transfer WHERE kind = 'SETTLEMENT'") == TRADES + 1
    twice = (
        "SELECT 1 FROM kernel_auditevent WHERE action IN ('order.settled', 'settlement.made') "
        "GROUP BY subject_id, action HAVING count(*) > 1"
    )
    assert exchange.query(twice) == []
    assert exchange.value("SELECT count(*) FROM kernel_job WHERE kind = 'order.certify'") == TRADES + 1
    kinds = "SELECT kind, sum(amount_minor)::bigint FROM settlements_entry JOIN settlements_account ON account_id = "
    owed = dict(row.values() for row in exchange.query(kinds + "settlements_account.id GROUP BY kind"))
    assert owed["ESCROW"] == 0
    assert owed["PAYABLE"] + owed["FEES"] == held, "what the bank has to pay out is what it held"
    exchange.manage("check_books")
