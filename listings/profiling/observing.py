"""How other capabilities look at a file's values while it is profiled, so that it is read only once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

if TYPE_CHECKING:
    Texts = pa.Array[Any] | pa.ChunkedArray[Any]
    Values = Sequence[Any] | Texts


_READING = b"reading"


class Observer(Protocol):
    """Something that gathers what it needs from the rows as they pass, in bounded memory."""

    def see(self, rows: pa.Table) -> None:
        """Take the next rows: every column is text, null where there is no value.

        Columns stand in the profile's order and are addressed by position, since names may be blank or repeated. A
        later table may have more columns than an earlier one (JSON Lines).
        """


def show(observers: Sequence[Observer], columns: Iterable[Values], *, readings: Sequence[str] = ()) -> None:
    """Let every observer see the next rows, given by column; builds nothing when nobody looks.

    `readings` says by column as what all these values read (`columns.PLAIN`), "" where that is unknown.
    """
    if observers:
        texts = [as_text(values) for values in columns]
        known = readings or [""] * len(texts)
        fields = [
            pa.field(f"c{position}", pa.string(), metadata={_READING: reading} if reading else None)
            for position, reading in enumerate(known)
        ]
        rows = pa.Table.from_arrays(texts, schema=pa.schema(fields))
        for observer in observers:
            observer.see(rows)


def readings_of(rows: pa.Table) -> list[str]:
    """Return as what all values of each column read, "" where that is unknown."""
    return [(field.metadata or {}).get(_READING, b"").decode() for field in rows.schema]


def as_text(values: Values) -> Texts:
    """Return values as text: JSON for nested ones, ISO 8601 for times; bytes have no text and become null."""
    if not isinstance(values, pa.Array | pa.ChunkedArray):
        return pa.array([_text(value) for value in values], pa.string())
    kind = values.type
    if types.is_string(kind):
        return values
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return pa.nulls(len(values), pa.string())
    if types.is_nested(kind):
        return pa.array([_text(value) for value in values.to_pylist()], pa.string())
    texts: Texts = pc.cast(values, pa.string())
    return texts


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, default=str)
