"""The method of the statistics, dated like every rule: what is withheld, and how the index is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from listings.editions import edition_on

DATA = Path(__file__).parent.parent / "data"


@dataclass(frozen=True)
class Method:
    """One edition of the method; `weights` are percent and sum to 100."""

    edition: str
    fewest_contributors: int
    base: int
    weights: Mapping[str, int]
    statement: Mapping[str, str]


def method_on(day: date) -> Method:
    """Return the method in force on a day."""
    found = edition_on("statistics/method-*.json", day, folder=DATA)
    return Method(
        edition=found["edition"],
        fewest_contributors=found["fewest_contributors"],
        base=found["index"]["base"],
        weights=found["index"]["weights"],
        statement=found["statement"],
    )
