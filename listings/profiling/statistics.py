"""The richer profile: what each column and the table as a whole are like, gathered while the file is read once.

    statistics = Statistics()
    profile = profile_csv(chunks, observers=[statistics])
    found = statistics.result([column["name"] for column in profile.columns])

Memory is bounded: columns share fixed budgets of counted values, kept hashes and sampled rows. What is exact says so;
the rest names the size of the sample it comes from. The sample is the rows whose number hashes lowest, so that the same
file gives the same figures however it arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from listings.profiling.arrow import arrow
from listings.profiling.arrow import compute as pc
from listings.profiling.column_statistics import ColumnStatistics
from listings.profiling.observing import readings_of
from listings.profiling.repeats import Hasher, Repeats, rows_as_texts
from listings.profiling.table_statistics import extent, keys, time_span

if TYPE_CHECKING:
    Texts = pa.Array[Any]

BATCH_ROWS = 65_536
BATCH_BYTES = 16 * 1024 * 1024
SAMPLED_ROWS = 10_000
SAMPLED_CELLS = 200_000
LONGEST_SAMPLED = 120
ROW_HASHES = 65_536


class Statistics:
    """Gathers statistics of a table's rows; an Observer."""

    def __init__(self) -> None:
        self.rows = 0
        self._columns: list[ColumnStatistics] = []
        self._waiting: list[pa.Table] = []
        self._readings: list[str] = []
        self._held_rows = 0
        self._held_bytes = 0
        self._hasher = Hasher()
        self._repeats = Repeats(ROW_HASHES)
        self._sample: pa.Table | None = None
        self._greatest: pa.Scalar[Any] | None = None

    def see(self, rows: pa.Table) -> None:
        """Take the next rows: every column is text, null where there is no value."""
        if not rows.num_rows:
            return
        self._note_readings(rows)
        # Fields say as what their values read, in which tables may differ.
        self._waiting.append(pa.Table.from_arrays(rows.columns, names=rows.column_names))
        self._held_rows += rows.num_rows
        self._held_bytes += rows.nbytes
        if self._held_rows >= BATCH_ROWS or self._held_bytes >= BATCH_BYTES:
            self._work(last=self._held_bytes >= BATCH_BYTES)

    def _note_readings(self, rows: pa.Table) -> None:
        """Keep as what all rows that wait are read."""
        new = readings_of(rows)
        if not self._waiting:
            self._readings = new
        pairs = zip_longest(self._readings, new, fillvalue="")
        self._readings = [old if old == reading else "" for old, reading in pairs]

    def _work(self, *, last: bool = True) -> None:
        """Look at the rows that wait, in batches of the same size whatever the size of those that came in."""
        if not self._waiting:
            return
        table = pa.concat_tables(self._waiting, promote_options="default").combine_chunks()
        self._waiting, self._held_rows, self._held_bytes = [], 0, 0
        for start in range(0, table.num_rows, BATCH_ROWS):
            batch = table.slice(start, BATCH_ROWS)
            if batch.num_rows < BATCH_ROWS and not last:
                self._waiting, self._held_rows, self._held_bytes = [batch], batch.num_rows, batch.nbytes
            else:
                self._look(batch)

    def _look(self, batch: pa.Table) -> None:
        offset, self.rows = self.rows, self.rows + batch.num_rows
        columns = [_one_array(column) for column in batch.columns]
        while len(self._columns) < len(columns):
            column = ColumnStatistics(share=1 / len(columns))
            if offset:  # a member that JSON Lines had not shown before
                column.add(pa.nulls(offset, pa.string()), 0)
            self._columns.append(column)
        for column, values, reading in zip(self._columns, columns, self._readings, strict=False):
            column.add(values, offset, reading=reading)
        for column in self._columns[len(columns) :]:
            column.add(pa.nulls(batch.num_rows, pa.string()), offset)
        numbers = arrow.arange(offset + 1, offset + 1 + batch.num_rows)
        self._look_for_repeats(columns, numbers, offset)
        self._take_sample(columns, numbers)

    def _look_for_repeats(self, columns: list[Texts], numbers: pa.Array[Any], offset: int) -> None:
        """Hash whole rows and the columns that may be keys, by one call: each costs more than the hashing of a few."""
        found = [
            (column, values, column.key_values(values)) for column, values in zip(self._columns, columns, strict=False)
        ]
        keys = [(column, values, kept) for column, values, kept in found if kept is not None]
        hashes = self._hasher.hashes(pa.concat_arrays([rows_as_texts(columns), *(kept for *_rest, kept in keys)]))
        start = len(numbers)
        self._repeats.add(hashes[:start], numbers)
        for column, values, kept in keys:
            column.take_hashes(hashes[start : start + len(kept)], values, offset)
            start += len(kept)

    def _take_sample(self, columns: list[Texts], numbers: pa.Array[Any]) -> None:
        order = scrambled(numbers)
        if self._greatest is not None:
            chosen = pc.indices_nonzero(pc.less(order, self._greatest))
        else:
            chosen = arrow.arange(0, len(numbers))
        if not len(chosen):
            return
        size = self._sample_size()
        if len(chosen) > size:
            few = pc.select_k_unstable(pa.table({"o": order.take(chosen)}), k=size, sort_keys=[("o", "ascending")])
            chosen = chosen.take(few)
        taken = pa.table(
            [order.take(chosen), numbers.take(chosen)]
            + [pc.utf8_slice_codeunits(values.take(chosen), 0, LONGEST_SAMPLED) for values in columns],
            names=["order", "row", *(f"c{position}" for position in range(len(columns)))],
        )
        if self._sample is not None:
            taken = pa.concat_tables([self._sample, taken], promote_options="default")
        if taken.num_rows > size:
            kept = pc.select_k_unstable(taken, k=size, sort_keys=[("order", "ascending")])
            taken = taken.take(kept).combine_chunks()
        if taken.num_rows == size:
            self._greatest = pc.max(taken["order"])
        self._sample = taken

    def _sample_size(self) -> int:
        return max(40, min(SAMPLED_ROWS, SAMPLED_CELLS // max(len(self._columns), 1)))

    def result(self, names: Sequence[str]) -> dict[str, Any]:
        """Return {"columns": [one object per column], "table": …} for columns of these names, JSON-ready.

        Rows are numbered from 1 in the order of the file, a header not counted.
        """
        self._work()
        rows, sample = self._sampled()
        columns = [
            column.result(name, [(text, row) for text, row in zip(texts, rows, strict=True) if text is not None])
            for name, column, texts in zip(names, self._columns, sample, strict=False)
        ]
        empty = ColumnStatistics(share=1.0)
        columns.extend(empty.result(name, []) for name in names[len(columns) :])
        return {
            "columns": columns,
            "table": {
                "rows": self.rows,
                "sampled_rows": len(rows),
                "duplicates": self._repeats.as_json(),
                "keys": keys(names, columns, self.rows),
                "extent": extent(names, columns, sample),
                "time_span": time_span(names, columns),
            },
        }

    def _sampled(self) -> tuple[list[int], list[list[str | None]]]:
        """Return the sampled rows' numbers, in order, and each column's values in them."""
        if self._sample is None:
            return [], []
        ordered: Any = self._sample.sort_by("row")
        return ordered["row"].to_pylist(), [ordered[name].to_pylist() for name in ordered.column_names[2:]]


def add_to_profile(profile: dict[str, Any], statistics: dict[str, Any]) -> dict[str, Any]:
    """Return a profile (as JSON) whose columns have "statistics" and which has a "table"."""
    columns = [
        {**column, "statistics": found} for column, found in zip(profile["columns"], statistics["columns"], strict=True)
    ]
    return {**profile, "columns": columns, "table": statistics["table"]}


def scrambled(numbers: pa.Array[Any]) -> pa.Array[Any]:
    """Return whole numbers in an order that has nothing to do with theirs (the finalizer of MurmurHash3)."""
    mixed = pc.cast(numbers, pa.uint64())
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        mixed = pc.bit_wise_xor(mixed, pc.shift_right(mixed, pa.scalar(33, pa.uint64())))
        mixed = pc.multiply(mixed, pa.scalar(factor, pa.uint64()))
    return pc.bit_wise_xor(mixed, pc.shift_right(mixed, pa.scalar(33, pa.uint64())))


def _one_array(column: pa.ChunkedArray[Any]) -> Texts:
    chunks = column.chunks
    return chunks[0] if len(chunks) == 1 else pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
