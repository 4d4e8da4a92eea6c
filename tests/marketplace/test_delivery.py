"""The bytes that were sold are the bytes that are read, for as long as the right to read is in force."""

import base64
import hashlib
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, Role
from kernel import jobs
from kernel.actors import SYSTEM
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.models import FilePart, Listing
from marketplace import entitlements, ordering
from marketplace.delivery import download as downloading
from marketplace.delivery.access import grant_access
from marketplace.delivery.arrival import report_delivered
from marketplace.models import AccessGrant, Delivery, Entitlement, Order
from tests.marketplace.trading import STREETS, delivered, funds_of, listed_dataset, placed
from tests.refusals import refused
from tests.world import actor, api, make_client, person_of, staff

pytestmark = pytest.mark.django_db


def address_of(delivery: Delivery) -> str:
    """Return the path of a new grant to the delivery's file, asked for over HTTP."""
    client = api(make_client(person_of(delivery.organization)))
    file_id = delivery.receipt["files"][0]["id"]
    response = client.post(f"/api/v1/deliveries/{delivery.id}/grants", {"file_id": file_id})
    assert response.status_code == 201, response.json()
    return urlsplit(response.json()["url"]).path


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def break_stored_bytes(listing: Listing) -> None:
    """Flip a bit in the middle of the listing's stored file, as a failing disk would."""
    part = FilePart.objects.get(file__version=listing.version)
    path = Path(urlsplit(settings.STORAGE_URL).path) / part.storage_name
    stored = bytearray(path.read_bytes())
    stored[len(stored) // 2] ^= 1
    path.write_bytes(stored)


def test_a_delivery_names_what_it_delivered(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivery = delivered(order)
    assert delivery.receipt["files"][0]["sha256"] == hashlib.sha256(STREETS).hexdigest()
    assert delivery.receipt["bytes"] == len(STREETS)
    assert delivery.accept_by > timezone.now() + timedelta(days=4)
    order.refresh_from_db()
    assert order.state == Order.State.DELIVERED
    assert order.deliveries.get().entitlement.state == Entitlement.State.ACTIVE


def test_damaged_bytes_are_never_delivered(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    break_stored_bytes(listing)
    for _attempt in range(jobs.KINDS["delivery.fulfil"].max_attempts):
        Job.objects.filter(state=Job.State.WAITING).update(due_at=timezone.now())
        run_due_jobs(kinds=("delivery.fulfil",))
    delivery = order.deliveries.get()
    assert delivery.state == Delivery.State.FAILED
    assert delivery.entitlement.state == Entitlement.State.PENDING
    assert AuditEvent.objects.get(action="delivery.failed").reason

    ordering.cancel_order(order_id=order.id, reason="The data is damaged", actor=actor(person_of(buyer)))
    assert funds_of(buyer) == 100_000


def test_a_failed_delivery_can_be_tried_again(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    Job.objects.filter(kind="delivery.fulfil").update(attempts=99)
    run_due_jobs(kinds=("delivery.fulfil",))
    assert order.deliveries.get().state == Delivery.State.FAILED
    jobs.retry(Job.objects.get(kind="delivery.fulfil"), actor=SYSTEM)
    assert delivered(order).state == Delivery.State.DELIVERED


def test_a_second_run_of_the_job_changes_nothing(listing: Listing, buyer: Organization) -> None:
    order = placed(listing, buyer)
    delivered(order)
    events = AuditEvent.objects.count()
    Job.objects.filter(kind="delivery.fulfil").update(state=Job.State.WAITING, due_at=timezone.now())
    run_due_jobs(kinds=("delivery.fulfil",))
    assert AuditEvent.objects.count() == events


def test_the_buyer_reads_the_file_by_its_granted_address(listing: Listing, buyer: Organization) -> None:
    path = address_of(delivered(placed(listing, buyer)))
    response = Client().get(path)
    assert response.status_code == 200
    assert body_of(response) == STREETS
    assert response["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(STREETS).digest()).decode()}:"
    assert "streets.csv" in response["Content-Disposition"]
    grant = AccessGrant.objects.get()
    assert (grant.reads, grant.bytes_served) == (1, len(STREETS))
    assert AuditEvent.objects.filter(action="access_grant.read").count() == 1


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-5", -5, None), ("bytes=5-999999", 5, None)],
)
def test_a_range_is_answered_with_just_those_bytes(
    header: str, start: int, stop: int | None, listing: Listing, buyer: Organization
) -> None:
    path = address_of(delivered(placed(listing, buyer)))
    response = Client().get(path, headers={"Range": header})
    assert response.status_code == 206
    assert body_of(response) == STREETS[start:stop]
    assert response["Content-Range"].endswith(f"/{len(STREETS)}")


def test_a_range_beyond_the_end_is_refused(listing: Listing, buyer: Organization) -> None:
    path = address_of(delivered(placed(listing, buyer)))
    for header in (f"bytes={len(STREETS)}-", "bytes=5-2", "bytes=-0"):
        response = Client().get(path, headers={"Range": header})
        assert response.status_code == 416
        assert response["Content-Range"] == f"bytes */{len(STREETS)}"
        assert response.json()["code"] == "range_not_satisfiable"


def test_a_range_of_another_edition_is_answered_whole(listing: Listing, buyer: Organization) -> None:
    path = address_of(delivered(placed(listing, buyer)))
    response = Client().get(path, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    assert response.status_code == 200
    assert body_of(response) == STREETS


def test_head_tells_the_size_without_counting_a_read(listing: Listing, buyer: Organization) -> None:
    path = address_of(delivered(placed(listing, buyer)))
    response = Client().head(path)
    assert response["Content-Length"] == str(len(STREETS))
    assert response["Accept-Ranges"] == "bytes"
    assert AccessGrant.objects.get().reads == 0


def test_suspension_stops_the_next_range_at_once(listing: Listing, buyer: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    path = address_of(delivery)
    assert Client().get(path, headers={"Range": "bytes=0-9"}).status_code == 206
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))

    entitlements.suspend_entitlement(entitlement_id=delivery.entitlement_id, reason="A complaint", actor=officer)
    refusal = Client().get(path, headers={"Range": "bytes=10-"})
    assert refusal.status_code == 403
    assert refusal.json()["code"] == "entitlement_not_active"
    with refused("entitlement_not_active"):
        grant_access(
            delivery_id=delivery.id,
            file_id=delivery.receipt["files"][0]["id"],
            actor=actor(person_of(buyer)),
        )

    entitlements.resume_entitlement(entitlement_id=delivery.entitlement_id, reason="Settled", actor=officer)
    assert Client().get(path, headers={"Range": "bytes=10-"}).status_code == 206


def test_suspension_breaks_a_stream_that_is_under_way(
    provider: Organization, buyer: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "LOOK_EVERY_SECONDS", 0)
    rows = b"a,b\n" + b"1,2\n" * 600_000  # over 2 MiB: three chunks
    delivery = delivered(placed(listed_dataset(provider, content=rows), buyer))
    stream = iter(Client().get(address_of(delivery)).streaming_content)
    next(stream)
    entitlements.suspend_entitlement(
        entitlement_id=delivery.entitlement_id,
        reason="A complaint",
        actor=actor(staff("gzdex", Role.COMPLIANCE_REVIEWER)),
    )
    with pytest.raises(ConnectionAbortedError):
        next(stream)
    assert 0 < AccessGrant.objects.get().bytes_served < len(rows)


def test_what_arrived_otherwise_is_accepted_by_no_silence_until_it_matches(
    provider: Organization, buyer: Organization
) -> None:
    delivery = delivered(placed(listed_dataset(provider), buyer))
    [sent] = delivery.receipt["files"]
    report = partial(report_delivered, delivery_id=delivery.id, actor=actor(person_of(buyer)))
    with refused("invalid"):
        report(files=[{"id": str(delivery.id), "sha256": "0" * 64}])
    with refused("forbidden"):
        report_delivered(delivery_id=delivery.id, files=[], actor=actor(person_of(provider)))
    for wrong in ([{"id": sent["id"], "sha256": "0" * 64}], []):
        assert report(files=wrong).arrival["matches"] is False
    with time_machine.travel(timezone.now() + timedelta(days=30)):
        run_due_jobs(kinds=("delivery.accept_in_silence",))
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.DELIVERED
        path = f"/api/v1/deliveries/{delivery.id}"
        client = api(make_client(person_of(buyer)))
        said = client.post(f"{path}/arrival", {"files": [{"id": sent["id"], "sha256": sent["sha256"]}]})
        assert (said.status_code, said.json()["matches"]) == (201, True)
        assert client.get(path).json()["arrival"]["matches"] is True
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        run_due_jobs(kinds=("delivery.accept_in_silence",))
        delivery.refresh_from_db()
        assert delivery.state == Delivery.State.ACCEPTED


def test_an_address_dies_with_its_hour_and_the_right_with_its_term(provider: Organization, buyer: Organization) -> None:
    delivery = delivered(placed(listed_dataset(provider, term_days=1), buyer))
    path = address_of(delivery)
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert Client().get(path).json()["code"] == "grant_expired"
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        with refused("entitlement_not_active"):
            grant_access(
                delivery_id=delivery.id,
                file_id=delivery.receipt["files"][0]["id"],
                actor=actor(person_of(buyer)),
            )
        assert entitlements.expire_entitlements() == 1
    assert Entitlement.objects.get().state == Entitlement.State.EXPIRED


def test_an_unknown_address_is_not_found(db: None) -> None:
    response = Client().get("/api/v1/downloads/guess")
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


def test_nobody_else_gets_a_grant(listing: Listing, buyer: Organization, provider: Organization) -> None:
    delivery = delivered(placed(listing, buyer))
    file_id = delivery.receipt["files"][0]["id"]
    with refused("forbidden"):
        grant_access(delivery_id=delivery.id, file_id=file_id, actor=actor(person_of(provider)))


def test_only_staff_of_the_venue_suspend(listing: Listing, buyer: Organization, provider: Organization) -> None:
    entitlement = delivered(placed(listing, buyer)).entitlement
    with refused("forbidden"):
        entitlements.suspend_entitlement(entitlement_id=entitlement.id, reason="No", actor=actor(person_of(provider)))
