"""Errors that clients may see: RFC 9457 problem documents, each named once by a stable code.

A rule raises `Problem("code", …)` where it lives; views do not catch. `problem_response` is DRF's exception handler.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from kernel.tracing import current_trace_id

log = logging.getLogger(__name__)

Text = str | Promise

PROBLEM_TYPE = "/problems/{code}"  # a stable relative reference (RFC 9457 §3.1.1)
PROBLEMS: dict[str, tuple[int, Text]] = {
    "invalid": (400, _("The request has invalid values.")),
    "malformed_body": (400, _("The body could not be read as JSON.")),
    "invalid_cursor": (400, _("The page cursor is not one that was handed out for this list.")),
    "idempotency_key_missing": (400, _("This request needs an Idempotency-Key header.")),
    "idempotency_key_reused": (422, _("This Idempotency-Key was used for a different request.")),
    "idempotency_key_in_use": (409, _("A request with this Idempotency-Key is still running.")),
    "unauthenticated": (401, _("Authentication is required.")),
    "forbidden": (403, _("You may not do this.")),
    "not_found": (404, _("There is nothing here that you can see.")),
    "method_not_allowed": (405, _("This address does not take that method.")),
    "not_acceptable": (406, _("The answer cannot be given in the wanted form.")),
    "conflict": (409, _("The request conflicts with what is stored.")),
    "illegal_state": (409, _("This is not possible in the present state.")),
    "same_person": (409, _("The person who made this may not approve it.")),
    "too_large": (413, _("The body is too large.")),
    "unsupported_media_type": (415, _("The body's media type is not taken here.")),
    "throttled": (429, _("Too many requests.")),
    "internal_error": (500, _("Something went wrong on our side.")),
    "unavailable": (503, _("The exchange is not available for a moment; try again.")),
}

# Names of database constraints and the problem that a client sees when one of them refuses.
CONSTRAINT_PROBLEMS: dict[str, str] = {}


@dataclass(frozen=True)
class FieldError:
    """One reason, at one place of the request body (`pointer`: RFC 6901 JSON pointer)."""

    pointer: str
    code: str
    detail: Text

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": str(self.detail)}


class Problem(Exception):
    """A refusal with a stable code from `PROBLEMS`, an optional localised detail and field errors."""

    def __init__(
        self,
        code: str,
        detail: Text | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: object,
    ) -> None:
        self.status, self.title = PROBLEMS[code]
        self.code = code
        self.detail: Text = detail if detail is not None else self.title
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extensions = extensions
        super().__init__(code)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"

    def as_json(self, instance: str = "") -> dict[str, Any]:
        """Return the RFC 9457 members; `instance` is the path that was asked for."""
        body: dict[str, Any] = {
            "type": PROBLEM_TYPE.format(code=self.code),
            "title": str(self.title),
            "status": self.status,
            "code": self.code,
            "detail": str(self.detail),
            "instance": instance,
            "trace_id": current_trace_id(),
        }
        if self.errors:
            body["errors"] = [error.as_json() for error in self.errors]
        return body | self.extensions


def register(problems: Mapping[str, tuple[int, Text]], constraints: Mapping[str, str] | None = None) -> None:
    """Add an app's own problem codes, and the constraints of its tables that turn into one of them."""
    PROBLEMS.update(problems)
    CONSTRAINT_PROBLEMS.update(constraints or {})


def field_problem(pointer: str, code: str, detail: Text) -> Problem:
    """Return an `invalid` problem with a single field error."""
    return Problem("invalid", errors=[FieldError(pointer, code, detail)])


def problem_response(exc: Exception, context: Mapping[str, Any]) -> Response:
    """Answer any exception of an API view with problem+json; DRF calls it (EXCEPTION_HANDLER)."""
    problem, headers = problem_of(exc)
    if problem.status >= status.HTTP_500_INTERNAL_SERVER_ERROR:
        log.error("unexpected failure in an API view", exc_info=exc)
    request = context.get("request")
    return Response(
        problem.as_json(request.path if request else ""),
        status=problem.status,
        headers=headers,
        content_type="application/problem+json",
    )


