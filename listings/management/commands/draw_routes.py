"""Draw the tables of the newest cross-border rule set into docs/crossborder.md, from the data files."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from listings.crossborder.drawing import draw_rules
from listings.crossborder.rules import rule_sets

MARKER = "<!-- Everything below is made by `python manage.py draw_routes`; do not edit it. -->\n"


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if the page is stale")

    def handle(self, *, check: bool, **_options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "crossborder.md"
        page = path.read_text(encoding="utf-8")
        written_by_hand, marker, _drawn = page.partition(MARKER)
        if not marker:
            raise CommandError("docs/crossborder.md has lost the line below which the tables stand")
        fresh = f"{written_by_hand}{MARKER}\n{draw_rules(rule_sets()[-1])}"
        if not check:
            path.write_text(fresh, encoding="utf-8")
        elif page != fresh:
            raise CommandError("docs/crossborder.md is stale: run python manage.py draw_routes")
