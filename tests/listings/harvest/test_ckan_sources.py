"""CKAN portals, played by a real HTTP server: what is mapped, what is gone, and what a hostile one may not do."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Affiliation, Role
from kernel.jobs import KINDS, run_due_jobs
from kernel.models import AuditEvent, Job
from listings.harvest import DUE_JOB, RUN_JOB, reading
from listings.models import Dataset, HarvestedProduct, HarvestRun, HarvestSource, Product
from tests.api.operations import is_problem, nothing_changes
from tests.listings.harvest.harvesting import added, harvested, records, run_now
from tests.serving import plainly, serving
from tests.world import make_person, person_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nearby")]


def package(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}",
        "name": f"package-{number}",
        "title": f"街道第{number}册",
        "notes": "<p>全部&nbsp;街道</p><script>alert(1)</script>",
        "license_id": "cc-by",
        "license_title": "CC BY 4.0",
        "organization": {"title": "市政数局"},
        "tags": [{"name": "街道", "display_name": "街道"}],
        "extras": [
            {"key": "update_frequency", "value": "Daily"},
            {"key": "temporal_start", "value": "2024-01-01T00:00"},
        ],
        "resources": [{"name": "街道.csv", "url": "https://x.example/a.csv", "format": "CSV", "size": 12}],
    } | fields


class Portal:
    """A portal that holds packages and lies as it is told."""

    def __init__(self, *packages: Any) -> None:
        self.packages = list(packages)
        self.count: Callable[[], Any] = lambda: len(self.packages)
        self.most_rows = 3
        self.asked: list[str] = []
        self.failing = 0
        self.breaks_off_at: int | None = None

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        if self.failing:
            self.failing -= 1
            plainly(handler, b"", 503)
            return
        query = parse_qs(urlsplit(handler.path).query)
        start = int(query["start"][0])
        if start == self.breaks_off_at:
            return
        result = {"count": self.count(), "results": self.window(start)}
        plainly(handler, json.dumps({"success": True, "result": result}).encode(), Content_Type="application/json")

    def window(self, start: int) -> list[Any]:
        return self.packages[start : start + self.most_rows]


@contextmanager
def portal(*packages: Any) -> Iterator[tuple[Portal, str]]:
    it = Portal(*packages)
    with serving(it) as url:
        yield it, url


def test_a_package_becomes_a_product_draft_in_plain_text(client):
    long = package(1, title="街道" * 150, title_translated={"zh_TW": "街道名錄", "en": "Streets", "pt": "Ruas"})
    with portal(long) as (_it, url):
        run = harvested(client, added(client, url))
    assert run["counts"] == {"CREATED": 1}
    known = HarvestedProduct.objects.select_related("product", "dataset").get()
    assert known.dataset.title == {"zh-Hant": "街道名錄", "en": "Streets"}
    assert known.dataset.description == {"zh-Hans": "全部 街道alert(1)"}
    assert (known.product.frequency, str(known.product.time_from)) == ("DAY", "2024-01-01")
    detail = client.get(f"/api/v1/harvested-products/{known.pk}").json()
    assert detail["described"]["licences"] == [{"name": "cc-by", "title": "CC BY 4.0"}]
    assert detail["described"]["publisher"] == "市政数局"
    assert detail["described"]["resources"] == [
        {"name": "街道.csv", "path": "https://x.example/a.csv", "format": "CSV", "bytes": 12}
    ]


def test_all_pages_are_read_whatever_their_size(client):
    with portal(*(package(number) for number in range(8))) as (it, url):
        run = harvested(client, added(client, f"{url}/api/3/action/"))
    assert (run["counts"], run["pages"], run["staged"]) == ({"CREATED": 8}, 4, 8)
    assert [parse_qs(urlsplit(each).query)["start"] for each in it.asked] == [["0"], ["3"], ["6"], ["8"]]


def test_one_broken_package_does_not_hold_up_the_others(client):
    broken = ["text", None, {"title": "no id"}, package(2, id="x" * 201), package(3, title=None, name=None)]
    with portal(package(1), *broken, package(4, title="a\0b"), package(5, notes={"a": 1}, tags="x", extras=3)) as (
        _,
        url,
    ):
        run = harvested(client, added(client, url))
    assert run["counts"] == {"CREATED": 2, "REFUSED": 6}
    assert all(record["reasons"][0]["detail"] for record in records(client, run, outcome="REFUSED"))


def test_what_is_gone_from_the_source_is_marked_and_nothing_is_deleted(client):
    with portal(*(package(number) for number in range(6))) as (it, url):
        source = added(client, url)
        harvested(client, source)
        gone = it.packages.pop()
        dry = harvested(client, source, dry_run=True)
        assert dry["counts"] == {"GONE": 1, "UNCHANGED": 5}
        assert not HarvestedProduct.objects.exclude(gone_at=None).exists()

        run = harvested(client, source)
        assert (run["counts"], run["staged"]) == ({"GONE": 1, "UNCHANGED": 5}, 6)
        [marked] = client.get("/api/v1/harvested-products", {"gone": "true"}).json()["items"]
        assert marked["source_id"] == "id-5"
        assert Product.objects.filter(pk=marked["product_id"]).exists()
        assert AuditEvent.objects.filter(action="harvestedproduct.gone", subject_id=marked["id"]).count() == 1
        assert harvested(client, source)["counts"] == {"UNCHANGED": 5}  # marked once

        it.packages.append(gone)
        back = harvested(client, source)
        assert back["counts"] == {"UNCHANGED": 5, "UPDATED": 1}
        assert records(client, back, outcome="UPDATED")[0]["changes"]["gone_at"]["after"] is None
        assert len(client.get("/api/v1/harvested-products", {"gone": "false"}).json()["items"]) == 6


def test_too_much_gone_at_once_waits_for_a_person(client):
    with portal(*(package(number) for number in range(6))) as (it, url):
        source = added(client, url)
        harvested(client, source)
        it.packages = [package(0, title="新名")]
        run = harvested(client, source)
        assert run["state"] == "HELD"
        assert not HarvestedProduct.objects.exclude(gone_at=None).exists()
        assert not Dataset.objects.filter(title={"zh-Hans": "新名"}).exists()  # nothing at all is applied
        refused = client.post(f"/api/v1/harvest-sources/{source['id']}/harvest")
        assert is_problem(refused, 409)
        assert refused.json()["code"] == "run_under_way"
        assert is_problem(client.post(f"/api/v1/harvest-sources/{source['id']}/close"), 409)

        assert is_problem(client.post(f"/api/v1/harvest-runs/{run['id']}/release", {"reason": " "}), 400)
        cancelled = client.post(f"/api/v1/harvest-runs/{run['id']}/cancel", {"reason": "the portal was half empty"})
        assert cancelled.json()["state"] == "CANCELLED"

        run = harvested(client, source)
        client.post(f"/api/v1/harvest-runs/{run['id']}/release", {"reason": "they have closed that section"})
        run_due_jobs(kinds=(RUN_JOB,))
        run = run_now(client, run)
    assert (run["state"], run["counts"]) == ("DONE", {"GONE": 5, "UPDATED": 1})
    released = AuditEvent.objects.get(action="harvestrun.applying", subject_id=run["id"], actor_kind="client")
    assert released.reason == "they have closed that section"


def test_what_is_unreadable_at_the_source_is_not_taken_for_gone(client):
    with portal(package(0), package(1)) as (it, url):
        source = added(client, url, withdraw_percent=0)
        harvested(client, source)
        it.packages[1] = package(1, notes="x\0")
        run = harvested(client, source)
    assert (run["state"], run["counts"]) == ("DONE", {"REFUSED": 1, "UNCHANGED": 1})


@pytest.mark.parametrize("claimed", [7, 5, 0, 600])
def test_a_count_that_lies_stops_the_run_before_anything_is_done(client, claimed):
    with portal(*(package(number) for number in range(6))) as (it, url):
        it.count = lambda: claimed
        run = harvested(client, added(client, url))
    assert (run["state"], run["failure"]["code"]) == ("FAILED", "count_lies")
    assert str(claimed) in run["failure"]["detail"]
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("count", "code"),
    [(-1, "not_ckan"), ("6", "not_ckan"), (None, "not_ckan"), (True, "not_ckan"), (10**12, "too_many_records")],
)
def test_a_count_that_is_none_stops_the_run(client, count, code):
    with portal(package(1)) as (it, url):
        it.count = lambda: count
        run = harvested(client, added(client, url))
    assert (run["state"], run["failure"]["code"]) == ("FAILED", code)


def test_pages_that_repeat_or_never_end_stop_the_run(client, monkeypatch):
    with portal(*(package(number) for number in range(3))) as (it, url):
        it.count = lambda: 90
        monkeypatch.setattr(it, "window", lambda _start: it.packages)
        run = harvested(client, added(client, url))
        assert run["failure"]["code"] == "pages_repeat"
        assert len(it.asked) == 2

    monkeypatch.setattr(reading, "MOST_RECORDS", 50)
    with portal() as (it, url):
        it.count = lambda: 50
        monkeypatch.setattr(it, "window", lambda start: [package(number) for number in range(start, start + 20)])
        run = harvested(client, added(client, url))
        assert run["failure"]["code"] == "too_many_records"
        assert len(it.asked) == 3
    assert not Dataset.objects.exists()


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda handler: plainly(handler, b"<html><title>Down for maintenance</title>"), "not_json"),
        (lambda handler: plainly(handler, b"[" * 100_000), "not_json"),
        (lambda handler: plainly(handler, b"[]"), "not_ckan"),
        (lambda handler: plainly(handler, b'{"success": false}'), "not_ckan"),
        (lambda handler: plainly(handler, b'{"success": true, "result": {"count": 1, "results": {}}}'), "not_ckan"),
        (lambda handler: plainly(handler, b"", 404), "http_status"),
        (lambda handler: plainly(handler, b"", 302, Location="http://169.254.169.254/latest/"), "address_not_allowed"),
        (lambda handler: plainly(handler, b"", 302, Location="http://127.0.0.2:1/"), "address_not_allowed"),
        (lambda handler: plainly(handler, b"x", Content_Length=str(10**10)), "answer_too_large"),
        (lambda handler: plainly(handler, b"x", Content_Encoding="gzip"), "answer_encoded"),
    ],
)
def test_a_hostile_answer_ends_the_run_with_its_reason(client, answer, code):
    with serving(answer) as url:
        run = harvested(client, added(client, url))
    assert (run["state"], run["failure"]["code"]) == ("FAILED", code)
    assert run["failure"]["detail"]
    assert not Dataset.objects.exists()


def test_a_source_that_fails_for_a_while_is_asked_again_from_where_it_stopped(client):
    with portal(*(package(number) for number in range(6))) as (it, url):
        source = added(client, url)
        asked = client.post(f"/api/v1/harvest-sources/{source['id']}/harvest").json()
        it.breaks_off_at = 3
        run_due_jobs(kinds=(RUN_JOB,))
        waiting = run_now(client, asked)
        assert (waiting["state"], waiting["staged"]) == ("READING", 3)
        assert waiting["failure"]["code"] == "broken_off"
        it.breaks_off_at = None
        with time_machine.travel(timezone.now() + timedelta(minutes=1)):
            run_due_jobs(kinds=(RUN_JOB,))
        run = run_now(client, asked)
    assert (run["state"], run["counts"], run["failure"]) == ("DONE", {"CREATED": 6}, None)
    assert sum("start=0" in each for each in it.asked) == 1


def test_a_source_that_never_answers_fails_the_run_with_that_reason(client):
    with portal(package(1)) as (it, url):
        it.failing = 99
        source = added(client, url)
        asked = client.post(f"/api/v1/harvest-sources/{source['id']}/harvest").json()
        for minute in range(1, KINDS[RUN_JOB].max_attempts + 2):
            with time_machine.travel(timezone.now() + timedelta(hours=minute)):
                run_due_jobs(kinds=(RUN_JOB,))
    run = run_now(client, asked)
    assert (run["state"], run["failure"]["code"]) == ("FAILED", "http_status")
    assert Job.objects.get(kind=RUN_JOB).state == "FAILED"
    assert len(it.asked) == KINDS[RUN_JOB].max_attempts


def test_the_exchange_does_not_read_from_its_own_network_unless_told(client, settings):
    settings.FETCH_ALLOWED_NETWORKS = []
    with portal(package(1)) as (it, url):
        answer = client.post("/api/v1/harvest-sources", {"kind": "CKAN", "name": "x", "address": url})
        assert is_problem(answer, 400)
        assert answer.json()["errors"][0] | {"detail": ""} == {
            "pointer": "/address",
            "code": "address_not_allowed",
            "detail": "",
        }
        run = harvested(client, added(client, url.replace("127.0.0.1", "localhost")))
        assert run["failure"]["code"] == "address_not_allowed"
    assert it.asked == []


def test_defaults_complete_new_products_only(client):
    with portal(package(1)) as (it, url):
        source = added(
            client, url, defaults={"scenario": {"en": "Planning"}, "rights": ["USE"], "source_kind": "AGREEMENT"}
        )
        harvested(client, source)
        product = Product.objects.get()
        assert (product.scenario, product.rights) == ({"en": "Planning"}, ["USE"])
        client.patch(f"/api/v1/products/{product.pk}", {"scenario": {"en": "Checked by hand"}})
        it.packages[0] = package(1, title="新名")
        run = harvested(client, source)
    assert list(records(client, run)[0]["changes"]) == ["title"]
    product.refresh_from_db()
    assert product.scenario == {"en": "Checked by hand"}
    assert product.name == {"zh-Hans": "街道第1册"}  # what buyers read belongs to the provider once it is there


def test_two_sources_may_use_the_same_ids(client):
    with portal(package(1)) as (_, one), portal(package(1)) as (_other, two):
        for url in (one, two):
            assert harvested(client, added(client, url))["counts"] == {"CREATED": 1}
    assert HarvestedProduct.objects.count() == 2


def test_a_killed_worker_during_reading_or_applying_loses_and_doubles_nothing(client, monkeypatch):
    from listings.harvest import running

    monkeypatch.setattr(running, "BATCH", 2)
    with portal(*(package(number) for number in range(8))) as (it, url):
        source = added(client, url)
        asked = client.post(f"/api/v1/harvest-sources/{source['id']}/harvest").json()
        alive = [3]

        def mortal(_done: int) -> None:
            alive[0] -= 1
            if not alive[0]:
                raise KeyboardInterrupt

        for lives in (2, 4, 3, 99):
            alive[0] = lives
            try:
                running.carry_out(HarvestRun.objects.get(pk=asked["id"]).pk, mortal)
            except KeyboardInterrupt:
                continue
    assert run_now(client, asked)["counts"] == {"CREATED": 8}
    assert sorted(each.partition("start=")[2].partition("&")[0] for each in it.asked) == ["0", "3", "6", "8"]
    assert Dataset.objects.count() == 8


class TestSchedule:
    def test_a_scheduled_source_is_read_when_it_is_due_and_again(self, client):
        with portal(package(1)) as (it, url):
            added(client, url, frequency="DAY")
            run_due_jobs(kinds=(DUE_JOB,))
            run_due_jobs(kinds=(RUN_JOB,))
            assert HarvestRun.objects.get().state == "DONE"
            source = HarvestSource.objects.get()
            assert timedelta(hours=23) < source.next_run_at - timezone.now() < timedelta(hours=25)
            with time_machine.travel(source.next_run_at + timedelta(seconds=1)):
                run_due_jobs(kinds=(DUE_JOB,))
                run_due_jobs(kinds=(RUN_JOB,))
            assert HarvestRun.objects.count() == 2
        assert len(it.asked) == 4

    def test_a_changed_schedule_leaves_no_second_one_behind(self, client):
        source = added(client, "https://portal.example/", frequency="DAY")
        client.patch(f"/api/v1/harvest-sources/{source['id']}", {"frequency": "MANUAL"})
        run_due_jobs(kinds=(DUE_JOB,))
        assert not HarvestRun.objects.exists()

    def test_a_paused_source_rests_and_a_closed_one_is_over(self, client):
        source = added(client, "https://portal.example/", frequency="WEEK")
        address = f"/api/v1/harvest-sources/{source['id']}"
        assert client.post(f"{address}/pause").json()["next_run_at"] is None
        run_due_jobs(kinds=(DUE_JOB,))
        assert not HarvestRun.objects.exists()
        assert is_problem(client.post(f"{address}/harvest"), 409)
        assert client.post(f"{address}/resume").json()["next_run_at"]
        assert client.post(f"{address}/close").json()["state"] == "CLOSED"
        assert is_problem(client.patch(address, {"name": "x"}), 409)
        added(client, "https://portal.example/")  # a closed one stands in nobody's way

    def test_one_whose_person_has_left_is_skipped_with_the_reason(self, client, provider):
        added(client, "https://portal.example/", frequency="DAY")
        make_person(provider, Role.ADMIN)
        Affiliation.objects.filter(person=person_of(provider)).delete()
        run_due_jobs(kinds=(DUE_JOB,))
        assert AuditEvent.objects.get(action="harvestsource.skipped").details == {"code": "forbidden"}
        assert not HarvestRun.objects.exists()


class TestAdding:
    @pytest.mark.parametrize(
        ("fields", "pointer", "code"),
        [
            ({"address": "ftp://x.example/"}, "/address", "address_invalid"),
            ({"address": "http://u:p@x.example/"}, "/address", "address_with_credentials"),
            ({"address": "http://10.0.0.1/"}, "/address", "address_not_allowed"),
            ({"kind": "OAI"}, "/kind", "invalid_choice"),
            ({"frequency": "HOUR"}, "/frequency", "invalid_choice"),
            ({"withdraw_percent": 101}, "/withdraw_percent", "max_value"),
            ({"defaults": {"prise": 1}}, "/defaults/prise", "unknown_field"),
            ({"defaults": {"rights": ["SELL"]}}, "/defaults/rights/0", "invalid_choice"),
            ({"defaults": {"name": {"en": "x"}}}, "/defaults/name", "no_default"),
            ({"credentials": "x"}, "/credentials", "unknown_field"),
        ],
    )
    def test_what_is_wrong_is_named(self, client, fields, pointer, code):
        body = {"kind": "CKAN", "name": "Portal", "address": "https://portal.example/"} | fields
        with nothing_changes():
            answer = client.post("/api/v1/harvest-sources", body)
        assert is_problem(answer, 400)
        assert {each["pointer"]: each["code"] for each in answer.json()["errors"]} == {pointer: code}

    def test_the_same_catalogue_is_added_once(self, client):
        added(client, "https://portal.example/")
        answer = client.post(
            "/api/v1/harvest-sources", {"kind": "CKAN", "name": "again", "address": "https://portal.example/#top"}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "source_exists")
