"""Deliveries are pushed to the buyer's own bucket or address: whole, once, checked, and as long as the right lasts."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import boto3
import pytest
import time_machine
from django.utils import timezone

from accounts.models import Organization, Role
from kernel.fetching import FetchFailed
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent, Job
from listings.models import Listing
from marketplace import entitlements, subscriptions
from marketplace.delivery.push import s3 as s3_module
from marketplace.delivery.push.pushing import PUSH_JOB, push_delivery, retry_push
from marketplace.delivery.push.s3 import Bucket
from marketplace.delivery.push.sending import Memory, NotNow, Outgoing, Refused
from marketplace.delivery.push.sftp import Sftp
from marketplace.delivery.push.targets import register_target, retire_target, try_target
from marketplace.models import AccessGrant, Delivery, Push, PushedFile, PushTarget
from tests.buckets import s3_server
from tests.marketplace.receiving import SECRET, Receiver, http_target, receiver
from tests.marketplace.subscribing import MORE, bring_out, made, subscribed, subscription_listing
from tests.marketplace.trading import STREETS, delivered, placed
from tests.refusals import refused
from tests.sftp_server import LOG, new_key, sftp_server
from tests.world import actor, api, make_client, make_person, person_of, staff

pytestmark = pytest.mark.django_db
MEBIBYTE = 1024 * 1024
KEYS = {"access_key_id": "test", "secret_access_key": "secret-7741"}


@pytest.fixture(autouse=True)
def _nearby(settings: Any) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


@pytest.fixture
def warehouse() -> Iterator[Receiver]:
    with receiver() as it:
        yield it


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


def bucket_at(s3: str, name: str) -> Any:
    client = boto3.resource(
        "s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    return client.create_bucket(Bucket=name)


def pushed(push: Push) -> Push:
    run_due_jobs(kinds=(PUSH_JOB,))
    push.refresh_from_db()
    return push


def test_a_subscriptions_new_version_is_pushed_to_the_buyers_bucket(
    provider: Organization, buyer: Organization, s3: str
) -> None:
    bucket = bucket_at(s3, "buyer-data")
    client = api(make_client(person_of(buyer)))
    where = {"endpoint_url": s3, "bucket": "buyer-data", "prefix": "dawan"}
    body = {"name": "lake", "kind": "S3", "place": "CN", "settings": where, "credentials": KEYS}
    registered = client.post("/api/v1/push-targets", body).json()
    subscription = subscribed(subscription_listing(provider), buyer)
    policy = {"policy": "PUSH", "target_id": registered["id"]}
    address = f"/api/v1/subscriptions/{subscription.pk}/policy"
    assert client.put(address, policy).json()["errors"][0]["code"] == "target_not_tested"
    tested = client.post(f"/api/v1/push-targets/{registered['id']}/test").json()
    assert (tested["usable"], tested["failure"]) == (True, "")
    assert list(bucket.objects.all()) == [], "the probe is taken away again"
    assert client.put(address, policy).json()["target_id"] == registered["id"]

    listing: Listing = subscription.agreement.order.listing
    version = bring_out(listing)
    delivery = made(subscription)
    push = pushed(Push.objects.get(delivery=delivery))
    assert push.state == Push.State.PUSHED, push.failure
    folder = f"dawan/{listing.product.number}/1.0.1/{subscription.agreement.number}"
    there = {each.key: each.get()["Body"].read() for each in bucket.objects.all()}
    assert there.pop(f"{folder}/streets.csv") == MORE.encode()
    manifest = json.loads(there.pop(f"{folder}/manifest.json"))
    assert (there, manifest["release"], manifest["files"][0]["sha256"]) == ({}, "1.0.1", version.files.get().sha256)

    delivery.refresh_from_db()
    [receipt] = delivery.receipt["pushed"]
    [file] = receipt["files"]
    assert (receipt["target"], file["sha256"], file["checked"]) == ("lake", version.files.get().sha256, "etag")
    grant = AccessGrant.objects.get(delivery=delivery)
    assert (grant.reads, grant.bytes_served, grant.pushed_file.push) == (1, len(MORE.encode()), push)
    assert grant.expires_at <= timezone.now(), "no address leads to what a push reads"

    # The same job again, and another sweep: nothing is sent or counted twice.
    Job.objects.filter(kind=PUSH_JOB).update(state="WAITING", due_at=timezone.now())
    subscriptions.follow_versions()
    pushed(push)
    assert (Push.objects.count(), AccessGrant.objects.count()) == (1, 1)
    assert AuditEvent.objects.filter(action="push.pushed").count() == 1
    assert "secret-7741" not in str(list(AuditEvent.objects.values_list("details", flat=True)))


def test_a_large_file_goes_in_parts_and_on_where_it_was_cut_off(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = bucket_at(s3, "large")
    monkeypatch.setattr(s3_module, "PART_BYTES", 5 * 1024 * 1024)
    content = b"".join(bytes([number]) * 1024 * 1024 for number in range(17))
    sender = Bucket({"endpoint_url": s3, "bucket": "large"}, KEYS)
    kept: list[str] = []
    memory = Memory("", lambda upload: (kept.append(upload), setattr(memory, "upload", upload))[0])
    sent = []

    def chunks(stop_at: int = 99) -> Iterator[bytes]:
        for number in range(17):
            if number == stop_at:
                raise NotNow("killed")
            sent.append(number)
            yield content[number * 1024 * 1024 : (number + 1) * 1024 * 1024]

    digest = hashlib.sha256(content).hexdigest()
    with pytest.raises(NotNow, match="killed"):
        sender.send(Outgoing("a.bin", len(content), digest, lambda: chunks(12)), memory)
    assert list(bucket.objects.all()) == [], "nothing can be seen before all is there"
    [upload] = kept
    uploads = bucket.meta.client.list_parts(Bucket="large", Key="a.bin", UploadId=upload)["Parts"]
    assert [part["PartNumber"] for part in uploads] == [1, 2]

    puts: list[str] = []
    real = s3_module._send
    monkeypatch.setattr(
        s3_module, "_send", lambda request, **event: (puts.append(request.url), real(request, **event))[1]
    )
    sender = Bucket({"endpoint_url": s3, "bucket": "large"}, KEYS)
    receipt = sender.send(Outgoing("a.bin", len(content), digest, chunks), memory)
    assert (receipt["checked"], memory.upload) == ("etag", "")
    assert [url for url in puts if "partNumber=1&" in url or "partNumber=2&" in url] == [], "what was there stays"
    assert bucket.Object("a.bin").get()["Body"].read() == content
    # Killed after the service had completed it: the upload is not known any more, and the file is sent anew.
    memory.upload = upload
    assert sender.send(Outgoing("a.bin", len(content), digest, chunks), memory)["checked"] == "etag"

    with pytest.raises(NotNow):
        sender.send(Outgoing("b.bin", len(content), digest, lambda: chunks(12)), memory)
    sender.abort("b.bin", memory.upload)
    assert "Uploads" not in bucket.meta.client.list_multipart_uploads(Bucket="large")
    with pytest.raises(Refused, match="NoSuchBucket"):
        Bucket({"endpoint_url": s3, "bucket": "nobody-has-it"}, KEYS).probe("x", b"y")


@pytest.fixture(scope="module")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder and the SFTP server whose home it is; it breaks the first connection that writes beyond 4 MiB."""
    folder = tmp_path_factory.mktemp("sftp")
    with sftp_server(folder, cut_at=4 * MEBIBYTE) as server:
        yield folder, server


