"""The ASGI entry: the gateway as a process of its own (docs/decisions/the-gateway-process.md).

Calls are served by a pool of threads without Django's handler. An event loop before them lets an answer break: raising
in the middle of an answer without Content-Length ends the connection here, which it does not with WSGI under granian.
Every other address is Django's, for probes, metrics and the page to try an interface.
"""

import asyncio
import json
import os
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django = get_asgi_application()

from django.conf import settings  # noqa: E402 - after the settings are read
from django.core.serializers.json import DjangoJSONEncoder  # noqa: E402
from django.http import HttpRequest  # noqa: E402
from django.utils import translation  # noqa: E402

import config.urls  # noqa: E402, F401 - with the addresses every problem is known
from config.metrics import count_request  # noqa: E402
from config.short_way import CALL, HEADERS, ROUTE, problem_in  # noqa: E402
from config.tracing import log_request, request_id_from, trace_from  # noqa: E402
from kernel.connections import give_back_connection  # noqa: E402
from kernel.tracing import set_trace_id  # noqa: E402
from marketplace.delivery.gateway import Answer, Asked, Reply, pass_on  # noqa: E402

CALLS = 64  # at once, in one process
Scope = dict[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
Result = TypeVar("Result")

_threads = ThreadPoolExecutor(CALLS, "call")


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a call of an interface, or let Django serve anything else."""
    call = CALL.fullmatch(scope["path"]) if scope["type"] == "http" else None
    if call is None:
        await django(scope, receive, send)
        return
    body = _Body(receive)
    reply = await _in_thread(_replied, scope, UUID(call[1]), call[2], body.read)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if isinstance(reply.body, bytes):
        await send({"type": "http.response.body", "body": reply.body, "more_body": False})
    else:
        await _stream(_Chunks(reply.body), receive, send)


async def _in_thread(act: Callable[..., Result], *arguments: object) -> Result:
    return await asyncio.get_running_loop().run_in_executor(_threads, _letting_go, act, arguments)


def _letting_go(act: Callable[..., Result], arguments: tuple[object, ...]) -> Result:
    """Act, and give the database connection back: there are more threads than connections."""
    try:
        return act(*arguments)
    finally:
        give_back_connection()


def _replied(scope: Scope, entitlement_id: UUID, path: str, read: Callable[[int], bytes]) -> Reply:
    """Return what the caller gets, an answer or a problem, with the ids by which it is found in the logs."""
    started = time.perf_counter()
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    request_id = request_id_from(headers.get("x-request-id", ""))
    trace_id, flags = trace_from(headers.get("traceparent", ""))
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    set_trace_id(trace_id)
    translation.activate(_language_of(headers.get("accept-language", "")))
    asked = Asked(entitlement_id, scope["method"], path, scope["query_string"].decode("latin-1"), headers, read)
    try:
        reply = pass_on(asked)
    except Exception as exc:  # noqa: BLE001 - as Django's own handler does
        reply = _refusal(exc, scope["path"])
    reply.headers.update(HEADERS)
    reply.headers["X-Request-Id"] = request_id
    reply.headers["traceparent"] = f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"
    seconds = time.perf_counter() - started
    count_request(asked.method, ROUTE, reply.status, seconds=seconds)
    log_request(asked.method, scope["path"], reply.status, seconds=seconds, actor=asked.actor)
    return reply


def _refusal(exc: Exception, path: str) -> Reply:
    problem, headers = problem_in(exc)
    body = json.dumps(problem.as_json(path), cls=DjangoJSONEncoder).encode()
    said = {"Content-Type": "application/problem+json", "Content-Length": str(len(body))}
    return Reply(problem.status, {**problem.headers, **headers, **said}, body)


def _language_of(accepted: str) -> str:
    if not accepted:
        return str(settings.LANGUAGE_CODE)
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)


class _Body:
    """The body of a call as its thread reads it."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._loop = receive, asyncio.get_running_loop()
        self._held, self._more = b"", True

    def read(self, most: int) -> bytes:
        """Return at most so many bytes, b"" at the end; raises ConnectionAbortedError if the caller has gone."""
        while not self._held and self._more:
            message = asyncio.run_coroutine_threadsafe(self._next(), self._loop).result()
            if message["type"] != "http.request":
                raise ConnectionAbortedError("the caller has gone")
            self._held, self._more = message.get("body", b""), message.get("more_body", False)
        chunk, self._held = self._held[:most], self._held[most:]
        return chunk

    async def _next(self) -> Message:
        return await self._receive()


class _Chunks:
    """An answer that several threads may touch, one after another."""

    def __init__(self, answer: Answer) -> None:
        self._answer, self._lock = answer, Lock()

    def next(self) -> bytes | None:
        """Return the next chunk, None at the end."""
        with self._lock:
            return next(self._answer, None)

    def close(self) -> None:
        with self._lock:
            self._answer.close()


async def _stream(chunks: _Chunks, receive: Receive, send: Send) -> None:
    """Send an answer as it comes, until it ends, breaks, or its reader has gone."""
    gone = asyncio.ensure_future(_until_gone(receive))
    try:
        while (chunk := await _in_thread(chunks.next)) is not None:
            if gone.done():
                return
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        gone.cancel()
        _threads.submit(_letting_go, chunks.close, ())  # without waiting: we may be cancelled ourselves


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
