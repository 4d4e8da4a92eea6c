"""Usable but not visible: what a clean room answers, and everything that must not come out of it."""

import hashlib
import json
import os
import socket
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean, pstdev
from tempfile import gettempdir
from typing import Any

import duckdb
import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, Role
from config.queues import QUEUES
from kernel.digests import canonical_json
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.models import TransferPermit
from marketplace import entitlements
from marketplace.delivery.access import grant_access
from marketplace.delivery.clean_room import noise, process, queries, sandbox
from marketplace.delivery.clean_room.questions import read_question
from marketplace.delivery.clean_room.rules import rules_of
from marketplace.delivery.clean_room.tables import private_folder
from marketplace.models import CleanRoom, RoomQuery, UsageRecord
from tests.marketplace.crossing import buy, funded, released, standing
from tests.marketplace.rooming import COUNTS, asked, opened_room, room_listing
from tests.marketplace.trading import make_buyer
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

pytestmark = pytest.mark.django_db

BY_DISTRICT = "SELECT district, count(*) AS visits, avg(amount) FROM data GROUP BY district ORDER BY visits DESC"


@pytest.fixture
def room(provider: Organization, buyer: Organization) -> CleanRoom:
    return opened_room(room_listing(provider), buyer)


def computed(query: RoomQuery) -> RoomQuery:
    """Let the worker answer a query."""
    run_due_jobs(kinds=(queries.COMPUTE_JOB,))
    query.refresh_from_db()
    assert query.state != RoomQuery.State.QUEUED, Job.objects.get(key=str(query.pk)).last_error
    return query


def test_a_query_is_answered_with_noise_and_a_receipt_and_never_with_the_data(
    room: CleanRoom, provider: Organization, buyer: Organization
) -> None:
    client = api(make_client(person_of(buyer)))
    shown = client.get(f"/api/v1/clean-rooms/{room.pk}").json()
    assert shown["tables"]["data"]["columns"] == {"district": "string", "visited_on": "date", "amount": "long"}
    answer = client.post(f"/api/v1/clean-rooms/{room.pk}/queries", {"sql": BY_DISTRICT, "epsilon": "6"})
    assert answer.status_code == 202, answer.json()
    query = computed(RoomQuery.objects.get(pk=answer.json()["id"]))
    assert query.state == RoomQuery.State.RELEASED, query.why_not

    read = client.post(f"/api/v1/room-queries/{query.pk}/result").json()
    result, receipt = read["result"], read["receipt"]
    assert result["columns"] == ["district", "visits", "AVG(amount)"]
    # The one patient of 南沙 is not among the rows; the noise of ε = 2 by figure is within 15 but for one in 10^12.
    assert [row[0] for row in result["rows"]] == ["天河", "越秀"]
    for district, visits, amount in result["rows"]:
        assert abs(visits - COUNTS[district]) < 15
        assert 100 < amount < 150
    assert receipt["sha256"] == hashlib.sha256(canonical_json(result)).hexdigest()
    assert (receipt["rows"], receipt["bytes"]) == (2, len(canonical_json(result)))
    if os.geteuid() == 0:
        assert receipt["walls"] == ["network", "files", "user"]
    query.refresh_from_db()
    assert query.reads == 1
    assert AuditEvent.objects.filter(action="roomquery.read").count() == 1
    assert UsageRecord.objects.get(nonce=str(query.pk)).kind == UsageRecord.Kind.ROOM_QUERY
    # Nothing is left in clear, and there is no other way to the bytes.
    assert not list(Path(settings.STATE_DIR).glob("clean-room-*"))
    delivery = room.entitlement.deliveries.get(number=1)
    with refused("not_delivered_as_files"):
        file_id = delivery.receipt["files"][0]["id"]
        grant_access(delivery_id=delivery.id, file_id=file_id, actor=actor(person_of(buyer)))

    entitlements.suspend_entitlement(
        entitlement_id=room.entitlement_id, reason="A complaint", actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    )
    assert client.post(f"/api/v1/room-queries/{query.pk}/result").json()["code"] == "entitlement_not_active"
    with refused("entitlement_not_active"):
        asked(room, BY_DISTRICT)


