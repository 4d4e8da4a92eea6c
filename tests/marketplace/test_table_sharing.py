"""Shared tables: what is cut, written, listed and handed out, asked for as the protocol asks."""

import io
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from accounts.models import Organization
from kernel import audit
from kernel.jobs import LeaseLost, run_due_jobs
from kernel.models import AuditEvent, Job
from listings.models import TransferPermit
from listings.storage import data_storage
from marketplace.delivery import table_engine, tables
from marketplace.delivery.access import grant_access
from marketplace.delivery.table_engine import LOCK
from marketplace.delivery.table_writing import ABANDONED_JOB
from marketplace.models import Delivery, SharedFile, SharedTable, TableGrant, UsageRecord
from marketplace.protocols.delta_sharing.hints import pruned
from tests.listings.offers import make_terms
from tests.marketplace.crossing import buy, exportable, funded, released, standing
from tests.marketplace.sharing import SALES, bearer_of, bought, listed_tables
from tests.marketplace.trading import delivered, make_buyer, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, make_token, person_of

pytestmark = pytest.mark.django_db
ROOT = "/delta-sharing"


class Sharing:
    """A client that speaks the protocol by hand."""

    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> Any:
        return Client().get(f"{ROOT}/{path}", query, headers=self.headers)

    def post(self, path: str, body: Any) -> Any:
        return Client().post(f"{ROOT}/{path}", body, content_type="application/json", headers=self.headers)


