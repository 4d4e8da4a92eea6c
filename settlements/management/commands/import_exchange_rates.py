"""Import rates of exchange from a file, as a central bank or a data service publishes them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.access import actor_for_console
from accounts.models import Person
from accounts.venues import venue_named
from kernel.problems import Problem
from settlements.exchange_rates import import_rates


class Command(BaseCommand):
    """The person answers for the rates, and needs `exchange.rates` at the venue."""

    help = "Import a CSV of base, counter, rate, observed_at, source: all lines or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--venue", required=True, help="the venue's code: gzdex, szdex")
        parser.add_argument("--as", dest="email", required=True, help="email of the officer who imports them")

    def handle(self, *, file: Path, venue: str, email: str, **_options: Any) -> None:
        try:
            officer = actor_for_console(Person.objects.get(email=email))
            rates = import_rates(venue=venue_named(venue), content=file.read_bytes(), actor=officer)
        except (OSError, Person.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        except Problem as problem:
            said = (f"{each.pointer}: {each.detail}" for each in problem.errors)
            raise CommandError(" ".join([str(problem.detail), *said])) from problem
        for rate in rates:
            self.stdout.write(f"{rate} {rate.observed_at:%Y-%m-%d %H:%M} {rate.source}")