# What a question may not be, and why it is refused at once.
REFUSED = [
    ("SELECT district, count(*) FROM other GROUP BY 1", "table"),
    ("SELECT count(*) FROM information_schema.tables", "table"),
    ("SELECT count(*) FROM read_csv('/etc/passwd')", "table"),
    ("SELECT count(*) FROM '/etc/passwd'", "table"),
    ("SELECT count(*) FROM (SELECT * FROM data)", "table"),
    ("SELECT count(*) FROM data, data AS b", "clause"),
    ("SELECT count(*) FROM data JOIN data b USING (district)", "clause"),
    ("SELECT count(*) FROM data UNION ALL SELECT 1", "not_a_select"),
    ("WITH RECURSIVE r AS (SELECT 1 UNION ALL SELECT * FROM r) SELECT count(*) FROM r", "clause"),
    ("COPY data TO '/tmp/out.csv'", "not_a_select"),
    ("ATTACH '/tmp/x.db'", "not_a_select"),
    ("INSTALL httpfs", "not_a_select"),
    ("LOAD httpfs", "not_a_select"),
    ("PRAGMA database_list", "not_a_select"),
    ("SET threads = 9", "not_a_select"),
    ("SELECT count(*) FROM data; SELECT count(*) FROM data", "not_a_select"),
    ("SELECT patient, count(*) FROM data GROUP BY 1", "column"),
    ("SELECT note, count(*) FROM data GROUP BY 1", "column"),
    ("SELECT amount, count(*) FROM data GROUP BY 1", "not_grouped"),
    ("SELECT count(*) FROM data WHERE patient = '天河7'", "column"),
    ("SELECT * FROM data", "no_column"),
    ("SELECT district FROM data", "no_aggregate"),
    ("SELECT max(amount), count(*) FROM data", "not_grouped"),
    ("SELECT string_agg(district, ','), count(*) FROM data", "expression"),
    ("SELECT sum(district) FROM data", "not_summed"),
    ("SELECT count(*) FROM data GROUP BY district", "group"),
    ("SELECT district, count(*) FROM data GROUP BY 1 HAVING count(*) = 1", "clause"),
    ("SELECT district, count(*) FROM data GROUP BY ROLLUP (district)", "expression"),
    ("SELECT count(*) OVER () FROM data", "no_column"),
    ("SELECT count(*) FILTER (amount > 1) FROM data", "not_grouped"),
    ("SELECT count(*) FROM data WHERE amount IN (SELECT amount FROM data)", "expression"),
    ("SELECT count(*) FROM data WHERE getenv('PATH') = 'x'", "expression"),
    ("SELECT count(*) FROM data WHERE 1 / (amount - 100) > 0", "expression"),
    # Each of these fails on some values and not on others: whether it failed would tell of a value.
    ("SELECT count(*) FROM data WHERE district = 5", "types"),
    ("SELECT count(*) FROM data WHERE CAST(district AS INT) = 5", "expression"),
    ("SELECT count(*) FROM data WHERE district", "types"),
    ("SELECT lower(amount), count(*) FROM data GROUP BY 1", "not_grouped"),
    ("SELECT count(*) FROM data LIMIT (SELECT 1)", "limit"),
    ("SELECT count(*) FROM data SAMPLE 1", "not_sql"),
    ("SELECT count(*) FROM data WHERE " + "(" * 3000 + "TRUE" + ")" * 3000, "not_sql"),
    ("SELECT count(*) FROM data WHERE amount = 1" + " OR amount = 1" * 900, "too_long"),
    ("SELECT count(*) FROM data -- " + "x" * 1_000_000, "too_long"),
    ("SELECT FROM WHERE", "not_sql"),
    ("", "invalid"),
]
# The same against the locked-down process alone, as if the parser had let everything pass: nothing comes out.
BEYOND = [
    ("SELECT * FROM read_csv('/etc/passwd')", "REFUSED"),
    ("SELECT * FROM read_text('/etc/passwd')", "REFUSED"),
    ("SELECT * FROM read_blob('/proc/self/environ')", "REFUSED"),
    ("SELECT * FROM glob('/*')", "REFUSED"),
    ("SELECT * FROM other", "REFUSED"),
    ("COPY data TO '/out.csv'", "REFUSED"),
    ("EXPORT DATABASE '/out'", "REFUSED"),
    ("ATTACH '/x.db'", "REFUSED"),
    ("INSTALL httpfs", "REFUSED"),
    ("LOAD httpfs", "REFUSED"),
    ("SELECT * FROM 'http://127.0.0.1/x.csv'", "REFUSED"),
    ("SET enable_external_access = true", "REFUSED"),
    ("RESET lock_configuration", "REFUSED"),
    ("PRAGMA enable_profiling", "REFUSED"),
    ("SELECT getenv('PATH')", "REFUSED"),
    ("SELECT CAST(district AS INT) FROM data", "DATA"),
    ("SELECT repeat('x', 100000000) FROM range(20)", "MEMORY"),
    ("SELECT * FROM range(200000)", "SIZE"),
    ("WITH RECURSIVE r AS (SELECT 1 a UNION ALL SELECT a + 1 FROM r) SELECT count(*) FROM r", "TIME"),
    ("SELECT count(*) FROM data a, data b, data c, data d WHERE a.amount * b.amount + c.amount = d.amount - 7", "TIME"),
]


