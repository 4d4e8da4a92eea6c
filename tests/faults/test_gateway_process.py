"""The gateway as a process of its own: what breaks, breaks visibly, and a right that ends is seen in mid-answer."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler

import httpx
import pytest

from tests.faults.exchange import Exchange, eventually
from tests.marketplace.interfaces import upstream_server

pytestmark = pytest.mark.fault
CHUNK = b"x" * 65536


def answer(handler: BaseHTTPRequestHandler) -> None:
    """Answer in chunks: whole, cut off, or for ever."""
    path = handler.path
    if path == "/said":
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        return
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(CHUNK), CHUNK))
            if path != "/forever":
                break
            time.sleep(0.01)
        if path == "/whole":
            handler.wfile.write(b"0\r\n\r\n")
        else:
            handler.close_connection = True
    except OSError:
        handler.close_connection = True


@dataclass(frozen=True)
class Gateway:
    exchange: Exchange
    entitlement: str
    client: httpx.Client

    def last_call(self) -> dict[str, object]:
        asked = "SELECT * FROM marketplace_gatewaycall WHERE entitlement_id = %s ORDER BY id DESC LIMIT 1"
        return self.exchange.query(asked, self.entitlement)[0]


@pytest.fixture(scope="module")
def gateway(exchange: Exchange) -> Iterator[Gateway]:
    with upstream_server(answer) as url:
        upstream = {"base_url": url, "methods": ["GET", "POST"], "secret_header": "X-Key"}
        address = f"/api/v1/products/{exchange.world['interface_id']}/upstream"
        assert exchange.ask("PUT", address, upstream, who="provider").status_code == 200
        exchange.start("gateway")
        base = f"http://127.0.0.1:{exchange.gateway_port}"
        eventually(lambda: is_up(base), "the gateway answers")
        headers = {"Authorization": f"Bearer {exchange.world['tokens']['buyer']}"}
        entitlement = exchange.world["entitlement"]
        with httpx.Client(base_url=f"{base}/gateway/{entitlement}", headers=headers, timeout=20) as client:
            yield Gateway(exchange, entitlement, client)
        exchange.kill("gateway")


def is_up(base: str) -> bool:
    try:
        return httpx.get(f"{base}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def test_answers_pass_and_one_that_is_cut_off_does_not_end_as_if_it_were_whole(gateway: Gateway) -> None:
    assert gateway.client.get("/whole").content == CHUNK
    assert gateway.client.post("/said", content=CHUNK * 20).content == CHUNK * 20
    refusal = gateway.client.delete("/whole", headers={"Accept-Language": "zh-Hant"})
    assert (refusal.status_code, refusal.headers["Content-Type"]) == (405, "application/problem+json")
    assert refusal.json()["detail"] == "此地址不支援該請求方法。"

    with pytest.raises(httpx.RemoteProtocolError):
        gateway.client.get("/cut")
    call = gateway.last_call()
    assert (call["outcome"], call["bytes_out"], call["units"]) == ("CUT_OFF", len(CHUNK), 1)


def test_a_reader_who_goes_away_ends_the_call(gateway: Gateway) -> None:
    with gateway.client.stream("GET", "/forever") as running:
        next(running.iter_raw())
    eventually(lambda: gateway.last_call()["outcome"] == "CUT_OFF", "the call has ended")


def test_a_right_that_ends_breaks_a_running_answer_within_a_second(gateway: Gateway) -> None:
    change = "UPDATE marketplace_entitlement SET state = %s WHERE id = %s"
    with gateway.client.stream("GET", "/forever") as running:
        chunks = running.iter_raw()
        next(chunks)
        with gateway.exchange.connect() as connection:
            connection.execute(change, ["SUSPENDED", gateway.entitlement])
        ended = time.monotonic()
        with pytest.raises(httpx.RemoteProtocolError):
            b"".join(chunks)
        assert time.monotonic() - ended < 1
    # The other worker of the gateway has seen the right a moment ago, and looks again within the second too.
    while (answer := gateway.client.get("/whole")).status_code == 200 and time.monotonic() - ended < 1:
        pass
    assert answer.json()["code"] == "entitlement_not_active"
