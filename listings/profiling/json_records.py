"""Objects of JSON as the rows of a table: read strictly (RFC 8259), their members as columns.

Shared by every format that is made of JSON objects. Each hands over its objects in blocks of bounded size.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_noop as _

from listings.profiling.columns import DATES_AND_TIMES, SAMPLED_VALUES, Range, TextColumn, add_samples, shown
from listings.profiling.counting import PAIRS, count_values
from listings.profiling.decoding import TextStream
from listings.profiling.observing import Observer, show
from listings.profiling.profile import MOST_COLUMNS, SAMPLE_ROWS, SAMPLES, TableProfile, column_json, some
from listings.profiling.refusals import refuse, warning

Members = dict[str, Any]

DEEPEST = 256  # levels of nesting; what follows the reading, writing it out again among it, stays below Python's limit
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_NAMES = {bool: "boolean", int: "integer", float: "decimal", str: "text", list: "nested", dict: "nested"}


class NotJson(ValueError):
    """Text that the standard does not allow; says why in words that gettext knows where there are any."""


def _no_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not JSON")


_DECODE = json.JSONDecoder(parse_constant=_no_constant).raw_decode


def read_value(text: str, start: int = 0) -> tuple[Any, int]:
    """Return the JSON value that begins at `start` of the text, and where it ends.

    Raises json.JSONDecodeError where it is wrong or breaks off, NotJson for what no more text could mend: NaN,
    numbers of thousands of digits, half characters, bottomless nesting.
    """
    try:
        found, end = _DECODE(text, start)
        if isinstance(found, dict | list):
            written = text[start:end]
            if written.count("[") + written.count("{") > DEEPEST and _depth(found) > DEEPEST:
                raise RecursionError
        if _SURROGATE.search(text, start, end):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise NotJson(_("it is nested too deeply")) from None
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        raise NotJson(reason_of(error)) from None
    return found, end


def reason_of(error: ValueError) -> str:
    """Return what a decoder said, short enough for a sentence."""
    return str(error).partition(";")[0][:200]


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        depth += 1
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return depth


class JsonColumn:
    """A member of the objects; values of several types may meet in it."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self.number = number
        self.count = 0
        self.nulls = 0
        self.samples: list[Any] = []
        self.kinds: set[str] = set()
        self.waiting: list[Any] = []
        self._range = Range()
        self._text = TextColumn(name, readings=DATES_AND_TIMES)

    @property
    def type(self) -> str:
        """The type of all values; "mixed" when there is none, "empty" when there are no values."""
        if not self.kinds:
            return "empty"
        if self.kinds == {"text"}:
            return self._text.type
        if self.kinds == {"integer", "decimal"}:
            return "decimal"
        return self.kinds.copy().pop() if len(self.kinds) == 1 else "mixed"

    def bounds(self) -> tuple[Any, Any]:
        """Return the least and greatest value of columns whose values have an order."""
        if self.kinds == {"text"}:
            return self._text.bounds()
        return (None, None) if self.type in ("mixed", "nested") else (shown(self._range.low), shown(self._range.high))

    def flush(self) -> pa.RecordBatch:
        """Take in the values that wait and return them as text, for counting."""
        values, self.waiting = self.waiting, []
        self.count += len(values)
        if len(self.samples) < SAMPLES and self.count <= 10 * SAMPLED_VALUES:
            add_samples(self.samples, values)
        types = set(map(type, values))
        self.kinds |= {_NAMES[kind] for kind in types}
        if types <= {bool} or types <= {int, float}:
            self._range.add(Range(min(values), max(values)))
        texts = _as_text(values, types)
        if types == {str}:
            self._text.add(texts)
        return pa.record_batch([pa.repeat(pa.scalar(self.number, pa.int32()), len(texts)), texts], schema=PAIRS)


def _as_text(values: list[Any], types: set[type]) -> pa.Array[Any]:
    if types == {str}:
        return pa.array(values, pa.string())
    with suppress(OverflowError):  # whole numbers beyond 64 bits go the slow way
        if types in ({int}, {float}, {bool}):
            texts: pa.Array[Any] = pc.cast(pa.array(values), pa.string())
            return texts
    return pa.array([value if type(value) is str else json.dumps(value) for value in values], pa.string())


class RecordTable:
    """Columns, number and first ones of the objects that have passed."""

    def __init__(self, observers: Sequence[Observer] = ()) -> None:
        self.columns: dict[str, JsonColumn] = {}
        self.rows = 0
        self.first: list[Members] = []
        self._observers = observers
        self._block: list[Members] = []

    def profile(
        self,
        format: str,  # noqa: A002 - the domain's word
        blocks: Iterable[Iterable[Members]],
        *,
        text: TextStream | None = None,
    ) -> TableProfile:
        """Take all blocks of objects, made from `text` if from any, and return their profile.

        Raises what making them raises.
        """
        distinct = count_values(self._passing(blocks))
        columns = list(self.columns.values())
        for column in columns:
            column.nulls = self.rows - column.count
        mixed = [column.name for column in columns if column.type == "mixed"]
        return TableProfile(
            format=format,
            encoding=text.encoding.value if text else "",
            dialect={"bom": text.bom} if text else {},
            rows=self.rows,
            columns=[column_json(c, rows=self.rows, distinct=distinct.get(c.number, 0)) for c in columns],
            sample=[[shown(row.get(name)) for name in self.columns] for row in self.first],
            warnings=[warning("mixed_types", names=some(mixed))] if mixed else [],
        )

    def _passing(self, blocks: Iterable[Iterable[Members]]) -> Iterator[pa.RecordBatch]:
        """Yield the values of each block as pairs of column number and text."""
        for block in blocks:
            for members in block:
                self._take(members)
            show(self._observers, ([row.get(name) for row in self._block] for name in self.columns))
            self._block = []
            for column in self.columns.values():
                if column.waiting:
                    yield column.flush()

    def _take(self, members: Members) -> None:
        self.rows += 1
        if len(self.first) < SAMPLE_ROWS:
            self.first.append(members)
        if self._observers:
            self._block.append(members)
        for name, value in members.items():
            column = self.columns.get(name) or self._new_column(name)
            if value is not None:
                column.waiting.append(value)

    def _new_column(self, name: str) -> JsonColumn:
        if len(self.columns) == MOST_COLUMNS:
            raise refuse("too_many_columns", columns=MOST_COLUMNS + 1, limit=MOST_COLUMNS)
        self.columns[name] = column = JsonColumn(str(shown(name)), len(self.columns))
        return column
