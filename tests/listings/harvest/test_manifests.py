"""Bulk registration by manifest: as providers send it, in their encodings, with each record's outcome told apart."""

import csv
import io
import json
from typing import Any

import pytest

from accounts.models import Affiliation, Capacity, Role
from kernel.jobs import run_due_jobs
from kernel.models import Job
from listings.harvest import RUN_JOB
from listings.models import Dataset, HarvestedProduct, HarvestRecord, HarvestRun, Product
from tests.api.operations import is_problem, nothing_changes
from tests.listings.offers import draft_listing, registered_product, submitted
from tests.world import Api, api, make_client, make_member, make_person, person_of

pytestmark = pytest.mark.django_db

STREETS = {
    "source_id": "gd-streets",
    "title": {"zh-Hans": "广东省街道名录", "en": "Sub-districts of Guangdong"},
    "description": {"zh-Hans": "全部街道及其区划代码"},
    "industry": "I65",
    "rights": ["HOLD", "USE", "OPERATE"],
    "source_kind": "COLLECTED",
    "time_from": "2024-01-01",
    "frequency": "YEAR",
}
TABLE = """来源编号,数据资源名称,数据资源名称(英文),產品名稱,应用场景,所属行业,数据来源,权利类型,更新频率,起始日期,转售
gd-1,广东省街道名录,Sub-districts,街道名录,校验地址,I65,自行采集或生产,持有权；使用權；经营权,每年,2024年1月1日,否
gd-2,深圳公交站点,Bus stops,公交站点,规划接驳线路,I65,COLLECTED,HOLD;USE,DAY,2024/3/5,是
gd-3,无效行业,Wrong,无效,测试,X99,COLLECTED,HOLD,DAY,2024.3.5,是
"""


def sent(client: Api, content: Any, **query: str) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    address = "/api/v1/manifests" + "".join(f"?{name}={value}" for name, value in query.items())
    return client.post(address, body, content_type="application/octet-stream")


def registered(client: Api, content: Any, **query: str) -> dict[str, Any]:
    """Send a manifest, let its job run, and return the run as it then is."""
    answer = sent(client, content, **query)
    assert answer.status_code == 202, answer.json()
    run_due_jobs(kinds=(RUN_JOB,))
    run = client.get(f"/api/v1/harvest-runs/{answer.json()['id']}").json()
    assert run["state"] == "DONE", run
    return dict(run)


