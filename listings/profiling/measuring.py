"""Measuring a table where it lies, by an engine of one's choice: DuckDB in this process, or a Spark cluster."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import ibis
from django.utils.translation import gettext as _

from listings.profiling.expressions import as_profile, figures_of

if TYPE_CHECKING:
    from ibis.backends import BaseBackend
    from ibis.expr.types import Table


class NoEngine(Exception):
    """The engine that was asked for is not to be had here; the message says what is missing."""


def measured(source: str, *, spark: str = "") -> dict[str, Any]:
    """Return the figures of a table in Parquet or CSV (UTF-8, comma, with a header) as `expressions.as_profile` does.

    `source` is a path or an address that the engine reads. `spark` is the master of a cluster, such as
    "spark://host:7077" or "local[2]"; without it DuckDB does the work. Raises NoEngine, or what the engine raises of a
    source that it cannot read.
    """
    engine = _on_spark(spark) if spark else ibis.duckdb.connect()
    try:
        table = _table(engine, source, on_spark=bool(spark))
        [row] = engine.to_pyarrow(figures_of(table)).to_pylist()
        return as_profile(row, list(table.columns))
    finally:
        engine.disconnect()


def _on_spark(master: str) -> BaseBackend:
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise NoEngine(_("Spark needs Java 17 or newer."))
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415 - in the dependency group `spark` alone
    except ImportError:
        raise NoEngine(_("Spark needs the dependency group `spark`, see docs/operations.md.")) from None
    # Moments are told as the table has them, not as of the place where the driver stands.
    session = SparkSession.builder.master(master).config("spark.sql.session.timeZone", "UTC").getOrCreate()
    return ibis.pyspark.connect(session)


def _table(engine: BaseBackend, source: str, *, on_spark: bool) -> Table:
    if source.endswith((".parquet", "/")):
        return engine.read_parquet(source)
    options: dict[str, Any] = (
        {"header": True, "inferSchema": False, "multiLine": True, "escape": '"'}
        if on_spark
        else {"header": True, "all_varchar": True}
    )
    table = engine.read_csv(source, **options)
    # Only nothing is empty, whether it was quoted or not.
    return table.mutate(**{name: table[name].nullif("") for name in table.columns})
