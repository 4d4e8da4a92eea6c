"""Give every request a request id and a W3C trace id, bind them to its logs, and hand them back.

In: `X-Request-Id` (1–128 of letters, digits, ``._-``) and `traceparent` (https://www.w3.org/TR/trace-context/).
Whatever is malformed is replaced, never echoed: both end in logs and audit events.
"""

import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from kernel.actors import Actor
from kernel.tracing import set_trace_id

log = structlog.get_logger("dawan.request")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
# Later versions may carry more fields behind; version ff is forbidden (§3.2.2.1).
TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(-.*)?"
)
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})  # probes come every few seconds


def request_id_from(header: str) -> str:
    """Return the caller's request id if it is well formed, otherwise a new one."""
    return header if REQUEST_ID.fullmatch(header) else secrets.token_hex(16)


def trace_from(traceparent: str) -> tuple[str, str]:
    """Return trace id (32 hexadecimal digits) and flags of a `traceparent` header, new ones if it is not valid."""
    match = TRACEPARENT.fullmatch(traceparent)
    if match is None or set(match["trace"]) == {"0"} or set(match["span"]) == {"0"}:
        return secrets.token_hex(16), "00"
    return match["trace"], match["flags"]


class TracingMiddleware:
    """The outermost middleware: ids in, ids out, and one log line per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id = request_id_from(request.headers.get("X-Request-Id", ""))
        trace_id, flags = trace_from(request.headers.get("traceparent", ""))
        # Cleared here and not at the end: a streamed body is produced after this returns, and its logs keep the ids.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        set_trace_id(trace_id)

        response = self.get_response(request)

        response.headers["X-Request-Id"] = request_id
        response.headers["traceparent"] = f"00-{trace_id}-{secrets.token_hex(8)}-{flags}"
        if request.path not in QUIET:
            log_request(
                request.method or "",
                request.path,
                response.status_code,
                seconds=time.perf_counter() - started,
                actor=getattr(request, "actor", None),
            )
        return response


def log_request(method: str, path: str, status: int, *, seconds: float, actor: Actor | None) -> None:
    """Write one line for a request that was answered."""
    log.info(
        "request",
        method=method,
        path=path,  # without the query, which may carry what people search for
        status=status,
        milliseconds=round(seconds * 1000, 1),
        actor=str(actor.id) if actor is not None and actor.id else None,
    )
