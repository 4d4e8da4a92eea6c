"""Profiling an Excel workbook (.xlsx): the table of its first sheet that has one, read row by row.

openpyxl in its streaming mode holds the shared texts and one row. Calamine is several times as fast but lays a whole
sheet out in memory, as wide and as high as a forged cell says.
"""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from itertools import chain, islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile, ZipInfo

import openpyxl
from django.utils.translation import gettext_noop as _
from openpyxl.utils.exceptions import InvalidFileException

from listings.profiling.columns import shown
from listings.profiling.dialect import has_header
from listings.profiling.json_records import JsonColumn, Members, RecordTable
from listings.profiling.merged_cells import Area, filled_cells, header_depth, merged_areas, spread
from listings.profiling.observing import Observer
from listings.profiling.profile import MOST_COLUMNS, TableProfile, some
from listings.profiling.recognizing import OLD_OFFICE_MAGIC, ZIP_MAGIC
from listings.profiling.refusals import refuse, warning

HEAD_ROWS = 50
MOST_TITLES = 20
MOST_SHEET_ROWS = 1_048_576
BLOCK_CELLS = 100_000
# A header fills most of its table's width; a title or a unit of measure above it does not.
HEADER_SHARE = 0.6
MOST_PARTS = 10_000
LARGEST_SHEET = 2 * 1024**3
LARGEST_TEXTS = 256 * 1024**2
LARGEST_PART = 16 * 1024**2  # styles and the like, which are held as a whole
SUSPICIOUS_BYTES = 128 * 1024**2
MOST_GROWTH = 200
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!"})
# What a broken file makes of the decoders. Faults of the storage beneath are none of these and pass.
_BROKEN = (
    ArithmeticError,
    AttributeError,
    BadZipFile,
    EOFError,
    InvalidFileException,
    LookupError,
    MemoryError,
    OSError,
    ParseError,
    RuntimeError,
    TypeError,
    ValueError,
    zlib.error,
)
warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")  # on parts that we do not look at

Row = tuple[Any, ...]


def profile_workbook(source: BinaryIO, *, size: int, observers: Sequence[Observer] = ()) -> TableProfile:
    """Profile a workbook of `size` bytes through a seekable reader, and let the observers see its rows.

    Formulas count as the value that was saved with them, error cells as none. `details` has "sheets" (name, and whether
    hidden), "sheet" (the one whose table this is), "header_row" (from 1, null without header) and "header_rows" (how
    many; names of groups and the names below them become one), "titles" (what stands above it) and "errors" (how many
    cells show an error). Raises Refusal.
    """
    check_parts(source, size)
    try:
        book = openpyxl.load_workbook(source, read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if hasattr(sheet, "reset_dimensions")]
    except _BROKEN as error:
        raise _corrupt(error) from None
    filled = [sheet for sheet in sheets if next(_rows(sheet), None) is not None]
    if not filled:
        raise refuse("no_table")
    first, *others = sorted(filled, key=lambda sheet: sheet.sheet_state != "visible")
    listed = [{"name": str(shown(each.title)), "hidden": each.sheet_state != "visible"} for each in sheets]
    profile = _profile(_Sheet(_rows(first), _areas(book, first)), str(shown(first.title)), listed, observers)
    if others:
        profile.warnings.append(warning("other_sheets", names=some([str(shown(each.title)) for each in others])))
    return profile


def _areas(book: Any, sheet: Any) -> list[Area]:
    try:
        return merged_areas(book._archive, sheet._worksheet_path)  # its reader of rows tells neither
    except _BROKEN as error:
        raise _corrupt(error) from None


def check_parts(source: BinaryIO, size: int) -> None:
    """Refuse what is no workbook, what carries programs, and what claims to unpack to more than we take."""
    source.seek(0)
    begins = source.read(len(OLD_OFFICE_MAGIC))
    if not begins:
        raise refuse("empty_file")
    if begins == OLD_OFFICE_MAGIC:
        raise refuse("old_or_locked_workbook")
    if not begins.startswith(ZIP_MAGIC):
        raise refuse("corrupt_workbook", reason=_("it does not begin as a workbook does"))
    try:
        with ZipFile(source) as archive:
            parts = archive.infolist()
    except _BROKEN as error:
        raise _corrupt(error) from None
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.xml" not in names:
        raise refuse("corrupt_workbook", reason=_("it is a ZIP archive without a workbook in it"))
    if any(name.endswith(("vbaproject.bin", "macrosheets/")) or "/macrosheets/" in name for name in names):
        raise refuse("workbook_with_macros")
    if any(part.flag_bits & 1 for part in parts):
        raise refuse("old_or_locked_workbook")
    unpacked = sum(part.file_size for part in parts)
    too_much = unpacked > SUSPICIOUS_BYTES and unpacked > MOST_GROWTH * size
    if too_much or len(parts) > MOST_PARTS or any(part.file_size > _limit(part) for part in parts):
        raise refuse("workbook_bomb", size=size, unpacked=unpacked, parts=len(parts))
    source.seek(0)


def _limit(part: ZipInfo) -> int:
    name = part.filename.lower()
    if "sharedstrings" in name:
        return LARGEST_TEXTS
    return LARGEST_PART if name.endswith(("styles.xml", "workbook.xml", ".rels", "types].xml")) else LARGEST_SHEET


