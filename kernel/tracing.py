"""The trace id of the request or job in hand; config/tracing.py sets it, problems, audit events and logs carry it."""

from contextvars import ContextVar

_trace_id: ContextVar[str] = ContextVar("trace_id", default="")


def current_trace_id() -> str:
    """Return the W3C trace id (32 hexadecimal characters) in force, or an empty string outside any."""
    return _trace_id.get()


def set_trace_id(trace_id: str) -> None:
    """Set the trace id for everything that follows in this context."""
    _trace_id.set(trace_id)
