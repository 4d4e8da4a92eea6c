"""Who read what, by every way: one list for buyer, provider and staff, and nothing is served that is not in it."""

import csv
import io
import json
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Capacity, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from marketplace.access_log import Access, Way, access_log, export_lines
from marketplace.delivery.access import grant_access
from marketplace.delivery.clean_room.queries import COMPUTE_JOB
from marketplace.models import Delivery
from tests.marketplace.interfaces import Caller, listed_interface, upstream_server
from tests.marketplace.rooming import asked, opened_room, room_listing
from tests.marketplace.sharing import SALES, listed_tables
from tests.marketplace.sharing import bought as bought_tables
from tests.marketplace.test_table_sharing import lines_of, path_of, query
from tests.marketplace.trading import delivered, listed_dataset, placed
from tests.serving import plainly
from tests.world import actor, api, make_client, make_member, person_of, staff

pytestmark = pytest.mark.django_db
LOG = "/api/v1/access-log"


def granted(delivery: Delivery) -> str:
    """Return the address of the delivery's file, given to the buyer's person."""
    file_id = delivery.receipt["files"][0]["id"]
    who = actor(person_of(delivery.organization))
    return f"/api/v1/downloads/{grant_access(delivery_id=delivery.pk, file_id=file_id, actor=who).token}"


def read(address: str) -> int:
    answer = api().get(address)
    return len(b"".join(answer.streaming_content)) if answer.streaming else -answer.status_code


@pytest.fixture
def ways(provider: Organization, buyer: Organization, settings: Any) -> Any:
    """A delivery of every kind, and how each is read once; what a reading returns is negative where it is refused."""
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    with upstream_server(lambda handler: plainly(handler, b"answer")) as upstream:
        file = delivered(placed(listed_dataset(provider), buyer))
        table = bought_tables(listed_tables(provider, {"sales.csv": SALES}), buyer)
        caller = Caller(delivered(placed(listed_interface(provider, upstream), buyer)))
        room = opened_room(room_listing(provider), buyer)
        address = granted(file)
        released = asked(room, "SELECT district, count(*) FROM data GROUP BY district", "10")
        run_due_jobs(kinds=(COMPUTE_JOB,))
        client = api(make_client(person_of(buyer)))

        def take_table() -> int:
            answer = query(table, buyer)
            if answer.status_code != 200:
                return -answer.status_code
            link = lines_of(answer)[2]["file"]["url"]
            return len(b"".join(api().get(path_of(link)).streaming_content))

        def call() -> int:
            answer = caller.call("streets/1")
            return -answer.status_code if answer.status_code != 200 else len(answer.content)

        def take_result() -> int:
            answer = client.post(f"/api/v1/room-queries/{released.pk}/result")
            return -answer.status_code if answer.status_code != 200 else answer.json()["receipt"]["bytes"]

        readings: dict[str, Callable[[], int]] = {
            Way.FILE: lambda: read(address),
            Way.TABLE: take_table,
            Way.CALL: call,
            Way.ROOM: take_result,
        }
        yield file, readings