def test_a_delivery_is_pushed_to_a_server_whose_key_was_given(
    listing: Listing, buyer: Organization, sftp: tuple[Path, dict[str, Any]]
) -> None:
    folder, server = sftp
    client = api(make_client(person_of(buyer)))
    body = {"name": "server", "kind": "SFTP", "place": "CN", **server}
    for change, pointer in (
        ({"settings": server["settings"] | {"host_key": "ssh-ed25519 AAAA"}}, "/settings/host_key"),
        ({"settings": server["settings"] | {"host": "169.254.169.254"}}, "/settings/host"),
        ({"settings": server["settings"] | {"host": "a b"}}, "/settings/host"),
        ({"settings": server["settings"] | {"user": "-oProxyCommand=x"}}, "/settings/user"),
        ({"settings": server["settings"] | {"port": "65536"}}, "/settings/port"),
        ({"credentials": {"private_key": "none"}}, "/credentials/private_key"),
    ):
        refusal = client.post("/api/v1/push-targets", body | change).json()
        assert refusal["errors"][0]["pointer"] == pointer, refusal
    other = body | {"name": "another", "settings": server["settings"] | {"host_key": new_key()[1]}}
    for wanted, failure in ((other, "127.0.0.1: Host key verification failed."), (body, "")):
        made = client.post("/api/v1/push-targets", wanted)
        assert "private_key" not in made.content.decode()
        tested = client.post(f"/api/v1/push-targets/{made.json()['id']}/test").json()
        assert (tested["failure"], tested["usable"]) == (failure, not failure)
    assert list((folder / "in").iterdir()) == [], "the probe is taken away again"

    delivery = delivered(placed(listing, buyer))
    target_id = PushTarget.objects.get(name="server").pk
    push = pushed(push_delivery(delivery_id=delivery.pk, target_id=target_id, actor=actor(person_of(buyer))))
    assert push.state == Push.State.PUSHED, push.failure
    there = folder / "in" / push.folder
    assert sorted(each.name for each in there.iterdir()) == ["manifest.json", "streets.csv"]
    assert (there / "streets.csv").read_bytes() == STREETS
    [file] = PushedFile.objects.filter(push=push)
    assert file.receipt["checked"] == "size"
    # Killed after the file had its name and before that was written down: it is there, and is not sent again.
    before = (folder / LOG).read_text()
    PushedFile.objects.filter(pk=file.pk).update(arrived_at=None)
    Push.objects.filter(pk=push.pk).update(state=Push.State.WAITING)
    Job.objects.filter(kind=PUSH_JOB).update(state=Job.State.WAITING, due_at=timezone.now())
    assert pushed(push).state == Push.State.PUSHED
    assert "streets" not in (folder / LOG).read_text().removeprefix(before)


