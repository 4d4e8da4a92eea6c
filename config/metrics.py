"""Prometheus metrics: HTTP by route, jobs by kind and state, ledger totals.

Counters live in the process; when PROMETHEUS_MULTIPROC_DIR names a folder (the runner and the Dockerfile set it)
several web processes share them there. Jobs and ledger are read from the database at each scrape.
"""

import hmac
import os
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from kernel.problems import Problem, problem_page
from settlements.books import ledger_totals

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

REQUESTS = Counter("dawan_http_requests_total", "HTTP requests answered.", ["method", "route", "status"])
SECONDS = Histogram(
    "dawan_http_request_duration_seconds",
    "Time from request to response head, by route.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

JOBS = """
SELECT kind, state, count(*), COALESCE(max(extract(epoch FROM now() - due_at)) FILTER (
           WHERE state IN ('WAITING', 'RUNNING') AND due_at <= now()), 0)
  FROM kernel_job
 WHERE state IN ('WAITING', 'RUNNING', 'FAILED')
 GROUP BY kind, state
"""


class MetricsMiddleware:
    """Count and time every request under its route (never its path: ids would make endless series)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "unmatched"
        count_request(request.method or "", route, response.status_code, seconds=time.perf_counter() - started)
        return response


def count_request(method: str, route: str, status: int, *, seconds: float) -> None:
    """Count and time one request that was answered."""
    method = method if method in METHODS else "OTHER"
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(seconds)


class JobsCollector(Collector):
    """Jobs that wait, run or have failed, and how long the oldest due one has waited."""

    def collect(self) -> Iterable[Metric]:
        jobs = GaugeMetricFamily("dawan_jobs", "Jobs by kind and state.", labels=["kind", "state"])
        oldest = GaugeMetricFamily(
            "dawan_jobs_oldest_due_seconds", "Age of the oldest due job that is not done.", labels=["kind", "state"]
        )
        with connection.cursor() as cursor:
            cursor.execute(JOBS)
            for kind, state, count, age in cursor.fetchall():
                jobs.add_metric([kind, state], count)
                if state != "FAILED":
                    oldest.add_metric([kind, state], float(age))
        return [jobs, oldest]


class LedgerCollector(Collector):
    """What each kind of account holds per venue and currency, in minor units; the sum per currency must be zero."""

    def collect(self) -> Iterable[Metric]:
        totals = GaugeMetricFamily(
            "dawan_ledger_minor_units", "Sum of balances, in minor units.", labels=["venue", "currency", "account"]
        )
        for venue, currency, kind, minor in ledger_totals():
            totals.add_metric([venue, currency, kind], minor)
        return [totals]


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape from this machine, or from elsewhere with `Authorization: Bearer METRICS_TOKEN`."""
    if not _may_scrape(request):
        return problem_page(request, Problem("not_found"))
    stored = CollectorRegistry(auto_describe=False)
    stored.register(JobsCollector())
    stored.register(LedgerCollector())
    return HttpResponse(
        generate_latest(_process_registry()) + generate_latest(stored), content_type=CONTENT_TYPE_LATEST
    )


def _process_registry() -> CollectorRegistry:
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def _may_scrape(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    # What a proxy on this machine passes on is not from this machine.
    if request.headers.get("X-Forwarded-For") or request.headers.get("Forwarded"):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
