"""The gateway, against real upstreams on this machine: what passes, what is counted, and what never gets through."""

import json
import logging
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any
from unittest.mock import patch

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis import Redis

from accounts.models import Organization, Role
from kernel.jobs import run_due_jobs
from kernel.models import AuditEvent
from kernel.money import Currency
from kernel.problems import PROBLEMS
from kernel.redis_client import redis_client
from listings.crossborder.customs import check_again, hold_declaration
from listings.crossborder.customs_rules import customs_rules_on
from listings.encryption import KeyRing, key_ring
from listings.metering import Metering, Unit
from listings.models import TransferPermit
from listings.rotation import rewrap_data_keys
from marketplace.delivery.upstreams import secret_of
from marketplace.models import GatewayCall, Upstream, UsageRecord
from tests.marketplace.crossing import buy, funded, released, second_officer, standing
from tests.marketplace.interfaces import (
    SECRET,
    Caller,
    body_of,
    bought,
    listed_interface,
    upstream_server,
    within_a_second,
)
from tests.marketplace.trading import make_buyer, placed
from tests.serving import plainly
from tests.world import api, make_client, person_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def this_machine_is_allowed(settings: Any) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


def echo(handler: BaseHTTPRequestHandler) -> None:
    """Answer with what arrived."""
    length = int(handler.headers.get("Content-Length", 0))
    seen = {
        "method": handler.command,
        "path": handler.path,
        "headers": {name.lower(): value for name, value in handler.headers.items()},
        "body": handler.rfile.read(length).decode(),
    }
    body = json.dumps(seen).encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Set-Cookie", "theirs=1")
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


@pytest.fixture
def echoing() -> Iterator[str]:
    with upstream_server(echo) as url:
        yield url


def test_a_call_goes_through_and_is_counted(provider: Organization, buyer: Organization, echoing: str) -> None:
    delivery = bought(listed_interface(provider, f"{echoing}/v1"), buyer)
    caller = Caller(delivery)

    for _call in range(2):
        with CaptureQueriesContext(connection) as queries:
            caller.call("warm")
    assert len(queries) == 1, queries.captured_queries  # the right is known, and all is written in one statement
    assert AuditEvent.objects.filter(subject_type="gatewaycall").count() == 2
    answer = caller.call(
        "streets/沙面 街?q=1%202",
        "POST",
        data=b'{"a": 1}',
        content_type="application/json",
        headers={"Cookie": "ours=1", "Connection": "x-hop", "X-Hop": "1", "X-Kept": "yes", "X-Key": "mine"},
    )
    seen = json.loads(body_of(answer))

    assert answer.status_code == 200, seen
    assert seen["path"] == "/v1/streets/%E6%B2%99%E9%9D%A2%20%E8%A1%97?q=1%202"
    assert (seen["method"], seen["body"]) == ("POST", '{"a": 1}')
    assert seen["headers"]["x-key"] == SECRET
    assert seen["headers"]["x-kept"] == "yes"
    assert not {"authorization", "cookie", "x-hop"} & seen["headers"].keys()
    assert answer["Dawan-Answered-By"] == "upstream"
    assert "Set-Cookie" not in answer
    assert "sandbox" in answer["Content-Security-Policy"]
    call = GatewayCall.objects.latest("id")
    assert (call.outcome, call.status, call.units, call.bytes_in) == ("ANSWERED", 200, 1, 8)
    assert UsageRecord.objects.get(subject_id=call.pk).nonce == call.nonce
    assert AuditEvent.objects.filter(subject_id=str(call.pk)).count() == 2


