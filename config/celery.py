"""Celery wiring: a message only wakes a worker; the work itself is a row (kernel/jobs.py)."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_prerun

from kernel.tracing import current_trace_id, set_trace_id

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dawan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_kwargs: Any) -> None:
    """Leave logging as Django's settings made it: with a receiver here Celery configures none of its own."""


@before_task_publish.connect
def send_ids_along(headers: dict[str, Any], **_kwargs: Any) -> None:
    """Put the ids of the request that wakes the worker into the message."""
    bound = structlog.contextvars.get_contextvars()
    headers["dawan_ids"] = {"trace_id": current_trace_id(), "request_id": bound.get("request_id", "")}


@task_prerun.connect
def take_ids_over(task_id: str, task: Any, **_kwargs: Any) -> None:
    """Bind the waking request's ids to the task's logs; a job it runs then sets its own trace id (kernel/jobs.py)."""
    ids = task.request.get("dawan_ids") or {}
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id)
    if ids.get("request_id"):
        structlog.contextvars.bind_contextvars(request_id=ids["request_id"])
    set_trace_id(ids.get("trace_id", ""))
