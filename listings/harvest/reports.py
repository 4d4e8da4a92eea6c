"""What came of a bulk registration as a CSV table, whose cells no spreadsheet takes for formulas."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from kernel.spreadsheets import plain_cell
from listings.models import HarvestRecord, HarvestRun

AT_A_TIME = 500
COLUMNS = ("number", "source_id", "outcome", "product_id", "field", "code", "detail", "before", "after")


def report_lines(run: HarvestRun) -> Iterator[bytes]:
    """Yield the table in UTF-8 with the mark by which spreadsheets know it: a line for each reason or change."""
    yield b"\xef\xbb\xbf" + _lines([COLUMNS])
    last = 0
    records = run.records.order_by("number").defer("entry")
    while batch := list(records.filter(number__gt=last)[:AT_A_TIME]):
        yield _lines(row for record in batch for row in _rows(record))
        last = batch[-1].number


def _rows(record: HarvestRecord) -> Iterator[tuple[Any, ...]]:
    common = (str(record.number), record.source_id, record.outcome, record.product_id and str(record.product_id))
    for reason in record.reasons:
        yield (*common, reason["pointer"], reason["code"], reason["detail"], "", "")
    for name, change in record.changes.items():
        yield (*common, name, "", "", change["before"], change["after"])
    if not record.reasons and not record.changes:
        yield (*common, "", "", "", "", "")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)


def _lines(rows: Any) -> bytes:
    held = io.StringIO(newline="")
    csv.writer(held).writerows([[plain_cell(_text(value)) for value in row] for row in rows])
    return held.getvalue().encode()
