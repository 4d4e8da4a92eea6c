"""How a CSV file is written: delimiter, quotation mark, escape, and whether its first row names the columns.

A small rule over the first 64 KiB, chosen over general sniffers because a ragged table must stay ragged: nothing is
tried but the delimiters of the trade, and the first row's width is not bent to fit the others.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

DELIMITERS = (",", "\t", ";", "|")
HEAD_BYTES = 64 * 1024
MOST_ROWS = 200


@dataclass(frozen=True)
class Dialect:
    """`escape` is "" where quotation marks inside values are doubled, as RFC 4180 has it."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    header: bool = True

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def sniff(head: bytes, *, complete: bool) -> tuple[Dialect, list[list[str]]]:
    """Return the dialect and the first rows as it reads them.

    `head` is UTF-8 that begins the file; `complete` says that it is all of it, otherwise its last row is left out.
    """
    text = head.decode("utf-8", "ignore")
    candidates = [
        Dialect(delimiter, quote, escape)
        for delimiter in DELIMITERS
        for quote in _quotes(text, delimiter)
        for escape in _escapes(text, quote)
    ]
    tables = {candidate: _rows(text, candidate, complete=complete) for candidate in candidates}
    best = max(candidates, key=lambda candidate: _fitness(tables[candidate]))
    rows = tables[best]
    found = Dialect(best.delimiter, best.quote, best.escape, header=has_header(rows))
    return found, rows


def _quotes(text: str, delimiter: str) -> tuple[str, ...]:
    """Single quotation marks are considered only where values are wrapped in them and no double ones wrap any."""
    between = re.escape(delimiter)
    wrapped = rf"(?:^|{between}){{mark}}[^{{mark}}\n]*{{mark}}(?:{between}|\r?$)"
    single = re.search(wrapped.format(mark="'"), text, re.MULTILINE)
    double = re.search(rf'(?:^|{between})"', text, re.MULTILINE)
    return ("'",) if single and not double else ('"',)


def _escapes(text: str, quote: str) -> tuple[str, ...]:
    return ("", "\\") if f"\\{quote}" in text else ("",)


def _rows(text: str, dialect: Dialect, *, complete: bool) -> list[list[str]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
    )
    rows: list[list[str]] = []
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) > MOST_ROWS:
                return rows[:MOST_ROWS]
    except csv.Error:  # a value beyond the module's own limit; what came before it is enough
        return rows
    return rows if complete or len(rows) < 2 else rows[:-1]


def _fitness(rows: Sequence[Sequence[str]]) -> tuple[float, int]:
    """Prefer tables whose rows agree on a width of two or more; then the wider one."""
    if not rows:
        return (0.0, 0)
    width, count = Counter(len(row) for row in rows).most_common(1)[0]
    first = len(rows[0])
    if width < 2 and first < 2:
        return (0.0, 0)
    return (count / len(rows) if width >= 2 else 0.1, max(width, first))


_NUMBER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][+-]?\d+)?%?")
_MOMENT = re.compile(r"\d{4}[-/.年]\d{1,2}([-/.月]\d{1,2}日?)?([ T]\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")
_NEVER_A_NAME = re.compile(r"https?://|/[\w./-]+$|[\w.+-]+@[\w-]+\.|\(?\d{2,4}[)-]\d{3,}|.*[。！？；]")


def _kind(value: str) -> str:
    value = value.strip()
    if not value:
        return "blank"
    if _NUMBER.fullmatch(value):
        return "number"
    if _MOMENT.fullmatch(value):
        return "moment"
    if value.lower() in ("true", "false"):
        return "truth"
    return "address" if _NEVER_A_NAME.match(value) else "text"


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row of a table names its columns, by comparing it with what stands below it."""
    if not rows:
        return False
    first, body = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    if _counts_up(first):
        return True
    votes = sum(_vote(name, [row[position] for row in body]) for position, name in enumerate(first))
    if votes:
        return votes > 0
    named = [name.strip() for name in first if name.strip()]
    return len(set(named)) == len(named) > 0 and all(len(name) <= 64 for name in named)


def _vote(name: str, values: Sequence[str]) -> int:
    """Return 1 when a column's first cell looks like its name, -1 when it looks like its values, else 0."""
    kinds = Counter(_kind(value) for value in values if value.strip())
    kind = _kind(name)
    if kind in ("number", "moment", "truth", "address"):
        return -1
    if kind == "blank" or not kinds:
        return 0
    usual, count = kinds.most_common(1)[0]
    if usual != "text" and count >= 0.8 * kinds.total():
        return 1
    filled = [value for value in values if value.strip()]
    if name in filled:
        return -1
    lengths = {len(value) for value in filled}
    return 1 if len(filled) >= 3 and len(lengths) == 1 and len(name) not in lengths else 0


def _counts_up(first: Sequence[str]) -> bool:
    """Years as headings: "region,2019,2020,2021" names columns although it is made of numbers."""
    numbers = [int(cell) for cell in first if re.fullmatch(r"(19|20)\d\d", cell.strip())]
    return len(numbers) >= 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
