"""Profiling JSON Lines: one object a line, read strictly (RFC 8259), its members as columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_noop as _

from listings.profiling.ahead import ahead
from listings.profiling.columns import DATES_AND_TIMES, SAMPLED_VALUES, Range, TextColumn, add_samples, shown
from listings.profiling.counting import PAIRS, count_values
from listings.profiling.decoding import TextStream, within_line_limit
from listings.profiling.observing import Observer, show
from listings.profiling.profile import MOST_COLUMNS, SAMPLE_ROWS, SAMPLES, TableProfile, column_json, some
from listings.profiling.refusals import refuse, warning

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_INDEFINITE = {
    list: _("it is an array"),
    str: _("it is a string"),
    bool: _("it is true or false"),
    int: _("it is a number"),
    float: _("it is a number"),
}
_NAMES = {bool: "boolean", int: "integer", float: "decimal", str: "text", list: "nested", dict: "nested"}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODE = json.JSONDecoder(parse_constant=_no_constant).raw_decode


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


class _Objects:
    """Columns, rows and first rows of the objects that have passed."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.observers = observers
        self.block: list[dict[str, Any]] = []
        self.columns: dict[str, JsonColumn] = {}
        self.rows = 0
        self.line = 0
        self.first: list[dict[str, Any]] = []

    def passing(self, blocks: Iterator[str]) -> Iterator[pa.RecordBatch]:
        """Yield the values of each block of whole lines as pairs of column number and text."""
        for block in blocks:
            for line in block.split("\n"):
                self.line += 1
                if text := line.strip(" \t\r"):
                    self._take(text)
            show(self.observers, ([row.get(name) for row in self.block] for name in self.columns))
            self.block = []
            for column in self.columns.values():
                if column.waiting:
                    yield column.flush()

    def _take(self, line: str) -> None:
        members = _object(line, self.line)
        self.rows += 1
        if len(self.first) < SAMPLE_ROWS:
            self.first.append(members)
        if self.observers:
            self.block.append(members)
        for name, value in members.items():
            column = self.columns.get(name) or self._new_column(name)
            if value is not None:
                column.waiting.append(value)

    def _new_column(self, name: str) -> JsonColumn:
        if len(self.columns) == MOST_COLUMNS:
            raise refuse("too_many_columns", columns=MOST_COLUMNS + 1, limit=MOST_COLUMNS)
        self.columns[name] = column = JsonColumn(str(shown(name)), len(self.columns))
        return column


def profile_json_lines(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a JSON Lines file from its bytes, and let the observers see its rows; raises Refusal."""
    text = TextStream(chunks, declared=declared_encoding, wanted="JSON Lines")
    objects = _Objects(observers)
    distinct = count_values(objects.passing(_whole_lines(ahead(within_line_limit(iter(text))))))
    columns = list(objects.columns.values())
    for column in columns:
        column.nulls = objects.rows - column.count
    mixed = [column.name for column in columns if column.type == "mixed"]
    return TableProfile(
        format="JSONL",
        encoding=text.encoding.value,
        dialect={"bom": text.bom},
        rows=objects.rows,
        columns=[column_json(c, rows=objects.rows, distinct=distinct.get(c.number, 0)) for c in columns],
        sample=[[shown(row.get(name)) for name in objects.columns] for row in objects.first],
        warnings=[warning("mixed_types", names=some(mixed))] if mixed else [],
    )


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    held = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n")
        if end < 0:
            held += chunk
            continue
        yield (held + chunk[:end]).decode()
        held = chunk[end + 1 :]
    yield held.decode()


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        found, end = _DECODE(line)
        if end != len(line):
            raise ValueError(f"there is more after column {end}")
        if _SURROGATE.search(line):
            json.dumps(found, ensure_ascii=False).encode()
    except RecursionError:
        raise refuse("malformed_json", line=number, reason=_("it is nested too deeply")) from None
    except ValueError as error:
        if line.startswith("[") or (number == 1 and line == "{"):
            raise refuse("not_json_lines") from None
        raise refuse("malformed_json", line=number, reason=str(error).partition(";")[0][:200]) from None
    if isinstance(found, list) and any(isinstance(item, dict) for item in found):
        raise refuse("not_json_lines")
    if not isinstance(found, dict):
        raise refuse("malformed_json", line=number, reason=_INDEFINITE.get(type(found), _("it is null")))
    return found
