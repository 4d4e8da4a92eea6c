"""Fetching from strangers: against real servers on this machine, honest, hostile, slow and endless ones."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_network
from typing import Any

import pytest

from kernel import fetching
from kernel.fetching import FetchFailed, checked_address, fetch
from tests.serving import plainly, serving

HERE = [ip_network("127.0.0.0/8")]


@pytest.fixture
def allowed(settings: Any) -> None:
    settings.FETCH_ALLOWED_NETWORKS = HERE


def asked(url: str, **limits: Any) -> fetching.Answer:
    return fetch(url, headers={"Accept": "text/plain"}, **({"largest": 1000, "seconds": 5} | limits))


@contextmanager
def failing(code: str) -> Iterator[pytest.ExceptionInfo[FetchFailed]]:
    with pytest.raises(FetchFailed) as caught:
        yield caught
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value)


def test_an_answer_comes_whole_with_what_was_asked(allowed):
    seen = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.path, handler.headers["Accept"], handler.headers["Accept-Encoding"]))
        plainly(handler, "数据".encode(), Content_Type="text/plain")

    with serving(answer) as url:
        found = asked(f"{url}/目录?q=1")
    assert (found.body.decode(), found.headers["content-type"]) == ("数据", "text/plain")
    assert seen == [("/%E7%9B%AE%E5%BD%95?q=1", "text/plain", "identity")]


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "224.0.0.1",
        "[fd00::1]",
        "[fe80::1]",
    ],
)
def test_nothing_inside_is_asked(host, settings):
    settings.FETCH_ALLOWED_NETWORKS = []
    with serving(lambda handler: plainly(handler, b"secret")) as url:
        port = url.rpartition(":")[2]
        with failing("address_not_allowed"):
            asked(f"http://{host}:{port}/")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "address_invalid"),
        ("gopher://127.0.0.1/", "address_invalid"),
        ("ftp://example.org/", "address_invalid"),
        ("//example.org/", "address_invalid"),
        ("http://", "address_invalid"),
        ("http://example.org:x/", "address_invalid"),
        ("http://example.org:99999/", "address_invalid"),
        ("http://[::1/", "address_invalid"),
        ("http://exa mple.org/", "address_invalid"),
        ("http://a:b@example.org/", "address_with_credentials"),
        ("http://10.0.0.1/", "address_not_allowed"),
    ],
)
def test_an_address_is_looked_at_before_it_is_asked(url, code, settings):
    settings.FETCH_ALLOWED_NETWORKS = []
    with failing(code):
        checked_address(url)


def test_the_connection_goes_to_the_address_that_was_checked(settings, monkeypatch):
    """A name that resolves to a public address first and to ours afterwards is asked at the public one."""
    settings.FETCH_ALLOWED_NETWORKS = []
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    dialled = []

    def resolve(host: str, port: int, **_kind: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(answers)]

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", dial)
    with failing("unreachable"):
        asked("http://rebinding.example/")
    with failing("address_not_allowed"):
        asked("http://rebinding.example/")
    assert dialled == [("93.184.215.14", 80)]


def test_one_inner_address_among_others_refuses_them_all(settings, monkeypatch):
    settings.FETCH_ALLOWED_NETWORKS = []
    both = [(socket.AF_INET, 1, 6, "", (address, 80)) for address in ("93.184.215.14", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_kind: both)
    with failing("address_not_allowed"):
        asked("http://mixed.example/")


def test_redirects_are_followed_and_each_is_checked_anew(settings):
    settings.FETCH_ALLOWED_NETWORKS = [ip_network("127.0.0.1/32")]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        target = {"/a": "/b", "/inside": "http://127.0.0.2/", "/file": "file:///etc/passwd", "/round": "/round"}
        if handler.path in target:
            plainly(handler, b"", 302, Location=target[handler.path])
        else:
            plainly(handler, b"there")

    with serving(answer) as url:
        assert asked(f"{url}/a").url == f"{url}/b"
        with failing("address_not_allowed"):
            asked(f"{url}/inside")
        with failing("address_invalid"):
            asked(f"{url}/file")
        with failing("too_many_redirects"):
            asked(f"{url}/round")


def test_a_giant_answer_is_left_unread(allowed):
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass

    with serving(lambda handler: plainly(handler, b"x" * 1001)) as url, failing("answer_too_large"):
        asked(url)
    with serving(endless) as url, failing("answer_too_large"):
        asked(url)
    with serving(lambda handler: plainly(handler, b"x" * 1000)) as url:
        assert len(asked(url).body) == 1000


def test_one_who_trickles_is_cut_off(allowed):
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        try:
            for _ in range(200):
                handler.wfile.write(b"H")
                time.sleep(0.05)
        except OSError:
            pass

    began = time.monotonic()
    with serving(trickle) as url, failing("too_slow") as caught:
        asked(url, seconds=0.5)
    assert caught.value.transient
    assert time.monotonic() - began < 5


def test_one_who_thinks_before_answering_is_waited_for(allowed, monkeypatch):
    monkeypatch.setattr(fetching, "CONNECT_SECONDS", 0.2)

    def slowly(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.6)
        plainly(handler, b"there")

    with serving(slowly) as url:
        assert asked(url, seconds=10).body == b"there"


@pytest.mark.parametrize(
    ("status", "transient"), [(500, True), (503, True), (429, True), (404, False), (403, False), (204, False)]
)
def test_a_status_tells_whether_later_may_help(allowed, status, transient):
    with serving(lambda handler: plainly(handler, b"", status)) as url, failing("http_status") as caught:
        asked(url)
    assert caught.value.transient is transient


def test_what_is_compressed_cut_short_or_no_http_is_refused(allowed):
    def short(handler: BaseHTTPRequestHandler) -> None:
        plainly(handler, b"half", Content_Length="8")

    def chunked(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf")

    with serving(lambda handler: plainly(handler, b"x", Content_Encoding="gzip")) as url, failing("answer_encoded"):
        asked(url)
    for broken in (short, chunked):
        with serving(broken) as url, failing("broken_off"):
            asked(url)
    with serving(lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")) as url, failing("not_http"):
        asked(url)
    with serving(lambda handler: plainly(handler, b"")) as url, failing("unreachable"):
        asked(url.replace("http:", "https:"))  # no TLS there


def test_nobody_there_is_worth_another_try(allowed):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with failing("unreachable") as caught:
        asked(f"http://127.0.0.1:{port}/")
    assert caught.value.transient