def problem_page(request: HttpRequest, problem: Problem, headers: Mapping[str, str] | None = None) -> JsonResponse:
    """Answer outside DRF, where the error arose before any view ran."""
    return JsonResponse(
        problem.as_json(request.path),
        status=problem.status,
        headers={**problem.headers, **(headers or {})},
        content_type="application/problem+json",
    )


def problem_of(exc: Exception) -> tuple[Problem, dict[str, str]]:
    """Translate an exception into the problem that the client sees, and the headers that go with it."""
    match exc:
        case Problem():
            return exc, exc.headers
        case exceptions.APIException():
            return _problem_of_drf(exc), _headers_of_drf(exc)
        case Http404():
            return Problem("not_found"), {}
        case PermissionDenied():
            return Problem("forbidden"), {}
        case RequestDataTooBig():
            return Problem("too_large"), {}
        case SuspiciousOperation() | BadRequest():
            return Problem("invalid"), {}
        case DjangoValidationError():
            return Problem("invalid", errors=_errors_of_django(exc)), {}
        case IntegrityError() if (code := _constraint_problem(exc)) is not None:
            return Problem(code), {}
        case DataError():
            return Problem("invalid", _("A value does not fit its field.")), {}
        case OperationalError():
            return Problem("unavailable"), {"Retry-After": "2"}
    return Problem("internal_error"), {}


_DRF_CODES: tuple[tuple[type[exceptions.APIException], str], ...] = (
    (exceptions.ParseError, "malformed_body"),
    (exceptions.NotAuthenticated, "unauthenticated"),
    (exceptions.AuthenticationFailed, "unauthenticated"),
    (exceptions.PermissionDenied, "forbidden"),
    (exceptions.NotFound, "not_found"),
    (exceptions.MethodNotAllowed, "method_not_allowed"),
    (exceptions.NotAcceptable, "not_acceptable"),
    (exceptions.UnsupportedMediaType, "unsupported_media_type"),
    (exceptions.Throttled, "throttled"),
)


def _problem_of_drf(exc: exceptions.APIException) -> Problem:
    if isinstance(exc, exceptions.ValidationError):
        return Problem("invalid", errors=list(field_errors(exc.get_full_details())))
    for kind, code in _DRF_CODES:
        if isinstance(exc, kind):
            return Problem(code, str(exc.detail))
    return Problem("internal_error")


def _headers_of_drf(exc: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if (challenge := getattr(exc, "auth_header", None)) is not None:
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exc, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    return headers


def field_errors(details: Any, pointer: str = "") -> list[FieldError]:
    """Flatten DRF's nested error details (`get_full_details`) into field errors with JSON pointers."""
    if isinstance(details, dict) and {"message", "code"} <= details.keys() and isinstance(details["message"], str):
        return [FieldError(pointer, str(details["code"]), details["message"])]
    if isinstance(details, dict):
        steps = (
            (("" if key == "non_field_errors" else f"/{pointer_step(key)}"), value) for key, value in details.items()
        )
        return [error for step, value in steps for error in field_errors(value, pointer + step)]
    if isinstance(details, list) and all(isinstance(item, dict) and "message" in item for item in details):
        return [error for item in details for error in field_errors(item, pointer)]
    return [error for index, item in enumerate(details) for error in field_errors(item, f"{pointer}/{index}")]


def pointer_step(key: object) -> str:
    """Return one step of a JSON pointer, escaped (RFC 6901 §3)."""
    return str(key).replace("~", "~0").replace("/", "~1")


def _errors_of_django(exc: DjangoValidationError) -> list[FieldError]:
    if hasattr(exc, "error_dict"):
        return [
            FieldError(f"/{field}", error.code or "invalid", message)
            for field, errors in exc.error_dict.items()
            for error in errors
            for message in error.messages
        ]
    return [FieldError("", getattr(exc, "code", None) or "invalid", message) for message in exc.messages]


def _constraint_problem(exc: IntegrityError) -> str | None:
    diag = getattr(exc.__cause__, "diag", None)
    return CONSTRAINT_PROBLEMS.get(getattr(diag, "constraint_name", None) or "")