def test_what_breaks_off_goes_on_and_is_seen_under_its_name_when_it_is_whole(
    sftp: tuple[Path, dict[str, Any]], settings: Any
) -> None:
    folder, server = sftp
    content = b"".join(bytes([number]) * MEBIBYTE for number in range(9))
    memory = Memory("", lambda upload: setattr(memory, "upload", upload))
    sender = Sftp(server["settings"], server["credentials"])

    def chunks(count: int = 9) -> Iterator[bytes]:
        return (content[number * MEBIBYTE : (number + 1) * MEBIBYTE] for number in range(count))

    digest = hashlib.sha256(content).hexdigest()
    whole = Outgoing("large/a.bin", len(content), digest, chunks)
    with pytest.raises(NotNow):
        sender.send(whole, memory)
    [part] = (folder / "in/large").iterdir()
    assert part.name == f".{memory.upload}"
    begun = len((folder / LOG).read_text())
    assert sender.send(whole, memory) == {"checked": "size"}
    [_open, first, *_rest] = (folder / LOG).read_text()[begun:].splitlines()
    assert first.split()[0] == "write"
    assert int(first.split()[1]) >= 2 * MEBIBYTE, "what was there stays"
    assert [each.name for each in (folder / "in/large").iterdir()] == ["a.bin"]
    assert (folder / "in/large/a.bin").read_bytes() == content

    # Another of the same name replaces it at once; one that comes short does not, and one given up leaves nothing.
    memory.upload = ""
    short = Outgoing("large/a.bin", len(content), digest, lambda: chunks(5))
    with pytest.raises(NotNow, match="bytes are there instead of"):
        sender.send(short, memory)
    sender.abort("large/a.bin", memory.upload)
    assert [each.name for each in (folder / "in/large").iterdir()] == ["a.bin"]
    settings.FETCH_ALLOWED_NETWORKS = []
    with pytest.raises(FetchFailed, match="not on the public internet"):
        sender.probe("x", b"y")


