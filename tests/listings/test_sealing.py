"""Sealing: a job reads a version once and ends it as READY or REFUSED, and after that nothing in it changes."""

import base64
import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
import rfc8785
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Organization
from kernel.jobs import LeaseLost, run_due_jobs
from kernel.models import AuditEvent, Job
from listings import inspection, uploading
from listings.models import DataFile, DatasetVersion
from listings.storage import iter_range, open_file
from tests.listings.files import EVERYTHING, parquet
from tests.listings.uploads import (
    STREETS,
    announced,
    code_of,
    completed,
    content_digest,
    objects_in,
    opened,
    put,
    sealed,
)
from tests.world import Api, api, make_client, make_member, make_person, person_of

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def storage(settings, tmp_path: Path) -> Path:
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    return tmp_path / "storage"


@pytest.fixture
def provider() -> Organization:
    return make_member()


@pytest.fixture
def client(provider: Organization) -> Api:
    return api(make_client(person_of(provider)))


def test_a_file_in_parts_becomes_a_ready_version(client: Api, storage: Path) -> None:
    file = announced(client)
    pieces = [STREETS[:30_000], STREETS[30_000:30_001], STREETS[30_001:]]
    for number in (3, 1, 2):  # in any order
        response = put(client, file, number, pieces[number - 1], **content_digest(pieces[number - 1]))
        assert response.json() == {
            "number": number,
            "size": len(pieces[number - 1]),
            "sha256": hashlib.sha256(pieces[number - 1]).hexdigest(),
        }
    client.post(
        f"/api/v1/files/{file['id']}/complete", {"size": len(STREETS), "sha256": hashlib.sha256(STREETS).hexdigest()}
    )
    client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal")
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))

    version = client.get(f"/api/v1/dataset-versions/{file['version_id']}").json()
    assert (version["state"], version["rows"], version["bytes"]) == ("READY", 1757, len(STREETS))
    assert version["files"][0]["sha256"] == hashlib.sha256(STREETS).hexdigest()
    assert version["files"][0]["sm3"] == hashlib.new("sm3", STREETS).hexdigest()
    profile = client.get(f"/api/v1/files/{file['id']}").json()["profile"]
    assert [column["name"] for column in profile["columns"]] == ["code", "name", "areaCode", "provinceCode", "cityCode"]
    stored = DataFile.objects.get(pk=file["id"])
    assert b"".join(iter_range(stored, 29_999, 30_002)) == STREETS[29_999:30_002]
    assert open_file(stored).read() == STREETS
    assert len(objects_in(storage)) == 3


def test_the_digest_of_a_version_can_be_recomputed_from_its_manifest(client: Api) -> None:
    version = sealed(client)
    manifest = uploading.manifest(DatasetVersion.objects.get(pk=version["id"]))
    assert set(manifest["files"][0]) == {"id", "name", "size", "sha256", "sm3"}
    assert version["sha256"] == hashlib.sha256(rfc8785.dumps(manifest)).hexdigest()


def test_every_step_leaves_its_event(client: Api) -> None:
    sealed(client)
    events = AuditEvent.objects.filter(subject_type__startswith="data").order_by("id")
    assert list(events.values_list("action", flat=True)) == [
        "dataset.registered", "datasetversion.opened", "datafile.announced", "datafile.part_received",
        "datafile.received", "datasetversion.profiling", "datafile.ready", "datasetversion.ready",
    ]  # fmt: skip


def test_formats_are_profiled_each_in_its_way(client: Api) -> None:
    version = opened(client)
    lines = b'{"code":"440103001","name":"x"}\n' * 5
    for name, format_, content in (("a.csv", "CSV", STREETS), ("b.jsonl", "JSONL", lines)):
        file = announced(client, version, name=name, format=format_)
        put(client, file, 1, content)
        client.post(f"/api/v1/files/{file['id']}/complete")
    client.post(f"/api/v1/dataset-versions/{version['id']}/seal")
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    found = DatasetVersion.objects.get(pk=version["id"])
    assert (found.state, found.rows) == ("READY", 1762)
    assert [file["rows"] for file in found.profile["files"]] == [1757, 5]


