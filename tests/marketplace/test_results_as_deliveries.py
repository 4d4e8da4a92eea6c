"""What a clean room lets out and what a compute job comes to are deliveries, and nothing else of them is."""

import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from marketplace import entitlements
from marketplace.access_log import access_log
from marketplace.compute.jobs import read_result
from marketplace.delivery.access import grant_access
from marketplace.delivery.clean_room import noise, queries
from marketplace.delivery.clean_room.rules import rules_of
from marketplace.evidence_pack import evidence_pack
from marketplace.models import Delivery, RoomQuery
from marketplace.product_page import delivery_record
from tests.marketplace.computing import compute_listing, ran, right_to_compute, submitted
from tests.marketplace.rooming import asked, opened_room, room_listing
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

pytestmark = pytest.mark.django_db
BY_DISTRICT = "SELECT district, count(*) FROM data GROUP BY district"


def test_what_the_gate_lets_out_is_a_delivery_and_what_it_keeps_is_none(
    provider: Organization, buyer: Organization
) -> None:
    room = opened_room(room_listing(provider, approval="PROVIDER"), buyer)
    order = room.entitlement.deliveries.get().order
    released = asked(room, BY_DISTRICT)
    run_due_jobs(kinds=(queries.COMPUTE_JOB,))
    rejected, held, kept = (asked(room, BY_DISTRICT) for _ in range(3))
    for query in (rejected, held, kept):
        queries.keep(query, noise.Answer(["district", "count"], [["天河", 1]], 0), [], rules_of(room))
    selling, buying = (api(make_client(person_of(each))) for each in (provider, buyer))
    listed = lambda **wanted: buying.get("/api/v1/deliveries", {"kind": "RESULT"} | wanted).json()  # noqa: E731
    assert listed()["items"] == [], "held results are none"
    assert selling.post(f"/api/v1/room-queries/{kept.pk}/refuse", {"reason": "Too narrow"}).status_code == 200
    for query in (released, rejected):
        held_receipt = RoomQuery.objects.get(pk=query.pk).receipt
        told = selling.post(f"/api/v1/room-queries/{query.pk}/approve").json()
        shown = buying.get(f"/api/v1/deliveries/{told['delivery_id']}").json()
        assert (shown["receipt"], told["receipt"]) == (held_receipt, held_receipt), "what was held is what goes out"
        assert RoomQuery.objects.get(pk=query.pk).receipt == {}, "one receipt"
        assert selling.post(f"/api/v1/room-queries/{query.pk}/approve").json()["code"] == "illegal_state"

    first = listed(limit=1)
    second = listed(limit=1, cursor=first["next"])
    items = [*first["items"], *second["items"]]
    assert [each["room_query_id"] for each in items] == [str(rejected.pk), str(released.pk)]
    assert ([each["number"] for each in items], second["next"]) == ([3, 2], None)
    told = buying.get(f"/api/v1/orders/{order.pk}").json()["deliveries"]
    assert [each["kind"] for each in told] == ["RESULT", "RESULT", "ORDERED"]

    # It is read where results are read, and what was read stands with the delivery.
    row = f"/api/v1/deliveries/{items[1]['id']}"
    sizes = [buying.post(f"/api/v1/room-queries/{released.pk}/result").json()["receipt"]["bytes"] for _ in range(2)]
    seen = buying.get(row).json()
    assert (seen["attempts"], seen["reads"], seen["bytes_served"]) == (1, 2, sum(sizes))
    assert seen["first_read_at"] < seen["last_read_at"]
    file_id = room.entitlement.deliveries.get(number=1).receipt["files"][0]["id"]
    with refused("not_delivered_as_files"):
        grant_access(delivery_id=items[1]["id"], file_id=file_id, actor=actor(person_of(buyer)))

    # Rejected, it is not read any more, and the room goes on; silence accepts the other; the order stays as it is.
    other = f"/api/v1/deliveries/{items[0]['id']}"
    assert buying.post(f"{other}/reject", {"reason": "Not as asked"}).json()["state"] == "REJECTED"
    assert buying.post(f"/api/v1/room-queries/{rejected.pk}/result").json()["code"] == "result_not_released"
    delivery = Delivery.objects.get(pk=items[1]["id"])
    with time_machine.travel(delivery.accept_by + timedelta(seconds=1)):
        run_due_jobs(kinds=("delivery.accept_in_silence",))
    delivery.refresh_from_db()
    assert delivery.state == "ACCEPTED"
    assert delivery_record(order.listing).counted == 0

    # An ended right gives nothing out.
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    entitlements.revoke_entitlement(entitlement_id=room.entitlement_id, reason="A complaint", actor=officer)
    assert selling.post(f"/api/v1/room-queries/{held.pk}/approve").json()["code"] == "entitlement_not_active"
    assert buying.post(f"/api/v1/room-queries/{released.pk}/result").json()["code"] == "entitlement_not_active"
    assert len(listed()["items"]) == 2

    pack = zipfile.ZipFile(evidence_pack(order_id=order.pk, actor=officer))
    packed = json.loads(pack.read("delivery.json"))
    assert [(each["kind"], [read["reads"] for read in each["readings"]]) for each in packed[1:]] == [
        ("RESULT", [2]),
        ("RESULT", [0]),
    ]
    assert packed[1]["receipt"] == seen["receipt"]
    assert b"roomquery.released" in pack.read("events.json")
    desk = Client()
    desk.force_login(staff(role=Role.AUDITOR), backend="django.contrib.auth.backends.ModelBackend")
    for page in (f"order/{order.pk}", f"delivery/{delivery.pk}", f"roomquery/{released.pk}"):
        assert seen["receipt"]["sha256"] in desk.get(f"/console/marketplace/{page}/change/").content.decode() or (
            page.startswith("order")
        )


def test_a_compute_result_is_a_delivery_in_the_log_and_a_release_without_one_is_refused_by_the_database(
    provider: Organization, buyer: Organization
) -> None:
    right = right_to_compute(compute_listing(provider), buyer)
    failed, job = ran(submitted(right, "SELECT 1 FROM nowhere")), ran(submitted(right))
    assert (failed.state, failed.delivery, job.state) == ("FAILED", None, "DONE")
    client = api(make_client(person_of(buyer)))
    with CaptureQueriesContext(connection) as captured:
        shown: list[dict[str, Any]] = client.get("/api/v1/deliveries", {"kind": "RESULT"}).json()["items"]
    assert len(captured) <= 5
    assert [(each["compute_job_id"], each["attempts"], each["reads"]) for each in shown] == [(str(job.pk), 1, 0)]
    assert shown[0]["receipt"]["compute_job"] == str(job.pk)
    assert client.post(f"/api/v1/compute-jobs/{failed.pk}/result").json()["code"] == "result_not_released"
    read_result(job_id=job.pk, actor=actor(person_of(buyer)))
    [access] = access_log(actor(person_of(provider)))[:10]
    assert (access.way, access.sha256, access.bytes) == (
        "COMPUTE",
        shown[0]["receipt"]["sha256"],
        shown[0]["receipt"]["bytes"],
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        type(job).objects.filter(pk=job.pk).update(delivery=None)
