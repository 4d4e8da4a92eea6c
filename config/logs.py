"""Logs are one JSON object a line on standard error, each with the trace id and the request id in force."""

import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from kernel.tracing import current_trace_id

Event = MutableMapping[str, Any]


def add_trace_id(_logger: Any, _method: str, event: Event) -> Event:
    """Add the trace id that problems and audit events of the same request or job carry."""
    if trace_id := current_trace_id():
        event.setdefault("trace_id", trace_id)
    return event


# The address of a granted file is the permission to read it (marketplace/delivery/download.py).
PERMISSION = re.compile(r"(/downloads/)[^\s/?\"'>]+")


def hide_permissions(_logger: Any, _method: str, event: Event) -> Event:
    """Take what would let a reader of the logs read a buyer's files out of every text of a line."""
    for name, text in event.items():
        if isinstance(text, str) and "/downloads/" in text:
            event[name] = PERMISSION.sub(r"\1-", text)
    return event


SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    add_trace_id,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def logging_config(level: str) -> dict[str, Any]:
    """Configure structlog and return Django's LOGGING, so that our logs and every library's look the same."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    hide_permissions,
                    structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
                ],
            }
        },
        "handlers": {"standard error": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["standard error"], "level": level},
        "loggers": {
            # Django's own handlers would print each line twice, and mail administrators.
            "django": {"handlers": [], "level": level, "propagate": True},
            # A refused request is the client's affair and already one line of the request log.
            "django.request": {"level": "ERROR"},
            "django.server": {"handlers": [], "level": "ERROR", "propagate": True},
            "celery": {"level": "WARNING"},  # every sweep, every two seconds: "sent", "received", "succeeded"
        },
    }