def test_parquet_is_profiled_from_encrypted_storage(client: Api) -> None:
    version = sealed(client, parquet(EVERYTHING), name="all.parquet", format="PARQUET")
    assert (version["state"], version["rows"]) == ("READY", 3)


def test_a_wrong_digest_of_several_parts_refuses_the_version_when_it_is_read(client: Api) -> None:
    file = announced(client)
    put(client, file, 1, b"a,b\n")
    put(client, file, 2, b"1,2\n")
    assert client.post(f"/api/v1/files/{file['id']}/complete", {"sha256": "0" * 64}).status_code == 200
    client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal")
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    version = client.get(f"/api/v1/dataset-versions/{file['version_id']}").json()
    assert (version["state"], version["refusal"]["code"]) == ("REFUSED", "digest_mismatch")


def test_a_version_is_sealed_only_with_complete_files_and_once(client: Api) -> None:
    version = opened(client)
    seal = f"/api/v1/dataset-versions/{version['id']}/seal"
    assert code_of(client.post(seal)) == "files_incomplete"
    file = announced(client, version)
    assert code_of(client.post(seal)) == "files_incomplete"
    put(client, file, 1, b"a,b\n1,2\n")
    client.post(f"/api/v1/files/{file['id']}/complete")
    assert client.post(seal).status_code == 202
    assert code_of(client.post(seal)) == "illegal_state"
    assert (
        code_of(client.post(f"/api/v1/dataset-versions/{version['id']}/files", {"name": "b", "format": "CSV"}))
        == "version_sealed"
    )


@pytest.mark.parametrize(
    ("content", "code", "position"),
    [
        (b"", "empty_file", {}),
        (b"a,b\n1,2\n3\n", "ragged_rows", {"row": 3}),
        (b"a,b\n1,\x00\n", "binary_content", {"byte": 6}),
        (b"PK\x03\x04" + b"\x00" * 40, "wrong_container", {}),
        ("名称\n广州市天河区\n".encode() + "深圳市南山区\n".encode("gb18030"), "mixed_encodings", {"byte": 26}),
    ],
)
def test_a_version_with_a_bad_file_is_refused_with_code_place_and_file(
    client: Api, content: bytes, code: str, position: dict[str, int]
) -> None:
    version = sealed(client, content)
    refusal = version["refusal"]
    assert (version["state"], version["files"][0]["state"]) == ("REFUSED", "REFUSED")
    assert (refusal["code"], refusal["position"], refusal["file"]) == (code, position, "streets.csv")
    assert (version["rows"], version["sha256"]) == (None, "")


def test_a_misdeclared_encoding_is_refused(client: Api) -> None:
    version = sealed(client, STREETS.decode().encode("gb18030"), declared_encoding="Big5")
    assert version["refusal"]["code"] == "encoding_mismatch"


def test_a_job_that_starts_again_goes_on_with_the_files_that_are_left(client: Api) -> None:
    version = opened(client)
    for name in ("a.csv", "b.csv"):
        file = announced(client, version, name=name)
        put(client, file, 1, STREETS)
        client.post(f"/api/v1/files/{file['id']}/complete")
    client.post(f"/api/v1/dataset-versions/{version['id']}/seal")
    first = DataFile.objects.get(name="a.csv")
    with transaction.atomic():
        from kernel.actors import SYSTEM
        from kernel.states import advance

        profile = {
            "rows": 1,
            "columns": [],
            "quality": {"score": 61.0, "grade": "C", "dimensions": {}, "deductions": []},
            "grade": {"grade": "GENERAL", "personal_information": "GENERAL", "n_general": 7, "n_sensitive": 0},
        }
        advance(first, to="READY", actor=SYSTEM, sha256="1" * 64, sm3="2" * 64, profile=profile)
    inspection.inspect_version(version_id=version["id"], heartbeat=lambda *_told: None)
    inspection.inspect_version(version_id=version["id"], heartbeat=lambda *_told: None)  # and a third time does nothing
    ready = DatasetVersion.objects.get(pk=version["id"])
    assert ready.rows == 1758
    worst = {"score": 61.0, "grade": "C", "dimensions": {}, "deductions": []}
    assert ready.profile["quality"] == worst, "that of the worst file"
    assert ready.profile["grading"]["personal_data"] == "GENERAL", "that of the gravest file"
    assert ready.profile["grading"]["persons"] == 7
    assert AuditEvent.objects.filter(action="datasetversion.ready").count() == 1


