"""The acceptance list of the sharing server, by the official client over HTTP, in one process."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import Capacity, Organization, Role
from kernel.throttling import ClientThrottle
from marketplace.delivery import table_writing
from marketplace.entitlements import suspend_entitlement
from marketplace.models import Delivery, RecipientToken, TableGrant, UsageRecord
from marketplace.protocols.delta_sharing.activation import profile_v1, profile_v2
from tests.marketplace.sharing import SALES, activated_profile, bought, followed, listed_tables
from tests.marketplace.trading import make_buyer
from tests.world import actor, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db(transaction=True)
BASE = Path(settings.BASE_DIR)
SECOND = SALES.replace("越秀,-0.05,1", "荔湾,-0.05,1") + "2026-01-04,南沙,7.25,9,,2026-01-04T00:00:00Z\n"
EMPTY = "a,b\n"


class OfficialClient:
    """The client's process, asked line by line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def __call__(self, act: str, **asked: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"act": act, **asked}), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def rows(self, act: str, **asked: Any) -> list[list[str | None]]:
        answer = self(act, **asked)
        assert "found" in answer, answer
        rows: list[list[str | None]] = answer["found"]["rows"]
        return rows


@pytest.fixture
def client() -> Iterator[OfficialClient]:
    subprocess.run([str(BASE / "deploy/delta-sharing-client"), sys.prefix], check=True)
    with subprocess.Popen(
        [str(BASE / ".venv-delta-sharing/bin/python"), str(BASE / "tests/marketplace/delta_sharing_client.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        yield OfficialClient(process)
        process.stdin.close()
        process.wait(timeout=20)


def profile_of(buyer: Organization, path: Path) -> str:
    path.write_text(json.dumps(profile_v1(activated_profile(buyer))))
    return str(path)


def address(delivery: Delivery) -> str:
    return f"{delivery.order.listing.product.number}.default.data"


def test_the_official_client_reads_what_was_bought(
    client: OfficialClient, live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", live_server.url)
    monkeypatch.setattr(table_writing, "FILE_ROWS", 2)
    monkeypatch.setattr(table_writing, "ROW_GROUP_ROWS", 2)
    provider, buyer = make_member("gzdex", Capacity.PROVIDER), make_buyer()
    listing = listed_tables(provider, {"sales.csv": SALES})
    first = bought(listing, buyer)
    second = bought(followed(listing, {"sales-2.csv": SECOND}), buyer)
    empty = bought(listed_tables(provider, {"empty.csv": EMPTY}), buyer)
    cut = {"columns": ["区", "金額"], "partition_by": ["区"], "rows": [{"column": "日期", "least": "2026-01-02"}]}
    parted = bought(listed_tables(provider, {"sales.csv": SALES}, table_cut=cut), buyer)
    stranger = make_buyer()
    profile, strange = profile_of(buyer, tmp_path / "b.share"), profile_of(stranger, tmp_path / "s.share")
    table = address(first)

    # list: only what the reader has a right to
    shares = sorted(each.order.listing.product.number.lower() for each in (first, empty, parted))
    assert sorted(client("tables", profile=profile)["found"]) == [[share, "default", "data"] for share in shares]
    assert client("tables", profile=strange)["found"] == []
    assert "404" in client("load", profile=strange, table=table)["failed"]

    # load: two files, Chinese, decimals, days, moments, empty values; the newest version
    found = client("load", profile=profile, table=table)["found"]
    assert found["columns"] == ["日期", "区", "金額", "數量", "备注", "时刻"]
    assert found["rows"] == [
        ["2026-01-01", "荔湾", "-0.05", "1.0", "「加急」", "2026-01-01 23:59:59+00:00"],
        ["2026-01-02", "天河", "99.90", None, "香港櫃台", "2026-01-02 12:30:00+00:00"],
        ["2026-01-03", "天河", "1200.50", "3.0", None, "2026-01-03 08:00:00+00:00"],
        ["2026-01-04", "南沙", "7.25", "9.0", None, "2026-01-04 00:00:00+00:00"],
    ]
    grant = TableGrant.objects.latest("id")
    assert (grant.rows, len(grant.file_ids), grant.reads >= 2) == (4, 2, True)
    assert UsageRecord.objects.filter(subject_id=second.entitlement.tables.get().id).count() == 1

    # limit, and a predicate that statistics or the partition answer
    assert len(client.rows("load", profile=profile, table=table, limit=1)) == 1
    assert TableGrant.objects.latest("id").hints == ["limitHint"]
    late = {"op": "greaterThan", "children": [{"op": "column", "name": "日期", "valueType": "date"}]}
    late["children"].append({"op": "literal", "value": "2026-01-02", "valueType": "date"})
    assert len(client.rows("load", profile=profile, table=table, jsonPredicateHints=json.dumps(late))) == 2
    assert len(client.rows("load", profile=profile, table=table, jsonPredicateHints="{not JSON")) == 4
    tianhe = {"op": "equal", "children": [{"op": "column", "name": "区", "valueType": "string"}]}
    tianhe["children"].append({"op": "literal", "value": "越秀", "valueType": "string"})
    whole = client("load", profile=profile, table=address(parted))["found"]
    assert sorted(map(sorted, whole["rows"])) == [["1200.50", "天河"], ["99.90", "天河"]]
    asked = {"profile": profile, "table": address(parted)}
    assert client("files", **asked, jsonPredicateHints=json.dumps(tianhe))["found"] == []
    assert len(client("files", **asked)["found"]) == 1

    # time travel and the change data feed
    old = client.rows("load", profile=profile, table=table, version=1)
    assert [row[1] for row in old] == ["越秀", "天河", "天河"]
    then = (second.entitlement.version.sealed_at - timedelta(milliseconds=1)).isoformat()
    assert client.rows("load", profile=profile, table=table, timestamp=then) == old
    assert "400" in client("load", profile=profile, table=table, version=3)["failed"]
    changed = client("changes", profile=profile, table=table, starting_version=2)["found"]
    kinds = changed["columns"].index("_change_type")
    assert sorted((row[kinds], row[1]) for row in changed["rows"]) == [
        ("delete", "越秀"),
        ("insert", "南沙"),
        ("insert", "荔湾"),
    ]

    # an empty table keeps its columns
    found = client("load", profile=profile, table=address(empty))["found"]
    assert (found["columns"], found["rows"]) == (["a", "b"], [])

    # the same addresses in DuckDB, and the same table by an API client's profile
    urls = client("files", profile=profile, table=table)["found"]
    count = "SELECT count(*), sum(金額) FROM read_parquet(?) WHERE 区 = '天河'"
    assert client("in_duckdb", query=count, urls=urls)["found"] == [["2", "1300.40"]]
    program = make_client(person_of(buyer), ["read-data"], secret="a-secret-of-the-client")
    by_client = tmp_path / "client.share"
    by_client.write_text(json.dumps(profile_v2(program.client_id) | {"clientSecret": "a-secret-of-the-client"}))
    assert len(client.rows("load", profile=str(by_client), table=table)) == 4

    # too many requests: the client waits as it is told and reads on
    monkeypatch.setitem(ClientThrottle.THROTTLE_RATES, "client", "1/sec")
    assert len(client.rows("load", profile=profile, table=table)) == 4
    monkeypatch.undo()
    monkeypatch.setattr(settings, "PUBLIC_URL", live_server.url)

    # suspended in mid-session: neither a query nor an address handed out before
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    suspend_entitlement(entitlement_id=second.entitlement_id, reason="Complaint", actor=officer)
    assert [row[1] for row in client.rows("load", profile=profile, table=table)] == [row[1] for row in old]
    assert [Client().get(url.removeprefix(live_server.url)).status_code for url in urls] == [403, 403]
    suspend_entitlement(entitlement_id=first.entitlement_id, reason="Complaint", actor=officer)
    assert "403" in client("load", profile=profile, table=table)["failed"]

    # an expired token says so
    RecipientToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    failed = client("tables", profile=profile)["failed"]
    assert "401" in failed
    assert "expired" in failed
    connection.close()
