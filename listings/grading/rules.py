"""The dated rules of classification and grading (listings/data/grading): pure lookups."""

from datetime import date
from enum import StrEnum
from functools import cache

from listings.editions import Edition, edition_on
from listings.grading.numbers import today


class Category(StrEnum):
    """Personal information (PIPL art. 4), and the kinds whose leak harms dignity or safety easily (art. 28)."""

    PERSONAL = "personal"
    SENSITIVE = "sensitive"


def rules_on(day: date) -> Edition:
    """Return the rules of grading in force on `day`."""
    return edition_on("grading/rules-*.json", day)


def category_of(code: str, *, on: date | None = None) -> Category:
    """Tell whether what a detector finds is sensitive by the rules of the day."""
    return Category.SENSITIVE if code in _sensitive(on or today()) else Category.PERSONAL


@cache
def _sensitive(day: date) -> frozenset[str]:
    return frozenset(rules_on(day)["sensitive"])