def test_damaged_storage_fails_the_job_and_not_the_provider(client: Api, storage: Path) -> None:
    file = completed(client)
    objects_in(storage)[0].write_bytes(b"damaged")
    client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal")
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    job = Job.objects.get(kind=uploading.PROFILE_JOB)
    assert (job.state, DatasetVersion.objects.get().state) == ("FAILED", "PROFILING")
    assert "stored object" in job.last_error


# --- never again -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE listings_datasetversion SET rows = 1",
        "UPDATE listings_datasetversion SET state = 'OPEN'",
        "DELETE FROM listings_datasetversion",
        "UPDATE listings_datafile SET name = 'other.csv'",
        "UPDATE listings_datafile SET sha256 = repeat('0', 64)",
        "DELETE FROM listings_datafile",
        "UPDATE listings_filepart SET storage_name = 'other'",
        "DELETE FROM listings_filepart",
        "INSERT INTO listings_filepart (id, created_at, number, size, sha256, storage_name, file_id)"
        " SELECT gen_random_uuid(), now(), 2, size, sha256, 'x', file_id FROM listings_filepart",
    ],
)
def test_the_database_refuses_every_change_of_a_sealed_version(client: Api, change: str) -> None:
    sealed(client)
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_rotating_the_key_keeps_sealed_files_readable_and_lets_the_old_key_go(client: Api, settings) -> None:
    keys = [f"{name}:{base64.b64encode(name.encode() * 8).decode()}" for name in ("2026", "2027")]
    settings.STORAGE_KEYS = keys[:1]
    file_id = sealed(client)["files"][0]["id"]
    settings.STORAGE_KEYS = keys[::-1]
    call_command("rotate_keys")
    settings.STORAGE_KEYS = keys[1:]
    assert DatasetVersion.objects.get().key_id == "2027"
    assert open_file(DataFile.objects.get(pk=file_id)).read() == STREETS
    assert AuditEvent.objects.get(action="datasetversion.key_rewrapped").details == {"from": "2026", "to": "2027"}


def test_a_refusal_says_what_is_wrong_in_a_sentence(client: Api) -> None:
    version = sealed(client, b"a,b\n1,2\n3\n")
    english = version["refusal"]["detail"]
    assert "3" in english
    assert "Rows must have 2 values" in english


def test_a_lost_lease_stops_the_reading(client: Api, monkeypatch) -> None:
    def lost(_done: int, _left: timedelta | None) -> None:
        raise LeaseLost

    monkeypatch.setattr(inspection, "HEARTBEAT_SECONDS", 0.001)
    file = completed(client, b"a,b\n" + b"1,2\n" * 2_000_000)
    client.post(f"/api/v1/dataset-versions/{file['version_id']}/seal")
    with pytest.raises(LeaseLost):
        inspection.inspect_version(version_id=file["version_id"], heartbeat=lost)
    assert DataFile.objects.get().state == "RECEIVED"


# --- the console -----------------------------------------------------------------------------------------------------


def test_the_console_shows_what_a_file_holds_and_why_another_is_refused(client: Api) -> None:
    good, bad = sealed(client), sealed(client, b"a,b\n1,2\n3\n")
    console = Client()
    console.force_login(make_person(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    shown = console.get(reverse("admin:listings_datafile_change", args=[good["files"][0]["id"]])).content.decode()
    assert "1757 rows, 5 columns" in shown
    assert "440103001" in shown
    refused = console.get(reverse("admin:listings_datasetversion_change", args=[bad["id"]])).content.decode()
    assert "Rows must have 2 values" in refused