def test_every_way_is_in_the_log_of_both_parties_and_of_staff(
    ways: Any, provider: Organization, buyer: Organization
) -> None:
    file, readings = ways
    served = {str(way): reading() for way, reading in readings.items()}
    assert min(served.values()) > 0, served

    parties = {name: api(make_client(person_of(each))) for name, each in (("buyer", buyer), ("provider", provider))}
    logs = {name: client.get(LOG).json()["items"] for name, client in parties.items()}
    assert logs["buyer"] == logs["provider"]
    assert {row["way"]: row["bytes"] for row in logs["buyer"]} == served
    assert [row["way"] for row in logs["buyer"]] == ["CALL", "TABLE", "ROOM", "FILE"], "newest first"
    assert {len(row["sha256"]) for row in logs["buyer"]} == {64}
    assert {row["person_id"] for row in logs["buyer"]} == {str(person_of(buyer).pk)}
    assert {row["buyer_id"] for row in logs["buyer"]} == {str(buyer.pk)}
    by_file = {row["way"]: row for row in logs["buyer"]}["FILE"]
    assert (by_file["object"], by_file["sha256"]) == ("streets.csv", file.receipt["files"][0]["sha256"])
    assert len(access_log(actor(staff(role=Role.AUDITOR)))[:50]) == 4
    stranger = api(make_client(person_of(make_member("gzdex", Capacity.BUYER))))
    assert stranger.get(LOG).json()["items"] == []
    assert stranger.get(LOG, {"agreement": str(file.entitlement.agreement_id)}).status_code == 404

    # Narrowed, in pages, at the same cost.
    some = parties["buyer"].get(LOG, {"way": ["FILE", "CALL"]}).json()["items"]
    assert [row["way"] for row in some] == ["CALL", "FILE"]
    of_one = {"agreement": str(file.entitlement.agreement_id)}
    assert [row["way"] for row in parties["provider"].get(LOG, of_one).json()["items"]] == ["FILE"]
    of_one = {"entitlement": str(file.entitlement_id)}
    assert [row["way"] for row in parties["provider"].get(LOG, of_one).json()["items"]] == ["FILE"]
    for wrong in ({"way": "POST"}, {"agreement": "x"}, {"limit": "0"}):
        assert parties["buyer"].get(LOG, wrong).status_code == 400, wrong
    seen, cursor = [], ""
    while cursor is not None:
        with CaptureQueriesContext(connection) as queries:
            page = parties["buyer"].get(LOG, {"limit": "1", **({"cursor": cursor} if cursor else {})}).json()
        assert len(queries) <= 5
        seen += page["items"]
        cursor = page["next"]
    assert seen == logs["buyer"]

    # The same as files: streamed, and that it was taken is in the evidence.
    lines = b"".join(parties["provider"].get(f"{LOG}/export.jsonl").streaming_content).decode().splitlines()
    assert [json.loads(line)["id"] for line in lines] == [row["id"] for row in seen]
    table = b"".join(parties["provider"].get(f"{LOG}/export.csv", {"way": "ROOM"}).streaming_content).decode()
    [row] = csv.DictReader(io.StringIO(table))
    assert (row["way"], int(row["bytes"])) == ("ROOM", served["ROOM"])
    assert AuditEvent.objects.filter(action="agreement.accesses_exported").count() == 2

    page = console(staff(role=Role.AUDITOR)).get(
        f"/console/marketplace/agreement/{file.entitlement.agreement_id}/change/"
    )
    assert (page.status_code, "streets.csv" in page.content.decode()) == (200, True)


def console(person: Any) -> Any:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_what_cannot_be_written_down_is_not_served(ways: Any) -> None:
    file, readings = ways
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE kernel_auditevent ADD CONSTRAINT away CHECK (false) NOT VALID")
    for way, reading in readings.items():
        with transaction.atomic():
            assert outcome_of(reading) == -500, way
            transaction.set_rollback(True)
    log = access_log(actor(person_of(file.organization)))[:50]
    assert [(access.way, access.reads) for access in log] == [("FILE", 0)], "the grant of before, which nobody read"


def outcome_of(reading: Callable[[], int]) -> int:
    """Return what a reading gave; an error that leaves a view outside the API is its answer 500."""
    try:
        return reading()
    except IntegrityError as error:
        return -500 if "away" in str(error) else 0


def test_an_export_runs_as_no_formula_and_holds_a_batch_at_a_time(
    provider: Organization, buyer: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("marketplace.access_log.BATCH", 2)
    delivery = delivered(placed(listed_dataset(provider), buyer))
    for _reading in range(5):
        read(granted(delivery))
    log = access_log(actor(person_of(buyer)))
    with CaptureQueriesContext(connection) as queries:
        lines = list(export_lines(log, "jsonl"))
    assert (len(lines), len(queries)) == (5, 4)
    monkeypatch.setattr(
        "marketplace.access_log._told", lambda rows: [Access(*row[:-1][:9], "=cmd()", *row[:-1][10:]) for row in rows]
    )
    assert all(",'=cmd()," in line for line in list(export_lines(log, "csv"))[1:])
