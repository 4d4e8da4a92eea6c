"""Uploads in tests, over HTTP: a version, a file in it, its parts, and the seal."""

import base64
import hashlib
from pathlib import Path
from typing import Any

from kernel.jobs import run_due_jobs
from listings import uploading
from tests.listings.files import data
from tests.world import Api

STREETS = data("tables/guangdong-streets.csv")


def objects_in(storage: Path) -> list[Path]:
    return [path for path in storage.rglob("*") if path.is_file()]


def opened(client: Api) -> dict[str, Any]:
    """Register a dataset and return its first version."""
    dataset = client.post("/api/v1/datasets", {"title": {"zh-Hans": "街道", "en": "Sub-districts"}})
    assert dataset.status_code == 201, dataset.json()
    version = client.post(f"/api/v1/datasets/{dataset.json()['id']}/versions", {"notes": {"en": "2024 edition"}})
    assert version.status_code == 201, version.json()
    return dict(version.json())


def announced(client: Api, version: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """Announce a file, in a new version unless one is given."""
    version = version or opened(client)
    response = client.post(
        f"/api/v1/dataset-versions/{version['id']}/files", {"name": "streets.csv", "format": "CSV", **fields}
    )
    assert response.status_code == 201, response.json()
    return dict(response.json())


def put(client: Api, file: dict[str, Any], number: int, content: bytes, **headers: str) -> Any:
    path = f"/api/v1/files/{file['id']}/parts/{number}"
    return client.put(path, content, content_type="application/octet-stream", headers=headers or None)


def content_digest(content: bytes) -> dict[str, str]:
    return {"Content-Digest": f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"}


def completed(client: Api, content: bytes = STREETS, **fields: Any) -> dict[str, Any]:
    """Upload a whole file in one part."""
    file = announced(client, **fields)
    if content:
        assert put(client, file, 1, content).status_code == 200
    response = client.post(f"/api/v1/files/{file['id']}/complete")
    assert response.status_code == 200, response.json()
    return dict(response.json())


def sealed(client: Api, content: bytes = STREETS, **fields: Any) -> dict[str, Any]:
    """Upload and seal a version of one file, let the job run, and return the version."""
    file = completed(client, content, **fields)
    response = client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal")
    assert (response.status_code, response.json()["state"]) == (202, "PROFILING")
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    return dict(client.get(f"/api/v1/dataset-versions/{file['version_id']}").json())


def code_of(response: Any) -> str:
    assert response.headers["Content-Type"] == "application/problem+json"
    return str(response.json()["code"])
