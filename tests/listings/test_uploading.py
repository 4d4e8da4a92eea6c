"""Uploading over HTTP: parts in any order, resumed, repeated and replaced; what breaks off leaves nothing behind."""

import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import Job
from kernel.problems import Problem
from listings import uploading
from listings.models import DataFile, FilePart
from listings.storage import iter_range
from tests.listings.uploads import (
    STREETS,
    announced,
    code_of,
    completed,
    content_digest,
    objects_in,
    opened,
    put,
)
from tests.refusals import refused
from tests.world import Api, actor, api, make_client, make_member, make_organization, make_person, person_of, staff

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


# --- resuming, repeating, replacing ----------------------------------------------------------------------------------


def test_an_interrupted_client_sees_which_parts_have_arrived(client: Api) -> None:
    file = announced(client)
    put(client, file, 1, b"a,b\n")
    put(client, file, 3, b"5,6\n")
    seen = client.get(f"/api/v1/files/{file['id']}").json()
    assert [(part["number"], part["size"]) for part in seen["parts"]] == [(1, 4), (3, 4)]
    refusal = client.post(f"/api/v1/files/{file['id']}/complete")
    assert (code_of(refusal), refusal.json()["missing"]) == ("parts_missing", [2])


def test_the_same_part_again_changes_nothing_and_other_bytes_replace_it(client: Api, storage: Path) -> None:
    file = announced(client)
    assert put(client, file, 1, b"a,b\n1,2\n").json() == put(client, file, 1, b"a,b\n1,2\n").json()
    assert FilePart.objects.count() == 1
    put(client, file, 1, b"a,b\n3,4\n")
    assert b"".join(iter_range(DataFile.objects.get(pk=file["id"]), 0, 8)) == b"a,b\n3,4\n"
    run_due_jobs(kinds=(uploading.REPLACED_JOB,))
    assert len(objects_in(storage)) == 1


def test_a_complete_file_takes_no_more_parts(client: Api, storage: Path) -> None:
    file = completed(client)
    assert code_of(put(client, file, 1, b"a,b\n3,4\n")) == "illegal_state"
    assert code_of(put(client, file, 2, b"3,4\n")) == "illegal_state"
    assert code_of(client.post(f"/api/v1/files/{file['id']}/complete")) == "illegal_state"
    assert len(objects_in(storage)) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False], ids=["same bytes", "other bytes"])
