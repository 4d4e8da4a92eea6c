"""Whatever ends a right reaches every path within a second of its commit: files, tables, interfaces and clean rooms."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from accounts import onboarding
from accounts.clients import revoke_client
from accounts.models import Membership, Organization, Role
from kernel.jobs import run_due_jobs
from kernel.states import advance
from marketplace import entitlements
from marketplace.delivery import download, gateway
from marketplace.delivery.clean_room import queries
from marketplace.models import Agreement, Delivery
from tests.marketplace.interfaces import body_of, listed_interface, upstream_server
from tests.marketplace.rooming import asked, opened_room, room_listing
from tests.marketplace.sharing import SALES, listed_tables
from tests.marketplace.test_gateway_refusals import streams_forever
from tests.marketplace.trading import delivered, listed_dataset, placed
from tests.serving import plainly
from tests.world import actor, api, make_client, make_token, person_of, staff

pytestmark = pytest.mark.django_db
ROWS = b"a,b\n" + b"1,2\n" * 600_000  # three chunks
SHARES = "/delta-sharing/shares"


@pytest.fixture(autouse=True)
def this_machine_is_allowed(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]
    assert max(download.LOOK_EVERY_SECONDS, gateway.LOOK_EVERY_SECONDS) < 1
    monkeypatch.setattr(download, "LOOK_EVERY_SECONDS", 0)  # three chunks take no half a second


def answer(handler: BaseHTTPRequestHandler) -> None:
    if handler.path == "/forever":
        streams_forever(handler)
    else:
        plainly(handler, b"ok")


class Reader:
    """A buyer's program to which everything was delivered."""

    def __init__(self, provider: Organization, buyer: Organization, upstream: str) -> None:
        self.client = make_client(person_of(buyer))
        self.http = Client(headers={"Authorization": f"Bearer {make_token(self.client)}"})
        file = delivered(placed(listed_dataset(provider, price="1.00", content=ROWS), buyer))
        table = delivered(placed(listed_tables(provider, {"data.csv": SALES}), buyer))
        interface = delivered(placed(listed_interface(provider, upstream), buyer))
        room = opened_room(room_listing(provider), buyer)
        query = asked(room, "SELECT district, count(*) AS n FROM data GROUP BY district")
        run_due_jobs(kinds=(queries.COMPUTE_JOB,))
        self.deliveries = [file, table, interface, Delivery.objects.get(entitlement=room.entitlement_id, number=1)]

        given = api(self.client).post(
            f"/api/v1/deliveries/{file.pk}/grants", {"file_id": file.receipt["files"][0]["id"]}
        )
        asked_for = f"{SHARES}/{table.order.listing.product.number}/schemas/default/tables/data/query"
        lines = self.http.post(asked_for, {}, content_type="application/json").content.splitlines()
        self.file, self.table = (path_of(url) for url in (given.json()["url"], json.loads(lines[2])["file"]["url"]))
        self.calls = f"/gateway/{interface.entitlement_id}"
        self.result = f"/api/v1/room-queries/{query.pk}/result"

    def paths(self) -> Mapping[str, Callable[[], Any]]:
        return {
            "the address of a file": lambda: Client().get(self.file, headers={"Range": "bytes=0-9"}),
            "the address of a table": lambda: Client().get(self.table),
            "a call": lambda: self.http.get(f"{self.calls}/fine"),
            "a result": lambda: api(self.client).post(self.result),
        }

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """Begin to read a file and an answer, and see both break off when the right has ended meanwhile."""
        running = [Client().get(self.file), self.http.get(f"{self.calls}/forever")]
        streams = [iter(response.streaming_content) for response in running]
        for stream in streams:
            next(stream)
        yield
        ended = time.monotonic()
        for stream in streams:
            with pytest.raises(ConnectionAbortedError):
                b"".join(stream)
        assert time.monotonic() - ended < 1


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def read(path: Callable[[], Any]) -> int:
    response = path()
    body_of(response)
    return int(response.status_code)


def refused_within_a_second(paths: Mapping[str, Callable[[], Any]], why: str) -> None:
    ended = time.monotonic()
    open_paths = dict(paths)
    while open_paths:
        open_paths = {name: path for name, path in open_paths.items() if read(path) not in (401, 403)}
        assert time.monotonic() - ended < 1 or not open_paths, (why, open_paths)


def test_whatever_ends_a_right_is_seen_by_every_path_within_a_second(
    provider: Organization, buyer: Organization
) -> None:
    officer = actor(staff("gzdex", Role.COMPLIANCE_REVIEWER))
    membership = Membership.objects.get(organization=buyer)
    with upstream_server(answer) as upstream:
        reader = Reader(provider, buyer, upstream)
        ids = [delivery.entitlement_id for delivery in reader.deliveries]

        def entitlement(act: Callable[..., Any]) -> None:
            for entitlement_id in ids:
                act(entitlement_id=entitlement_id, reason="A complaint", actor=officer)

        def agreement(state: str) -> None:
            for each in Agreement.objects.filter(entitlements__in=ids):
                advance(each, to=state, actor=officer, reason="A complaint")

        said = {"membership_id": membership.pk, "reason": "A complaint", "actor": officer}
        ways: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
            "membership": (lambda: onboarding.suspend(**said), lambda: onboarding.resume(**said)),
            "entitlement": (
                lambda: entitlement(entitlements.suspend_entitlement),
                lambda: entitlement(entitlements.resume_entitlement),
            ),
            "agreement": (lambda: agreement("SUSPENDED"), lambda: agreement("ACTIVE")),
        }
        paths = reader.paths()
        for why, (end, resume) in ways.items():
            assert {name: read(path) for name, path in paths.items()} == dict.fromkeys(paths, 200) | {
                "the address of a file": 206
            }, why
            with reader.under_way():
                end()
            refused_within_a_second(paths, why)
            resume()
        with reader.under_way():
            revoke_client(client_id=reader.client.pk, actor=actor(person_of(buyer)))
        refused_within_a_second(paths, "token")
