"""When the values of a column say they are: the shapes in which days and moments are written, read by Arrow."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.evidence import Evidence

if TYPE_CHECKING:
    from datetime import datetime

    Texts = pa.Array[Any]

_SECONDS = pa.timestamp("s")
_MONTH, _DAY = r"(?:0?[1-9]|1[0-2])", r"(?:0?[1-9]|[12]\d|3[01])"
_CLOCK = r"(?:[01]?\d|2[0-3]):[0-5]\d"


@dataclass(frozen=True)
class Shape:
    """A way of writing a day ("date") or a moment ("timestamp"); `parse` is a pattern of strptime, or empty."""

    kind: str
    pattern: str
    parse: str = ""


SHAPES: dict[str, Shape] = {
    "2024-02-09": Shape("date", rf"^\d{{4}}-{_MONTH}-{_DAY}$", "%Y-%m-%d"),
    "2024-02-09T08:30:00": Shape(
        "timestamp", rf"^\d{{4}}-\d\d-\d\d[T ]{_CLOCK}(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?$"
    ),
    "2024/2/9": Shape("date", rf"^\d{{4}}/{_MONTH}/{_DAY}$", "%Y/%m/%d"),
    "2024/2/9 8:30": Shape("timestamp", rf"^\d{{4}}/{_MONTH}/{_DAY} {_CLOCK}$", "%Y/%m/%d %H:%M"),
    "2024/2/9 8:30:00": Shape("timestamp", rf"^\d{{4}}/{_MONTH}/{_DAY} {_CLOCK}:\d\d$", "%Y/%m/%d %H:%M:%S"),
    "2024年2月9日": Shape("date", rf"^\d{{4}}年{_MONTH}月{_DAY}日$", "%Y年%m月%d日"),
    "2024.2.9": Shape("date", rf"^(?:19|20)\d\d\.{_MONTH}\.{_DAY}$", "%Y.%m.%d"),
    "20240209": Shape("date", r"^(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])$", "%Y%m%d"),
    # Whether the day or the month comes first cannot be told.
    "9/2/2024": Shape("date", r"^\d{1,2}[/-]\d{1,2}[/-](?:\d{2}|\d{4})$"),
    "2024-02": Shape("month", r"^(?:19|20)\d\d-(?:0[1-9]|1[0-2])$"),
    "2024年2月": Shape("month", rf"^(?:19|20)\d\d年{_MONTH}月$"),
}
LEAST_MOMENT = len("2024-02-09T08:30")
_PATTERNS = tuple(re.compile(shape.pattern) for shape in SHAPES.values())
AMBIGUOUS = "9/2/2024"
LOOKS_LIKE_NUMBERS = "20240209"
LEAST_SHARE = 0.01
USUAL_SHARE = 0.5
# Any whole number of eight digits may happen to look like a day.
ALMOST_ALL = 0.98


def shapes_of(values: Texts) -> list[str]:
    """Return the shapes to look for, judged by a column's first values; none if most of them are no times."""
    count = len(values)
    shares = {name: (pc.sum(_has(values, name)).as_py() or 0) / count for name in SHAPES} if count else {}
    written = sum(share for name, share in shares.items() if name != LOOKS_LIKE_NUMBERS)
    if written < USUAL_SHARE and shares.get(LOOKS_LIKE_NUMBERS, 0) < ALMOST_ALL:
        return []
    return [name for name, share in shares.items() if share >= LEAST_SHARE]


def looks_like_time(text: str) -> bool:
    """Tell whether a value is written in one of the shapes."""
    return any(pattern.search(text) for pattern in _PATTERNS)


def _has(values: Texts, name: str) -> pa.Array[Any]:
    return pc.match_substring_regex(values, SHAPES[name].pattern)


def _written_as(values: Texts, reading: str) -> str:
    """Return the shape that all values have, as far as their reading tells: Arrow reads ISO 8601 and nothing else."""
    if reading == "date":
        return "2024-02-09"
    with_minutes = reading == "timestamp" and pc.min(pc.binary_length(values)).as_py() >= LEAST_MOMENT
    return "2024-02-09T08:30:00" if with_minutes else ""


@dataclass
class Moments:
    """The times in a column of text: how they are written, the first and the last, and days that do not exist."""

    shapes: list[str]
    counts: dict[str, int] = field(default_factory=dict)
    first: datetime | None = None
    last: datetime | None = None
    impossible: Evidence = field(default_factory=Evidence)
    unusual: Evidence = field(default_factory=Evidence)
    misfits: Evidence = field(default_factory=Evidence)

    def add(self, values: Texts, offset: int, *, reading: str = "") -> None:
        """Take the next values; `offset` is the number of rows before them, `reading` what `columns` reads them as."""
        anything = None
        for position, name in enumerate(self.shapes):
            mask = pc.is_valid(values) if _written_as(values, reading) == name else _has(values, name)
            found = pc.sum(mask).as_py() or 0
            anything = mask if anything is None else pc.or_(anything, mask)
            if found:
                self.counts[name] = self.counts.get(name, 0) + found
                self._range(values, mask, name, offset)
                if position:
                    self.unusual.take(mask, values, offset)
            if found == len(values) - values.null_count:
                return
        if anything is not None:
            self.misfits.take(pc.invert(anything), values, offset)

    def _range(self, values: Texts, mask: pa.Array[Any], name: str, offset: int) -> None:
        kept = values if pc.all(mask).as_py() else pc.if_else(mask, values, pa.scalar(None, pa.string()))
        moments = read_moments(kept, name)
        if moments is None:
            return
        if moments.null_count > kept.null_count:
            self.impossible.take(pc.and_(pc.is_null(moments), pc.is_valid(kept)), values, offset)
        bounds = pc.min_max(moments)
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        if low is not None:
            self.first = low if self.first is None else min(self.first, low)
            self.last = high if self.last is None else max(self.last, high)

    @property
    def kind(self) -> str:
        """What most values are: "date", "timestamp" or "month"."""
        usual = max(self.counts, key=lambda name: self.counts[name], default="")
        return SHAPES[usual].kind if usual else "date"


def read_moments(values: Texts, name: str) -> pa.Array[Any] | None:
    """Return values of one shape as times without zone (null for days that do not exist); None if they are not read."""
    pattern = SHAPES[name].parse
    if pattern == "%Y-%m-%d":
        with suppress(pa.ArrowInvalid):
            return pc.cast(values, _SECONDS)
    if pattern:
        moments = pc.strptime(values, pattern, "s", error_is_null=True)
        # strptime lets 30 February pass as 1 March.
        return _existing(moments, values)
    if SHAPES[name].kind != "timestamp":
        return None
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        with suppress(pa.ArrowInvalid):
            return pc.cast(pc.cast(values, kind), _SECONDS, safe=False)
    minutes = pc.utf8_slice_codeunits(pc.replace_substring(values, "T", " "), 0, 16)
    return pc.strptime(minutes, "%Y-%m-%d %H:%M", "s", error_is_null=True)


def _existing(moments: pa.Array[Any], values: Texts) -> pa.Array[Any]:
    """Make days null that strptime moved into the next month."""
    written = pc.cast(pc.struct_field(pc.extract_regex(values, r"(?P<day>\d{1,2})日?(?: [\d:]+)?$"), "day"), pa.int64())
    return pc.if_else(pc.equal(pc.day(moments), written), moments, None)
