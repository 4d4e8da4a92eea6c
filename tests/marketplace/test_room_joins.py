"""The buyer's own table in a clean room: agreed, joined for one query, and never a way to one person."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Organization
from kernel.jobs import run_due_jobs
from marketplace.delivery.clean_room import queries
from marketplace.models import CleanRoom, RoomQuery, RoomTable
from tests.marketplace.rooming import asked, opened_room, room_listing
from tests.marketplace.trading import make_buyer
from tests.world import api, make_client, person_of

pytestmark = pytest.mark.django_db

SEGMENTS = "patient,segment,score\n" + "".join(
    f"{district}{number},{'gold' if number < 100 else 'plain'},{number}\n"
    for district in ("天河", "越秀", "南沙")
    for number in range(250)
)
BY_SEGMENT = "SELECT mine.segment, count(*) AS visits, avg(amount) FROM data JOIN mine USING (patient) GROUP BY ALL"


def brought(client: Any, room: CleanRoom, content: str | bytes) -> Any:
    body = content.encode() if isinstance(content, str) else content
    return client.post(f"/api/v1/clean-rooms/{room.pk}/tables", body, content_type="application/octet-stream")


def computed(query: RoomQuery) -> RoomQuery:
    run_due_jobs(kinds=(queries.COMPUTE_JOB,))
    query.refresh_from_db()
    return query


def test_groups_of_a_joined_table_come_out_and_no_person_does(provider: Organization, buyer: Organization) -> None:
    listing = room_listing(provider, match_column="patient", person_column="patient")
    room = opened_room(listing, buyer)
    client = api(make_client(person_of(buyer)))
    address = f"/api/v1/clean-rooms/{room.pk}/queries"
    refusals = {
        BY_SEGMENT: "no_table",
        "SELECT count(*) FROM data JOIN other USING (patient)": "clause",
    }
    bad = {
        "patient\na\n": "empty",
        "patient,segment\n": "empty",
        "who,segment\na,1\n": "columns",
        "patient,segment\na,1\na,2\n": "repeated",
        "patient,segment\n,1\n": "repeated",
        "patient,district\na,1\n": "column",
        'patient,"x""; DROP"\na,1\n': "column",
        "patient,segment\na,1,2\n": "malformed",
        b"patient,segment\n\xff\xfe,1\n": "malformed",
    }
    found = {body: brought(client, room, body).json() for body in bad}
    assert {body: answer["errors"][0]["code"] for body, answer in found.items()} == bad
    codes = {sql: client.post(address, {"sql": sql, "epsilon": "5"}).json()["errors"][0]["code"] for sql in refusals}
    assert codes == refusals

    assert brought(client, room, SEGMENTS).json()["state"] == "AGREED"
    assert "天河".encode() not in bytes(RoomTable.objects.get().sealed or b"")
    query = computed(asked(room, BY_SEGMENT, "9"))
    assert query.state == "RELEASED", query.why_not
    rows = {row[0]: row[1:] for row in query.result["rows"]}
    assert {name: abs(row[0] - (200 if name == "gold" else 300)) < 15 for name, row in rows.items()} == {
        "gold": True,
        "plain": True,
    }
    narrowed = "SELECT district, count(*) FROM data JOIN mine USING (patient) WHERE score < 50 GROUP BY district"
    assert [row[0] for row in computed(asked(room, narrowed, "9")).result["rows"]] == ["天河", "越秀"]
    for sql, code in (
        ("SELECT mine.patient, count(*) FROM data JOIN mine USING (patient) GROUP BY ALL", "table"),
        ("SELECT match_key, count(*) FROM data JOIN mine USING (patient) GROUP BY ALL", "column"),
        ("SELECT segment, sum(score) FROM data JOIN mine USING (patient) GROUP BY ALL", "not_summed"),
        ("SELECT count(*) FROM data LEFT JOIN mine USING (patient)", "clause"),
        ("SELECT count(*) FROM data JOIN mine ON data.district = mine.segment", "clause"),
        ("SELECT count(*) FROM data JOIN mine USING (district)", "clause"),
        ("SELECT count(*) FROM data, mine", "clause"),
        ("SELECT count(*) FROM mine", "table"),
        ("SELECT segment, count(*) FROM data GROUP BY segment", "column"),
    ):
        answer = client.post(address, {"sql": sql, "epsilon": "1"}).json()
        assert answer["errors"][0]["code"] == code, (sql, answer)

    # A label for each person makes groups of one, and a table of one person a group of one: neither comes out.
    labels = "patient,label\n" + "".join(f"天河{number},label-{number}\n" for number in range(400))
    for content in (labels, "patient,label\n南沙0,target\n"):
        assert brought(client, room, content).status_code == 201
        by_label = "SELECT label, count(*) FROM data JOIN mine USING (patient) GROUP BY label"
        assert computed(asked(room, by_label, "9")).result["rows"] == []
    states = RoomTable.objects.order_by("id").values_list("state", "sealed")
    assert [(state, sealed is None) for state, sealed in states] == [
        ("REPLACED", True),
        ("REPLACED", True),
        ("AGREED", False),
    ]
    assert not list(Path(settings.STATE_DIR).glob("clean-room-*"))


def test_where_results_need_approval_a_table_needs_it_too(provider: Organization, buyer: Organization) -> None:
    room = opened_room(room_listing(provider, match_column="patient", approval="PROVIDER"), buyer)
    client, selling = (api(make_client(person_of(each))) for each in (buyer, provider))
    table = brought(client, room, SEGMENTS).json()
    assert table["state"] == "PROPOSED"
    assert [column["type"] for column in table["columns"]] == ["string", "long"]
    path = f"/api/v1/room-tables/{table['id']}"
    sql = {"sql": BY_SEGMENT, "epsilon": "5"}
    address = f"/api/v1/clean-rooms/{room.pk}/queries"
    assert client.post(address, sql).json()["errors"][0]["code"] == "no_table"
    assert client.post(f"{path}/agree").status_code == 403
    assert api(make_client(person_of(make_buyer()))).post(f"{path}/agree").status_code == 404
    assert selling.post(f"{path}/agree").json()["state"] == "AGREED"
    waiting = RoomQuery.objects.get(pk=client.post(address, sql).json()["id"])
    other = brought(client, room, SEGMENTS).json()
    assert (
        selling.post(f"/api/v1/room-tables/{other['id']}/refuse", {"reason": "Too narrow"}).json()["state"] == "REFUSED"
    )
    assert (computed(waiting).state, waiting.why_not) == ("REFUSED", "REFUSED")
    assert [each["state"] for each in client.get(f"/api/v1/clean-rooms/{room.pk}/tables").json()["items"]] == [
        "REFUSED",
        "REPLACED",
    ]
