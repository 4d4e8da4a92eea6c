"""Bill a venue's month now, or compute its charges again and compare."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.venues import venue_named
from kernel.problems import Problem
from marketplace.delivery.metering import period_named
from marketplace.models import Charge
from marketplace.usage_runs import is_reproduced, run_month


class Command(BaseCommand):
    help = "Bill what was used at a venue until the end of a month; with --check compute its charges again instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("venue", help="a venue's code, such as gzdex")
        parser.add_argument("period", help="a month that is over, such as 2026-10")
        parser.add_argument("--check", action="store_true", help="change nothing; fail if a charge is not reproduced")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            venue, period = venue_named(options["venue"]), period_named(options["period"])
            if not options["check"]:
                self.stdout.write(f"{run_month(venue_id=venue.id, period=period)} charges made")
                return
        except Problem as problem:
            raise CommandError(str(problem)) from problem
        charges = Charge.objects.filter(venue=venue, kind=Charge.Kind.USAGE, period=period.name).order_by("id")
        wrong = [charge.number for charge in charges.iterator() if not is_reproduced(charge)]
        if wrong:
            raise CommandError("not reproduced: " + ", ".join(wrong))
        self.stdout.write(f"{charges.count()} charges reproduced, byte by byte")
