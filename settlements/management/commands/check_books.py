"""Check the books from the entries up; run it after a restore, and whenever in doubt."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from kernel.money import format_amount
from settlements import books, periods


class Command(BaseCommand):
    help = (
        "Print the trial balance; fail if it is not zero, or a balance, kept or frozen, is not the sum of its entries."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = books.standings()
        for row in rows:
            self.stdout.write(f"{row.venue}  {row.currency}  {row.kind:<8} {format_amount(row.minor):>18}")
        totals = books.totals(rows)
        for currency, minor in totals.items():
            self.stdout.write(f"trial balance: {currency} {format_amount(minor)}")
        drifts, untrue = books.drifts(), periods.untrue_periods()
        if drifts or untrue or any(totals.values()):
            broken = [f"{each.account_id}: kept {each.kept_minor}, entered {each.entered_minor}" for each in drifts]
            broken += [f"{each.venue.code} {each}: its entries do not bear out its close" for each in untrue]
            raise CommandError("the books are broken\n" + "\n".join(broken))
        self.stdout.write("every balance is the sum of its entries")
