"""Workers die in the middle of a clean-room query and of a compute job: each is paid, metered and answered once."""

from datetime import UTC, datetime, timedelta

import psutil
import pytest

from tests.faults.exchange import Exchange, eventually

pytestmark = pytest.mark.fault
ASKED = {"sql": "SELECT district, count(*) FROM data GROUP BY district", "epsilon": "5"}
TASK = {
    "kind": "SQL",
    "code": "SELECT place, sum(amount), (SELECT sum(range % 7) FROM range(1000000000)) FROM input GROUP BY ALL",
    "rows": [{"place": "天河", "amount": 3}, {"place": "天河", "amount": 4}],
    "seconds": 60,
    "max_price": {"amount": "1.00", "currency": "CNY"},
}
WAITING = "SELECT query FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


def is_shut_in(exchange: Exchange, worker: str) -> bool:
    """Tell whether a worker has a locked-down process that runs something now."""
    children = psutil.Process(exchange.processes[worker].pid).children(recursive=True)
    return any("process.py" in word for child in children for word in child.cmdline())


def test_workers_killed_in_mid_query_and_mid_job_lose_and_double_nothing(exchange: Exchange) -> None:
    room, right = exchange.world["room"], exchange.world["right_to_compute"]
    task = TASK | {"deadline": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}
    exchange.start("pool")
    job = exchange.insist("POST", f"/api/v1/entitlements/{right}/compute-jobs", task)["id"]
    eventually(lambda: is_shut_in(exchange, "pool"), "the job runs")
    exchange.kill("pool")
    assert list(exchange.state.glob("clean-room-*/tables/0.parquet")), "the job's input lies there"
    exchange.kill("worker")
    query = exchange.insist("POST", f"/api/v1/clean-rooms/{room}/queries", ASKED)["id"]

    def states() -> tuple[str, str]:
        addresses = (f"/api/v1/room-queries/{query}", f"/api/v1/compute-jobs/{job}")
        one, other = (exchange.insist("GET", address)["state"] for address in addresses)
        return one, other

    assert states() == ("QUEUED", "RUNNING")
    ends = (f"marketplace_roomquery WHERE id = '{query}'", f"marketplace_entitlement WHERE id = '{right}'")
    with exchange.holding("; ".join(f"SELECT 1 FROM {row} FOR UPDATE" for row in ends)):
        exchange.start("worker")
        exchange.start("pool")
        eventually(lambda: len(exchange.query(WAITING)) == 2, "both have what comes out and are keeping it")
        exchange.kill("worker")
        exchange.kill("pool")
    # Foreign keys are checked at COMMIT: there the pool's worker stood, and what it had asked for outlives it.
    eventually(lambda: states() == ("QUEUED", "DONE"), "what was committed stays, what was not is gone")
    exchange.start("worker")
    exchange.start("pool")
    left = "SELECT count(*) FROM kernel_job WHERE subject_id IN (%s, %s) AND state <> 'DONE'"
    eventually(lambda: exchange.value(left, query, job) == 0, "other workers take both over")
    exchange.kill("pool")
    assert states() == ("RELEASED", "DONE")

    made = exchange.insist("GET", "/api/v1/deliveries?kind=RESULT")["items"]
    results = {(each["room_query_id"], each["compute_job_id"]): each for each in made}
    assert results.keys() == {(query, None), (None, job)}, "each is delivered once"
    assert len(made) == 2
    assert {each["state"] for each in made} == {"DELIVERED"}
    tries = [results[query, None]["attempts"], results[None, job]["attempts"]]
    answer = exchange.insist("POST", f"/api/v1/room-queries/{query}/result", {})
    assert results[query, None]["receipt"] == answer["receipt"]
    receipt = exchange.insist("GET", f"/api/v1/room-queries/{query}")["receipt"]
    assert (answer["receipt"], len(answer["result"]["rows"])) == (receipt, 2)
    assert exchange.insist("GET", f"/api/v1/clean-rooms/{room}")["epsilon_spent"] == "5.0000"
    [[place, amount, _sevenths]] = exchange.ask("POST", f"/api/v1/compute-jobs/{job}/result", {}).json()
    assert (place, amount) == ("天河", 7)
    seconds = exchange.insist("GET", f"/api/v1/compute-jobs/{job}")["seconds_used"]
    used = "SELECT subject_id::text AS id, units FROM marketplace_usagerecord WHERE subject_id IN (%s, %s)"
    assert sorted((row["id"], row["units"]) for row in exchange.query(used, query, job)) == [(job, seconds), (query, 1)]

    done = "SELECT action FROM kernel_auditevent WHERE subject_id = %s ORDER BY id"
    assert [row["action"] for row in exchange.query(done, query)] == [
        f"roomquery.{act}" for act in ("asked", "released", "read")
    ]
    assert [row["action"] for row in exchange.query(done, job)] == [
        f"computejob.{act}" for act in ("placed", "running", "done", "read")
    ]
    attempts = "SELECT attempts FROM kernel_job WHERE subject_id IN (%s, %s) ORDER BY attempts"
    # On a busy machine a lease of few seconds may run out once more.
    assert sorted(tries) == [row["attempts"] for row in exchange.query(attempts, query, job)] >= [2, 3]
    assert list(exchange.state.glob("clean-room-*")) == [], "what the dead had decrypted is gone"
    exchange.check_books_and_evidence()
