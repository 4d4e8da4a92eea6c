"""Every log line is JSON with the ids in force, in web processes and in workers."""

import json
import os
import subprocess
import sys

import structlog
from celery import Task

from config.celery import app, send_ids_along, take_ids_over
from kernel.tracing import current_trace_id, set_trace_id

PROGRAM = """
import logging, django
django.setup()
from kernel.tracing import set_trace_id
set_trace_id("ab" * 16)
log = logging.getLogger("listings.profiling")
log.warning("价格 is odd", extra={"dataset": 7})
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
"""


def test_a_librarys_log_call_becomes_one_json_line_with_trace_extra_and_traceback() -> None:
    environment = os.environ | {"LOG_LEVEL": "INFO"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)

    odd, failed = (json.loads(line) for line in done.stderr.splitlines())
    assert odd["event"] == "价格 is odd"
    assert odd["dataset"] == 7
    assert odd["trace_id"] == failed["trace_id"] == "ab" * 16
    assert odd["level"] == "warning"
    assert odd["logger"] == "listings.profiling"
    assert odd["timestamp"].endswith("Z")
    assert "ZeroDivisionError" in failed["exception"]


def nudge_task() -> Task:
    app.loader.import_default_modules()  # as a worker does when it starts
    return app.tasks["kernel.run_due_jobs"]


def test_a_task_logs_under_the_ids_of_the_request_that_woke_it() -> None:
    headers: dict[str, object] = {}
    set_trace_id("cd" * 16)
    structlog.contextvars.bind_contextvars(request_id="r-9")
    send_ids_along(headers=headers)
    set_trace_id("")
    structlog.contextvars.clear_contextvars()

    task = nudge_task()
    task.push_request(dawan_ids=headers["dawan_ids"])
    try:
        take_ids_over(task_id="t-1", task=task)
        bound = structlog.contextvars.get_contextvars()
    finally:
        task.pop_request()

    assert current_trace_id() == "cd" * 16
    assert bound == {"request_id": "r-9", "task": "kernel.run_due_jobs", "task_id": "t-1"}


def test_a_task_sent_by_beat_has_no_trace_of_an_earlier_one() -> None:
    set_trace_id("cd" * 16)
    task = nudge_task()
    task.push_request()
    try:
        take_ids_over(task_id="t-2", task=task)
    finally:
        task.pop_request()

    assert current_trace_id() == ""
