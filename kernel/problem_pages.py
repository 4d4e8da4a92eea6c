"""Problem documents for API requests that never reach a DRF view (unknown address, oversized body, crash)."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel.problems import Problem, problem_of, problem_page

log = logging.getLogger(__name__)

API_PREFIXES = ("/api/", "/oauth/", "/gateway/")
SERVER_ERROR = 500


class ProblemMiddleware:
    """Turn whatever escapes an API address into problem+json; the console keeps Django's own pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.resolver_match is None and request.path.startswith(API_PREFIXES):
            return problem_page(request, Problem("not_found"))
        return response

    def process_exception(self, request: HttpRequest, exc: Exception) -> HttpResponse | None:
        """Answer an exception that no DRF view handled; None leaves console pages to Django."""
        if not request.path.startswith(API_PREFIXES):
            return None
        problem, headers = problem_of(exc)
        if problem.status >= SERVER_ERROR:
            log.error("unexpected failure outside the API views", exc_info=exc)
        return problem_page(request, problem, headers)