def lines_of(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.content
    return [json.loads(line) for line in response.content.splitlines()]


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def read(url: str) -> Any:
    answer = Client().get(path_of(url))
    assert answer.status_code == 200
    return pq.read_table(io.BytesIO(b"".join(answer.streaming_content)))


def address(delivery: Delivery, name: str = "data") -> str:
    return f"shares/{delivery.order.listing.product.number}/schemas/default/tables/{name}/query"


def query(delivery: Delivery, buyer: Organization, name: str = "data") -> Any:
    return Sharing(bearer_of(buyer)).post(address(delivery, name), "{}")


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["errorCode"]


class Killed(BaseException):
    """What a worker does not live to tell."""


def dying_after(calls: int, function: Callable[..., Any]) -> Callable[..., Any]:
    left = [calls]

    def call(*args: Any) -> Any:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return function(*args)

    return call


def test_a_bought_table_is_listed_described_and_read(provider: Organization, buyer: Organization) -> None:
    delivery = bought(listed_tables(provider, {"sales.csv": SALES}), buyer)
    sharing = Sharing(bearer_of(buyer))
    share = delivery.order.listing.product.number.lower()

    assert [each["name"] for each in sharing.get("shares").json()["items"]] == [share]
    assert [each["name"] for each in sharing.get(f"shares/{share}/all-tables").json()["items"]] == ["data"]
    answer = sharing.post(f"shares/{share}/schemas/default/tables/data/query", {})
    protocol, metadata, file = lines_of(answer)
    fields = {each["name"]: each["type"] for each in json.loads(metadata["metaData"]["schemaString"])["fields"]}
    assert fields == {
        "日期": "date",
        "区": "string",
        "金額": "decimal(6,2)",
        "數量": "long",
        "备注": "string",
        "时刻": "timestamp",
    }
    assert (protocol, answer["Delta-Table-Version"]) == ({"protocol": {"minReaderVersion": 1}}, "1")
    rows = read(file["file"]["url"]).to_pylist()
    assert [(row["日期"].day, row["区"], str(row["金額"]), row["數量"]) for row in rows] == [
        (1, "越秀", "-0.05", 1),
        (2, "天河", "99.90", None),
        (3, "天河", "1200.50", 3),
    ]


def test_agreed_columns_and_rows_alone_leave_the_exchange(provider: Organization, buyer: Organization) -> None:
    odd = '甲"; DROP TABLE raw; --'
    files = {"people.csv": f"{odd},区,收入,id_card\nA,天河,10.5,440103\nB,越秀,20.25,440104\nC,天河,30.00,440105\n"}
    cut = {
        "columns": [odd, "收入"],
        "rows": [{"column": "区", "values": ["天河", "x') OR TRUE --"]}, {"column": "收入", "least": "11"}],
    }
    listing = listed_tables(provider, files, table_cut=cut)
    delivery = bought(listing, buyer)
    answer = query(delivery, buyer)
    assert [read(each["file"]["url"]).to_pylist() for each in lines_of(answer)[2:]] == [
        [{odd: "C", "收入": Decimal("30.00")}]
    ]
    assert b"440105" not in answer.content
    assert "区" not in answer.content.decode()
    with refused("not_delivered_as_files"):
        grant_access(delivery_id=delivery.id, file_id=delivery.receipt["files"][0]["id"], actor=actor(person_of(buyer)))
    # The same cut is written once, whoever buys it.
    again = bought(listing, make_buyer())
    assert set(again.entitlement.tables.all()) == set(delivery.entitlement.tables.all())
    with refused("invalid") as told:
        listed_tables(provider, {"x.csv": SALES}, table_cut={"columns": ["没有"]})
    assert [each.code for each in told.value.errors] == ["cut_names_no_column"]
    with refused("invalid") as told:
        listed_tables(provider, {"x.csv": SALES}, deliveries=["FILE", "TABLE"], table_cut={"columns": ["区"]})
    assert [each.code for each in told.value.errors] == ["cut_needs_shared_tables"]
    for wrong in (
        {"columns": "区"},
        {"rows": [{"column": "区"}]},
        {"rows": [{"column": "区", "values": []}]},
        {"x": 1},
    ):
        with refused("invalid"):
            make_terms(listing.product, table_cut=wrong)


def test_a_value_that_its_column_cannot_hold_fails_the_delivery_and_says_so(
    provider: Organization, buyer: Organization
) -> None:
    order = placed(
        listed_tables(provider, {"s.csv": SALES}, table_cut={"rows": [{"column": "日期", "least": "昨天"}]}), buyer
    )
    run_due_jobs(kinds=("delivery.fulfil",))
    assert order.deliveries.get().state == Delivery.State.FAILED
    assert "昨天" in Job.objects.get(kind="delivery.fulfil").last_error


def test_tables_of_every_format_are_read(provider: Organization, buyer: Organization) -> None:
    held = {
        "id": pa.array([1, 2], pa.uint64()),
        "tags": pa.array([["甲", "乙"], None]),
        "at": pa.array([datetime(2026, 1, 1, 8), None], pa.timestamp("ns")),
        "raw": pa.array([b"\x00\xff", None]),
        "price": pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
        "kind": pa.array(["甲", None]).dictionary_encode(),
        "half": pa.array([0.5, None], pa.float16()),
    }
    parquet, book = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.table(held), parquet)
    workbook = Workbook()
    for row in (["店", "营业额"], ["天河", 1.5], ["越秀", 2]):
        workbook.active.append(row)
    workbook.save(book)
    files = {
        "typed.parquet": parquet.getvalue(),
        "shops.xlsx": book.getvalue(),
        "lines.jsonl": '{"a": 1, "b": true}\n{"a": 2, "nested": {"x": [1]}}\n',
        "繁體.csv": "名稱,名稱,\n香港,1,x\n九龍,2,y\n".encode("big5"),
        "wide-1.tsv": "k\tv\n007\t2024年1月2日\n",
        "wide-2.tsv": "k\tv\n008\t2024年1月3日\n",
    }
    delivery = bought(listed_tables(provider, files), buyer)
    found = {}
    for table in delivery.entitlement.tables.all():
        types = {each["name"]: each["type"] for each in table.columns}
        urls = [each["file"]["url"] for each in lines_of(query(delivery, buyer, table.name))[2:]]
        found[table.name] = (types, [row for url in urls for row in read(url).to_pylist()])
    assert found == {
        "typed": (
            {
                "id": "decimal(20,0)",
                "tags": "string",
                "at": "timestamp",
                "raw": "binary",
                "price": "decimal(10,2)",
                "kind": "string",
                "half": "float",
            },
            [
                {
                    "id": 1,
                    "tags": '["甲","乙"]',
                    "at": datetime(2026, 1, 1, 8),
                    "raw": b"\x00\xff",
                    "price": Decimal("1.10"),
                    "kind": "甲",
                    "half": 0.5,
                },
                dict.fromkeys(held) | {"id": 2},
            ],
        ),
        "shops": ({"店": "string", "营业额": "double"}, [{"店": "天河", "营业额": 1.5}, {"店": "越秀", "营业额": 2.0}]),
        "lines": (
            {"a": "long", "b": "boolean", "nested": "string"},
            [{"a": 1, "b": True, "nested": None}, {"a": 2, "b": None, "nested": '{"x": [1]}'}],
        ),
        "table": (
            {"名稱": "string", "名稱_2": "long", "column_3": "string"},
            [{"名稱": "九龍", "名稱_2": 2, "column_3": "y"}, {"名稱": "香港", "名稱_2": 1, "column_3": "x"}],
        ),
        "wide-1": (
            {"k": "string", "v": "date"},
            [{"k": "007", "v": date(2024, 1, 2)}, {"k": "008", "v": date(2024, 1, 3)}],
        ),
    }