def test_the_secret_is_kept_sealed_and_shown_to_nobody(
    provider: Organization, echoing: str, caplog: pytest.LogCaptureFixture, buyer: Organization
) -> None:
    caplog.set_level(logging.DEBUG)
    delivery = bought(listed_interface(provider, echoing), buyer)
    product_id = delivery.order.listing.product_id
    own = api(make_client(person_of(provider)))
    address = f"/api/v1/products/{product_id}/upstream"
    shown = own.get(address).json()
    assert (shown["secret_header"], shown["has_secret"]) == ("X-Key", True)
    kept = own.put(address, {"base_url": echoing, "methods": ["GET"], "secret_header": "X-Key"})
    assert kept.status_code == 200
    assert json.loads(body_of(Caller(delivery).call()))["headers"]["x-key"] == SECRET

    row = Upstream.objects.get()
    assert SECRET.encode() not in bytes(row.sealed_secret or b"")
    told = [kept.content.decode(), caplog.text, *map(str, AuditEvent.objects.values_list("details", flat=True))]
    assert not [text for text in told if SECRET in text]
    console = Client()
    console.force_login(staff("gzdex", Role.AUDITOR), backend="django.contrib.auth.backends.ModelBackend")
    page = console.get(f"/console/marketplace/upstream/{row.pk}/change/").content.decode()
    assert "X-Key: ••••••••" in page
    assert SECRET not in page

    before = row.key_id
    monkeyed = KeyRing({"new": b"n" * 32, **key_ring().keys})
    with (
        patch("listings.rotation.key_ring", lambda: monkeyed),
        patch("marketplace.delivery.upstreams.key_ring", lambda: monkeyed),
    ):
        assert rewrap_data_keys() >= 1
        row.refresh_from_db()
        assert (row.key_id, before == "new") == ("new", False)
        assert secret_of(row) == ("X-Key", SECRET)

    for wrong, pointer in (
        ({"secret_header": "Host", "secret": "x"}, "/secret_header"),
        ({"secret_header": "X-Other"}, "/secret"),
        ({"secret_header": "X-Key", "secret": "a\r\nX-Evil: 1"}, "/secret"),
        ({"secret": "x"}, "/secret_header"),
        ({"methods": ["TRACE"]}, "/methods/0"),
        ({"base_url": "https://example.com/?q=1"}, "/base_url"),
    ):
        refusal = own.put(address, {"base_url": "https://example.com", "methods": ["GET"], **wrong})
        assert refusal.status_code == 400
        assert refusal.json()["errors"][0]["pointer"] == pointer, wrong
    assert own.delete(address).status_code == 204
    within_a_second(Caller(delivery).call, "no_upstream")


def test_units_are_counted_by_the_plan(provider: Organization, buyer: Organization) -> None:
    answers = {
        "/csv": (b"code,name\n1,a\n2,b", {"Content-Type": "text/csv"}),
        "/jsonl": (b'{"a": 1}\n{"a": 2}\n{"a": 3}\n', {"Content-Type": "application/jsonl"}),
        "/said": (b"[]", {"Content-Type": "application/json", "Dawan-Units": "7"}),
        "/unsaid": (b"[1]", {"Content-Type": "application/json"}),
    }

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body, headers = answers[handler.path]
        plainly(handler, body, **headers)

    expected = {Unit.ROW: (2, 3, 7, 1), Unit.BYTE: (17, 27, 2, 3), Unit.TOKEN: (1, 1, 7, 1), Unit.CALL: (1, 1, 1, 1)}
    with upstream_server(answer) as url:
        for unit, counted in expected.items():
            metering = Metering(unit, unit_price=Decimal("0.000125"), included_units=3)
            delivery = bought(listed_interface(provider, url, metering), buyer)
            caller = Caller(delivery)
            for path, units in zip(answers, counted, strict=True):
                body_of(caller.call(path[1:]))
                assert GatewayCall.objects.latest("id").units == units, (unit, path)
            buyers = api(make_client(person_of(buyer)))
            summary = buyers.get(f"/api/v1/entitlements/{delivery.entitlement_id}/usage-summary").json()
            assert (summary["calls"], summary["units"]) == (4, sum(counted))
            exact = max(0, sum(counted) - 3) * Decimal("0.000125")
            assert summary["charge"]["amount"] == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
            assert buyers.get(f"/api/v1/entitlements/{delivery.entitlement_id}/calls").json()["items"][0]["sha256"]


def test_a_charge_is_rounded_once_half_up() -> None:
    cases = {(1, "0.004999"): 0, (1, "0.005"): 1, (3, "0.015"): 5, (1_000_001, "0.000001"): 100, (10, "1"): 1000}
    for (units, price), minor in cases.items():
        assert Metering(Unit.CALL, unit_price=Decimal(price)).charge(units, Currency.CNY).minor == minor, (units, price)


