"""Web and worker are killed in the middle of a large file's upload, examination and download.

`make soak` runs this with a file of 2 GiB (SOAK_MEBIBYTES); in every test run it is small, and the kills are the same.
On the disk the file lies twice, as it is made up and as it is stored; web and worker hold no more of a large one.
"""

import hashlib
import http.client
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from config.supervisor import ROOT
from tests.faults.exchange import SOAK_MEBIBYTES, Exchange, eventually
from tests.listings.archives import recordings

pytestmark = pytest.mark.fault
MEBIBYTE = 1024 * 1024
PART_BYTES = 16 * MEBIBYTE
MOST_GROWTH = 160  # MiB above a process that has examined a small file, whatever the size: a part, some chunks


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recordings(tmp_path_factory.mktemp("large") / "recordings.zip", SOAK_MEBIBYTES)


@pytest.fixture(scope="module")
def digest(archive: Path) -> str:
    with archive.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def headers_of(exchange: Exchange) -> dict[str, str]:
    return {"Authorization": f"Bearer {exchange.world['tokens']['provider']}"}


def part_of(archive: Path, number: int) -> bytes:
    with archive.open("rb") as file:
        file.seek((number - 1) * PART_BYTES)
        return file.read(PART_BYTES)


def send_part(exchange: Exchange, archive: Path, file_id: str, number: int) -> None:
    answer = httpx.put(
        f"{exchange.environment['PUBLIC_URL']}/api/v1/files/{file_id}/parts/{number}",
        content=part_of(archive, number),
        headers=headers_of(exchange) | {"Content-Type": "application/octet-stream"},
        timeout=120,
    )
    assert answer.status_code == 200, answer.text


