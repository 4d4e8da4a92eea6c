"""`manage.py load_tax_rates FILE`: add the rates of a newer tax table; known ones stay as they are."""

import json
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from settlements.taxes import load_rates


class Command(BaseCommand):
    help = "Add the tax rates of a file like settlements/data/tax_rates.json that are not in the tables yet."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            added = load_rates(json.loads(options["file"].read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, ValidationError) as error:
            raise CommandError(f"The table cannot be read: {error}") from error
        self.stdout.write(f"{added} rates added")
