"""Keyset pages: as fast on the thousandth page as on the first, and stable while rows are added.

A view says `ordering = ("-listed_at", "-id")`; the last column must be unique. Cursors are signed, so a client cannot
make the database compare what was never sorted. The number of queries is one, whatever the page.
"""

import json
from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.problems import Problem, field_problem

SALT = "kernel.paging"
LARGEST_PAGE = 200
USUAL_PAGE = 50


class KeysetPagination(BasePagination):
    """`?limit=50&cursor=…` → `{"items": […], "next": "cursor" | null}`."""

    ordering: Sequence[str] = ("-id",)

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return one page; raises Problem `invalid_cursor` for a cursor that was not handed out for this list."""
        self.ordering = tuple(getattr(view, "ordering", None) or self.ordering)
        self.salt = f"{SALT}:{request.path}"  # a cursor belongs to one list
        limit = _limit(request)
        queryset = queryset.order_by(*self.ordering)
        if cursor := request.query_params.get("cursor"):
            queryset = queryset.filter(_after(self.ordering, self._position(cursor)))
        rows = list(queryset[: limit + 1])
        self.next = self._cursor(rows[limit - 1]) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"items": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {"items": schema, "next": {"type": ["string", "null"]}},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": USUAL_PAGE},
            },
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
        ]

    def _cursor(self, row: Any) -> str:
        values = [_value(row, name.lstrip("-")) for name in self.ordering]
        # str() keeps a moment's microseconds; Django's own JSON drops them, and rows of one millisecond would be lost.
        plain = json.loads(json.dumps(values, default=str))
        return signing.dumps([list(self.ordering), plain], salt=self.salt, compress=True)

    def _position(self, cursor: str) -> list[Any]:
        try:
            ordering, values = signing.loads(cursor, salt=self.salt)
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise Problem("invalid_cursor") from error
        if tuple(ordering) != tuple(self.ordering):
            raise Problem("invalid_cursor")
        return list(values)


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(USUAL_PAGE))
    if not (
        text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_PAGE)) and 1 <= int(text) <= LARGEST_PAGE
    ):
        raise field_problem("/limit", "out_of_range", _("Give a whole number from 1 to %d.") % LARGEST_PAGE)
    return int(text)


def _value(row: Any, path: str) -> Any:
    for step in path.split("__"):
        row = row[step] if isinstance(row, dict) else getattr(row, step)
    return row


def _after(ordering: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows that come after `values`: (a, b) > (x, y) written out, since each column may go its own way."""
    result = Q()
    equal = Q()
    for name, value in zip(ordering, values, strict=True):
        column = name.lstrip("-")
        result |= equal & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{column: value})
    # Implied by the rest, but only a plain bound lets the index start there; an OR would be read from the first row.
    first = ordering[0]
    return Q(**{f"{first.lstrip('-')}__{'lte' if first.startswith('-') else 'gte'}": values[0]}) & result
