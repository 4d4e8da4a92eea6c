"""What a request asks for, read leniently where the protocol says that hints are best effort, strictly elsewhere."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from kernel.problems import Problem

MOST_RESULTS = 500
LARGEST_BODY = 1024 * 1024
LARGEST_NUMBER = 2**53
Row = TypeVar("Row")


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent, {} for an empty body; raises Problem `invalid`."""
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        raise Problem("invalid", _("The body is too large."))
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise Problem("invalid", _("The body must be a JSON object.")) from error
    if not isinstance(body, dict):
        raise Problem("invalid", _("The body must be a JSON object."))
    return body


def version_asked(value: object, name: str) -> int | None:
    """Return a version number, given as JSON or in the address; raises Problem `invalid` for what is none."""
    if value is None:
        return None
    text = str(value)
    if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or len(text) > len(str(LARGEST_NUMBER)):
        raise Problem("invalid", _("%s must be a whole number.") % name)
    return int(text)


def moment_asked(value: object, name: str) -> datetime | None:
    """Return a moment (ISO 8601; UTC where it has no zone); raises Problem `invalid` for what is none."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(str(value))
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Problem("invalid", _("%s must be a moment such as 2026-11-28T08:00:00Z.") % name) from error


def page_of(request: HttpRequest, rows: Sequence[tuple[str, Row]]) -> tuple[list[Row], str]:
    """Return the page of rows that is asked for and the token of the next one, "" at the end.

    `rows` are in the order of their keys, after which a token names where to go on; raises Problem `invalid`.
    """
    most = version_asked(request.GET.get("maxResults"), "maxResults")
    limit = MOST_RESULTS if most is None else min(most, MOST_RESULTS)
    token = request.GET.get("pageToken")
    after = _key_of(token) if token else None
    rest = [(key, row) for key, row in rows if after is None or key > after]
    shown = rest[:limit]
    if len(rest) == len(shown):
        return [row for _key, row in shown], ""
    last = shown[-1][0] if shown else (after or "")
    return [row for _key, row in shown], base64.urlsafe_b64encode(last.encode()).decode()


def _key_of(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise Problem("invalid", _("This pageToken was not given by this server.")) from error


def wants_end_of_stream(request: HttpRequest) -> bool:
    """Tell whether the client asked for a line that ends the stream."""
    return "includeendstreamaction=true" in request.headers.get("delta-sharing-capabilities", "").lower()