def test_a_job_that_dies_in_the_middle_leaves_nothing_behind_and_is_done_again(
    provider: Organization, buyer: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = placed(listed_tables(provider, {"a.csv": "x\n1\n", "b.csv": "y\n2\n"}), buyer)
    monkeypatch.setattr(tables, "_keep", dying_after(1, tables._keep))
    with pytest.raises(Killed):
        run_due_jobs(kinds=("delivery.fulfil",))
    assert SharedTable.objects.count() == 1
    monkeypatch.undo()
    left = settings.STATE_DIR / "tables-of-a-killed-worker"
    left.mkdir()
    for name in (LOCK, "0.parquet"):
        (left / name).touch()
    Job.objects.filter(kind="delivery.fulfil").update(leased_until=timezone.now() - timedelta(seconds=1))
    delivery = delivered(order)
    assert delivery.entitlement.tables.count() == SharedTable.objects.count() == 2
    assert list(settings.STATE_DIR.glob("tables-*")) == []

    [lost] = Job.objects.filter(kind=ABANDONED_JOB, state=Job.State.WAITING).values_list("key", flat=True)
    assert data_storage().exists(lost)
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        run_due_jobs(kinds=(ABANDONED_JOB,))
    assert not data_storage().exists(lost)
    assert all(data_storage().exists(name) for name in SharedFile.objects.values_list("storage_name", flat=True))


def test_a_long_question_keeps_the_lease_and_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_engine, "PATIENCE_SECONDS", 0.01)
    kept: list[int] = []

    def keep() -> None:
        kept.append(1)
        if len(kept) == 3:
            raise LeaseLost

    with pytest.raises(LeaseLost), table_engine.engine(keep) as database:
        database.run("SELECT sum(hash(a.range, b.range)) FROM range(1000000) a, range(1000000) b")
    assert len(kept) == 3


