"""Draw every state machine of the house into docs/states.md, from the tables beside the models."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.states import Stateful, mermaid

HEADING = """# State machines

Made by `python manage.py draw_states` from the tables beside the models; `make test` refuses a stale page.
Every arrow is one `kernel.states.advance`: the row is locked, an illegal move is refused with problem `illegal_state`,
and one audit event is written in the same transaction.
"""


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if the page is stale")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.BASE_DIR) / "docs" / "states.md"
        page = draw_page()
        if not options["check"]:
            path.write_text(page, encoding="utf-8")
        elif path.read_text(encoding="utf-8") != page:
            raise CommandError("docs/states.md is stale: run python manage.py draw_states")


def draw_page() -> str:
    """Return the page with one Mermaid diagram for each machine, by room and name."""
    machines = [model for model in apps.get_models() if issubclass(model, Stateful)]
    parts = [HEADING]
    for model in sorted(machines, key=lambda model: model._meta.label):
        about = (model.__doc__ or "").strip().splitlines()[0]
        parts.append(f"## {model._meta.label}\n\n{about}\n\n```mermaid\n{mermaid(model)}\n```\n")
    return "\n".join(parts)