def send_half_a_part(exchange: Exchange, archive: Path, file_id: str, number: int) -> http.client.HTTPConnection:
    """Begin to send a part and leave it there, the connection open."""
    content = part_of(archive, number)
    connection = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=60)
    connection.putrequest("PUT", f"/api/v1/files/{file_id}/parts/{number}")
    for name, value in (headers_of(exchange) | {"Content-Length": str(len(content))}).items():
        connection.putheader(name, value)
    connection.endheaders(content[: len(content) // 2])
    return connection


def objects_of(exchange: Exchange, file_id: str) -> list[str]:
    folder = exchange.state / "storage"
    return [str(path.relative_to(folder)) for path in folder.rglob(f"{file_id.replace('-', '')}/*")]


def new_file(exchange: Exchange, archive: Path) -> dict[str, Any]:
    dataset = exchange.insist("POST", "/api/v1/datasets", {"title": {"en": "Recordings"}}, who="provider")
    version = exchange.insist("POST", f"/api/v1/datasets/{dataset['id']}/versions", {}, who="provider")
    path = f"/api/v1/dataset-versions/{version['id']}/files"
    return dict(exchange.insist("POST", path, {"name": archive.name, "format": "ARCHIVE"}, who="provider"))


def completed(exchange: Exchange, archive: Path, file_id: str, digest: str) -> dict[str, Any]:
    body = {"size": archive.stat().st_size, "sha256": digest}
    return dict(exchange.insist("POST", f"/api/v1/files/{file_id}/complete", body, who="provider"))


def examined(exchange: Exchange, version_id: str) -> dict[str, Any]:
    """Wait until a sealed version is no longer examined, and return it."""

    def ready() -> Any:
        version = exchange.insist("GET", f"/api/v1/dataset-versions/{version_id}", who="provider")
        return version if version["state"] != "PROFILING" else None

    return dict(eventually(ready, "the version is examined"))


def load_libraries(exchange: Exchange, archive: Path) -> None:
    """Have a small archive uploaded, and examined by a new worker: what it loads for that, it loads for a large one."""
    exchange.kill("worker")
    exchange.start("worker")
    file = new_file(exchange, archive)
    send_part(exchange, archive, file["id"], 1)
    completed(exchange, archive, file["id"], hashlib.sha256(archive.read_bytes()).hexdigest())
    exchange.insist("POST", f"/api/v1/dataset-versions/{file['version_id']}/seal", {}, who="provider")
    assert examined(exchange, file["version_id"])["state"] == "READY"


def uploaded(exchange: Exchange, archive: Path, digest: str) -> dict[str, Any]:
    """Upload the archive while the web server is killed in the middle of a part, and return the complete file."""
    file = new_file(exchange, archive)
    count = -(-archive.stat().st_size // PART_BYTES)
    middle = count // 2 + 1
    for number in range(1, middle):
        send_part(exchange, archive, file["id"], number)
    connection = send_half_a_part(exchange, archive, file["id"], middle)
    eventually(lambda: len(objects_of(exchange, file["id"])) == middle, "the half part reaches the storage")
    exchange.kill("web")
    connection.close()
    exchange.start("web")

    known = exchange.insist("GET", f"/api/v1/files/{file['id']}", who="provider")
    arrived = {part["number"] for part in known["parts"]}
    assert arrived == set(range(1, middle))
    for number in sorted(set(range(1, count + 1)) - arrived):
        send_part(exchange, archive, file["id"], number)
    return completed(exchange, archive, file["id"], digest)


def test_a_large_file_survives_every_kill_from_upload_to_download(
    exchange: Exchange, archive: Path, digest: str, tmp_path: Path
) -> None:
    load_libraries(exchange, recordings(tmp_path / "small.zip", 8))
    resting = {name: exchange.peak_memory(name) for name in ("web", "worker")}
    file = uploaded(exchange, archive, digest)
    parts = exchange.query("SELECT storage_name FROM listings_filepart WHERE file_id = %s", file["id"])
    (half,) = set(objects_of(exchange, file["id"])) - {part["storage_name"] for part in parts}
    # What the killed process had begun is taken away by a job, a day later.
    due = "UPDATE kernel_job SET due_at = now() WHERE kind = 'part.abandoned' AND state = 'WAITING' AND key = %s"
    with exchange.connect() as connection:
        assert connection.execute(due, [half]).rowcount == 1
    eventually(lambda: half not in objects_of(exchange, file["id"]), "the half part is swept away")

    version_id = file["version_id"]
    exchange.insist("POST", f"/api/v1/dataset-versions/{version_id}/seal", {}, who="provider")
    progress = "SELECT coalesce(max(progress), 0) FROM kernel_job WHERE kind = 'dataset.profile' AND key = %s"
    eventually(lambda: exchange.value(progress, version_id) > 0, "the worker is in the middle of it")
    exchange.kill("worker")
    exchange.start("worker")

    assert examined(exchange, version_id)["state"] == "READY"
    seen = exchange.insist("GET", f"/api/v1/files/{file['id']}", who="provider")
    assert (seen["sha256"], seen["size"]) == (digest, archive.stat().st_size)

    order = exchange.insist("POST", "/api/v1/orders", offered(exchange, version_id) | {"purpose": "Listening"})
    delivery = exchange.until(order["id"], "DELIVERED")["deliveries"][0]
    grant = exchange.insist("POST", f"/api/v1/deliveries/{delivery['id']}/grants", {"file_id": file["id"]})
    held = {"web, uploading": exchange.peak_memory("web"), "worker": exchange.peak_memory("worker")}
    arrived, held["web, downloading"] = downloaded(exchange, grant["url"])
    assert arrived == digest
    sys.stdout.write(f"{SOAK_MEBIBYTES} MiB: web and worker held {resting} MiB at rest, at most {held}\n")
    assert max(held[name] - resting[name[:3] if name.startswith("web") else name] for name in held) <= MOST_GROWTH
    assert exchange.value("SELECT count(*) FROM marketplace_accessgrant WHERE delivery_id = %s", delivery["id"]) == 1
    exchange.accept(order["id"])
    exchange.until(order["id"], "CERTIFIED")
    exchange.check_books_and_evidence()


def offered(exchange: Exchange, version_id: str) -> dict[str, str]:
    """List the version and return what an order of it names."""
    command = [sys.executable, "-m", "tests.faults.offer", version_id]
    done = subprocess.run(command, cwd=ROOT, env=exchange.environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def downloaded(exchange: Exchange, url: str) -> tuple[str, int]:
    """Read the file while the web server is killed half-way, go on where it broke off, and keep nothing of it.

    Return its SHA-256 and the most MiB that the two web servers held.
    """
    size, etag, digest, held = 0, "", hashlib.sha256(), 0
    while True:
        asked = {"Range": f"bytes={size}-", "If-Range": etag} if etag else {}
        try:
            with httpx.stream("GET", url, headers=asked, timeout=60) as answer:
                assert answer.status_code == (206 if etag else 200)
                whole = size + int(answer.headers["Content-Length"])
                etag = answer.headers["ETag"]
                for chunk in answer.iter_raw(MEBIBYTE):
                    digest.update(chunk)
                    size += len(chunk)
                    if not held and size * 2 > whole:
                        held = exchange.peak_memory("web")
                        exchange.kill("web")
        except httpx.TransportError:
            assert held
            assert size < whole
            exchange.start("web")
            eventually(exchange.answers, "the web server answers again")
            continue
        assert size == whole
        return digest.hexdigest(), max(held, exchange.peak_memory("web"))
