"""The numbers of a column: exact range, mean and deviation over all rows, the rest from a sample of them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.evidence import Evidence
from listings.profiling.value_formats import NUMBER

if TYPE_CHECKING:
    Texts = pa.Array[Any]

EXTREMES = 5
BINS = 20
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
LEAST_NUMBERS = 30  # fewer have no distribution to stand out of
# Tukey's outer fences: three times the quarter range beyond the quarters ("far out").
FENCE = 3.0
# Widely spread positive numbers (populations, prices) are judged by their logarithms.
WIDE_SPREAD = 50.0
DIGITS_SHOWN = 9


@dataclass
class Numbers:
    """What is gathered from the values of a column that are numbers; feed it every batch in order."""

    count: int = 0
    mean: float = 0.0
    low: float | None = None
    high: float | None = None
    whole: bool = True
    misfits: Evidence = field(default_factory=Evidence)
    beyond_90: Evidence = field(default_factory=Evidence)
    beyond_180: Evidence = field(default_factory=Evidence)
    _squares: float = 0.0
    _lowest: list[tuple[float, int]] = field(default_factory=list)
    _highest: list[tuple[float, int]] = field(default_factory=list)

    def add(self, values: Texts, offset: int) -> int:
        """Take the next values (`offset` rows come before them) and return how many are numbers."""
        numbers = as_numbers(values)
        if numbers.null_count > values.null_count:
            self.misfits.take(pc.and_(pc.is_null(numbers), pc.is_valid(values)), values, offset)
        count = len(numbers) - numbers.null_count
        if not count:
            return 0
        bounds = pc.min_max(numbers)
        low, high = bounds["min"].as_py(), bounds["max"].as_py()
        self._merge(count, pc.mean(numbers).as_py(), pc.variance(numbers).as_py())
        self.low = low if self.low is None else min(self.low, low)
        self.high = high if self.high is None else max(self.high, high)
        self.whole = self.whole and pc.all(pc.equal(numbers, pc.floor(numbers))).as_py()
        if max(abs(low), abs(high)) > 90:
            self._beyond(numbers, values, offset)
        self._extremes(numbers, low, high, offset)
        return count

    def _merge(self, count: int, mean: float, variance: float) -> None:
        """Join the moments of two sets of numbers (Chan, Golub and LeVeque 1979, as Welford's step for many)."""
        total = self.count + count
        apart = mean - self.mean
        self._squares += variance * count + apart * apart * self.count * count / total
        self.mean += apart * count / total
        self.count = total

    def _beyond(self, numbers: pa.Array[Any], values: Texts, offset: int) -> None:
        size = pc.abs(numbers)
        self.beyond_90.take(pc.greater(size, 90.0), values, offset)
        self.beyond_180.take(pc.greater(size, 180.0), values, offset)

    def _extremes(self, numbers: pa.Array[Any], low: float, high: float, offset: int) -> None:
        if len(self._lowest) < EXTREMES or low < self._lowest[-1][0]:
            self._lowest = sorted([*self._lowest, *_least(numbers, offset)])[:EXTREMES]
        if len(self._highest) < EXTREMES or high > self._highest[-1][0]:
            found = [*self._highest, *((-number, row) for number, row in _least(pc.negate(numbers), offset))]
            self._highest = sorted(found, key=lambda pair: (-pair[0], pair[1]))[:EXTREMES]

    def as_json(self, sample: Sequence[tuple[float, int]]) -> dict[str, Any]:
        """Return the figures; `sample` holds numbers of the column with their row numbers."""
        ordered = sorted(number for number, _row in sample)
        sampled = {"exact": len(ordered) == self.count, "sampled": len(ordered)}
        deviation = math.sqrt(max(self._squares, 0.0) / self.count) if self.count else 0.0
        return {
            "count": self.count,
            "min": rounded(self.low),
            "max": rounded(self.high),
            "mean": rounded(self.mean),
            "deviation": rounded(deviation),
            "whole": self.whole,
            "exact": True,
            "quantiles": {"values": {str(q): rounded(quantile(ordered, q)) for q in QUANTILES}, **sampled}
            if ordered
            else None,
            "histogram": {**histogram(ordered, self.low, self.high), **sampled} if ordered else None,
            "outliers": {**self._outliers(ordered), **sampled} if len(ordered) >= LEAST_NUMBERS else None,
        }

    def _outliers(self, ordered: Sequence[float]) -> dict[str, Any]:
        fences = outer_fences(ordered)
        if fences is None:
            return {"count": 0, "rows": [], "values": [], "fences": None}
        below, above = fences
        count = bisect_left(ordered, below) + len(ordered) - bisect_right(ordered, above)
        far = [pair for pair in self._lowest if pair[0] < below] + [pair for pair in self._highest if pair[0] > above]
        # The extremes are known exactly, so what the sample missed still counts.
        count = max(len(far), count if len(ordered) == self.count else round(count * self.count / len(ordered)))
        return {
            "count": count,
            "rows": [row for _number, row in far],
            "values": [rounded(number) for number, _row in far],
            "fences": [rounded(below), rounded(above)],
        }


def as_numbers(values: Texts) -> pa.Array[Any]:
    """Return texts as numbers; null where there is none, or where it is infinite."""
    try:
        numbers: pa.Array[Any] = pc.cast(values, pa.float64())
    except pa.ArrowInvalid:
        readable = pc.match_substring_regex(values, NUMBER)
        numbers = pc.cast(pc.if_else(readable, values, pa.scalar(None, pa.string())), pa.float64())
    finite = pc.is_finite(numbers)
    return (
        numbers if pc.all(finite).as_py() is not False else pc.if_else(finite, numbers, pa.scalar(None, pa.float64()))
    )


def _least(numbers: pa.Array[Any], offset: int) -> list[tuple[float, int]]:
    """Return the least numbers with their rows, the earliest of equal ones."""
    values = numbers.to_numpy(zero_copy_only=False)  # null becomes not-a-number, which sorts last
    count = min(EXTREMES, len(numbers) - numbers.null_count)
    last = np.partition(values, count - 1)[count - 1]
    less = np.flatnonzero(values < last)
    chosen = np.concatenate([less, np.flatnonzero(values == last)[: count - len(less)]])
    return [(float(values[place]), offset + 1 + int(place)) for place in chosen]


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the value below which that share of the ordered numbers lies, between two neighbours by proportion."""
    place = share * (len(ordered) - 1)
    left = math.floor(place)
    right = min(left + 1, len(ordered) - 1)
    return ordered[left] + (ordered[right] - ordered[left]) * (place - left)


def outer_fences(ordered: Sequence[float]) -> tuple[float, float] | None:
    """Return the numbers beyond which others are far out, or None if most numbers are the same."""
    lower, upper = quantile(ordered, 0.25), quantile(ordered, 0.75)
    logarithms = (
        ordered[0] > 0 and upper > 0 and quantile(ordered, 0.99) / max(quantile(ordered, 0.01), 1e-300) > WIDE_SPREAD
    )
    if logarithms:
        lower, upper = math.log(lower), math.log(upper)
    reach = FENCE * (upper - lower)
    if reach <= 0:
        return None
    if logarithms:
        return math.exp(lower - reach), math.exp(min(upper + reach, 700.0))
    return lower - reach, upper + reach


def histogram(ordered: Sequence[float], low: float | None, high: float | None) -> dict[str, Any]:
    """Return equally wide bins from the least to the greatest number and how many of the ordered numbers each holds."""
    if low is None or high is None or low == high or not math.isfinite(high - low):
        return {"edges": [rounded(low), rounded(high)], "counts": [len(ordered)]}
    edges = [low + (high - low) * step / BINS for step in range(BINS)] + [high]
    cuts = [0, *(bisect_left(ordered, edge) for edge in edges[1:-1]), len(ordered)]
    return {
        "edges": [rounded(edge) for edge in edges],
        "counts": [after - before for before, after in pairwise(cuts)],
    }


def rounded(number: float | None) -> float | int | None:
    """Return a number as reports show it: nine significant digits, so that the order of adding up leaves no trace."""
    if number is None or not math.isfinite(number):
        return None
    short = float(f"{number:.{DIGITS_SHOWN}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
