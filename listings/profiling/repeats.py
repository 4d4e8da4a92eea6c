"""Whether values or whole rows occur again, in bounded memory.

Every value's hash is kept until there might be too many; from then on only those hashes are kept that end in so many
zero bits, half as many each time. All occurrences of a value share its fate, so what is counted among those kept holds
for the rest in proportion. Up to the limit the answer is exact (but for collisions of 64 bits), beyond it an estimate
that says how many rows it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.evidence import MOST_ROWS

if TYPE_CHECKING:
    Texts = pa.Array[Any]

# It only hashes; it must neither read other things nor spill plain data to disk.
_RESTRICTIONS = (
    "SET threads = 1",
    "SET memory_limit = '64MB'",
    "SET temp_directory = ''",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
MOST_AT_ONCE = 1 << 20  # values, whose hashes take 8 MiB
_BETWEEN, _NOTHING = "\x1f", "\x1e"


class Hasher:
    """Hashes texts to 64 bits by DuckDB, since Arrow offers no hash."""

    def __init__(self) -> None:
        self._engine = duckdb.connect(":memory:")
        for restriction in _RESTRICTIONS:
            self._engine.execute(restriction)

    def hashes(self, texts: Texts) -> pa.Array[Any]:
        """Return one hash per text, in order."""
        pieces: list[pa.Array[Any]] = []
        for start in range(0, len(texts), MOST_AT_ONCE):
            self._engine.register("texts", pa.table({"text": texts[start : start + MOST_AT_ONCE]}))
            pieces += self._engine.sql("SELECT hash(text) FROM texts").to_arrow_table().column(0).chunks
        return pa.concat_arrays(pieces) if pieces else pa.array([], pa.uint64())


def rows_as_texts(columns: list[Texts]) -> Texts:
    """Return every row as one text that no different row has."""
    if len(columns) == 1:
        return pc.fill_null(columns[0], _NOTHING)
    joined: Texts = pc.binary_join_element_wise(*columns, _BETWEEN, null_handling="replace", null_replacement=_NOTHING)
    return joined


@dataclass
class Repeats:
    """Counts occurrences beyond the first of each value, keeping at most `most` hashes."""

    most: int
    seen: int = 0
    rows: list[int] = field(default_factory=list)
    _zero_bits: int = 0
    _kept: set[int] = field(default_factory=set)
    _times: dict[int, int] = field(default_factory=dict)

    def add(self, hashes: pa.Array[Any], rows: pa.Array[Any]) -> None:
        """Take the next hashes and the numbers of their rows."""
        self.seen += len(hashes)
        hashes, rows = self._sampled(hashes, rows)
        while len(self._kept) + len(hashes) > self.most:
            self._zero_bits += 1
            mask = (1 << self._zero_bits) - 1
            self._kept = {value for value in self._kept if not value & mask}
            self._times = {value: times for value, times in self._times.items() if not value & mask}
            hashes, rows = self._sampled(hashes, rows)
        values: list[Any] = hashes.to_pylist()
        fresh = set(values)
        if len(fresh) == len(values) and self._kept.isdisjoint(fresh):
            self._kept |= fresh
            return
        numbers: list[Any] = rows.to_pylist()
        for value, row in zip(values, numbers, strict=True):
            if value not in self._kept:
                self._kept.add(value)
                continue
            self._times[value] = self._times.get(value, 0) + 1
            if len(self.rows) < MOST_ROWS:
                self.rows.append(row)

    def _sampled(self, hashes: pa.Array[Any], rows: pa.Array[Any]) -> tuple[pa.Array[Any], pa.Array[Any]]:
        if not self._zero_bits:
            return hashes, rows
        ends = pc.bit_wise_and(hashes, pa.scalar((1 << self._zero_bits) - 1, pa.uint64()))
        kept = pc.equal(ends, pa.scalar(0, pa.uint64()))
        return hashes.filter(kept), rows.filter(kept)

    @property
    def count(self) -> int:
        """About how many rows hold what an earlier row holds."""
        return sum(self._times.values()) << self._zero_bits

    def as_json(self) -> dict[str, Any]:
        """Return the count, the first rows concerned, and what the count rests on."""
        return {
            "count": max(self.count, len(self.rows)),
            "rows": list(self.rows),
            "exact": self._zero_bits == 0,
            "looked_at": round(self.seen / (1 << self._zero_bits)),
        }
