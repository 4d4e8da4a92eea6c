"""The profile's figures as engine-neutral expressions: written once in Ibis, run by DuckDB here or by Spark elsewhere.

The examination of an upload does not run these: it streams encrypted bytes once and gathers far more on the way
(docs/decisions/engine-neutral-profiles.md has the figures). They are for tables that already lie where a cluster reads
them, beyond what one machine should take; `manage.py measure` runs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import ibis

from listings.profiling.numbers_seen import rounded
from listings.profiling.value_formats import FORMATS, NUMBER

if TYPE_CHECKING:
    from ibis.expr.types import Column, Scalar, Table

DAY = r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$"


def figures_of(table: Table) -> Table:
    """Return one row with all figures of all columns, named `c<position>_<figure>`: one pass over the table."""
    figures: dict[str, Scalar] = {"rows": table.count()}
    for position, name in enumerate(table.columns):
        figures |= {f"c{position}_{figure}": found for figure, found in _of_column(table[name])}
    return table.aggregate(**figures)


def as_profile(row: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """Return the row of `figures_of` as {"rows", "columns": [{"name", …figures}]}, floats cut as profiles show them."""
    columns: list[dict[str, Any]] = [{"name": name} for name in names]
    for key, value in row.items():
        if key != "rows":
            position, _underscore, figure = key[1:].partition("_")
            columns[int(position)][figure] = rounded(value) if isinstance(value, float) else value
    return {"rows": row["rows"], "columns": columns}


def _of_column(column: Column) -> Iterator[tuple[str, Scalar]]:
    kind = column.type()
    yield "values", column.count()
    yield "nulls", column.isnull().sum().fill_null(0)
    if kind.is_nested() or kind.is_binary():
        return
    yield "distinct", column.nunique()
    if kind.is_string():
        yield from _of_text(column)
    elif kind.is_numeric() and not kind.is_boolean():
        yield from _of_numbers(column)
    elif kind.is_temporal():
        yield "first", column.min().cast("string")
        yield "last", column.max().cast("string")


def _of_text(text: Column) -> Iterator[tuple[str, Scalar]]:
    lengths = text.length()
    yield "least", text.min()
    yield "greatest", text.max()
    yield "shortest", lengths.min()
    yield "longest", lengths.max()
    yield "mean_length", lengths.mean()
    number = text.re_search(NUMBER)
    yield from _of_numbers(number.ifelse(text, ibis.null("string")).cast("float64"))
    day = text.re_search(DAY).ifelse(text, ibis.null("string"))
    yield "days", day.count()
    yield "first_day", day.min()
    yield "last_day", day.max()
    for name, each in FORMATS.items():
        yield f"format_{name}", text.re_search(each.pattern).sum().fill_null(0)


def _of_numbers(numbers: Column) -> Iterator[tuple[str, Scalar]]:
    yield "numbers", numbers.count()
    yield "low", numbers.min().cast("float64")
    yield "high", numbers.max().cast("float64")
    yield "mean", numbers.mean()
    yield "deviation", numbers.std(how="pop")
