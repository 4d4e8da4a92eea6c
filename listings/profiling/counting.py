"""One pass over Arrow batches by DuckDB, in memory alone: how many rows, and about how many different values."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

THREADS = 2
WIDE = 200
MEMORY = "128MB"
_PAIR: dict[str, pa.DataType] = {"column": pa.int32(), "value": pa.string()}
PAIRS = pa.schema(_PAIR)


# No files: the engine must neither read others nor spill plain data to disk. In this order, the last ones forbid more.
RESTRICTIONS = (
    f"SET threads = {THREADS}",
    f"SET memory_limit = '{MEMORY}'",
    "SET temp_directory = ''",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET preserve_insertion_order = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def _engine() -> duckdb.DuckDBPyConnection:
    engine = duckdb.connect(":memory:")
    for restriction in RESTRICTIONS:
        engine.execute(restriction)
    return engine


def count_columns(schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> list[int]:
    """Return about how many different values each column has (HyperLogLog). Raises whatever `batches` raises."""
    width = len(schema.names)
    if width > WIDE:
        counted = count_values(_as_pairs(batches))
        return [counted.get(number, 0) for number in range(width)]
    counts = ", ".join(f"approx_count_distinct(#{number})" for number in range(1, width + 1))
    return list(_run(f"SELECT {counts} FROM batches", schema, batches)[0])  # noqa: S608 - numbers only


def _as_pairs(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Turn each batch into one of (column number, value) for every column: memory does not grow with the width."""
    for batch in batches:
        for number, values in enumerate(batch.columns):
            texts = pc.cast(values, pa.string())
            yield pa.record_batch([pa.repeat(pa.scalar(number, pa.int32()), len(texts)), texts], schema=PAIRS)


def count_values(batches: Iterator[pa.RecordBatch]) -> dict[int, int]:
    """Return about how many different values each column has, from batches of PAIRS. Raises what `batches` raises."""
    return dict(_run('SELECT "column", approx_count_distinct(value) FROM batches GROUP BY 1', PAIRS, batches))


def _run(query: str, schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    failures: list[BaseException] = []

    def relayed() -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except BaseException as failure:
            failures.append(failure)
            raise

    with closing(_engine()) as engine:
        engine.register("batches", pa.RecordBatchReader.from_batches(schema, relayed()))
        try:
            return engine.execute(query).fetchall()
        except duckdb.Error:
            # The engine would tell the input's failure as its own, in words.
            if failures:
                raise failures[0] from None
            raise