def _corrupt(error: BaseException) -> Exception:
    return refuse("corrupt_workbook", reason=str(error).partition("\n")[0][:200] or type(error).__name__)


def _rows(sheet: Any) -> Iterator[tuple[int, Row]]:
    """Yield the number, from 1, and the cells of each row that is not empty."""
    try:
        sheet.reset_dimensions()  # what the file says of them may be wrong
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            if number > MOST_SHEET_ROWS:
                raise refuse("corrupt_workbook", reason=_("a sheet has more rows than Excel has"))
            if any(value is not None and value != "" for value in row):
                yield number, row
    except _BROKEN as error:
        raise _corrupt(error) from None


class _Sheet:
    """A sheet's table: where its header is, its names, and its rows as they pass."""

    def __init__(self, rows: Iterator[tuple[int, Row]], areas: list[Area]) -> None:
        head = list(islice(rows, HEAD_ROWS))
        at = _header_at(head, areas)
        number, first = head[at]
        last = number + header_depth(number, first, areas) - 1
        header = [(line, row) for line, row in head[at:] if line <= last]
        names = _names(spread(header, areas))
        below = [row for _number, row in head[at + len(header) :]]
        self.has_header = has_header(_even([tuple(names), *below]))
        self.header_row = number if self.has_header else None
        self.header_rows = last - number + 1 if self.has_header else 0
        self.titles = [" ".join(filter(None, map(_as_text, row))) for _number, row in head[:at]]
        self.names = [name or _key(position) for position, name in enumerate(names)] if self.has_header else []
        self.merged = sum(area.top > (last if self.has_header else number - 1) for area in areas)
        self.errors = 0
        self._rows = chain(head[at + (len(header) if self.has_header else 0) :], rows)

    def records(self) -> Iterator[Members]:
        for _number, row in self._rows:
            if len(row) > MOST_COLUMNS and (filled := _filled_width(row)) > MOST_COLUMNS:
                raise refuse("too_many_columns", columns=filled, limit=MOST_COLUMNS)
            yield {_key(position): self._value(value) for position, value in enumerate(row) if value is not None}

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            if value in ERRORS:
                self.errors += 1
                return None
            return value or None
        return value if isinstance(value, bool | int | float) else _as_text(value)


def _profile(sheet: _Sheet, title: str, sheets: list[dict[str, Any]], observers: Sequence[Observer]) -> TableProfile:
    if len(sheet.names) > MOST_COLUMNS:
        raise refuse("too_many_columns", columns=len(sheet.names), limit=MOST_COLUMNS)
    table = RecordTable(observers)
    for position, name in enumerate(sheet.names):
        table.columns[_key(position)] = JsonColumn(name, position)
    profile = table.profile("EXCEL", _blocks(sheet.records()))
    found = list(profile.warnings)
    if not sheet.has_header:
        found.append(warning("no_header"))
    if not profile.rows:
        found.append(warning("no_rows"))
    if sheet.merged:
        found.append(warning("merged_cells", areas=sheet.merged))
    if sheet.errors:
        found.append(warning("error_cells", cells=sheet.errors))
    if profile.rows and (empty := [column["name"] for column in profile.columns if column["type"] == "empty"]):
        found.append(warning("empty_columns", names=some(empty)))
    return replace(
        profile,
        warnings=found,
        details={
            "sheets": sheets[:MOST_PARTS],
            "sheet": title,
            "header_row": sheet.header_row,
            "header_rows": sheet.header_rows,
            "titles": [shown(text) for text in sheet.titles],
            "errors": sheet.errors,
        },
    )


def _blocks(records: Iterator[Members]) -> Iterator[list[Members]]:
    block: list[Members] = []
    cells = 0
    for record in records:
        block.append(record)
        cells += len(record)
        if cells >= BLOCK_CELLS:
            yield block
            block, cells = [], 0
    yield block


def _header_at(head: list[tuple[int, Row]], areas: list[Area]) -> int:
    """Return which of the first rows begins the table: the first one that fills most of the table's width."""
    filled = [filled_cells(number, row, areas) for number, row in head]
    usual = sorted(filled)[len(filled) // 2]
    first = next(position for position, count in enumerate(filled) if count >= HEADER_SHARE * usual)
    return first if first <= MOST_TITLES else 0


def _names(header: list[list[Any]]) -> list[str]:
    """Return the columns' names: what stands in the header's rows one below the other, repetitions left out."""
    width = max(_filled_width(tuple(row)) for row in header)
    names = []
    for position in range(width):
        parts = dict.fromkeys(_as_text(row[position]).strip() for row in header)
        names.append(str(shown(" / ".join(filter(None, parts)))))
    return names


def _key(position: int) -> str:
    return f"column {position + 1}"


def _filled_width(row: Row) -> int:
    return max((position for position, value in enumerate(row, 1) if value is not None and value != ""), default=0)


def _even(rows: Sequence[Row]) -> list[list[str]]:
    """Give the rows one width, as text: cells that are empty to the right are left out of the file."""
    width = max(map(_filled_width, rows))
    return [[*map(_as_text, row[:width]), *("",) * (width - len(row[:width]))] for row in rows]


def _as_text(value: Any) -> str:
    """Return a cell as text; a moment at midnight is a day, which is how Excel keeps days."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)
