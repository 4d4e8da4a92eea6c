"""The short way to the gateway: of the middlewares only those that a program's call of an interface needs.

A call has no session, no form, no page and no cookie; going through what serves them costs more than the call.
"""

import logging
import re
from collections.abc import Callable
from uuid import UUID

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch
from django.utils import translation

from kernel.problem_pages import SERVER_ERROR
from kernel.problems import Problem, problem_of, problem_page
from marketplace.gateway_view import gateway

log = logging.getLogger(__name__)

# As in marketplace/gateway_urls.py; what is below /-/ are pages of the exchange, which go the whole way.
CALL = re.compile(r"/gateway/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/(?!-/)(.*)", re.DOTALL)
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
ROUTE = "gateway/<entitlement>/<path>"  # by which metrics count calls


class ShortWayMiddleware:
    """Serve calls of interfaces at once and hand everything else on; stands behind tracing and metrics."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        call = CALL.fullmatch(request.path_info)
        if settings.GATEWAY_URL and request.path_info.startswith("/gateway/") and isinstance(request, WSGIRequest):
            return _elsewhere(request, is_call=call is not None)
        if call is None:
            return self.get_response(request)
        entitlement_id, path = UUID(call[1]), call[2]
        request.resolver_match = ResolverMatch(gateway, (entitlement_id, path), {}, route=ROUTE)
        translation.activate(_language_of(request))
        try:
            response = gateway(request, entitlement_id, path)
        except Exception as exc:  # noqa: BLE001 - as Django's own handler does
            response = problem_page(request, *problem_in(exc))
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response


def _elsewhere(request: HttpRequest, *, is_call: bool) -> HttpResponseBase:
    """Send a reader of pages to the gateway's own process, and tell a program where it is.

    A program is not redirected: most would leave their token behind, and be told that they have none.
    """
    address = f"{settings.GATEWAY_URL}{request.get_full_path()}"
    if not is_call:
        return HttpResponseRedirect(address)
    translation.activate(_language_of(request))
    return problem_page(request, Problem("gateway_elsewhere", gateway=address), {})


def problem_in(exc: Exception) -> tuple[Problem, dict[str, str]]:
    """Translate what a call raised, and log what is a failure of ours."""
    problem, headers = problem_of(exc)
    if not isinstance(exc, Problem) and problem.status >= SERVER_ERROR:
        log.error("unexpected failure at the gateway", exc_info=exc)
    return problem, headers


def _language_of(request: HttpRequest) -> str:
    asked = "HTTP_ACCEPT_LANGUAGE" in request.META
    return translation.get_language_from_request(request) if asked else settings.LANGUAGE_CODE
