"""What each type of product is: its own fields, the plans it may be sold by and the ways it may be delivered.

The table is a dated data file (listings/data/product-types); this module only looks it up. What values the fields of a
type take is checked in listings/type_fields.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

from listings.editions import Edition, edition_on, editions
from listings.models import Plan

LanguageMap = Mapping[str, str]

PATTERN = "product-types/product-types-*.json"
# What the exchange can do itself today; a product with other plans or deliveries can be registered, not yet offered.
OPEN_PLANS = frozenset(Plan.Kind.values)
OPEN_DELIVERIES = frozenset({"FILE", "TABLE", "API", "PRIVACY_COMPUTING", "SCHEDULER"})


@dataclass(frozen=True)
class Choice:
    """One value that a field takes, and its name in three languages."""

    code: str
    label: LanguageMap


@dataclass(frozen=True)
class Way(Choice):
    """A way to be sold or delivered, and whether the exchange can do it already."""

    open: bool


@dataclass(frozen=True)
class TypeField:
    """A field that only products of one type have.

    `kind` is one of listings/type_fields.py; limits are of the value (`minimum`, `maximum`), of its decimal `places`,
    or of its characters (`max_length`), None where there is none.
    """

    code: str
    kind: str
    required: bool
    label: LanguageMap
    help: LanguageMap
    choices: Sequence[Choice]
    minimum: int | Decimal | None
    maximum: int | Decimal | None
    places: int | None
    max_length: int | None
    pattern: str


@dataclass(frozen=True)
class TypeRule:
    """One row of the table; the first of `deliveries` is the usual one."""

    edition: str
    code: str
    family: Choice
    label: LanguageMap
    needs_dataset: bool
    plans: Sequence[Way]
    deliveries: Sequence[Way]
    fields: Sequence[TypeField]

    @property
    def plan_codes(self) -> frozenset[str]:
        return frozenset(way.code for way in self.plans)

    @property
    def delivery_codes(self) -> list[str]:
        return [way.code for way in self.deliveries]


def type_rule(code: str, *, on: date) -> TypeRule:
    """Return the rule for products of that type as of the day `on`. Raises KeyError for an unknown type."""
    return type_rules(on)[code]


def type_rules(day: date) -> Mapping[str, TypeRule]:
    """Return the rule of every product type in force on `day`, in the order of the table."""
    return _rules(edition_on(PATTERN, day)["edition"])


@cache
def _rules(name: str) -> Mapping[str, TypeRule]:
    edition = next(each for each in editions(PATTERN) if each["edition"] == name)
    return {
        row["code"]: TypeRule(
            edition=name,
            code=row["code"],
            family=Choice(row["family"], edition["families"][row["family"]]),
            label=row["label"],
            needs_dataset=row["needs_dataset"],
            plans=[Way(code, edition["plans"][code], code in OPEN_PLANS) for code in row["plans"]],
            deliveries=[Way(code, edition["deliveries"][code], code in OPEN_DELIVERIES) for code in row["deliveries"]],
            fields=[_field(field, edition) for field in row["fields"]],
        )
        for row in edition["types"]
    }


def _field(row: Mapping[str, Any], edition: Edition) -> TypeField:
    vocabulary = edition["vocabularies"][row["choices"]] if "choices" in row else []
    return TypeField(
        code=row["code"],
        kind=row["kind"],
        required=row["required"],
        label=row["label"],
        help=row.get("help", {}),
        choices=[Choice(each["code"], each["label"]) for each in vocabulary],
        minimum=_limit(row, "minimum"),
        maximum=_limit(row, "maximum"),
        places=row.get("places"),
        max_length=row.get("max_length"),
        pattern=row.get("pattern", ""),
    )


def _limit(row: Mapping[str, Any], name: str) -> int | Decimal | None:
    value = row.get(name)
    return Decimal(str(value)) if isinstance(value, float) else value
