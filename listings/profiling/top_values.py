"""The most frequent values of a column: counted exactly while there are few different ones, else from the sample."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.columns import shown

if TYPE_CHECKING:
    Texts = pa.Array[Any]

TOP = 20


class TopValues:
    """Counts different values until there are more than `most`, or they are longer together than `most_bytes`."""

    def __init__(self, *, most: int, most_bytes: int) -> None:
        self.most = most
        self.exact = True
        self.counts: dict[str, tuple[int, int]] = {}
        self._room = most_bytes

    def add(self, values: Texts, offset: int) -> None:
        """Take the next values; `offset` rows come before them."""
        if not self.exact:
            return
        if not self.counts and len(pc.unique(values[: 2 * self.most])) > self.most:
            self.give_up()
            return
        found = pc.value_counts(values)
        if len(found) > self.most + 1:
            self.give_up()
            return
        for value, times in zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True):
            if value is None:
                continue
            known = self.counts.get(value)
            if known is None:
                self._room -= len(value.encode())
                if self._room < 0 or len(self.counts) >= self.most:
                    self.give_up()
                    return
                known = (0, offset + pc.index(values, value).as_py() + 1)
            self.counts[value] = (known[0] + times, known[1])

    def give_up(self) -> None:
        """Stop counting: there are too many different values."""
        self.exact = False
        self.counts = {}

    def or_of(self, sample: Iterable[tuple[str, int]]) -> dict[str, tuple[int, int]]:
        """Return times and first row of each value, from a sample of (value, row) if they were not all counted."""
        if self.exact:
            return self.counts
        counts: dict[str, tuple[int, int]] = {}
        for value, row in sample:
            times, first = counts.get(value, (0, row))
            counts[value] = (times + 1, min(first, row))
        return counts


def top_json(counts: dict[str, tuple[int, int]], *, exact: bool, sampled: int) -> dict[str, Any]:
    """Return the most frequent values; "distinct" is told only where all were counted."""
    # Where values hardly repeat there is nothing frequent to show.
    least = 1 if len(counts) <= TOP else 2
    often = [item for item in counts.items() if item[1][0] >= least]
    ordered = sorted(often, key=lambda item: (-item[1][0], item[0]))[:TOP]
    return {
        "values": [{"value": shown(value), "count": times} for value, (times, _row) in ordered],
        "distinct": len(counts) if exact else None,
        "exact": exact,
        "sampled": sampled,
    }
