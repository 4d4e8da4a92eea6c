"""Map an enterprise credit report of one place onto the fields that three places share."""

import json
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from kernel.digests import canonical_json
from listings.crossborder.facts import day_of
from listings.crossborder.trust.credit_reports import map_report
from listings.crossborder.trust.credit_schema import PLACES, schema_on

LARGEST_FILE = 16 * 1024 * 1024


class Command(BaseCommand):
    """Needs no database, no Redis and no network."""

    help = (
        "Read a report (a JSON object with the field names of its place) and write it in the common fields. "
        "Exit status 1 if something in it is wrong; what no field takes is listed as unmapped."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the report; - reads standard input")
        parser.add_argument("--from", dest="place", choices=PLACES, required=True, help="the place of the report")
        parser.add_argument(
            "--as-of", type=date.fromisoformat, metavar="DATE", help="use the schema of this day instead of today's"
        )

    @no_translations
    def handle(self, *, file: Path, place: str, as_of: date | None, **_options: Any) -> None:
        try:
            with sys.stdin.buffer if str(file) == "-" else file.open("rb") as opened:
                given = json.loads(opened.read(LARGEST_FILE + 1)[:LARGEST_FILE].decode("utf-8-sig"))
        except OSError as error:
            raise CommandError(str(error)) from error
        except (ValueError, RecursionError) as error:
            raise CommandError(f"{file}: not JSON: {error}") from error
        if not isinstance(given, dict):
            raise CommandError(f"{file}: a report is a JSON object")
        mapped = map_report(given, place, schema_on(as_of or day_of(datetime.now(UTC))))

        self.stdout.write(canonical_json(mapped.as_json()).decode())
        if mapped.errors:
            raise CommandError(f"{file}: {len(mapped.errors)} of its values cannot be taken.")
