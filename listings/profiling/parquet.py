"""Profiling Parquet: types come from its schema; batches of bounded size are ranged and counted as they pass."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from django.utils.translation import gettext_noop as _
from pyarrow import types

from listings.profiling.columns import SAMPLED_VALUES, Range, add_samples, range_of, shown
from listings.profiling.containers import PARQUET_MAGIC
from listings.profiling.counting import count_columns
from listings.profiling.geoparquet import GeoColumns
from listings.profiling.observing import Observer, show
from listings.profiling.profile import MOST_COLUMNS, SAMPLE_ROWS, SAMPLES, TableProfile, column_json, some
from listings.profiling.refusals import refuse, warning

BATCH_BYTES = 4 * 1024 * 1024
MOST_BATCH_ROWS = 65_536
BUFFER_BYTES = 1024 * 1024
# Honest columns shrink to a hundredth now and then; what claims far more, and is large, is not unpacked.
SUSPICIOUS_BYTES = 1024**3
SUSPICIOUS_ROWS = 10_000_000
MOST_GROWTH = 500
MOST_VALUES_PER_BYTE = 2_000


def _kind(kind: pa.DataType) -> str:
    table = (
        (types.is_boolean, "boolean"),
        (types.is_integer, "integer"),
        (types.is_floating, "decimal"),
        (types.is_decimal, "decimal"),
        (types.is_date, "date"),
        (types.is_timestamp, "timestamp"),
        (types.is_time, "time"),
        (types.is_string, "text"),
        (types.is_large_string, "text"),
        (types.is_nested, "nested"),
        (types.is_null, "empty"),
    )
    return next((name for holds, name in table if holds(kind)), "binary")


def _is_countable(kind: pa.DataType) -> bool:
    return _kind(kind) in ("boolean", "integer", "decimal", "date", "timestamp", "time", "text") and not (
        types.is_decimal256(kind) or types.is_float16(kind)
    )


class ParquetColumn:
    """A column whose type is known; feed it every batch in order."""

    def __init__(self, name: str, kind: pa.DataType) -> None:
        self.name = name
        self.type = _kind(kind)
        self.countable = _is_countable(kind)
        self.nulls = 0
        self.samples: list[Any] = []
        self._range = Range()

    def add(self, values: pa.Array[Any]) -> None:
        """Take the next batch of values."""
        self.nulls += values.null_count
        if self.countable and values.null_count < len(values):
            self._range.add(range_of(values))
        if len(self.samples) < SAMPLES:
            add_samples(self.samples, values[:SAMPLED_VALUES].drop_null().to_pylist())

    def bounds(self) -> tuple[Any, Any]:
        """Return the least and greatest value of columns whose values have an order."""
        return shown(self._range.low), shown(self._range.high)


def profile_parquet(source: BinaryIO, *, size: int, observers: Sequence[Observer] = ()) -> TableProfile:
    """Profile a Parquet file of `size` bytes through a seekable reader, and let the observers see its rows.

    Of GeoParquet `details` has "geo" (`geoparquet.GeoColumns`). Raises Refusal.
    """
    _check_magic(source, size)
    try:
        with pq.ParquetFile(
            source, buffer_size=BUFFER_BYTES, pre_buffer=False, page_checksum_verification=True
        ) as file:
            _check_metadata(file, size)
            return _profile(file, observers)
    # What a broken file makes of the decoder: wrong structure, text that is not UTF-8, impossible dates and sizes.
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise refuse("corrupt_parquet", reason=str(error).partition("\n")[0][:200]) from None


def _check_magic(source: BinaryIO, size: int) -> None:
    if size == 0:
        raise refuse("empty_file")
    source.seek(0)
    begins = source.read(len(PARQUET_MAGIC))
    source.seek(max(size - len(PARQUET_MAGIC), 0))
    if begins != PARQUET_MAGIC or source.read() != PARQUET_MAGIC or size < 12:
        raise refuse("corrupt_parquet", reason=_("it does not begin and end as Parquet files do"))
    source.seek(0)


def _check_metadata(file: pq.ParquetFile, size: int) -> None:
    metadata = file.metadata
    if metadata.num_columns > MOST_COLUMNS:
        raise refuse("too_many_columns", columns=metadata.num_columns, limit=MOST_COLUMNS)
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    values = metadata.num_rows * max(metadata.num_columns, 1)
    large = unpacked > SUSPICIOUS_BYTES and unpacked > MOST_GROWTH * size
    if large or (metadata.num_rows > SUSPICIOUS_ROWS and values > MOST_VALUES_PER_BYTE * size):
        raise refuse("decompression_bomb", size=size, unpacked=unpacked, rows=metadata.num_rows)


class _Table:
    """What is gathered from the batches as they pass."""

    def __init__(self, schema: pa.Schema, observers: Sequence[Observer]) -> None:
        self.observers = observers
        self.geo = GeoColumns(schema)
        self.columns = [ParquetColumn(field.name, _plain(field.type)) for field in schema]
        self.rows = 0
        self.sample: list[list[Any]] = []
        self.counted = [number for number, column in enumerate(self.columns) if column.countable]
        self.counted_schema = pa.schema([(f"c{number}", _plain(schema.field(number).type)) for number in self.counted])

    def passing(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Look at each batch and pass on those of its columns that can be counted."""
        for batch in batches:
            self.rows += batch.num_rows
            arrays = [_decoded(values) for values in batch.columns]
            if len(self.sample) < SAMPLE_ROWS:
                rows = range(min(batch.num_rows, SAMPLE_ROWS - len(self.sample)))
                self.sample.extend([shown(values[row].as_py()) for values in arrays] for row in rows)
            for column, values in zip(self.columns, arrays, strict=True):
                column.add(values)
            show(self.observers, self.geo.see(arrays))
            yield pa.RecordBatch.from_arrays([arrays[n] for n in self.counted], schema=self.counted_schema)

    def read(self, batches: Iterator[pa.RecordBatch]) -> list[int | None]:
        """Take all batches and return each column's number of different values, where it can be told."""
        passing = self.passing(batches)
        counts: list[int] = []
        if self.counted:
            counts = count_columns(self.counted_schema, passing)
        else:
            deque(passing, maxlen=0)
        found = dict(zip(self.counted, counts, strict=True))
        return [found.get(number) for number in range(len(self.columns))]


