"""Import an account statement of a venue's custodian bank."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import actor_for_console
from accounts.models import Person
from accounts.venues import venue_named
from kernel.problems import Problem
from settlements.reconciliation import import_statement


class Command(BaseCommand):
    """The person answers for the import, and needs `bank.reconcile` at the venue."""

    help = "Import a camt.053 or CSV statement: match what can be matched, and print what is left as breaks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--venue", required=True, help="the venue's code: gzdex, szdex")
        parser.add_argument("--as", dest="email", required=True, help="email of the officer who imports it")
        parser.add_argument("--encoding", default="", help="of a CSV: utf-8 or gb18030; without it both are tried")

    def handle(self, *, file: Path, venue: str, email: str, encoding: str, **_options: Any) -> None:
        try:
            officer = Person.objects.get(email=email)
            statements = import_statement(
                venue=venue_named(venue),
                name=file.name,
                content=file.read_bytes(),
                encoding=encoding,
                actor=actor_for_console(officer),
            )
        except (OSError, Person.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            raise CommandError(
                " ".join(map(str, (problem.detail, *(each.detail for each in problem.errors))))
            ) from problem
        for statement in statements:
            matched = statement.lines.filter(matched__isnull=False).count()
            self.stdout.write(
                f"{statement.statement_id}: {statement.opens_on}–{statement.closes_on}, ends with {statement.closing}, "
                f"{matched} of {statement.bookings} bookings matched"
            )
