"""What bench/gateway.py compares with: a bare upstream, and bare proxies without any check, as WSGI and as ASGI."""

import os
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import cache
from typing import Any

import httpcore

BODY = b'{"code": "440103001", "name": "' + "沙面街道".encode() * 80 + b'"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]
UPSTREAM = os.environ.get("BENCH_UPSTREAM", "")
HOST = [("Host", "127.0.0.1")]

Environment = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]


def upstream(environment: Environment, start: Start) -> Iterable[bytes]:
    """Answer a kilobyte at once, or 50 ms later below /slow."""
    if environment["PATH_INFO"].startswith("/slow"):
        time.sleep(0.05)
    start("200 OK", HEADERS)
    return [BODY]


@cache
def _threads() -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(max_connections=100)


def wsgi_proxy(environment: Environment, start: Start) -> Iterable[bytes]:
    """Pass a GET on, and its answer back by the chunk."""
    answer = _threads().handle_request(httpcore.Request("GET", UPSTREAM + environment["PATH_INFO"], headers=HOST))
    start("200 OK", HEADERS)
    yield from answer.iter_stream()
    answer.close()


@cache
def _loop() -> httpcore.AsyncConnectionPool:
    return httpcore.AsyncConnectionPool(max_connections=100)


async def asgi_proxy(
    scope: dict[str, Any], _receive: Callable[[], Awaitable[Any]], send: Callable[[dict[str, Any]], Awaitable[None]]
) -> None:
    """Do the same on an event loop."""
    if scope["type"] != "http":
        return
    answer = await _loop().handle_async_request(httpcore.Request("GET", UPSTREAM + scope["path"], headers=HOST))
    headers = [(name.lower().encode(), value.encode()) for name, value in HEADERS]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for chunk in answer.aiter_stream():
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    await answer.aclose()
