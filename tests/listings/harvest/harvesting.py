"""Sources in tests: added and read as a provider's program does, with the job run at once."""

import json
from typing import Any
from uuid import uuid4

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from listings.harvest import RUN_JOB
from listings.harvest.running import register_by_manifest
from listings.harvest.sources import add_source
from listings.models import HarvestRun, HarvestSource
from tests.world import Api, actor, person_of


def bulk_registered(member: Organization) -> tuple[HarvestRun, HarvestSource]:
    """Let a member register one product by a manifest and add a source; return the run and the source."""
    who = actor(person_of(member))
    manifest = [{"source_id": str(uuid4()), "title": {"zh-Hans": "街道"}}]
    run = register_by_manifest(content=json.dumps(manifest).encode(), actor=who)
    run_due_jobs(kinds=(RUN_JOB,))
    fields = {"name": "Portal", "address": f"https://portal.example/{run.id}"}
    return run, add_source(kind="CKAN", fields=fields, actor=who)


def added(client: Api, address: str, kind: str = "CKAN", **fields: Any) -> dict[str, Any]:
    body = {"kind": kind, "name": "Portal", "address": address, **fields}
    answer = client.post("/api/v1/harvest-sources", body)
    assert answer.status_code == 201, answer.json()
    return dict(answer.json())


def harvested(client: Api, source: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
    """Have a source read, let the job run, and return the run as it then is."""
    answer = client.post(f"/api/v1/harvest-sources/{source['id']}/harvest", {"dry_run": dry_run})
    assert answer.status_code == 202, answer.json()
    run_due_jobs(kinds=(RUN_JOB,))
    return run_now(client, answer.json())


def run_now(client: Api, run: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/v1/harvest-runs/{run['id']}").json())


def records(client: Api, run: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    return list(client.get(f"/api/v1/harvest-runs/{run['id']}/records", {"limit": "200", **query}).json()["items"])
