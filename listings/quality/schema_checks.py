"""Checking every row against what its provider declares of the columns, while the file is profiled.

    checks = SchemaChecks(declared.schema)
    profile = profile_csv(chunks, observers=[statistics, checks])
    found = {**statistics.result(names), "declared": checks.result(names)}

Column names are known only once the file has been read, so that the declared fields are taken to stand in the order of
the columns, as a Table Schema says they do; for another order, give the names. What stands elsewhere than declared is
told and not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from listings.profiling.evidence import Evidence
from listings.profiling.numbers_seen import as_numbers
from listings.profiling.repeats import Hasher, Repeats
from listings.profiling.value_formats import NUMBER
from listings.quality.declared import Field, Schema

if TYPE_CHECKING:
    Texts = pa.Array[Any]

HASHES = 262_144
_PATTERNS = {
    "integer": r"^[+-]?\d+$",
    "number": NUMBER,
    "boolean": r"^(?:true|True|TRUE|1|false|False|FALSE|0)$",
    "time": r"^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?$",
    "year": r"^-?\d{4}$",
    "yearmonth": r"^-?\d{4}-(?:0[1-9]|1[0-2])$",
}


@dataclass
class _FieldChecks:
    """The rows of one column that break what is declared of it, by rule."""

    declared: Field
    broken: dict[str, Evidence] = field(default_factory=dict)
    repeats: Repeats = field(default_factory=lambda: Repeats(HASHES))

    def add(self, values: Texts, offset: int, hasher: Hasher) -> None:
        declared = self.declared
        if declared.required:
            self._take("required_missing", pc.is_null(values), values, offset)
        fits = _fits_type(values, declared.type)
        if fits is not None:
            self._take("type_broken", pc.invert(fits), values, offset)
        if declared.allowed:
            known = pc.is_in(values, value_set=pa.array(declared.allowed, pa.string()))
            self._take("not_allowed", pc.and_(pc.invert(known), pc.is_valid(values)), values, offset)
        if declared.pattern:
            # The whole value must have it (Table Schema follows XML Schema).
            whole = pc.match_substring_regex(values, f"^(?:{declared.pattern})$")
            self._take("pattern_broken", pc.invert(whole), values, offset)
        for outside in _outside(values, declared):
            self._take("range_broken", outside, values, offset)
        if declared.unique and values.null_count < len(values):
            rows = pc.add(pc.indices_nonzero(pc.is_valid(values)), pa.scalar(offset + 1, pa.uint64()))
            self.repeats.add(hasher.hashes(values.drop_null()), rows)

    def _take(self, code: str, mask: pa.Array[Any], values: Texts, offset: int) -> None:
        self.broken.setdefault(code, Evidence()).take(mask, values, offset)

    def result(self, position: int) -> list[dict[str, Any]]:
        found = [
            {"code": code, "position": position, "declared": self.declared.type, **evidence.as_json(), "exact": True}
            for code, evidence in sorted(self.broken.items())
            if evidence.count
        ]
        if self.repeats.count:
            told = {"code": "unique_broken", "position": position, "declared": self.declared.type}
            found.append({**told, **self.repeats.as_json()})
        return found


def _fits_type(values: Texts, kind: str) -> pa.Array[Any] | None:
    if kind in _PATTERNS:
        return pc.match_substring_regex(values, _PATTERNS[kind])
    if kind not in ("date", "datetime"):
        return None
    read: pa.Array[Any] = pc.is_valid(_as_times(values, kind))
    fits: pa.Array[Any] = pc.if_else(pc.is_valid(values), read, pa.scalar(None, pa.bool_()))
    return fits


def _as_times(values: Texts, kind: str) -> pa.Array[Any]:
    """Return ISO 8601 days or moments as times in UTC; null for what is none."""
    targets = (pa.timestamp("us"),) if kind == "date" else (pa.timestamp("us"), pa.timestamp("us", "UTC"))
    day = pc.match_substring_regex(values, r"^\d{4}-\d\d-\d\d$" if kind == "date" else r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
    candidates: Any = pc.if_else(day, values, pa.scalar(None, pa.string()))
    for target in targets:
        with suppress(pa.ArrowInvalid):
            times: pa.Array[Any] = pc.cast(pc.cast(candidates, target), pa.timestamp("us"))
            return times
    # One bad day spoils the whole batch, so these are read one by one.
    return pa.array([_time(text, targets) for text in candidates.to_pylist()], pa.timestamp("us"))


def _time(text: str | None, targets: Sequence[pa.DataType]) -> Any:
    if text is None:
        return None
    for target in targets:
        with suppress(pa.ArrowInvalid):
            return pc.cast(pc.cast(pa.scalar(text), target), pa.timestamp("us")).as_py()
    return None


def _outside(values: Texts, declared: Field) -> list[pa.Array[Any]]:
    """Return for each declared limit which values lie beyond it; null where that cannot be said."""
    found: list[pa.Array[Any]] = []
    comparable: pa.Array[Any] | None = None
    if declared.minimum is not None or declared.maximum is not None:
        times = declared.type in ("date", "datetime")
        comparable = _as_times(values, declared.type) if times else as_numbers(values)
        for limit, beyond in ((declared.minimum, pc.less), (declared.maximum, pc.greater)):
            if limit is not None:
                found.append(beyond(comparable, _limit(limit, times=times)))
    texts: Any = values
    lengths: list[tuple[int | None, Callable[..., Any]]] = [
        (declared.shortest, pc.less),
        (declared.longest, pc.greater),
    ]
    for length, beyond in lengths:
        if length is not None:
            found.append(beyond(pc.utf8_length(texts), pa.scalar(length, pa.int32())))
    return found


def _limit(limit: float | str, *, times: bool) -> Any:
    return pa.scalar(_as_limit(str(limit))) if times else pa.scalar(float(limit), pa.float64())


def _as_limit(text: str) -> Any:
    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        with suppress(pa.ArrowInvalid):
            return pc.cast(pc.cast(pa.scalar(text), target), pa.timestamp("us")).as_py()
    raise ValueError(f"{text} is not a time")


class SchemaChecks:
    """Checks rows against a declared schema; an Observer. `names` are the file's columns, if they are known before."""

    def __init__(self, schema: Schema, *, names: Sequence[str] = ()) -> None:
        self.schema = schema
        known = list(names) or [each.name for each in schema.fields]
        self._checks = {known.index(each.name): _FieldChecks(each) for each in schema.fields if each.name in known}
        self._rows = 0
        self._width = 0
        self._hasher = Hasher()

    def see(self, rows: pa.Table) -> None:
        """Take the next rows: every column is text, null where there is no value."""
        offset, self._rows = self._rows, self._rows + rows.num_rows
        for position, checks in self._checks.items():
            if position < rows.num_columns:
                if position >= self._width and offset:  # a column that came late had no value before
                    checks.add(pa.nulls(offset, pa.string()), 0, self._hasher)
                checks.add(rows.column(position).combine_chunks(), offset, self._hasher)
            elif position < self._width:
                checks.add(pa.nulls(rows.num_rows, pa.string()), offset, self._hasher)
        self._width = max(self._width, rows.num_columns)

    def result(self, names: Sequence[str]) -> dict[str, Any]:
        """Return what is broken, by column and rule, and which columns are missing, not declared, or not checked."""
        declared = [each.name for each in self.schema.fields]
        in_place = [p for p, checks in self._checks.items() if p < len(names) and names[p] == checks.declared.name]
        checked = {names[position] for position in in_place}
        return {
            "fields": len(declared),
            "missing": [name for name in declared if name not in names],
            "extra": [name for name in names if name not in declared],
            "not_checked": [name for name in declared if name in names and name not in checked],
            "broken": [each for position in sorted(in_place) for each in self._checks[position].result(position)],
        }