def test_quota_and_rate_hold_and_losing_redis_changes_no_bill(
    provider: Organization, buyer: Organization, echoing: str
) -> None:
    metering = Metering(Unit.CALL, unit_price=Decimal("0.01"), most_units=6)
    delivery = bought(listed_interface(provider, echoing, metering), buyer)
    caller = Caller(delivery)
    statuses = []
    for number in range(8):
        if number == 3:
            redis_client().flushdb()
        statuses.append(caller.call().status_code)
    assert statuses == [200] * 6 + [429] * 2
    refusal = caller.call()
    assert refusal.json()["code"] == "quota_exhausted"
    assert int(refusal["Retry-After"]) > 0
    assert UsageRecord.objects.filter(entitlement=delivery.entitlement_id).count() == 6

    with patch("marketplace.delivery.quota.redis_client", lambda: Redis.from_url("unix:///nowhere.sock")):
        assert caller.call().json()["code"] == "quota_exhausted"

    for limits, wait in (({"calls_per_second": 2}, 1), ({"calls_per_minute": 2}, 60)):
        metering = Metering(Unit.CALL, unit_price=Decimal(0), **limits)
        caller = Caller(bought(listed_interface(provider, echoing, metering), buyer))
        with time_machine.travel(timezone.now().replace(second=10, microsecond=0), tick=False):
            assert [caller.call().status_code for _call in range(3)] == [200, 200, 429]
            refusal = caller.call()
        assert refusal.json()["code"] == "rate_exceeded"
        assert 0 < int(refusal["Retry-After"]) <= wait


def test_a_nonce_is_taken_once_and_without_its_audit_event_nothing_is_served(
    provider: Organization, buyer: Organization, echoing: str
) -> None:
    caller = Caller(bought(listed_interface(provider, echoing), buyer))
    assert caller.call(headers={"Dawan-Nonce": "n-1"}).status_code == 200
    answer = caller.call(headers={"Dawan-Nonce": "n-1"})
    assert (answer.status_code, answer.json()["code"]) == (409, "nonce_reused")
    assert UsageRecord.objects.count() == 1

    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE kernel_auditevent ADD CONSTRAINT away CHECK (action NOT LIKE 'gatewaycall.%') NOT VALID"
        )
    for method in ("GET", "POST"):
        with transaction.atomic():
            answer = caller.call(method=method)
            transaction.set_rollback(True)
        assert (answer.status_code, "Dawan-Answered-By" in answer) == (500, False), method
    assert GatewayCall.objects.count() == UsageRecord.objects.count() == 1


def test_a_delivery_waits_for_its_upstream(provider: Organization, buyer: Organization, echoing: str) -> None:
    order = placed(listed_interface(provider), buyer)
    run_due_jobs(kinds=("delivery.fulfil",))
    assert order.deliveries.get().state == "FAILED"


def test_the_page_to_try_an_interface(provider: Organization, buyer: Organization, echoing: str) -> None:
    delivery = bought(listed_interface(provider, echoing), buyer)
    caller = Caller(delivery)
    page = Client().get(f"/gateway/{delivery.entitlement_id}/-/docs/")
    assert page.status_code == 200
    assert not re.search(r"<script>|\son[a-z]+=|style=|https?://", page.content.decode())
    described = caller.call("-/openapi.json").json()
    assert described["servers"] == [{"url": f"http://testserver/gateway/{delivery.entitlement_id}"}]
    assert described["components"]["securitySchemes"] == {"exchange": {"type": "http", "scheme": "bearer"}}
    assert "provider.example.cn" not in json.dumps(described)
    assert Client().get(f"/gateway/{delivery.entitlement_id}/-/openapi.json").status_code == 401


def test_across_a_border_every_byte_comes_from_the_permit(provider: Organization, echoing: str) -> None:
    standing(provider)
    abroad = make_buyer(jurisdiction="HK")
    listing = listed_interface(provider, echoing, exportable=True)
    delivery = released(funded(buy(listing, abroad)))
    permit = TransferPermit.objects.get(delivery_id=delivery.pk)
    assert permit.byte_ceiling == customs_rules_on(timezone.localdate()).call_bytes
    caller = Caller(delivery)

    answered = body_of(caller.call())
    permit.refresh_from_db()
    assert permit.bytes_used == len(answered)
    assert GatewayCall.objects.get().permit_id == permit.pk

    TransferPermit.objects.update(bytes_used=permit.byte_ceiling - 1)
    answer = caller.call()
    assert (answer.status_code, answer.json()["code"]) == (PROBLEMS["permit_exhausted"][0], "permit_exhausted")
    withdrawn = hold_declaration(declaration_id=permit.declaration_id, reason="Complaint", actor=second_officer())
    assert caller.call().json()["code"] == "permit_not_in_force"
    check_again(declaration_id=withdrawn.pk, actor=second_officer())
    assert body_of(caller.call())
    assert UsageRecord.objects.count() == 2
