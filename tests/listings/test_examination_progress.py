"""How far an examination is, and when it will end, can be seen while it runs; it never goes back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from kernel.jobs import run_due_jobs
from kernel.models import Job
from listings import inspection, tasks, uploading
from listings.examination_progress import Pace
from tests.listings.files import parquet
from tests.listings.uploads import announced, completed, opened, put
from tests.world import Api, api, make_client, make_member, make_person, person_of

pytestmark = pytest.mark.django_db

LONG = b"a,b\n" + b"1,2\n" * 3_000_000


@pytest.fixture(autouse=True)
def storage(settings, tmp_path: Path, monkeypatch) -> None:
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    monkeypatch.setattr(inspection, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr("listings.examination_progress.SHORTEST_MEASURE", 0.0)


@pytest.fixture
def client() -> Api:
    return api(make_client(person_of(make_member())))


@pytest.fixture
def watched(monkeypatch) -> list[Any]:
    """Whatever is called at every heartbeat, after the job's row has been written."""
    watchers: list[Any] = []
    real = tasks.extend_lease

    def extend_lease(job: Job, **told: Any) -> None:
        real(job, **told)
        for watcher in watchers:
            watcher()

    monkeypatch.setattr(tasks, "extend_lease", extend_lease)
    return watchers


def sealed(client: Api, version: dict[str, Any]) -> str:
    assert client.post(f"/api/v1/dataset-versions/{version['id']}/seal").status_code == 202
    return f"/api/v1/dataset-versions/{version['id']}"


def with_file(client: Api, version: dict[str, Any], content: bytes, **fields: Any) -> None:
    file = announced(client, version, **fields)
    assert put(client, file, 1, content).status_code == 200
    assert client.post(f"/api/v1/files/{file['id']}/complete").status_code == 200


def test_percent_and_time_left_go_by_what_this_attempt_has_read() -> None:
    now = [100.0]
    pace = Pace(total=1_000, before=400, clock=lambda: now[0])
    assert (pace.percent(400), pace.left(400)) == (40, None)
    now[0] += 10
    assert (pace.percent(600), pace.left(600)) == (60, timedelta(seconds=20))
    now[0] += 20
    assert (pace.percent(1_000), pace.left(1_000)) == (99, timedelta(0))


def test_an_empty_version_has_no_pace() -> None:
    pace = Pace(total=0, before=0)
    assert (pace.percent(0), pace.left(0)) == (0, None)


def test_the_version_and_its_job_show_percent_and_the_expected_end_while_it_runs(client: Api, watched: list) -> None:
    version = {"id": completed(client, LONG)["version_id"]}
    path = sealed(client, version)
    assert client.get(path).json()["examination"] == {
        "state": "WAITING",
        "attempts": 0,
        "progress": 0,
        "expected_at": None,
    }
    seen: list[dict[str, Any]] = []
    watched.append(lambda: seen.append(client.get(path).json()["examination"]))
    watched.append(lambda: seen[-1].update(job=client.get(f"/api/v1/jobs?subject_id={version['id']}").json()))
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))

    percents = [each["progress"] for each in seen]
    assert percents == sorted(percents)
    assert 0 < percents[len(percents) // 2] <= 99
    assert {each["state"] for each in seen} == {"RUNNING"}
    [job] = seen[-1]["job"]["items"]
    assert (job["progress"], job["expected_at"]) == (seen[-1]["progress"], seen[-1]["expected_at"])
    assert job["expected_at"] is not None
    assert client.get(path).json()["examination"] is None
    ended = Job.objects.get(kind=uploading.PROFILE_JOB)
    assert (ended.state, ended.progress, ended.expected_at) == ("DONE", 100, None)


def test_an_attempt_that_starts_anew_never_shows_less(client: Api, watched: list) -> None:
    version = opened(client)
    with_file(client, version, LONG, name="a.csv")
    with_file(client, version, LONG, name="b.csv")
    path = sealed(client, version)
    seen: list[int] = []

    def look() -> None:
        seen.append(client.get(path).json()["examination"]["progress"])
        if len(seen) > 2 and seen[-1] > 60 and Job.objects.get(subject_id=version["id"]).attempts == 1:
            raise ConnectionError("the storage went away")

    watched.append(look)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    failed = Job.objects.get(subject_id=version["id"])
    assert (failed.state, failed.attempts, failed.expected_at) == ("WAITING", 1, None)
    assert client.get(path).json()["examination"]["progress"] == failed.progress > 60

    Job.objects.update(due_at=timezone.now())
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    assert seen == sorted(seen)
    assert Job.objects.get(subject_id=version["id"]).attempts == 2
    assert client.get(path).json()["state"] == "READY"


def test_formats_that_are_read_twice_are_half_done_when_they_are_digested(client: Api, watched: list) -> None:
    numbers = np.random.default_rng(1).random((3, 400_000))
    content = parquet(pa.table({f"c{n}": column for n, column in enumerate(numbers)}), compression="none")
    path = sealed(client, {"id": completed(client, content, name="t.parquet", format="PARQUET")["version_id"]})
    seen: list[int] = []
    watched.append(lambda: seen.append(client.get(path).json()["examination"]["progress"]))
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    assert seen == sorted(seen)
    assert any(50 < percent < 99 for percent in seen)
    assert client.get(path).json()["state"] == "READY"


def test_a_parquet_file_that_nobody_waits_for_any_more_is_not_read_to_its_end(client: Api, watched: list) -> None:
    numbers = np.random.default_rng(1).random((3, 400_000))
    content = parquet(pa.table({f"c{n}": column for n, column in enumerate(numbers)}), compression="none")
    path = sealed(client, {"id": completed(client, content, name="t.parquet", format="PARQUET")["version_id"]})

    def look() -> None:
        if client.get(path).json()["examination"]["progress"] > 50:
            raise ConnectionError("the database went away")

    watched.append(look)
    run_due_jobs(kinds=(uploading.PROFILE_JOB,))
    assert client.get(path).json()["examination"]["state"] == "WAITING"
    assert client.get(path).json()["files"][0]["state"] == "RECEIVED"


def test_the_console_says_how_much_is_done_and_how_long_the_rest_takes(client: Api) -> None:
    version = {"id": completed(client)["version_id"]}
    sealed(client, version)
    Job.objects.filter(subject_id=version["id"]).update(
        state="RUNNING",
        progress=43,
        leased_until=timezone.now() + timedelta(minutes=1),
        expected_at=timezone.now() + timedelta(minutes=7, seconds=30),
    )
    console = Client()
    console.force_login(make_person(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    page = console.get(
        reverse("admin:listings_datasetversion_change", args=[version["id"]]), headers={"Accept-Language": "en"}
    )
    assert "running, 43 % done, 7\xa0minutes left" in page.content.decode()
