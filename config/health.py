"""Probes for whoever runs the processes: `/healthz` says the process answers, `/readyz` that it can serve."""

from collections.abc import Callable

import psycopg
import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kernel.problems import Problem, problem_page

TIMEOUT = 2  # seconds, per check: a probe must answer even when a server hangs


@require_safe
@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Answer that the process lives; touches neither database nor Redis, whose failure a restart does not mend."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if the database and Redis answer and every migration is applied, otherwise a 503 problem."""
    checks = {name: check() for name, check in CHECKS.items()}
    if any(reason != "ok" for reason in checks.values()):
        return problem_page(request, Problem("unavailable", checks=checks))
    return JsonResponse({"status": "ok", "checks": checks})


def database_answers() -> str:
    """Return "ok" or why not, over a connection of its own: a busy pool is not a dead database."""
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=TIMEOUT) as probe:
            probe.execute("SELECT 1")
    except psycopg.Error as error:
        return type(error).__name__
    return "ok"


def redis_answers() -> str:
    """Return "ok" or why not."""
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, retry=None
        ) as probe:
            probe.ping()
    except redis.RedisError as error:
        return type(error).__name__
    return "ok"


def migrations_are_applied() -> str:
    """Return "ok" or how many migrations wait. Asked until the answer is yes: a process never sees it become no."""
    if _seen_migrated:
        return "ok"
    if database_answers() != "ok":
        return "unknown"
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return type(error).__name__
    if waiting:
        return f"{len(waiting)} waiting"
    _seen_migrated.append(True)
    return "ok"


_seen_migrated: list[bool] = []
CHECKS: dict[str, Callable[[], str]] = {
    "database": database_answers,
    "redis": redis_answers,
    "migrations": migrations_are_applied,
}
