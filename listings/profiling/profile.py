"""The shape of a profile, the same for every format."""

from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

MOST_COLUMNS = 4096
SAMPLE_ROWS = 10
SAMPLES = 5
NAMES_TOLD = 20


class Column(Protocol):
    """What every format's column can say once all batches are in."""

    name: str
    nulls: int
    samples: list[Any]

    @property
    def type(self) -> str: ...
    def bounds(self) -> tuple[Any, Any]: ...


@dataclass(frozen=True)
class TableProfile:
    """What a file holds. `encoding` and `dialect` say nothing for formats that have none.

    `details` is what a format tells beyond its table: the extent of its geometries, the sheets of a workbook, the
    language of a text. Each format's module says which.

    A column is {"name", "type", "nulls", "null_share" (0–1), "distinct" (about; null if not counted), "min", "max",
    "samples"}; a warning is {"code", "params"} with a code of `refusals.WARNINGS`.
    """

    format: str
    rows: int
    columns: list[dict[str, Any]]
    sample: list[list[Any]]
    encoding: str = ""
    dialect: dict[str, Any] = field(default_factory=dict)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def column_json(column: Column, *, rows: int, distinct: int | None) -> dict[str, Any]:
    """Return a column of a profile; `distinct` is an estimate and never shown above the number of values."""
    low, high = column.bounds()
    return {
        "name": column.name,
        "type": column.type,
        "nulls": column.nulls,
        "null_share": round(column.nulls / rows, 6) if rows else 0,
        "distinct": None if distinct is None else min(distinct, rows - column.nulls),
        "min": low,
        "max": high,
        "samples": column.samples,
    }


def some(names: list[str]) -> list[str]:
    """Return the first names of a list that may be long, for a sentence."""
    return names if len(names) <= NAMES_TOLD else [*names[:NAMES_TOLD], "…"]
