"""Working days: mainland public holidays and make-up workdays from dated files, weekends elsewhere.

A day for which there is no published calendar is counted by weekends and marked `verified=False`; whoever shows or
acts on such a date can see that it may move. Deadlines count from the day after the start (Civil Code art. 201).
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from django.core import checks

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "data" / "holidays"
SATURDAY = 5
MAINLAND_TIME = ZoneInfo("Asia/Shanghai")
# Next year's notice may move days of the last week: 31 Dec 2022 was a holiday, 29 Dec 2018 a make-up workday.
SETTLED_UNTIL = (12, 24)


@dataclass(frozen=True)
class Calendar:
    """Exceptions to the rule that Monday to Friday are worked, and the years for which all of them are known."""

    exceptions: Mapping[date, bool]
    years: frozenset[int]

    def is_worked(self, day: date) -> bool:
        return self.exceptions.get(day, day.weekday() < SATURDAY)

    def knows(self, day: date) -> bool:
        """Tell whether the published calendars settle this day."""
        settled = (day.month, day.day) <= SETTLED_UNTIL or day.year + 1 in self.years
        return day.year in self.years and settled


@dataclass(frozen=True)
class Deadline:
    """The end of a working day, and whether every day counted on the way is in a published calendar."""

    at: datetime
    verified: bool


@cache
def calendar_of(jurisdiction: str) -> Calendar:
    """Return the calendar of a jurisdiction; one without data files knows weekends only."""
    exceptions: dict[date, bool] = {}
    years = set()
    for path in sorted(FOLDER.glob(f"{jurisdiction.lower()}-*.json")):
        year = json.loads(path.read_text(encoding="utf-8"))
        years.add(int(year["year"]))
        exceptions |= {date.fromisoformat(day["date"]): not day["isOffDay"] for day in year["days"]}
    return Calendar(exceptions, frozenset(years))


def is_working_day(day: date, jurisdiction: str = "CN") -> bool:
    """Tell whether a day is worked there, make-up Saturdays and Sundays included."""
    return calendar_of(jurisdiction).is_worked(day)


def is_verified(day: date, jurisdiction: str = "CN") -> bool:
    """Tell whether `is_working_day` rests on a published calendar rather than on weekends alone."""
    return calendar_of(jurisdiction).knows(day)


def deadline(start: date | datetime, days: int, *, jurisdiction: str = "CN", tz: ZoneInfo = MAINLAND_TIME) -> Deadline:
    """Return the end of the `days`-th working day after `start`, in the zone `tz`.

    The day of the start does not count; `days=0` is the end of that day, or of the next working day if it is none.
    Raises ValueError for negative days and for a naive datetime.
    """
    if days < 0:
        raise ValueError("working days are counted forwards")
    calendar = calendar_of(jurisdiction)
    day = _local_day(start, tz)
    known = calendar.knows(day)
    left = days
    while left > 0 or not calendar.is_worked(day):
        day += timedelta(days=1)
        known &= calendar.knows(day)
        left -= calendar.is_worked(day)
    return Deadline(datetime.combine(day, time.max, tzinfo=tz), known)


def add_working_days(
    start: date | datetime, days: int, *, jurisdiction: str = "CN", tz: ZoneInfo = MAINLAND_TIME
) -> datetime:
    """Return `deadline(…).at`, and leave a warning in the log when it rests on days that no calendar settles."""
    due = deadline(start, days, jurisdiction=jurisdiction, tz=tz)
    if not due.verified:
        log.warning("deadline counted without a published calendar", extra={"jurisdiction": jurisdiction, "at": due.at})
    return due.at


def working_days_between(
    start: datetime, end: datetime, *, jurisdiction: str = "CN", tz: ZoneInfo = MAINLAND_TIME
) -> int:
    """Count the working days after the day of `start` up to the day of `end`; none when it lies before."""
    first, last = _local_day(start, tz), _local_day(end, tz)
    days = (first + timedelta(days=n) for n in range(1, (last - first).days + 1))
    return sum(is_working_day(day, jurisdiction) for day in days)


def working_day_before(end: date, days: int, *, jurisdiction: str = "CN") -> date:
    """Return the day from which `days` working days are left up to and including `end`; `days` is at least 1."""
    day, left = end + timedelta(days=1), days
    while left > 0:
        day -= timedelta(days=1)
        left -= is_working_day(day, jurisdiction)
    return day


def _local_day(start: date | datetime, tz: ZoneInfo) -> date:
    if not isinstance(start, datetime):
        return start
    if start.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return start.astimezone(tz).date()


@checks.register()
def calendar_reaches_far_enough(**_: object) -> list[checks.CheckMessage]:
    """Warn operators (`accounts.W001`) when deadlines set today may already fall on days without a calendar."""
    horizon = datetime.now(MAINLAND_TIME).date() + timedelta(days=14)
    if is_verified(horizon, "CN"):
        return []
    message = f"There is no mainland holiday calendar that settles {horizon}: add accounts/data/holidays/cn-YYYY.json."
    return [checks.Warning(message, id="accounts.W001", hint="accounts/data/SOURCES.md")]