def test_across_a_border_a_query_takes_its_bytes_from_the_permit(provider: Organization) -> None:
    standing(provider)
    abroad = make_buyer(jurisdiction="HK")
    streets = "code,name\n" + "".join(f"{440103000 + each},街道{each}\n" for each in range(200))
    listing = exportable(provider, n_general=60_000, deliveries=["TABLE"], content=streets.encode())
    delivery = released(funded(buy(listing, abroad), "exempt_volume"))
    [_protocol, _metadata, file] = lines_of(query(delivery, abroad))
    grant = TableGrant.objects.get()
    permit = TransferPermit.objects.get()
    assert (grant.permit, permit.bytes_used) == (permit, file["file"]["size"])
    read(file["file"]["url"])

    sharing = Sharing(bearer_of(abroad))
    answers = [sharing.post(address(delivery), "{}") for _each in range(permit.byte_ceiling // permit.bytes_used)]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert error_of(answers[-1]) == (403, "PERMIT_EXHAUSTED")
    permit.refresh_from_db()
    granted = TableGrant.objects.count()
    assert (permit.bytes_used, UsageRecord.objects.count()) == (granted * grant.bytes, granted)
    TransferPermit.objects.update(withdrawn_at=timezone.now())
    assert error_of(Client().get(path_of(file["file"]["url"]))) == (403, "PERMIT_NOT_IN_FORCE")


def test_without_an_event_nothing_is_served(
    provider: Organization, buyer: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = bought(listed_tables(provider, {"sales.csv": SALES}), buyer)
    [_protocol, _metadata, file] = lines_of(query(delivery, buyer))
    path = path_of(file["file"]["url"])
    answer = Client().get(path, headers={"Range": "bytes=0-3"})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (206, b"PAR1")
    assert Client().head(path)["Content-Length"] == str(file["file"]["size"])
    assert error_of(Client().get(path, headers={"Range": "bytes=999999-"})) == (416, "RANGE_NOT_SATISFIABLE")
    grant = TableGrant.objects.get()
    assert (grant.reads, grant.bytes_served) == (1, 4)
    assert AuditEvent.objects.filter(action="table_grant.read").count() == 1

    def refuse(*_args: object, **_names: object) -> None:
        raise OSError("the log is full")

    sharing = Sharing(make_token(make_client(person_of(buyer), ["read-data"])))
    monkeypatch.setattr(audit, "record_many", refuse)
    assert error_of(sharing.post(address(delivery), "{}")) == (500, "INTERNAL_ERROR")
    assert error_of(Client().get(path)) == (500, "INTERNAL_ERROR")
    assert (TableGrant.objects.count(), TableGrant.objects.get().reads, UsageRecord.objects.count()) == (1, 1, 1)


def test_bad_questions_get_the_protocols_own_errors(
    provider: Organization, buyer: Organization, django_assert_max_num_queries: Any
) -> None:
    delivery = bought(listed_tables(provider, {"sales.csv": SALES, "other.csv": "x\n1\n"}), buyer)
    sharing = Sharing(bearer_of(buyer))
    share = delivery.order.listing.product.number
    table = f"shares/{share.upper()}/schemas/DEFAULT/tables/Sales"
    for status, path in (
        (200, f"{table}/version"),
        (200, table),
        (200, f"{table}/version?startingTimestamp=2000-01-01T00:00:00Z"),
        (400, f"{table}/version?startingTimestamp=2999-01-01T00:00:00Z"),
        (400, f"{table}/version?startingTimestamp=yesterday"),
        (200, f"{table}/metadata?version=1"),
        (400, f"{table}/metadata?version=2"),
        (400, f"{table}/metadata?version=١"),
        (404, f"shares/{share}/schemas/other/tables"),
        (404, f"shares/{share}/schemas/default/tables/none/metadata"),
        (404, "shares/none"),
        (200, f"shares/{share}"),
        (200, f"shares/{share}/schemas"),
        (404, "nothing/here"),
        (400, "shares?maxResults=-1"),
        (400, "shares?pageToken=***"),
        (405, f"{table}/query"),
        (400, f"{table}/changes"),
        (400, f"{table}/changes?startingVersion=0"),
        (400, f"{table}/changes?startingVersion=5"),
        (200, f"{table}/changes?startingVersion=1"),
    ):
        answer = sharing.get(path)
        assert answer.status_code == status, (path, answer.content)
        if status >= 400:
            assert set(answer.json()) == {"errorCode", "message"}
    for status, body in (
        (400, "["),
        (400, "[]"),
        (400, '{"version": -1}'),
        (400, '{"version": 1e400}'),
        (400, '{"timestamp": 5}'),
        (400, '{"timestamp": "2000-01-01T00:00:00Z"}'),
        (400, '{"startingVersion": 1}'),
        (400, '{"jsonPredicateHints": "' + "x" * 1_100_000 + '"}'),
        (200, '{"limitHint": "many", "predicateHints": ["a > 1"]}'),
        (200, '{"jsonPredicateHints": "' + "[" * 5_000 + '"}'),
        (200, '{"jsonPredicateHints": {"op": "equal"}, "limitHint": 0}'),
        (200, ""),
    ):
        answer = sharing.post(f"{table}/query", body)
        assert answer.status_code == status, (body[:80], answer.content)
        assert status >= 400 or len(lines_of(answer)) == 3

    with django_assert_max_num_queries(6):  # whatever the number of tables
        first = sharing.get(f"shares/{share}/all-tables", maxResults="1").json()
    rest = sharing.get(f"shares/{share}/all-tables", pageToken=first["nextPageToken"]).json()
    assert [each["name"] for page in (first, rest) for each in page["items"]] == ["other", "sales"]
    assert "nextPageToken" not in rest
    assert sharing.get("shares", maxResults="0").json()["items"] == []
    ended = Client().post(
        f"{ROOT}/{table}/query",
        content_type="application/json",
        headers={**sharing.headers, "delta-sharing-capabilities": "responseformat=parquet;includeEndStreamAction=true"},
    )
    assert list(lines_of(ended)[-1]) == ["endStreamAction"]
    assert error_of(Client().get(f"{ROOT}/shares")) == (401, "INVALID_TOKEN")
    assert error_of(Sharing("\udcff").get("shares"))[0] == 401
    narrow = Sharing(make_token(make_client(person_of(buyer), ["buy"])))
    assert error_of(narrow.get("shares")) == (403, "FORBIDDEN")


def test_a_profile_is_given_once_and_changed_over_without_a_gap(provider: Organization, buyer: Organization) -> None:
    delivery = bought(listed_tables(provider, {"sales.csv": SALES}), buyer)
    member = api(make_client(person_of(buyer)))
    recipient = member.post("/api/v1/recipients", {"name": "分析師"}).json()

    def activated(**body: int) -> Sharing:
        link = path_of(member.post(f"/api/v1/recipients/{recipient['id']}/activations", body).json()["url"])
        assert Client().get(link).status_code == Client().get(link).status_code == 200
        profile = Client().post(link).json()
        assert error_of(Client().post(link)) == error_of(Client().get(link)) == (404, "NOT_FOUND")
        assert profile["endpoint"].endswith("/delta-sharing")
        return Sharing(profile["bearerToken"])

    old = activated(days=10)
    new = activated(days=10, overlap_hours=1)
    assert [each.get("shares").status_code for each in (old, new)] == [200, 200]
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert error_of(old.get("shares")) == (401, "TOKEN_EXPIRED")
        assert new.get("shares").status_code == 200
    late = member.post(f"/api/v1/recipients/{recipient['id']}/activations", {"days": 1}).json()
    with time_machine.travel(timezone.now() + timedelta(days=4)):
        assert error_of(Client().post(path_of(late["url"]))) == (404, "NOT_FOUND")
    for wrong in ({"days": 0}, {"days": 366}, {"overlap_hours": 169}, {"x": 1}):
        assert member.post(f"/api/v1/recipients/{recipient['id']}/activations", wrong).status_code == 400

    [_protocol, _metadata, file] = lines_of(new.post(address(delivery), "{}"))
    assert member.post(f"/api/v1/recipients/{recipient['id']}/revoke").json()["revoked_at"]
    assert error_of(new.get("shares")) == (401, "INVALID_TOKEN")
    assert error_of(Client().get(path_of(file["file"]["url"]))) == (401, "INVALID_TOKEN")
    again = member.post(f"/api/v1/recipients/{recipient['id']}/activations", {})
    assert (again.status_code, again.json()["code"]) == (409, "illegal_state")
    [grant] = member.get(f"/api/v1/deliveries/{delivery.id}/table-grants").json()["items"]
    assert (grant["table"], grant["version"], grant["rows"]) == ("data", 1, 3)


@pytest.mark.parametrize(
    ("hint", "kept"),
    [
        ({"op": "equal", "children": ["k:long", "5:long"]}, "ab"),
        ({"op": "equal", "children": ["K:long", "25:int"]}, "b"),
        ({"op": "lessThan", "children": ["15:long", "k:long"]}, "b"),
        (
            {
                "op": "and",
                "children": [
                    {"op": "greaterThanOrEqual", "children": ["k:long", "0:long"]},
                    {"op": "isNull", "children": ["k:long"]},
                ],
            },
            "b",
        ),
        (
            {
                "op": "or",
                "children": [
                    {"op": "equal", "children": ["p:string", "东:string"]},
                    {"op": "isNull", "children": ["p:string"]},
                ],
            },
            "bc",
        ),
        ({"op": "not", "children": [{"op": "isNull", "children": ["p:string"]}]}, "ab"),
        ({"op": "not", "children": [{"op": "equal", "children": ["p:string", "东:string"]}]}, "abc"),
        ({"op": "greaterThan", "children": ["d:double", "9.5:double"]}, "abc"),
        ({"op": "lessThan", "children": ["d:double", "0.5:double"]}, "bc"),
        ({"op": "equal", "children": ["k:long", "x:long"]}, "abc"),
        ({"op": "equal", "children": ["k:long", "5:string"]}, "abc"),
        ({"op": "likely", "children": ["k:long", "5:long"]}, "abc"),
        ({"op": "equal", "children": ["none:long", "5:long"]}, "abc"),
        ({"op": "equal"}, "abc"),
    ],
)
def test_a_hint_rules_out_only_what_surely_holds_nothing(hint: Any, kept: str) -> None:
    def leaf(node: Any) -> Any:
        if isinstance(node, dict):
            return {**node, "children": [leaf(child) for child in node["children"]]} if "children" in node else node
        value, kind = node.split(":")
        is_column = value.lower() in ("k", "p", "d", "none")
        return (
            {"op": "column", "name": value, "valueType": kind}
            if is_column
            else {"op": "literal", "value": value, "valueType": kind}
        )

    def file(partition: str, low: int | None, high: int | None, nulls: int) -> SharedFile:
        lows = {} if low is None else {"k": low, "d": float(low)}
        highs = {} if high is None else {"k": high, "d": float(high)}
        stats = {"numRecords": 10, "minValues": lows, "maxValues": highs, "nullCount": {"k": nulls, "d": 0}}
        return SharedFile(partition={"p": partition}, rows=10, stats=stats)

    files = {"a": file("西", 1, 9, 0), "b": file("东", 0, 30, 2), "c": file("", None, None, 10)}
    types = {"k": "long", "p": "string", "d": "double"}
    found, _followed = pruned(list(files.values()), json.dumps(leaf(hint)), types)
    assert "".join(name for name, each in files.items() if each in found) == kept
