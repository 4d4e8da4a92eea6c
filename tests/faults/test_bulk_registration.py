"""A worker is killed in the middle of a bulk registration; the next one ends it, and nothing is registered twice."""

import json

import httpx
import pytest

from tests.faults.exchange import Exchange, eventually

pytestmark = pytest.mark.fault
RECORDS = 200


def test_a_worker_killed_in_mid_manifest_loses_and_doubles_nothing(exchange: Exchange) -> None:
    manifest = [{"source_id": f"n{number}", "title": {"zh-Hans": f"街道{number}"}} for number in range(RECORDS)]
    headers = {"Authorization": f"Bearer {exchange.world['tokens']['provider']}", "Content-Type": "application/json"}
    address = f"{exchange.environment['PUBLIC_URL']}/api/v1/manifests"
    sent = httpx.post(address, content=json.dumps(manifest).encode(), headers=headers, timeout=60)
    assert sent.status_code == 202, sent.text
    run_id = sent.json()["id"]

    def created() -> int:
        found = "SELECT count(*) FROM listings_harvestrecord WHERE run_id = %s AND outcome = 'CREATED'"
        return int(exchange.value(found, run_id))

    for _kill in range(2):
        before = created()
        eventually(lambda seen=before: created() > seen, "some records are applied")
        exchange.kill("worker")
        exchange.start("worker")
    assert created() < RECORDS
    eventually(
        lambda: exchange.ask("GET", f"/api/v1/harvest-runs/{run_id}", who="provider").json()["state"] == "DONE", "done"
    )

    run = exchange.ask("GET", f"/api/v1/harvest-runs/{run_id}", who="provider").json()
    assert run["counts"] == {"CREATED": RECORDS}
    known = "SELECT count(DISTINCT dataset_id) FROM listings_harvestedproduct WHERE last_run_id = %s"
    assert exchange.value(known, run_id) == RECORDS
    assert exchange.value("SELECT count(*) FROM listings_product WHERE state = 'DRAFT'") == RECORDS
    assert exchange.value("SELECT attempts FROM kernel_job WHERE kind = 'harvest.run'") > 1