def _profile(file: pq.ParquetFile, observers: Sequence[Observer]) -> TableProfile:
    table = _Table(file.schema_arrow, observers)
    if not table.columns:
        raise refuse("corrupt_parquet", reason=_("it has no column"))
    distinct = table.read(file.iter_batches(batch_size=_batch_rows(file.metadata), use_threads=False))
    rows = file.metadata.num_rows
    if table.rows != rows:
        raise refuse("corrupt_parquet", reason=_("it has another number of rows than it says"))
    empty = [column.name for column in table.columns if rows and column.nulls == rows]
    found = [warning("no_rows")] if not rows else [warning("empty_columns", names=some(empty))] if empty else []
    return TableProfile(
        format="PARQUET",
        rows=rows,
        columns=[column_json(c, rows=rows, distinct=d) for c, d in zip(table.columns, distinct, strict=True)],
        sample=table.sample,
        warnings=[*found, *table.geo.warnings()],
        details={"geo": table.geo.details} if table.geo.details else {},
    )


def _batch_rows(metadata: pq.FileMetaData) -> int:
    """Return as many rows as unpack to about BATCH_BYTES in the widest row group."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    widest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows), default=1)
    return max(1, min(MOST_BATCH_ROWS, math.ceil(BATCH_BYTES / max(widest, 1))))


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if types.is_dictionary(kind) else kind


def _decoded(values: pa.Array[Any]) -> pa.Array[Any]:
    return pc.cast(values, values.type.value_type) if types.is_dictionary(values.type) else values
