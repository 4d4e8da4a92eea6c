"""Quarters of a year, written `2026Q3`, in a venue's own time zone."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from kernel.problems import field_problem

_WRITTEN = re.compile(r"(20\d\d)Q([1-4])", re.ASCII)


@dataclass(frozen=True, order=True)
class Quarter:
    """A quarter; `number` counts from 1 to 4."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"

    @classmethod
    def of(cls, text: str, *, pointer: str = "/quarter") -> Self:
        """Read `2026Q3`; raises Problem `invalid` at `pointer` for anything else."""
        written = _WRITTEN.fullmatch(text)
        if written is None:
            raise field_problem(pointer, "quarter", _("Give a quarter such as 2026Q3."))
        return cls(int(written[1]), int(written[2]))

    @classmethod
    def at(cls, day: date) -> Self:
        """Return the quarter that a day lies in."""
        return cls(day.year, (day.month - 1) // 3 + 1)

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    @property
    def previous(self) -> "Quarter":
        return Quarter(self.year - (self.number == 1), self.number - 1 or 4)

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return its first moment, and the first moment after it."""
        start, end = (datetime(each.year, each.month, 1, tzinfo=zone) for each in (self.first_day, self.next.first_day))
        return start, end

    def is_over(self, at: datetime, zone: ZoneInfo) -> bool:
        """Tell whether nothing more can belong to it."""
        return at >= self.span(zone)[1]