def test_a_server_that_talks_nonsense_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ssh = tmp_path / "ssh"
    monkeypatch.setattr("marketplace.delivery.push.sftp_channel.program", lambda: str(ssh))
    where = {"host": "127.0.0.1", "user": "x", "host_key": new_key()[1]}
    version = r"\000\000\000\005\002\000\000\000\003"
    cases = {
        "Welcome to our server": "does not speak SFTP",
        r"\000\000\000\005\145\000\000\000\001": "does not speak SFTP",  # a status before any question
        r"\000\000\000\007\002\000\000\000\003\000\000": "does not speak SFTP",  # half of an extension's length
        version + r"\377\377\377\377": "does not speak SFTP",  # four gigabytes to come
        version + r"\000\000\000\005\145\000\000\000\001": "does not speak SFTP",  # a status without its code
        version + r"\000\000\000\005\151\000\000\000\001": "answers what was not asked",
    }
    for said, refusal in cases.items():
        ssh.write_text(f"#!/bin/sh\nprintf '{said}'\nexec cat >/dev/null\n")
        ssh.chmod(0o755)
        with pytest.raises(Refused, match=refusal):
            Sftp(where, {"private_key": "x"}).probe("a/b", b"c")


def test_a_server_that_fails_for_a_while_gets_it_later_and_one_that_refuses_shows_why(
    listing: Listing, buyer: Organization, warehouse: Receiver
) -> None:
    target = http_target(buyer, warehouse.address)
    assert (target.usable, warehouse.files, warehouse.secrets) == (True, {}, {SECRET})
    delivery = delivered(placed(listing, buyer))
    warehouse.requests.clear()
    who = actor(person_of(buyer))
    push = push_delivery(delivery_id=delivery.pk, target_id=target.pk, actor=who)
    client = api(make_client(person_of(buyer)))
    again = client.post(f"/api/v1/deliveries/{delivery.pk}/pushes", {"target_id": str(target.pk)})
    assert (again.status_code, again.json()["code"]) == (409, "pushed_already")

    warehouse.statuses[:] = [503]
    assert pushed(push).state == Push.State.WAITING
    job = Job.objects.get(kind=PUSH_JOB)
    assert (job.state, job.last_error) == ("WAITING", "NotNow: 127.0.0.1: HTTP 503")
    warehouse.statuses[:] = [403]
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        assert pushed(push).state == Push.State.FAILED
    assert push.failure == "127.0.0.1: HTTP 403"
    assert warehouse.files == {}

    # The buyer mends it and asks again; so could staff, from the console.
    assert client.get("/api/v1/pushes", {"state": "FAILED"}).json()["items"][0]["failure"] == push.failure
    assert client.post(f"/api/v1/pushes/{push.pk}/retry").json()["state"] == "WAITING"
    assert pushed(push).state == Push.State.PUSHED
    assert warehouse.files[f"/in/{push.folder}/streets.csv"] == STREETS
    assert (
        json.loads(warehouse.files[f"/in/{push.folder}/manifest.json"])["agreement"] == delivery.order.agreement.number
    )
    [file] = PushedFile.objects.filter(push=push)
    assert (file.receipt["checked"], file.receipt["status"]) == ("repr-digest", 201)
    assert AccessGrant.objects.filter(delivery=delivery).count() == 1
    with refused("illegal_state"):
        retry_push(push_id=push.pk, actor=who)


def test_a_digest_that_the_server_tells_otherwise_is_a_failure(
    listing: Listing, buyer: Organization, warehouse: Receiver
) -> None:
    target = http_target(buyer, warehouse.address)
    delivery = delivered(placed(listing, buyer))
    warehouse.digest_of = b"something else"
    push = pushed(push_delivery(delivery_id=delivery.pk, target_id=target.pk, actor=actor(person_of(buyer))))
    assert push.state == Push.State.FAILED
    assert "digest" in push.failure
    delivery.refresh_from_db()
    assert "pushed" not in delivery.receipt


