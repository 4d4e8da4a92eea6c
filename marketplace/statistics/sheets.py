"""An edition's table as CSV and as a workbook: the codes, then the figures; `c` stands where one is withheld."""

import csv
import io
from collections.abc import Iterator, Sequence

from openpyxl import Workbook

from kernel.money import format_amount
from marketplace.models import StatisticCell, StatisticEdition
from marketplace.statistics.cube import DIMENSIONS

CONFIDENTIAL = "c"  # as official statistics mark it (SDMX code list CL_CONF_STATUS)
COLUMNS = (
    "table",
    "currency",
    *DIMENSIONS,
    "trades",
    "value",
    "volume_bytes",
    "buyers",
    "sellers",
    "cost",
    "capital_formation",
)
Value = str | int | None


def csv_lines(edition: StatisticEdition) -> Iterator[str]:
    """Yield the table line by line, from a header on; RFC 4180."""
    yield _line(COLUMNS)
    for cell in edition.cells.order_by("id").iterator(chunk_size=2000):
        yield _line(_row(cell))


def workbook(edition: StatisticEdition) -> bytes:
    """Return the table as an Excel workbook of one sheet."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(edition.quarter)
    sheet.append(COLUMNS)
    for cell in edition.cells.order_by("id").iterator(chunk_size=2000):
        sheet.append(_row(cell))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _row(cell: StatisticCell) -> list[Value]:
    codes: list[Value] = [cell.table, cell.currency, *(getattr(cell, name) or "*" for name in DIMENSIONS)]
    if cell.withheld:
        return [*codes, *[CONFIDENTIAL] * (len(COLUMNS) - len(codes))]
    figures = [cell.trades, _amount(cell.value_minor), cell.volume_bytes, cell.buyers, cell.sellers]
    return [*codes, *figures, _amount(cell.cost_minor), _amount(cell.capitalised_minor)]


def _amount(minor: int | None) -> str | None:
    return None if minor is None else format_amount(minor)


def _line(row: Sequence[Value]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(row)
    return text.getvalue()
