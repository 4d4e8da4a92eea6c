"""What the gateway refuses, and how it ends calls whose upstream misbehaves, by real servers."""

import socket
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Organization
from kernel.problems import Problem
from kernel.redis_client import redis_client
from marketplace.delivery import gateway
from marketplace.delivery.upstreams import set_upstream
from marketplace.entitlements import suspend_entitlement
from marketplace.models import Delivery, GatewayCall, UsageRecord
from tests.marketplace.interfaces import (
    Caller,
    body_of,
    bought,
    listed_interface,
    upstream_server,
    within_a_second,
)
from tests.marketplace.trading import make_buyer
from tests.world import actor, make_client, make_token, person_of, staff

pytestmark = pytest.mark.django_db
ANSWER_LIMIT = 512 * 1024


@pytest.fixture(autouse=True)
def this_machine_is_allowed(settings: Any) -> None:
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.0/8")]


def answers(status: int = 200, body: bytes = b"ok", length: int | None = None, **headers: str) -> Callable[..., None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content_Length": str(len(body) if length is None else length), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = length is not None

    return answer


def hangs(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.5)


def says_nothing(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def talks_nonsense(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    handler.close_connection = True


def streams_forever(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    chunk = b"x" * 65536
    try:
        while True:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
    except OSError:
        handler.close_connection = True


BY_PATH: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {
    "/hangs": hangs,
    "/silent": says_nothing,
    "/nonsense": talks_nonsense,
    "/forever": streams_forever,
    "/short": answers(body=b"x" * 10, length=1000),
    "/short-long": answers(body=b"x" * 100_000, length=200_000),
    "/longer": answers(body=b"ok, and more than was said", length=2),
    "/inward": answers(302, b"", Location="http://169.254.169.254/latest/meta-data/"),
    "/huge": answers(body=b"", length=10 * 1024**3),
    "/missing": answers(404, b"none"),
    "/broken": answers(500, b"oops"),
    "/fine": answers(),
}


@pytest.fixture(scope="module")
def misbehaving() -> Iterator[str]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        BY_PATH[handler.path](handler)

    with upstream_server(answer) as url:
        yield url


@pytest.fixture
def delivery(provider: Organization, buyer: Organization, misbehaving: str) -> Delivery:
    return bought(listed_interface(provider, misbehaving, most_answer_bytes=ANSWER_LIMIT), buyer)


@pytest.fixture
def rested() -> Callable[[], None]:
    """Forget the failures of upstreams so far."""

    def forget() -> None:
        for key in redis_client().scan_iter("gateway:*"):
            redis_client().delete(key)

    return forget


def test_what_an_upstream_does_wrong_ends_the_call_and_is_not_billed(
    delivery: Delivery, rested: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = Caller(delivery)
    refusals = {
        "hangs": (504, "upstream_too_slow"),
        "silent": (502, "upstream_broke_off"),
        "nonsense": (502, "upstream_broke_off"),
        "inward": (502, "upstream_redirects"),
        "huge": (502, "upstream_too_large"),
        "short": (502, "upstream_broke_off"),
    }
    for path, expected in refusals.items():
        rested()
        answer = caller.call(path)
        assert (answer.status_code, answer.json()["code"]) == expected, path
        assert answer["Content-Type"] == "application/problem+json"
        assert "Dawan-Answered-By" not in answer
    for path, status in {"missing": 404, "broken": 500}.items():
        answer = caller.call(path)
        assert (answer.status_code, answer["Dawan-Answered-By"]) == (status, "upstream")
        assert body_of(answer) in (b"none", b"oops")
    assert UsageRecord.objects.count() == 0
    rested()
    for _twice in range(2):  # what is too much does not become the next call's answer
        assert body_of(caller.call("longer")) == b"ok"
    for path, most in {"short-long": 100_000, "forever": ANSWER_LIMIT}.items():
        answer = caller.call(path)
        assert answer.status_code == 200, answer.content
        with pytest.raises(ConnectionAbortedError):
            body_of(answer)
        call = GatewayCall.objects.latest("id")
        assert (call.outcome, call.status) == ("CUT_OFF", 200)
        assert 0 < call.bytes_out <= most
    assert not GatewayCall.objects.filter(outcome="OPEN").exists()

    monkeypatch.setattr(gateway, "LONGEST_SECONDS", 0.0)
    with pytest.raises(ConnectionAbortedError):
        body_of(caller.call("forever"))


def test_what_a_caller_may_not_do(delivery: Delivery, rested: Callable[[], None]) -> None:
    rested()
    caller, stranger = Caller(delivery), Caller(delivery)
    stranger.token = Caller(delivery, ["buy"]).token
    other = make_buyer()
    nobody = {"Authorization": "Bearer nonsense"}
    cases: list[tuple[Any, int, str]] = [
        (caller.call("fine", "DELETE"), 405, "method_not_allowed"),
        (caller.call("fine", "POST", headers={"Transfer-Encoding": "chunked"}), 411, "length_required"),
        (caller.call("fine", "POST", CONTENT_LENGTH=str(10**9)), 413, "too_large"),
        (caller.call("fine", headers={"Dawan-Nonce": "n" * 65}), 400, "invalid"),
        (caller.call("a/../../admin"), 400, "invalid"),
        (caller.call("%2e%2e/admin"), 400, "invalid"),
        (caller.call("..%5cadmin"), 400, "invalid"),
        (caller.call("fine", headers=nobody), 401, "invalid_token"),
        (caller.call("fine", headers={"Authorization": "Basic eDp5"}), 401, "unauthenticated"),
        (stranger.call("fine"), 403, "forbidden"),
    ]
    stranger.entitlement_id = caller.entitlement_id
    stranger.token = make_token(make_client(person_of(other)))
    cases.append((stranger.call("fine"), 404, "not_found"))
    caller.entitlement_id = uuid4()
    cases.append((caller.call("fine"), 404, "not_found"))
    assert [(answer.status_code, answer.json()["code"]) for answer, _s, _c in cases] == [
        (status, code) for _answer, status, code in cases
    ]
    assert GatewayCall.objects.count() == 0


def test_a_suspended_right_stops_the_running_stream_and_the_next_call(
    provider: Organization, buyer: Organization, misbehaving: str
) -> None:
    delivery = bought(listed_interface(provider, misbehaving), buyer)
    caller = Caller(delivery)
    running = caller.call("forever").streaming_content
    next(running)
    officer = actor(staff("gzdex", "COMPLIANCE_REVIEWER"))
    suspend_entitlement(entitlement_id=delivery.entitlement_id, reason="Complaint", actor=officer)

    with pytest.raises(ConnectionAbortedError):
        b"".join(running)
    assert GatewayCall.objects.get().bytes_out <= 2 * gateway.LOOK_EVERY_BYTES
    within_a_second(lambda: caller.call("fine"), "entitlement_not_active")


def test_an_upstream_inside_our_network_is_neither_taken_nor_reached(
    delivery: Delivery, provider: Organization, settings: Any, rested: Callable[[], None]
) -> None:
    rested()
    settings.FETCH_ALLOWED_NETWORKS = []
    assert Caller(delivery).call("fine").json()["code"] == "upstream_unreachable"

    for address in ("http://127.0.0.1/", "http://[::1]/", "http://10.0.0.1/", "ftp://x/", "http://u:p@example.com/"):
        with pytest.raises(Problem) as refusal:
            set_upstream(
                product_id=delivery.order.listing.product_id,
                base_url=address,
                methods=["GET"],
                actor=actor(person_of(provider)),
            )
        assert refusal.value.errors[0].pointer == "/base_url", address


def test_an_upstream_that_fails_in_a_row_is_left_alone(delivery: Delivery, rested: Callable[[], None]) -> None:
    rested()
    caller = Caller(delivery)
    for _attempt in range(5):
        assert caller.call("silent").status_code == 502
    answer = caller.call("fine")
    assert (answer.status_code, answer.json()["code"]) == (503, "upstream_resting")
    assert 0 < int(answer["Retry-After"]) <= 30
    rested()
    assert body_of(caller.call("fine")) == b"ok"
