"""The sheet that people fill in while they read a sample: written as CSV or XLSX, read back in either."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openpyxl
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from kernel.problems import field_problem
from kernel.spreadsheets import plain_cell
from listings.profiling.archive_members import BROKEN
from listings.profiling.encoding import CODECS, detect
from listings.profiling.refusals import Refusal
from listings.profiling.workbook import check_parts

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("item", "text", "verdict", "reason", "note")
LONGEST_TEXT = 5_000
LARGEST_SHEET = 32 * 1024**2
MOST_LINES = 50_000
VERDICTS = {
    "PASS": True,
    "P": True,
    "1": True,
    "通过": True,
    "通過": True,
    "合格": True,
    "FAIL": False,
    "F": False,
    "0": False,
    "不通过": False,
    "不通過": False,
    "不合格": False,
}


@dataclass(frozen=True)
class Judgement:
    """A line of the sheet: its number, the row of the version, whether it passed (None if not said), and why not."""

    line: int
    row: int
    passed: bool | None
    reason: str


class RowPicker:
    """Keeps the text of chosen rows as a file is read; an Observer. `rows` count from 1, in order."""

    def __init__(self, rows: Sequence[int]) -> None:
        self.picked: list[tuple[int, str]] = []
        self._rows = rows
        self._next = 0
        self._passed = 0

    def see(self, rows: pa.Table) -> None:
        """Take the next rows: every column is text, null where there is no value."""
        last = self._passed + rows.num_rows
        while self._next < len(self._rows) and (row := self._rows[self._next]) <= last:
            values = (column[row - self._passed - 1].as_py() for column in rows.columns)
            self.picked.append((row, "\n".join(filter(None, values))[:LONGEST_TEXT]))
            self._next += 1
        self._passed = last


def csv_sheet(items: Sequence[tuple[int, str]]) -> bytes:
    """Return the empty sheet of a sample as CSV; with a byte order mark, which Excel needs to read UTF-8."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows((row, plain_cell(text), "", "", "") for row, text in items)
    return file.getvalue().encode("utf-8-sig")


def xlsx_sheet(items: Sequence[tuple[int, str]]) -> bytes:
    """Return the empty sheet of a sample as a workbook; every text is a text cell, whatever it begins with."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("sample")
    sheet.append(COLUMNS)
    for row, text in items:
        cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("\ufffd", plain_cell(text)))
        cell.data_type = "s"
        sheet.append([row, cell])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read_sheet(content: bytes) -> list[Judgement]:
    """Return the judgements of a filled sheet, CSV (UTF-8, GB18030 or Big5) or XLSX; raises Problem `invalid`."""
    if len(content) > LARGEST_SHEET:
        raise field_problem("", "too_large", _("A sheet has at most %d bytes.") % LARGEST_SHEET)
    try:
        rows = _xlsx_rows(content) if content.startswith(b"PK") else _csv_rows(content)
        header = [str(cell or "").strip().lower() for cell in next(rows, ())]
        if not {"item", "verdict", "reason"} <= set(header):
            raise field_problem("/lines/1", "invalid", _("The sheet needs the columns item, verdict and reason."))
        return [_judgement(line, dict(zip(header, row, strict=False))) for line, row in enumerate(rows, 2) if any(row)]
    except Refusal as refusal:
        raise field_problem("", "invalid", str(refusal)) from None
    except (csv.Error, zipfile.BadZipFile, *BROKEN) as error:
        raise field_problem("", "invalid", _("The sheet could not be read: %s.") % str(error)[:200]) from None


def _csv_rows(content: bytes) -> Iterator[Sequence[Any]]:
    plain = content.removeprefix(b"\xef\xbb\xbf")
    encoding = "utf-8" if plain.isascii() else CODECS[detect(plain).encoding]
    return _limited(csv.reader(io.StringIO(plain.decode(encoding), newline="")))


def _xlsx_rows(content: bytes) -> Iterator[Sequence[Any]]:
    source = io.BytesIO(content)
    check_parts(source, len(content))
    book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
    sheet = book.worksheets[0]
    sheet.reset_dimensions()
    return _limited(sheet.iter_rows(values_only=True, max_col=50))


def _limited(rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows):
        if number > MOST_LINES:
            raise field_problem("", "too_large", _("A sheet has at most %d lines.") % MOST_LINES)
        yield row


def _judgement(line: int, cells: dict[str, Any]) -> Judgement:
    item, verdict, reason = (_said(cells.get(name)) for name in ("item", "verdict", "reason"))
    row = int(item) if item.isascii() and item.isdigit() and len(item) < 19 else 0
    return Judgement(line, row, VERDICTS.get(verdict), reason)


def _said(cell: Any) -> str:
    return "" if cell is None else str(cell).strip().upper().removesuffix(".0")
