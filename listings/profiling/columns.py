"""What a column of text holds, told batch by batch: the narrowest type that reads every value, its range and samples.

A type is given up for the next wider one when a value does not fit, so one pass is enough: whole numbers are decimals
too, days are moments, and everything is text. Values that only look like numbers stay text: codes with leading zeros,
telephone numbers with a plus sign, numbers too long to be counted with.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from kernel.digests import LARGEST_EXACT_INTEGER
from listings.profiling.profile import SAMPLES

if TYPE_CHECKING:
    Values = pa.Array[Any] | pa.ChunkedArray[Any]

SAMPLED_VALUES = 2_000
TRIED_VALUES = 100
LONGEST_SHOWN = 200
LARGEST_NUMBER = 1e18


@dataclass
class Range:
    """The least and the greatest value seen; text is ordered by its UTF-8 bytes."""

    low: Any = None
    high: Any = None

    def add(self, other: Range) -> None:
        if other.low is not None:
            self.low = other.low if self.low is None else min(self.low, other.low)
            self.high = other.high if self.high is None else max(self.high, other.high)


def range_of(values: Values) -> Range:
    """Return the range of one batch's values."""
    bounds = pc.min_max(values)
    return Range(bounds["min"].as_py(), bounds["max"].as_py())


Parser = Callable[["Values", Range], "Values"]


def _cast(target: pa.DataType) -> Parser:
    return lambda values, _range: pc.cast(values, target)


def _strptime(pattern: str, target: pa.DataType) -> Parser:
    return lambda values, _range: pc.cast(pc.strptime(values, pattern, "s"), target)


def _whole(values: Values, text: Range) -> Values:
    _refuse_codes(values, text)
    return pc.cast(values, pa.int64())


def _decimal(values: Values, text: Range) -> Values:
    _refuse_codes(values, text)
    numbers = pc.cast(values, pa.float64())
    # Where all values begin with a digit none can be infinite or not a number.
    if not (text.low >= "0" and text.high < ":") and not pc.all(pc.is_finite(numbers)).as_py():
        raise pa.ArrowInvalid("infinite, or not a number")
    return numbers


def _refuse_codes(values: Values, text: Range) -> None:
    if text.low >= "1":  # in the order of characters, "+" and "0" come before
        return
    with_zero = values.filter(pc.starts_with(values, "0"))
    if pc.any(pc.starts_with(values, "+")).as_py() or pc.any(pc.match_substring_regex(with_zero, r"^0\d")).as_py():
        raise pa.ArrowInvalid("a code or a telephone number")


@dataclass(frozen=True)
class Reading:
    """One way to read values; `wider` names the reading that takes over when a value does not fit."""

    type: str
    parse: Parser
    wider: str = "text"


# Tried in this order on a column's first values.
READINGS: dict[str, Reading] = {
    "integer": Reading("integer", _whole, wider="decimal"),
    "decimal": Reading("decimal", _decimal),
    "boolean": Reading("boolean", _cast(pa.bool_())),
    "date": Reading("date", _cast(pa.date32()), wider="timestamp"),
    "timestamp": Reading("timestamp", _cast(pa.timestamp("us"))),
    "zoned timestamp": Reading("timestamp", _cast(pa.timestamp("us", "UTC"))),
    "date with slashes": Reading("date", _strptime("%Y/%m/%d", pa.date32())),
    "date in Chinese": Reading("date", _strptime("%Y年%m月%d日", pa.date32())),
    "minutes with slashes": Reading("timestamp", _strptime("%Y/%m/%d %H:%M", pa.timestamp("s"))),
    "timestamp with slashes": Reading("timestamp", _strptime("%Y/%m/%d %H:%M:%S", pa.timestamp("s"))),
}
# What they read is ASCII without space around it.
PLAIN = frozenset({"integer", "decimal", "boolean", "date", "timestamp", "zoned timestamp"})
DATES_AND_TIMES = tuple(name for name, reading in READINGS.items() if reading.type in ("date", "timestamp"))
TEXT = "text"


@dataclass
class TextColumn:
    """A column whose values arrive as text; feed it every batch in order."""

    name: str
    readings: Sequence[str] = tuple(READINGS)
    nulls: int = 0
    count: int = 0
    samples: list[str] = field(default_factory=list)
    _reading: str | None = None
    _range: Range = field(default_factory=Range)
    _text_range: Range = field(default_factory=Range)

    @property
    def type(self) -> str:
        """The narrowest type that reads all values; "empty" when there is none."""
        if self._reading is None:
            return "empty"
        return READINGS[self._reading].type if self._reading in READINGS else TEXT

    def add(self, values: Values) -> str:
        """Take the next batch of values (strings, null where there is none).

        Return the reading of `PLAIN` by which all of them are read, "" if there is none.
        """
        self.nulls += values.null_count
        if self.count < SAMPLED_VALUES and len(self.samples) < SAMPLES:
            self._take_samples(values[: SAMPLED_VALUES - self.count])
        self.count += len(values)
        if values.null_count == len(values):
            return ""
        text = range_of(values)
        self._text_range.add(text)
        if self._reading != TEXT:
            self._read(values, text)
        return self._reading if self._reading in PLAIN else ""

    def bounds(self) -> tuple[Any, Any]:
        """Return the least and greatest value, as JSON can hold them."""
        found = self._text_range if self._reading in (None, TEXT) else self._range
        return shown(found.low), shown(found.high)

    def _read(self, values: Values, text: Range) -> None:
        # A failed reading of a whole batch is dear; most fail on the first values already.
        first = values.drop_null()[:TRIED_VALUES] if self._reading is None else None
        for name in self.readings if self._reading is None else _and_wider(self._reading):
            parse = READINGS[name].parse
            try:
                if first is not None:
                    parse(first, text)
                found = range_of(parse(values, text))
            except pa.ArrowInvalid:
                continue
            if name == "decimal" and max(abs(found.low), abs(found.high)) >= LARGEST_NUMBER:
                continue  # too long to count with: a code
            self._widen(name)
            self._range.add(found)
            return
        self._reading = TEXT

    def _widen(self, name: str) -> None:
        if name == "timestamp" and self._reading == "date":
            self._range = Range(_midnight(self._range.low), _midnight(self._range.high))
        self._reading = name

    def _take_samples(self, values: Values) -> None:
        add_samples(self.samples, values.drop_null().to_pylist())


def shown(value: Any) -> Any:
    """Return a value as a profile shows it and the database takes it.

    JSON's own types, but whole numbers beyond 2^53 as text; ISO 8601 for times; hexadecimal for bytes. Long text is
    cut; NUL characters and lone surrogates, which cannot be stored, are replaced.
    """
    if value is None or isinstance(value, bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, int) and abs(value) <= LARGEST_EXACT_INTEGER:
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        value = value[:LONGEST_SHOWN].hex()
    if isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = str(value)
    text = text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def add_samples(samples: list[str], values: Iterable[Any]) -> None:
    """Add values that differ from the samples already taken, as text, until there are enough."""
    for value in values:
        if len(samples) >= SAMPLES:
            return
        text = json.dumps(value) if isinstance(value, bool) else str(shown(value))
        if text not in samples:
            samples.append(text)


def _and_wider(reading: str) -> list[str]:
    chain = []
    while reading in READINGS:
        chain.append(reading)
        reading = READINGS[reading].wider
    return chain


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the file's own times have no zone either
