"""Terms of subscriptions: so many days from any moment on, or months, quarters and years of the calendar.

A term is paid by days: what is left of it on a day costs its share of the whole, rounded half up once. Shares are taken
of what is left, so that those of consecutive parts always sum to the price of the whole.
"""

import math
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

DAY = timedelta(days=1)


class Cycle(models.TextChoices):
    """The calendar's terms; each begins on the first day of its month, quarter or year in the venue's time zone."""

    MONTH = "MONTH", _("calendar month")
    QUARTER = "QUARTER", _("calendar quarter")
    YEAR = "YEAR", _("calendar year")


MONTHS = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.YEAR: 12}
MOST_DAYS = {Cycle.MONTH: 31, Cycle.QUARTER: 92, Cycle.YEAR: 366}


@dataclass(frozen=True)
class Term:
    """One whole term, from its first moment to the next one's; without a cycle it is rolling."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    cycle: str = ""

    @property
    def days(self) -> int:
        """How many days it has: of the calendar, or of 24 hours where it is rolling."""
        return self.days_left(self.start)

    def days_left(self, moment: datetime) -> int:
        """Return the days from a moment of the term to its end; the day that has begun counts as a whole one."""
        if self.cycle:
            return (self.end.astimezone(self.zone).date() - moment.astimezone(self.zone).date()).days
        return math.ceil((self.end - moment) / DAY)

    def price_from(self, moment: datetime, price_minor: int) -> int:
        """Return what is left at a moment costs where the whole costs `price_minor`: by days, half up."""
        return prorated(price_minor, self.days_left(moment), self.days)


def prorated(price_minor: int, days: int, of_days: int) -> int:
    """Return the share of a price that so many of its days cost, rounded half up (pure, whole minor units)."""
    return (2 * price_minor * days + of_days) // (2 * of_days)


def calendar_term(cycle: str, moment: datetime, zone: ZoneInfo) -> Term:
    """Return the month, quarter or year in which a moment lies by the clock of the zone."""
    months = MONTHS[Cycle(cycle)]
    day = moment.astimezone(zone).date()
    start = day.replace(month=(day.month - 1) // months * months + 1, day=1)
    count = start.month - 1 + months
    following = date(start.year + count // 12, count % 12 + 1, 1)
    return Term(_midnight(start, zone), _midnight(following, zone), zone, cycle)


def rolling_term(start: datetime, days: int, zone: ZoneInfo) -> Term:
    """Return the term of so many times 24 hours from a moment on."""
    return Term(start, start + days * DAY, zone)


def is_greater(term: Term, price_minor: int, running: Term, running_price_minor: int, at: datetime) -> bool:
    """Tell whether a term may take the place of a running one at a moment, what is left of that being given back.

    It costs more by the day, ends no sooner, and costs from then on no less than what goes back (pure).
    """
    dearer = price_minor * running.days > running_price_minor * term.days
    covers = term.price_from(at, price_minor) >= running.price_from(at, running_price_minor)
    return dearer and term.end >= running.end and covers


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)
