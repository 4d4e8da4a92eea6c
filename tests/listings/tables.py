"""Tables with known faults, and what the profile, the statistics and the quality report say of them."""

from collections.abc import Sequence
from typing import Any

from listings.profiling.csv_table import profile_csv
from listings.profiling.statistics import Statistics
from listings.quality.declared import Declared, Schema
from listings.quality.schema_checks import SchemaChecks
from listings.quality.score import QualityReport, score_quality
from tests.listings.files import chunks

Rows = Sequence[Sequence[str | None]]
UNDECLARED = Declared()


def csv(names: Sequence[str], rows: Rows) -> bytes:
    """Return a table as CSV; None is an empty cell."""
    quoted = [['"' + (cell or "").replace('"', '""') + '"' if cell else "" for cell in row] for row in [names, *rows]]
    return "".join(",".join(row) + "\n" for row in quoted).encode()


def looked_at(content: bytes, *, schema: Schema | None = None, size: int = 1024 * 1024) -> tuple[dict[str, Any], Any]:
    """Return a CSV file's profile and statistics, both JSON-ready."""
    statistics = Statistics()
    checks = SchemaChecks(schema) if schema else None
    profile = profile_csv(chunks(content, size), observers=[statistics, *([checks] if checks else [])])
    names = [column["name"] for column in profile.columns]
    found = statistics.result(names)
    return profile.as_json(), {**found, "declared": checks.result(names)} if checks else found


def statistics_of(names: Sequence[str], rows: Rows) -> dict[str, Any]:
    return dict(looked_at(csv(names, rows))[1])


def column_of(values: Sequence[str | None], *, name: str = "value") -> dict[str, Any]:
    """Return the statistics of one column beside a column of row numbers."""
    rows = [[str(number), value] for number, value in enumerate(values, 1)]
    return dict(statistics_of(["row", name], rows)["columns"][1])


def quality_of(content: bytes, *, declared: Declared = UNDECLARED, size: int = 1024 * 1024) -> QualityReport:
    profile, found = looked_at(content, schema=declared.schema, size=size)
    return score_quality(profile, found, declared=declared)
