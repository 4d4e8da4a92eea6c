"""The gate between the sandbox and the buyer: every figure that passes carries noise (differential privacy, OpenDP).

A question's ε is divided evenly among its figures. The size of each group is one of them: a group passes where its
true size is at least k (also in the statement itself) and its noisy size reaches a threshold above k, so that whether
a group is shown tells of no single person either (δ below; docs/decisions/clean-room.md).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from kernel.digests import LARGEST_EXACT_INTEGER
from marketplace.delivery.clean_room.questions import Item, Kind, Measure, Question
from marketplace.delivery.clean_room.rules import Rules

DELTA = 1e-6  # the chance, by group of a query, that its being shown tells of one person
LARGEST = 2**62


@dataclass(frozen=True)
class Answer:
    """What may leave: rows of figures with noise, and how many groups the row cap cut off."""

    columns: list[str]
    rows: list[list[Any]]
    left_out: int


def gate(rows: Sequence[Sequence[Any]], question: Question, rules: Rules, epsilon: Decimal) -> Answer:
    """Return what may leave of the sandbox's rows (dimensions, size of the group, figures)."""
    share = float(epsilon) / shares(question, rules)
    dimensions = sum(item.measure is None for item in question.items)
    persons = rules.rows_per_person  # a person is in no more groups, and in a group with no more rows
    least = rules.min_group + persons / share * math.log(persons / (2 * DELTA))
    kept = []
    for row in rows:
        size = row[dimensions]
        noisy_size = _noisy(size, persons / share)
        if size >= rules.min_group and noisy_size >= least:
            kept.append(_shown(row, question, rules, share, noisy_size))
    kept.sort(key=lambda row: [(value is None, str(value)) for value in row])
    for position, falling in reversed(question.order):
        kept.sort(key=lambda row: _sortable(row[position]), reverse=falling)
    most = min(rules.max_rows, question.limit if question.limit is not None else rules.max_rows)
    return Answer([item.name for item in question.items], kept[:most], len(kept) - len(kept[:most]))


def shares(question: Question, rules: Rules) -> int:
    """Return among how many figures the question's ε is divided."""
    measures = [item.measure for item in question.items if item.measure]
    return 1 + sum(_cost(measure, rules) for measure in measures)


def _cost(measure: Measure, rules: Rules) -> int:
    if measure.kind == Kind.ROWS:
        return 1 if rules.person_column else 0  # without persons it is the size of the group
    return 2 if measure.kind == Kind.MEAN else 1


def _shown(row: Sequence[Any], question: Question, rules: Rules, share: float, size: int) -> list[Any]:
    values = iter(row)
    dimensions = iter([next(values) for item in question.items if item.measure is None])
    next(values)  # the true size
    return [
        _plain(next(dimensions)) if item.measure is None else _figure(item, values, rules, share, size)
        for item in question.items
    ]


def _figure(item: Item, values: Any, rules: Rules, share: float, size: int) -> int | float | None:
    measure = item.measure
    assert measure is not None  # noqa: S101 - dimensions are taken before
    first = next(values)
    scale = rules.rows_per_person / share
    if measure.kind == Kind.ROWS and not rules.person_column:
        return size
    column = measure.column
    if (
        column is None
        or column.least is None
        or column.greatest is None
        or measure.kind in (Kind.VALUES, Kind.DISTINCT)
    ):
        return max(0, _noisy(first, scale))
    unit = 10**column.places
    total = _noisy(first, scale * max(abs(column.least), abs(column.greatest), 1) * unit)
    if measure.kind == Kind.SUM:
        return total / unit if column.places or abs(total) > LARGEST_EXACT_INTEGER else total
    count = max(1, _noisy(next(values), scale))
    mean: float = round(min(max(total / unit / count, column.least), column.greatest), column.places + 2)
    return mean


def _noisy(value: int, scale: float) -> int:
    noisy: int = _laplace(scale)(max(-LARGEST, min(int(value), LARGEST)))
    return noisy


@lru_cache(maxsize=256)
def _laplace(scale: float) -> Any:
    import opendp.prelude as dp  # noqa: PLC0415 - takes seconds to import

    dp.enable_features("contrib")
    return dp.m.make_laplace(dp.atom_domain(T="i64"), dp.absolute_distance(T="i64"), scale=scale)


def _plain(value: Any) -> Any:
    """Return a dimension's value as JSON holds it exactly."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return str(value) if isinstance(value, int) and abs(value) > LARGEST_EXACT_INTEGER else value


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else "")
