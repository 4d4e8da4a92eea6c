"""The schema of an enterprise credit report that three places can read: a dated data file, in three languages.

Every field has a code, a kind, a label in three languages, and the names that it goes by on the reports of each place.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from listings.editions import edition_on

PATTERN = "credit-reports/enterprise-credit-report-*.json"
PLACES = ("CN", "HK", "MO")

LanguageMap = Mapping[str, str]


@dataclass(frozen=True)
class ReportField:
    """One field; `names` are those of each place's reports, `fields` those of a list's members."""

    code: str
    kind: str
    required: bool
    label: LanguageMap
    names: Mapping[str, Sequence[str]]
    codes: str
    signed: bool
    fields: Sequence["ReportField"]


@dataclass(frozen=True)
class Place:
    """How one place writes days (strptime), currencies and units of money."""

    dates: Sequence[str]
    currency: str
    currencies: Mapping[str, str]
    units: Mapping[str, str]


@dataclass(frozen=True)
class ReportSchema:
    """One edition. `codes` gives, by list and code, what each place writes for it; `document` is the file itself."""

    edition: str
    fields: Sequence[ReportField]
    places: Mapping[str, Place]
    codes: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
    document: Mapping[str, Any]


def schema_on(day: date) -> ReportSchema:
    """Return the edition in force on `day`."""
    document = edition_on(PATTERN, day)
    places = {
        code: Place(each["dates"], each["currency"], each["currencies"], each["units"])
        for code, each in document["places"].items()
    }
    codes = {name: {code: each["from"] for code, each in values.items()} for name, values in document["codes"].items()}
    return ReportSchema(document["edition"], _fields(document["fields"]), places, codes, document)


def _fields(rows: Sequence[Mapping[str, Any]]) -> tuple[ReportField, ...]:
    return tuple(
        ReportField(
            code=row["code"],
            kind=row["kind"],
            required=row["required"],
            label=row["label"],
            names=row["from"],
            codes=row.get("codes", ""),
            signed=row.get("signed", False),
            fields=_fields(row.get("fields", ())),
        )
        for row in rows
    )
