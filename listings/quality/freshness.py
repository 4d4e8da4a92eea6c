"""Whether data are as fresh as their provider declares."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

# How long after the end of one period the next one ends.
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_DAYS = {"REALTIME": 1, "DAY": 1, "WEEK": 7}
FREQUENCIES = (*_DAYS, *_MONTHS)


@dataclass(frozen=True)
class Freshness:
    """When newer data were due, and how late they are: in days, and in periods of the declared frequency."""

    due: date
    days_late: int
    periods_late: float

    @property
    def fresh(self) -> bool:
        return self.days_late == 0


def freshness(frequency: str, last: date, on: date) -> Freshness | None:
    """Tell as of the day `on` whether data that end on the day `last` are fresh.

    Data of one period are due by the end of the next one. Returns None for frequencies without a due day (ON_DEMAND,
    OTHER, none declared).
    """
    if frequency not in FREQUENCIES:
        return None
    try:
        due = _later(last, frequency)
    except (ValueError, OverflowError):  # the end of time, which tables use for "until further notice"
        return Freshness(due=date.max, days_late=0, periods_late=0.0)
    late = max(0, (on - due).days)
    return Freshness(due=due, days_late=late, periods_late=round(late / (due - last).days, 4))


def _later(day: date, frequency: str) -> date:
    if frequency in _DAYS:
        return day + timedelta(days=_DAYS[frequency])
    months = day.year * 12 + day.month - 1 + _MONTHS[frequency]
    year, month = divmod(months, 12)
    last_day = monthrange(year, month + 1)[1]
    # A month that ends on its last day is followed by one that does, too: 29 February, 31 March.
    at_end = day.day == monthrange(day.year, day.month)[1]
    return date(year, month + 1, last_day if at_end else min(day.day, last_day))