def test_the_same_part_sent_twice_at_once_is_kept_once(provider: Organization, storage: Path, same: bool) -> None:
    who = actor(person_of(provider))
    version = uploading.open_version(dataset_id=uploading.register_dataset(title={"en": "x"}, actor=who).id, actor=who)
    file = uploading.add_file(version_id=version.id, name="a.csv", format="CSV", actor=who)
    meet = Barrier(2)

    def send(content: bytes) -> None:
        def body() -> Iterator[bytes]:
            yield content[: len(content) // 2]
            meet.wait(timeout=20)
            yield content[len(content) // 2 :]

        try:
            uploading.receive_part(file_id=file.id, number=1, body=body(), actor=who)
        finally:
            connection.close()

    contents = [b"x" * 2 * MIB, (b"x" if same else b"y") * 2 * MIB]
    with ThreadPoolExecutor(2) as pool:
        for sent in [pool.submit(send, content) for content in contents]:
            sent.result()
    run_due_jobs(kinds=(uploading.REPLACED_JOB,))
    assert FilePart.objects.count() == 1
    assert len(objects_in(storage)) == 1
    assert b"".join(iter_range(file, 0, 2 * MIB)) in contents


# --- what breaks off -------------------------------------------------------------------------------------------------


def test_a_part_whose_digest_does_not_match_is_discarded(client: Api, storage: Path) -> None:
    file = announced(client)
    response = put(client, file, 1, STREETS[:-1] + b"?", **content_digest(STREETS))
    assert (response.status_code, code_of(response)) == (422, "digest_mismatch")
    assert response.json()["actual"] == hashlib.sha256(STREETS[:-1] + b"?").hexdigest()
    assert (FilePart.objects.count(), objects_in(storage)) == (0, [])
    assert not Job.objects.filter(state=Job.State.WAITING, kind=uploading.ABANDONED_JOB).exists()


@pytest.mark.parametrize("header", ["sha-256=:AAAA:", "sha-256=:!!:", "sha-256=::"])
def test_a_digest_that_cannot_be_one_is_refused(client: Api, header: str) -> None:
    assert code_of(put(client, announced(client), 1, b"x", **{"Content-Digest": header})) == "invalid"


def test_digests_of_other_algorithms_are_passed_over(client: Api) -> None:
    assert put(client, announced(client), 1, b"x", **{"Content-Digest": "sha-512=:AAAA:"}).status_code == 200
    both = "sha-512=:AAAA:, " + content_digest(b"x")["Content-Digest"]
    assert code_of(put(client, announced(client), 1, b"y", **{"Content-Digest": both})) == "digest_mismatch"


def test_an_upload_that_breaks_off_leaves_nothing(provider: Organization, storage: Path) -> None:
    who = actor(person_of(provider))
    version = uploading.open_version(dataset_id=uploading.register_dataset(title={"en": "x"}, actor=who).id, actor=who)
    file = uploading.add_file(version_id=version.id, name="a.csv", format="CSV", actor=who)

    def body() -> Iterator[bytes]:
        yield b"x" * 3 * MIB
        assert objects_in(storage)  # it was on its way
        raise Problem("incomplete_body")

    with refused("incomplete_body"):
        uploading.receive_part(file_id=file.id, number=1, body=body(), actor=who)
    assert (FilePart.objects.count(), objects_in(storage)) == (0, [])


def test_an_object_whose_process_died_is_swept_away_a_day_later(client: Api, storage: Path) -> None:
    file = announced(client)
    put(client, file, 1, b"a,b\n")
    part = FilePart.objects.get()
    # As it stands when the process is killed between writing the object and taking it up.
    orphan = storage / f"{part.storage_name}-orphan"
    orphan.write_bytes(b"half")
    for name in (part.storage_name, f"{part.storage_name}-orphan"):
        Job.objects.update_or_create(
            kind=uploading.ABANDONED_JOB,
            key=name,
            defaults={"state": Job.State.WAITING, "due_at": timezone.now() + uploading.ABANDONED_AFTER},
        )
    run_due_jobs(kinds=(uploading.ABANDONED_JOB,))
    assert orphan.exists()
    Job.objects.update(due_at=timezone.now())
    run_due_jobs(kinds=(uploading.ABANDONED_JOB,))
    assert [path.name for path in objects_in(storage)] == [Path(part.storage_name).name]


# --- bodies ----------------------------------------------------------------------------------------------------------


def send_chunked(client: Api, file: dict[str, Any], number: int, content: bytes, **headers: str) -> Any:
    extra = {"CONTENT_LENGTH": "", "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": io.BytesIO(content)}
    return client.generic("PUT", f"/api/v1/files/{file['id']}/parts/{number}", b"", headers=headers or None, **extra)


def test_a_body_has_a_length_or_comes_in_chunks_with_its_digest(client: Api, storage: Path) -> None:
    file = announced(client)
    none = client.generic("PUT", f"/api/v1/files/{file['id']}/parts/1", b"", CONTENT_LENGTH="")
    assert (none.status_code, code_of(none)) == (411, "length_required")
    assert code_of(send_chunked(client, file, 1, STREETS)) == "length_required"
    response = send_chunked(client, file, 1, STREETS, **content_digest(STREETS))
    assert (response.status_code, response.json()["size"]) == (200, len(STREETS))


def test_a_chunked_body_that_breaks_off_is_known_by_its_digest(client: Api, storage: Path) -> None:
    response = send_chunked(client, announced(client), 1, STREETS[:1000], **content_digest(STREETS))
    assert code_of(response) == "digest_mismatch"
    assert objects_in(storage) == []


def test_a_body_shorter_than_announced_is_refused(client: Api, storage: Path) -> None:
    file = announced(client)
    extra = {"CONTENT_LENGTH": "5000", "wsgi.input": io.BytesIO(b"x" * 4000)}
    response = client.generic("PUT", f"/api/v1/files/{file['id']}/parts/1", b"", **extra)
    assert (code_of(response), response.json()["actual"]) == ("incomplete_body", 4000)
    assert objects_in(storage) == []


def test_a_part_over_the_limit_is_refused_before_it_is_read_or_at_the_limit(
    client: Api, storage: Path, monkeypatch
) -> None:
    monkeypatch.setattr(uploading, "LARGEST_PART", MIB)
    file = announced(client)
    assert code_of(put(client, file, 1, b"x" * (MIB + 1))) == "too_large"
    assert put(client, file, 1, b"x" * MIB).status_code == 200
    too_much = b"x" * 3 * MIB
    assert code_of(send_chunked(client, file, 2, too_much, **content_digest(too_much))) == "too_large"
    assert len(objects_in(storage)) == 1


def test_empty_parts_compressed_bodies_and_numbers_out_of_range_are_refused(client: Api, storage: Path) -> None:
    file = announced(client)
    assert code_of(put(client, file, 1, b"")) in ("empty_part", "length_required")
    assert code_of(put(client, file, 1, b"x", **{"Content-Encoding": "gzip"})) == "unsupported_media_type"
    assert code_of(put(client, file, 0, b"x")) == "invalid"
    assert code_of(put(client, file, 10_001, b"x")) == "invalid"
    assert objects_in(storage) == []


# --- completing ------------------------------------------------------------------------------------------------------


def test_what_was_announced_of_the_whole_file_must_hold(client: Api) -> None:
    file = announced(client)
    put(client, file, 1, b"a,b\n")
    assert code_of(client.post(f"/api/v1/files/{file['id']}/complete", {"size": 5})) == "size_mismatch"
    assert code_of(client.post(f"/api/v1/files/{file['id']}/complete", {"sha256": "0" * 64})) == "digest_mismatch"
    assert code_of(client.post(f"/api/v1/files/{file['id']}/complete", {"sha256": "0" * 63})) == "invalid"


# --- who and what ----------------------------------------------------------------------------------------------------


def test_others_see_nothing_and_viewers_change_nothing(client: Api, provider: Organization) -> None:
    file = announced(client)
    stranger = api(make_client(make_person(make_organization())))
    for path in (f"files/{file['id']}", f"dataset-versions/{file['version_id']}"):
        assert code_of(stranger.get(f"/api/v1/{path}")) == "not_found"
    assert code_of(put(stranger, file, 1, b"x")) == "not_found"
    assert stranger.get("/api/v1/datasets").json()["items"] == []
    viewer = api(make_client(make_person(provider, Role.VIEWER)))
    assert viewer.get(f"/api/v1/files/{file['id']}").status_code == 200
    assert code_of(put(viewer, file, 1, b"x")) == "forbidden"
    assert code_of(api(staff()).get(f"/api/v1/files/{file['id']}")) == "not_found"  # nothing of it is listed there


@pytest.mark.parametrize("name", ["", " ", "..", "a/b.csv", "a\\b.csv", "x" * 201, "a\x00b", "line\nbreak"])
def test_a_file_name_must_be_one(client: Api, name: str) -> None:
    version = opened(client)
    response = client.post(f"/api/v1/dataset-versions/{version['id']}/files", {"name": name, "format": "CSV"})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a", "format": "XLSX"}, "/format"),
        ({"name": "a", "format": "CSV", "declared_encoding": "latin-1"}, "/declared_encoding"),
        ({"name": "a", "format": "PARQUET", "declared_encoding": "utf-8"}, "/declared_encoding"),
        ({"name": "a", "format": "CSV", "sha": "x"}, "/sha"),
        ({"format": "CSV"}, "/name"),
    ],
)
def test_a_wrong_announcement_says_where(client: Api, body: dict[str, str], pointer: str) -> None:
    response = client.post(f"/api/v1/dataset-versions/{opened(client)['id']}/files", body)
    assert (response.status_code, response.json()["errors"][0]["pointer"]) == (400, pointer)


def test_a_name_is_taken_once_whatever_its_unicode_form(client: Api) -> None:
    version = opened(client)
    announced(client, version, name="caf\u00e9.csv")
    response = client.post(
        f"/api/v1/dataset-versions/{version['id']}/files", {"name": "cafe\u0301.csv", "format": "CSV"}
    )
    assert code_of(response) == "file_name_taken"


def test_versions_count_up_and_are_listed_newest_first_with_a_fixed_number_of_queries(
    client: Api, django_assert_max_num_queries
) -> None:
    version = opened(client)
    versions = f"/api/v1/datasets/{version['dataset_id']}/versions"
    for _ in range(8):
        client.post(versions)
    with django_assert_max_num_queries(8):
        items = client.get(versions).json()["items"]
    assert [item["number"] for item in items] == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert client.get(f"{versions}?state=READY").json()["items"] == []


def test_the_same_request_again_registers_one_dataset(client: Api) -> None:
    key = str(uuid4())
    answers = [client.post("/api/v1/datasets", {"title": {"en": "x"}}, idempotency_key=key).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(client.get("/api/v1/datasets").json()["items"]) == 1
