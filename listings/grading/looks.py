"""Values of a table's columns as they are checked: with weights where they repeat, and many columns by one call.

Arrow reads a pattern anew at each call, which costs more than matching a few thousand values; so the values of all
columns are laid end to end, matched once, and told apart again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    Texts = pa.Array[Any]


@dataclass
class Batch:
    """Values to check, and how many rows each stands for (None: one each)."""

    texts: Texts
    weights: pa.Array[Any] | None = None

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def rows(self) -> int:
        return len(self.texts) if self.weights is None else pc.sum(self.weights).as_py() or 0

    def where(self, mask: Texts) -> Batch:
        return Batch(self.texts.filter(mask), None if self.weights is None else self.weights.filter(mask))

    def part(self, start: int, length: int | None = None) -> Batch:
        return Batch(
            self.texts.slice(start, length), None if self.weights is None else self.weights.slice(start, length)
        )

    def spread(self, count: int) -> Batch:
        """Return about `count` of the values, evenly spread."""
        if len(self) <= count:
            return self
        chosen = pa.array(range(0, len(self), -(-len(self) // count)), pa.int64())
        return Batch(self.texts.take(chosen), None if self.weights is None else self.weights.take(chosen))

    def weighed(self) -> list[int]:
        return (
            [1] * len(self.texts) if self.weights is None else [int(weight or 0) for weight in self.weights.to_pylist()]
        )


def joined(batches: Sequence[Batch]) -> Batch:
    """Return the values of several batches as one."""
    if len(batches) == 1:
        return batches[0]
    texts = pa.concat_arrays([batch.texts for batch in batches])
    if all(batch.weights is None for batch in batches):
        return Batch(texts)
    ones = pa.scalar(1, pa.int64())
    weights = [pa.repeat(ones, len(batch)) if batch.weights is None else batch.weights for batch in batches]
    return Batch(texts, pa.concat_arrays(weights))


class Columns:
    """Batches of several columns, matched together."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._texts = pa.concat_arrays([batch.texts for batch in batches])
        self._ends = np.cumsum([len(batch) for batch in batches])

    def matching(self, pattern: str) -> dict[int, Texts]:
        """Return, by the batch's place, which of its values match; batches in which none does are left out."""
        mask = pc.match_substring_regex(self._texts, pattern)
        hits = pc.indices_nonzero(mask).to_numpy()
        touched = np.unique(np.searchsorted(self._ends, hits, side="right")).tolist()
        starts = [0, *self._ends.tolist()]
        return {place: mask.slice(starts[place], starts[place + 1] - starts[place]) for place in touched}