def test_nothing_is_sent_without_the_right_the_target_or_the_audit_log(
    listing: Listing, buyer: Organization, warehouse: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = http_target(buyer, warehouse.address)
    delivery = delivered(placed(listing, buyer))
    who, officer = actor(person_of(buyer)), actor(staff(role=Role.COMPLIANCE_REVIEWER))
    warehouse.requests.clear()
    push = push_delivery(delivery_id=delivery.pk, target_id=target.pk, actor=who)

    with monkeypatch.context() as patched:
        patched.setattr("marketplace.delivery.access.audit.record", _fails)
        assert pushed(push).state == Push.State.WAITING
    assert "no audit" in Job.objects.get(kind=PUSH_JOB).last_error
    assert (warehouse.requests, AccessGrant.objects.count()) == ([], 0)

    entitlements.suspend_entitlement(entitlement_id=delivery.entitlement_id, reason="A complaint", actor=officer)
    with time_machine.travel(timezone.now() + timedelta(minutes=5)):
        assert pushed(push).state == Push.State.FAILED
    entitlements.resume_entitlement(entitlement_id=delivery.entitlement_id, reason="Settled", actor=officer)
    retire_target(target_id=target.pk, actor=who)
    retry_push(push_id=push.pk, actor=actor(staff(role=Role.SETTLEMENT_OFFICER)))
    assert (pushed(push).state, push.failure) == (Push.State.FAILED, "The target is retired.")
    assert warehouse.requests == []
    with refused("invalid"):
        push_delivery(delivery_id=delivery.pk, target_id=target.pk, actor=who)


def _fails(*_arguments: Any, **_named: Any) -> None:
    raise RuntimeError("no audit")


def test_a_target_is_checked_when_it_is_registered_and_its_address_each_time(
    buyer: Organization, s3: str, settings: Any
) -> None:
    who = actor(person_of(buyer))
    bucket = {"endpoint_url": s3, "bucket": "data"}
    web = {"url": "https://buyer.example.com/in"}
    cases: list[tuple[str, dict[str, str], dict[str, str], str, str]] = [
        ("S3", bucket, KEYS, "HK", "/place"),
        ("S3", {"endpoint_url": s3}, KEYS, "CN", "/settings/bucket"),
        ("S3", bucket | {"bucket": "../x"}, KEYS, "CN", "/settings/bucket"),
        ("S3", bucket | {"addressing": "dns"}, KEYS, "CN", "/settings/addressing"),
        ("S3", bucket | {"endpoint_url": "http://169.254.169.254/"}, KEYS, "CN", "/settings/endpoint_url"),
        ("S3", bucket, {"access_key_id": "x"}, "CN", "/credentials/secret_access_key"),
        ("HTTPS", {"url": "http://buyer.example.com/in"}, {}, "CN", "/settings/url"),
        ("HTTPS", {"url": "https://u:p@buyer.example.com/"}, {}, "CN", "/settings/url"),
        ("HTTPS", web | {"bucket": "data"}, {}, "CN", "/settings/bucket"),
        ("HTTPS", web | {"secret_header": "Host"}, {"secret": "x"}, "CN", "/settings/secret_header"),
        ("HTTPS", web | {"secret_header": "X-Key"}, {}, "CN", "/credentials/secret"),
        ("HTTPS", web | {"secret_header": "X-Key"}, {"secret": "x\r\nHost: y"}, "CN", "/credentials/secret"),
    ]
    for kind, where, credentials, place, pointer in cases:
        with refused("invalid") as caught:
            register_target(name="x", kind=kind, place=place, where=where, credentials=credentials, actor=who)
        assert [error.pointer for error in caught.value.errors] == [pointer], where
    viewer = actor(make_person(buyer, Role.VIEWER))
    with refused("forbidden"):
        register_target(name="x", kind="HTTPS", place="CN", where=web, credentials={}, actor=viewer)

    # A name that leads inside is found out at every connection, whichever library speaks.
    settings.FETCH_ALLOWED_NETWORKS = []
    inside = [
        ("HTTPS", {"url": "https://localhost/in"}, {}),
        ("S3", {"endpoint_url": "https://localhost", "bucket": "data"}, KEYS),
    ]
    for number, (kind, where, credentials) in enumerate(inside):
        target = register_target(
            name=str(number), kind=kind, place="CN", where=where, credentials=credentials, actor=who
        )
        tested = try_target(target_id=target.pk, actor=who)
        assert (tested.usable, "not on the public internet" in tested.failure) == (False, True), tested.failure
    assert Delivery.objects.count() == 0