def test_what_the_room_does_not_give_is_refused_at_once_and_costs_nothing(room: CleanRoom, buyer: Organization) -> None:
    client = api(make_client(person_of(buyer)))
    address = f"/api/v1/clean-rooms/{room.pk}/queries"
    answers = [client.post(address, {"sql": sql, "epsilon": "1"}) for sql, _code in REFUSED]
    found = [(answer.json()["errors"][0]["code"], answer.status_code) for answer in answers]
    expected = [({"invalid": "blank"}.get(code, code), 400) for _sql, code in REFUSED]
    wrong = [(REFUSED[n][0][:80], found[n], expected[n]) for n in range(len(REFUSED)) if found[n] != expected[n]]
    assert wrong == [], wrong

    in_gbk = json.dumps(
        {"sql": "SELECT count(*) FROM data WHERE district = '天河'", "epsilon": "1"}, ensure_ascii=False
    )
    answer = client.post(address, in_gbk.encode("gbk"), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_body")
    for body in ({"epsilon": "1"}, {"sql": "x", "template": "y", "epsilon": "1"}, {"sql": BY_DISTRICT, "epsilon": "0"}):
        assert client.post(address, body).status_code == 400
    assert not RoomQuery.objects.exists()
    assert CleanRoom.objects.get().epsilon_spent == 0


def sandboxed(sql: str, seconds: float = 60) -> sandbox.Outcome:
    with private_folder() as folder:
        with duckdb.connect() as database:
            rows = "SELECT '天河' AS district, range AS amount FROM range(2000)"
            database.execute(f"COPY ({rows}) TO '{folder / '0.parquet'}'")
        return sandbox.run(sql, folder=folder, tables={"data": ["0.parquet"]}, seconds=seconds)


def test_the_locked_down_process_stands_alone() -> None:
    assert sandboxed("SELECT count(*) FROM data").rows == [[2000]]
    found = [(sql, sandboxed(sql, 1.0 if reason == "TIME" else 60)) for sql, reason in BEYOND]
    assert [(sql, outcome.reason, outcome.rows) for sql, outcome in found] == [(sql, why, []) for sql, why in BEYOND]


WALLS = """
import importlib.util, json, os, socket, sys
spec = importlib.util.spec_from_file_location("process", sys.argv[1])
process = importlib.util.module_from_spec(spec)
spec.loader.exec_module(process)
if sys.argv[2] == "unprivileged" and os.geteuid() == 0:
    os.setgroups([]); os.setgid(1000); os.setuid(1000)
walls = process.shut(sys.argv[3], json.loads(sys.argv[4]))
found = {"walls": walls, "environ": len(os.environ), "uid": os.geteuid()}
for name, act in {
    "passwd": lambda: open("/etc/passwd").read(1),
    "network": lambda: socket.socket().connect(("127.0.0.1", int(sys.argv[5]))),
    "write": lambda: open("new", "w").write("x" * 100_000),
}.items():
    try:
        act(); found[name] = "open"
    except (OSError, ValueError) as error:
        found[name] = type(error).__name__
print(json.dumps(found))
"""


# Whoever is not root can only be asked as who they are.
@pytest.mark.parametrize("who", ["root", "unprivileged"] if os.geteuid() == 0 else ["unprivileged"])
def test_the_operating_system_shuts_files_and_network_before_any_sql_runs(who: str, tmp_path: Path) -> None:
    folder = tmp_path / "room"
    folder.mkdir()
    for each in (folder, *folder.parents[: len(folder.relative_to(gettempdir()).parts) - 1]):
        each.chmod(0o755)
    if who == "unprivileged" and os.geteuid() == 0:
        os.chown(folder, 1000, 1000)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        limits = json.dumps(dict(sandbox.LIMITS))
        command = [sys.executable, "-c", WALLS, process.__file__, who, str(folder), limits, port]
        said: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert said["environ"] == 0
    assert said["uid"] != 0
    assert said["write"] != "open"
    # Without root the walls stand where the kernel gives user namespaces; what stood is in every receipt.
    assert ("files" in said["walls"]) == (said["passwd"] != "open")
    assert ("network" in said["walls"]) == (said["network"] != "open")
    if who == "root":
        assert said["walls"] == ["network", "files", "user"]


def test_the_budget_is_spent_with_the_asking_and_defends_against_differencing(room: CleanRoom) -> None:
    # Two questions that differ by the one patient of 南沙: what differs is noise, as wide as ε says.
    rules = rules_of(room)
    question = read_question("SELECT count(*) FROM data", rules)
    counts = [noise.gate([[701, 701]], question, rules, Decimal("0.5")).rows[0][0] for _draw in range(400)]
    assert 2 < pstdev(counts) < 4  # √2 / ε
    assert 700 < mean(counts) < 702
    alone = asked(room, "SELECT district, count(*) FROM data WHERE district = '南沙' GROUP BY district", "34")
    assert computed(alone).result["rows"] == []
    room.refresh_from_db()
    assert room.epsilon_spent == Decimal(34)
    with refused("privacy_budget_exhausted"):
        asked(room, BY_DISTRICT, "26.0001")
    last = asked(room, BY_DISTRICT, "26")
    with refused("privacy_budget_exhausted"):
        asked(room, BY_DISTRICT, "0.01")

    # A worker that dies in the middle leaves the row leased; the next one answers it, and nothing is charged again.
    Job.objects.filter(key=str(last.pk)).update(
        state=Job.State.RUNNING, attempts=1, leased_until=timezone.now() - timedelta(seconds=1)
    )
    assert computed(last).state == RoomQuery.State.RELEASED
    before = RoomQuery.objects.get(pk=last.pk).evidence
    Job.objects.filter(key=str(last.pk)).update(state=Job.State.WAITING, due_at=timezone.now())
    run_due_jobs(kinds=(queries.COMPUTE_JOB,))
    assert RoomQuery.objects.get(pk=last.pk).evidence == before
    assert room.entitlement.deliveries.filter(kind="RESULT").count() == 2
    room.refresh_from_db()
    assert room.epsilon_spent == room.epsilon
    assert UsageRecord.objects.count() == 2


def test_the_provider_approves_and_the_buyer_may_not(provider: Organization, buyer: Organization) -> None:
    template = {
        "code": "visits",
        "sql": "SELECT month(visited_on), count(*) FROM data WHERE district = :place AND amount >= :least GROUP BY ALL",
        "parameters": [{"name": "place", "kind": "TEXT"}, {"name": "least", "kind": "INTEGER"}],
    }
    listing = room_listing(provider, approval="PROVIDER", templates_only=True, templates=[template])
    room = opened_room(listing, buyer)
    buying, selling = (api(make_client(person_of(each))) for each in (buyer, provider))
    address = f"/api/v1/clean-rooms/{room.pk}/queries"
    code = lambda answer: answer.json()["errors"][0]["code"]  # noqa: E731
    assert code(buying.post(address, {"sql": BY_DISTRICT, "epsilon": "5"})) == "templates_only"
    assert code(buying.post(address, {"template": "other", "epsilon": "5"})) == "unknown"
    wrong = {"template": "visits", "parameters": {"place": 5, "more": 1}, "epsilon": "5"}
    errors = buying.post(address, wrong).json()["errors"]
    assert sorted(error["pointer"] for error in errors) == [
        "/parameters/least",
        "/parameters/more",
        "/parameters/place",
    ]

    given = {"template": "visits", "parameters": {"place": "天河' OR 1=1 --", "least": 0}, "epsilon": "5"}
    injected = computed(RoomQuery.objects.get(pk=buying.post(address, given).json()["id"]))
    assert injected.result["rows"] == []
    given["parameters"] = {"place": "天河", "least": 100}
    held = computed(RoomQuery.objects.get(pk=buying.post(address, given).json()["id"]))
    assert held.state == RoomQuery.State.HELD
    row = f"/api/v1/room-queries/{held.pk}"
    assert "result" not in buying.get(row).json()
    assert buying.post(f"{row}/result").json()["code"] == "result_not_released"
    for who in (buying, api(make_client(person_of(make_buyer())))):
        assert who.post(f"{row}/approve").status_code in (403, 404)
    first = selling.get("/api/v1/room-queries/held", {"limit": 1}).json()
    second = selling.get("/api/v1/room-queries/held", {"limit": 1, "cursor": first["next"]}).json()
    queue = [*first["items"], *second["items"]]
    assert ([each["id"] for each in queue], second["next"]) == ([str(injected.pk), str(held.pk)], None)
    assert queue[0]["decide_by"] is not None
    assert "result" not in queue[0]
    assert buying.get("/api/v1/room-queries/held").json()["items"] == []
    desk = Client()
    desk.force_login(staff("gzdex", Role.COMPLIANCE_REVIEWER), backend="django.contrib.auth.backends.ModelBackend")
    shown = next(queue for queue in QUEUES if queue.name == "held_results")
    assert len(desk.get(shown.address).context["cl"].result_list) == 2
    assert selling.post(f"{row}/result").status_code == 403
    assert selling.post(f"{row}/approve").json()["state"] == "RELEASED"
    rows = buying.post(f"{row}/result").json()["result"]["rows"]
    assert [month for month, _count in rows] == [1, 2, 3, 4, 5, 6]

    other = f"/api/v1/room-queries/{injected.pk}/refuse"
    told = selling.post(other, {"reason": "Too narrow"}).json()
    assert (told["why_not"], told["decision_reason"]) == ("PROVIDER", "Too narrow")
    injected.refresh_from_db()
    assert injected.result is None
    assert selling.post(other, {"reason": "Again"}).json()["code"] == "illegal_state"


def test_a_result_that_nobody_decides_on_is_refused_when_its_day_is_over(
    provider: Organization, buyer: Organization
) -> None:
    room = opened_room(room_listing(provider, approval="PROVIDER", decision_days=3), buyer)
    left, approved = computed(asked(room, BY_DISTRICT)), computed(asked(room, BY_DISTRICT))
    with time_machine.travel(left.decide_by - timedelta(seconds=1)):
        run_due_jobs(kinds=(queries.LAPSE_JOB,))
        queries.approve(query_id=approved.pk, actor=actor(person_of(provider)))
    with time_machine.travel(approved.decide_by + timedelta(seconds=1)):
        run_due_jobs(kinds=(queries.LAPSE_JOB,))
        with refused("illegal_state"):
            queries.approve(query_id=left.pk, actor=actor(person_of(provider)))
    left.refresh_from_db()
    approved.refresh_from_db()
    assert (left.state, left.why_not, left.result, approved.state) == ("REFUSED", "LAPSED", None, "RELEASED")
    assert AuditEvent.objects.get(action="roomquery.refused").details["why"] == "LAPSED"


def test_a_result_that_crosses_the_border_is_taken_from_the_permit(provider: Organization) -> None:
    standing(provider)
    abroad = make_buyer(jurisdiction="HK")
    listing = room_listing(provider, abroad=True)
    delivery = released(funded(buy(listing, abroad), "exempt_volume"))
    room = CleanRoom.objects.get(entitlement=delivery.entitlement_id)
    query = computed(asked(room, BY_DISTRICT))
    reader = actor(person_of(abroad))
    read = queries.read_result(query_id=query.pk, actor=reader)
    permit = TransferPermit.objects.get(delivery_id=delivery.pk)
    assert permit.bytes_used == read.evidence["bytes"]
    # The same result goes again when its answer was lost, and is taken once; another is not given any more.
    TransferPermit.objects.filter(pk=permit.pk).update(bytes_used=permit.byte_ceiling)
    again = queries.read_result(query_id=query.pk, actor=reader)
    assert (again.result, again.evidence) == (read.result, read.evidence)
    with refused("permit_exhausted"):
        queries.read_result(query_id=computed(asked(room, BY_DISTRICT)).pk, actor=reader)
    TransferPermit.objects.filter(pk=permit.pk).update(withdrawn_at=timezone.now())
    with refused("permit_not_in_force"):
        queries.read_result(query_id=query.pk, actor=reader)
    query.refresh_from_db()
    assert query.reads == 2
