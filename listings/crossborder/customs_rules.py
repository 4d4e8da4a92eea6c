"""The rules of data customs, dated: what is released by rule, how much is sampled, and what a permit allows."""

from dataclasses import dataclass
from datetime import date

from listings.editions import edition_on


@dataclass(frozen=True)
class CustomsRules:
    """One edition. A permit holds for `permit_days` and for `readings` times the payload's bytes.

    One for calls of an interface, whose answers nobody knows ahead, holds for `call_bytes` instead.
    """

    edition: str
    low_risk_routes: frozenset[str]
    low_risk_persons: int
    low_risk_bytes: int
    sample_rows: int
    permit_days: int
    readings: int
    call_bytes: int


def customs_rules_on(day: date) -> CustomsRules:
    """Return the rules in force on a day."""
    found = edition_on("customs/customs-*.json", day)
    return CustomsRules(
        edition=found["edition"],
        low_risk_routes=frozenset(found["low_risk"]["routes"]),
        low_risk_persons=found["low_risk"]["most_persons"],
        low_risk_bytes=found["low_risk"]["most_bytes"],
        sample_rows=found["sampling"]["rows"],
        permit_days=found["permit"]["days"],
        readings=found["permit"]["readings"],
        call_bytes=found["permit"]["call_bytes"],
    )