def records(client: Api, run: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    return list(client.get(f"/api/v1/harvest-runs/{run['id']}/records", query).json()["items"])


def refusals(record: dict[str, Any]) -> dict[str, str]:
    assert all(error["detail"] for error in record["reasons"])
    return {error["pointer"]: error["code"] for error in record["reasons"]}


def test_a_manifest_becomes_datasets_and_product_drafts(client, provider):
    run = registered(client, [STREETS])
    assert (run["kind"], run["staged"], run["counts"]) == ("JSON", 1, {"CREATED": 1})
    [record] = records(client, run)
    product = Product.objects.get(pk=record["product_id"])
    assert (product.state, product.organization_id, product.industry) == ("DRAFT", provider.pk, "I65")
    assert product.dataset.title == STREETS["title"]
    assert (product.name, product.summary) == (STREETS["title"], STREETS["description"])  # short enough for both
    assert record["changes"]["frequency"] == {"before": None, "after": "YEAR"}
    [known] = client.get("/api/v1/harvested-products", {"source_id": "gd-streets"}).json()["items"]
    assert (known["product_id"], known["dataset_id"]) == (str(product.pk), str(product.dataset_id))


def test_the_same_manifest_again_changes_nothing(client):
    registered(client, [STREETS])
    before = Product.objects.values().get()
    run = registered(client, [STREETS])
    assert run["counts"] == {"UNCHANGED": 1}
    assert Product.objects.values().get() == before
    assert Dataset.objects.count() == HarvestedProduct.objects.count() == 1


def test_a_changed_record_changes_what_it_names_and_tells_the_difference(client):
    registered(client, [STREETS])
    product = Product.objects.get()
    client.patch(f"/api/v1/products/{product.pk}", {"language": "zh-Hans"})
    run = registered(client, [STREETS | {"frequency": "MONTH", "title": {"zh-Hans": "街道"}}])
    [record] = records(client, run)
    assert record["outcome"] == "UPDATED"
    assert record["changes"] == {
        "frequency": {"before": "YEAR", "after": "MONTH"},
        "title": {"before": STREETS["title"], "after": {"zh-Hans": "街道"}},
    }
    product.refresh_from_db()
    assert (product.frequency, product.language) == ("MONTH", "zh-Hans")  # what people added stays
    assert product.dataset.title == {"zh-Hans": "街道"}


def test_a_dry_run_tells_the_difference_and_writes_nothing(client):
    registered(client, [STREETS])
    manifest = [
        STREETS | {"frequency": "MONTH"},
        STREETS | {"source_id": "new"},
        STREETS | {"source_id": "bad", "industry": "X1"},
    ]
    answer = sent(client, manifest, dry_run="true")
    with nothing_changes("kernel.AuditEvent", "kernel.UnsealedEvent"):  # the run's own two moves
        run_due_jobs(kinds=(RUN_JOB,))
    run = client.get(f"/api/v1/harvest-runs/{answer.json()['id']}").json()
    assert (run["dry_run"], run["counts"]) == (True, {"CREATED": 1, "REFUSED": 1, "UPDATED": 1})
    updated, created, refused = records(client, run)
    assert updated["changes"] == {"frequency": {"before": "YEAR", "after": "MONTH"}}
    assert (created["product_id"], created["changes"]["industry"]["after"]) == (None, "I65")
    assert refusals(refused) == {"/industry": "unknown_industry"}
    assert Product.objects.get().frequency == "YEAR"

    real = registered(client, manifest)
    assert real["counts"] == run["counts"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_table_is_read_as_spreadsheets_in_the_bay_save_it(client, encoding):
    run = registered(client, TABLE.encode(encoding))
    assert run["counts"] == {"CREATED": 2, "REFUSED": 1}
    first, second, third = records(client, run)
    product = Product.objects.get(pk=first["product_id"])
    assert product.dataset.title == {"zh-Hans": "广东省街道名录", "en": "Sub-districts"}
    assert (product.source_kind, product.rights, product.frequency) == ("COLLECTED", ["HOLD", "USE", "OPERATE"], "YEAR")
    assert (str(product.time_from), product.resale_allowed) == ("2024-01-01", False)
    assert Product.objects.get(pk=second["product_id"]).resale_allowed is True
    assert refusals(third) == {"/industry": "unknown_industry"}


def test_one_wrong_record_does_not_hold_up_the_others(client):
    manifest = [
        STREETS | {"source_id": 7},
        STREETS | {"source_id": "a", "name": {"zh-Hans": "数" * 41}, "prise": 1},
        STREETS,
        STREETS,
        {"title": {"en": "no id"}},
        "text",
        STREETS | {"source_id": "b", "scenario": {"en": "x\0"}},
        STREETS | {"source_id": "c", "time_from": "2024-13-01"},
        {"source_id": "d"},
        STREETS | {"source_id": "e", "scenario": {"en": "x" * 70_000}},
        STREETS | {"source_id": "f" * 201},
    ]
    run = registered(client, manifest)
    assert run["counts"] == {"CREATED": 2, "REFUSED": 9}
    found = records(client, run)
    assert found[0]["source_id"] == "7"
    assert [refusals(record) for record in found] == [
        {},
        {"/prise": "unknown_field"},
        {},
        {"/source_id": "duplicate"},
        {"/source_id": "required"},
        {"": "not_an_object"},
        {"": "malformed"},
        {"/time_from": "invalid"},
        {"/title": "required"},
        {"": "too_large"},
        {"/source_id": "required"},
    ]
    assert [each["number"] for each in records(client, run, outcome="CREATED")] == [1, 3]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"   ",
        b"[]",
        b"[",
        b'{"records": 1}',
        b'{"a": 1}',
        b"[" * 100_000,
        b'[{"source_id": NaN}]',
        b"title.en\nx\n",
        b"source_id,title.en,title.en\n1,x,y\n",
        b"source_id,title.en\n",
        b'source_id,title.en\n1,"never closed\n',
        b"\x00\x01\x02",
        b"PK\x03\x04 a workbook",
        "来源编号,数据资源名称\n1,街道\n".encode("gb18030") + "街道街道街道街道\n".encode(),
        ("source_id," + ",".join(f"c{number}" for number in range(300))).encode(),
        b"[" + b"1," * 20_001 + b"1]",
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused_whole(client, content):
    with nothing_changes():
        answer = sent(client, content)
    assert is_problem(answer), answer.json()
    assert answer.json()["code"] in ("manifest_unreadable", "too_large", "length_required")


def test_a_body_beyond_the_limit_is_refused(client):
    with nothing_changes():
        answer = sent(client, b" " * (16 * 1024 * 1024 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_the_same_key_sends_a_manifest_once(client):
    body = json.dumps([STREETS]).encode()
    answers = [
        client.post("/api/v1/manifests", body, content_type="text/csv", idempotency_key="once") for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    assert HarvestRun.objects.count() == 1
    other = client.post("/api/v1/manifests", b"[1]", content_type="text/csv", idempotency_key="once")
    assert other.json()["code"] == "idempotency_key_reused"


def test_a_killed_workers_successor_goes_on_where_it_stopped(client, monkeypatch):
    from listings.harvest import running

    run_id = sent(client, [STREETS | {"source_id": f"n{number}"} for number in range(120)]).json()["id"]

    def killed(_done: int) -> None:
        raise KeyboardInterrupt

    run = HarvestRun.objects.get(pk=run_id)
    with pytest.raises(KeyboardInterrupt):
        running.carry_out(run.pk, killed)
    assert run.records.filter(outcome="CREATED").count() == running.BATCH
    seen: list[int] = []
    running.carry_out(run.pk, seen.append)
    run.refresh_from_db()
    assert (run.state, run.counts, seen[0], seen[-1]) == ("DONE", {"CREATED": 120}, 16, 100)
    running.carry_out(run.pk, seen.append)
    assert Product.objects.count() == 120


def test_what_is_under_review_is_not_changed_by_a_manifest(client, provider):
    registered(client, [STREETS])
    product = Product.objects.get()
    offered = submitted(draft_listing(registered_product(provider)))
    HarvestedProduct.objects.update(product=offered.product, dataset=offered.product.dataset)
    [record] = records(client, registered(client, [STREETS | {"frequency": "MONTH"}]))
    assert (record["outcome"], refusals(record)) == ("REFUSED", {"": "product_in_use"})
    offered.product.dataset.refresh_from_db()
    assert offered.product.dataset.title != STREETS["title"]  # nothing half-written
    assert product.frequency == "YEAR"


def test_a_deleted_draft_comes_back_on_the_same_dataset(client):
    registered(client, [STREETS])
    product = Product.objects.get()
    client.delete(f"/api/v1/products/{product.pk}")
    [record] = records(client, registered(client, [STREETS], dry_run="true"))
    assert (record["outcome"], record["product_id"]) == ("UPDATED", None)
    assert not Product.objects.exists()
    run = registered(client, [STREETS])
    assert run["counts"] == {"UPDATED": 1}
    assert Product.objects.get().dataset_id == product.dataset_id


def test_reasons_come_in_the_language_of_who_asked(client):
    body = json.dumps([STREETS | {"industry": "X99"}]).encode()
    answer = client.post("/api/v1/manifests", body, content_type="text/csv", headers={"Accept-Language": "zh-hant"})
    run_due_jobs(kinds=(RUN_JOB,))
    [record] = records(client, answer.json())
    assert "行業" in record["reasons"][0]["detail"]


def test_one_who_has_left_meanwhile_registers_nothing(client, provider):
    run_id = sent(client, [STREETS]).json()["id"]
    make_person(provider, Role.ADMIN)
    Affiliation.objects.filter(person=person_of(provider)).delete()
    run_due_jobs(kinds=(RUN_JOB,))
    run = HarvestRun.objects.get(pk=run_id)
    assert (run.state, run.failure["code"]) == ("FAILED", "forbidden")
    assert not Dataset.objects.exists()


def test_a_viewer_registers_nothing(provider):
    viewer = api(make_client(make_person(provider, Role.VIEWER)))
    with nothing_changes():
        answer = sent(viewer, [STREETS])
    assert is_problem(answer, 403)


def test_a_job_that_fails_for_good_ends_its_run(client):
    run_id = sent(client, [STREETS]).json()["id"]
    Job.objects.filter(kind=RUN_JOB).update(attempts=99)
    run_due_jobs(kinds=(RUN_JOB,))
    run = client.get(f"/api/v1/harvest-runs/{run_id}").json()
    assert (run["state"], run["failure"]["code"]) == ("FAILED", "internal_error")


def test_ids_are_one_providers_own(client):
    registered(client, [STREETS])
    other = api(make_client(person_of(make_member("gzdex", Capacity.PROVIDER))))
    assert registered(other, [STREETS])["counts"] == {"CREATED": 1}
    assert Dataset.objects.count() == 2


def test_the_report_runs_no_formula(client):
    manifest = [
        STREETS | {"source_id": "=cmd|' /C calc'!A1"},
        STREETS | {"source_id": "@x", "industry": "+1"},
        STREETS | {"source_id": "c", "title": {"en": "x"}, "buyer_environment": "-2+3"},
    ]
    run = registered(client, manifest)
    answer = client.get(f"/api/v1/harvest-runs/{run['id']}/report.csv")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["source_id"] for row in rows} == {"'=cmd|' /C calc'!A1", "'@x", "c"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert {row["code"] for row in rows if row["source_id"] == "'@x"} == {"unknown_industry"}
    assert ("buyer_environment", "'-2+3") in {(row["field"], row["after"]) for row in rows}


def test_records_come_in_pages_at_a_fixed_cost(client, django_assert_num_queries):
    run = registered(client, [STREETS | {"source_id": f"n{number}"} for number in range(7)])
    address = f"/api/v1/harvest-runs/{run['id']}/records"
    with django_assert_num_queries(3):
        page = client.get(address, {"limit": "3"}).json()
    with django_assert_num_queries(3):
        rest = client.get(address, {"limit": "200", "cursor": page["next"]}).json()
    assert [each["number"] for each in page["items"] + rest["items"]] == [1, 2, 3, 4, 5, 6, 7]
    assert HarvestRecord.objects.count() == 7
