"""Compute the figures of a table that lies somewhere, by DuckDB here or by a Spark cluster."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    """Needs no database, no Redis, and nothing of the exchange's storage."""

    help = (
        "Print rows and, by column, gaps, different values, ranges, lengths, numbers, days and formats of a table in "
        "Parquet or CSV as JSON: computed in this process, or with --spark by a cluster from the same expressions."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="a path or an address that the engine reads; a folder of Parquet ends in /")
        parser.add_argument("--spark", default="", metavar="MASTER", help="spark://host:7077, yarn, local[2] …")

    def handle(self, *, source: str, spark: str, **_options: Any) -> None:
        # Ibis takes a second to load, which no other command should wait for.
        from listings.profiling.measuring import NoEngine, measured  # noqa: PLC0415

        try:
            figures = measured(source, spark=spark)
        except NoEngine as missing:
            raise CommandError(str(missing)) from None
        except Exception as error:  # each engine has errors of its own for a source it cannot read
            raise CommandError(f"{source}: {error}") from error
        self.stdout.write(json.dumps(figures, ensure_ascii=False, indent=1, default=str))
