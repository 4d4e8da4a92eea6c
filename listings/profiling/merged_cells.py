"""Merged cells of a worksheet: headers that stretch over columns and rows, and values that stand for several rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zipfile import ZipFile

from openpyxl.utils.cell import range_boundaries

CHUNK_BYTES = 1024 * 1024
TAIL_BYTES = 4 * CHUNK_BYTES  # they stand behind the rows, at the end of the sheet
MOST_AREAS = 10_000
DEEPEST_HEADER = 5
_AREA = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Area:
    """Cells merged into one, by the numbers of their rows and columns from 1; the value is the first one's."""

    left: int
    top: int
    right: int
    bottom: int


def merged_areas(archive: ZipFile, part: str) -> list[Area]:
    """Return the merged areas of the worksheet in this part of a workbook, MOST_AREAS at most.

    A reader that takes rows one by one does not see them. Raises what a broken archive makes of it.
    """
    tail = b""
    with archive.open(part) as sheet:
        while chunk := sheet.read(CHUNK_BYTES):
            tail = tail[-TAIL_BYTES:] + chunk
    found = (range_boundaries(ref.decode()) for ref in _AREA.findall(tail)[:MOST_AREAS])
    return [Area(*bounds) for bounds in found]


def filled_cells(number: int, row: Row, areas: Sequence[Area]) -> int:
    """Count a row's cells that say something; a group's heading counts once for every column it stands over.

    A row with one value alone is a title, however wide it is.
    """
    filled = sum(bool(value is not None and value != "") for value in row)
    over = sum(area.right - area.left for area in areas if area.top == number)
    return filled + over if filled > 1 else filled


def header_depth(number: int, row: Row, areas: Sequence[Area]) -> int:
    """Return how many rows a header has that begins in this row: headings of groups have names below them."""
    here = [area for area in areas if area.top == number]
    grouped = any(area.right > area.left for area in here) and filled_cells(number, row, ()) > 1
    bottom = max((area.bottom for area in here), default=number)
    return min(max(bottom, number + grouped) - number + 1, DEEPEST_HEADER)


def spread(rows: Sequence[tuple[int, Row]], areas: Sequence[Area]) -> list[list[Any]]:
    """Return rows in which every cell of a merged area has its value."""
    width = max(len(row) for _number, row in rows)
    numbers = [number for number, _row in rows]
    full = [[*row, *(None,) * (width - len(row))] for _number, row in rows]
    for area in areas:
        if area.top not in numbers or area.left > width:
            continue
        value = full[numbers.index(area.top)][area.left - 1]
        for cells, number in zip(full, numbers, strict=True):
            if area.top <= number <= area.bottom:
                cells[area.left - 1 : area.right] = [value] * (min(area.right, width) - area.left + 1)
    return full
