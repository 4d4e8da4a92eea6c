"""What a report is: a title, columns, the statement that makes its rows, and where each row leads."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from kernel.money import grouped
from kernel.problems import field_problem
from kernel.spreadsheets import plain_cell

MOST_ROWS = 1000  # on a page and in an answer; the CSV holds all
MOST_DAYS = 3660
WITH_CENTS = re.compile(r"-?[0-9]+[.][0-9]{2}")
AMOUNT = re.compile(r"-?[0-9]+([.][0-9]{2})?")  # a negative one begins as a formula does, and is none


@dataclass(frozen=True)
class Line:
    """One row: its cells, and the console's list of what stands behind it; `account_id` where that is one account.

    `page` is the list's model, as `app_model`; it is "earnings" for the page of a provider's earnings.
    """

    cells: tuple[str | int, ...]
    page: str
    filters: Mapping[str, str]
    account_id: UUID | None = None


@dataclass(frozen=True)
class Report:
    """A table about money. The picture shows the column `measure` in minor units, row by row named by `names`."""

    title: Promise
    about: Promise
    columns: tuple[tuple[str, Promise], ...]
    sql: str
    line_of: Callable[[Sequence[Any]], Line]
    measure: str
    names: tuple[str, ...]

    def places(self, *columns: str) -> list[int]:
        """Return where the named columns stand in a line."""
        order = [name for name, _label in self.columns]
        return [order.index(column) for column in columns]


def days_asked(first_day: date | None, last_day: date | None) -> tuple[date, date]:
    """Return the days of a report, both included: as asked, or the last twelve months until today.

    Raises Problem `invalid` when they run backwards or over more than ten years.
    """
    last = last_day or timezone.localdate()
    first = first_day or (last.replace(day=1) - timedelta(days=334)).replace(day=1)
    if not 0 <= (last - first).days <= MOST_DAYS:
        raise field_problem("/last_day", "out_of_range", _("A report covers from one day to ten years."))
    return first, last


def lines_of(
    report: Report, *, scope: Mapping[str, Any], first_day: date, last_day: date, limit: int | None = None
) -> list[Line]:
    """Return the rows of a report, with one query; the days are those of each venue's own clock.

    `scope` is what the statement is about besides: the `venues`, or the `organization`.
    """
    asked = {
        **scope,
        "first_day": first_day,
        "after_day": last_day + timedelta(days=1),
        "now": timezone.now(),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"{report.sql} LIMIT %(limit)s", asked)
        return [report.line_of(row) for row in cursor.fetchall()]


def csv_lines(report: Report, lines: Sequence[Line]) -> Iterator[str]:
    """Yield the report line by line, from a header on (RFC 4180); what a spreadsheet would run is neutralised."""
    yield _csv_line([name for name, _label in report.columns])
    for line in lines:
        yield _csv_line([text if AMOUNT.fullmatch(text) else plain_cell(text) for text in map(str, line.cells)])


def readable(cell: str | int) -> str:
    """Return a cell as people read it on a page: sums and numbers with their thousands apart."""
    if isinstance(cell, int):
        return f"{cell:,}"
    return grouped(minor_of(cell)) if is_number(cell) else cell


def is_number(cell: str | int) -> bool:
    """Tell whether a cell holds a sum or a number, which stand at the right."""
    return isinstance(cell, int) or WITH_CENTS.fullmatch(cell) is not None


def minor_of(cell: str | int) -> int:
    """Return the minor units of a sum in a cell."""
    return int(str(cell).replace(".", ""))


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()
