"""The rules of property registration, dated: which venue is a registration body, its time limits and its grounds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from listings.editions import edition_on


@dataclass(frozen=True)
class RegistryRules:
    """One edition; `working_days` by kind of clock, `bodies` by the venue's code, `grounds` as language maps.

    `publicity` names the kinds of entries that go before the public; `annotations` says, by kind, from which entries an
    annotation keeps a registration, and whether what rests on it is suspended.
    """

    edition: str
    bodies: Mapping[str, Mapping[str, str]]
    working_days: Mapping[str, int]
    extension_working_days: int
    publicity: frozenset[str]
    annotations: Mapping[str, Mapping[str, Any]]
    validity_years: int
    renewal_opens_months: int
    grounds: Mapping[str, Mapping[str, str]]


def rules_on(day: date) -> RegistryRules:
    """Return the rules in force on a day."""
    found = edition_on("registry/property-registration-*.json", day)
    return RegistryRules(
        edition=found["edition"],
        bodies=found["bodies"],
        working_days=found["working_days"],
        extension_working_days=found["extension_working_days"],
        publicity=frozenset(found["publicity"]["kinds"]),
        annotations=found["annotations"],
        validity_years=found["validity_years"],
        renewal_opens_months=found["renewal_opens_months"],
        grounds=found["refusal_grounds"],
    )
