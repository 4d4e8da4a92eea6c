"""Money as whole minor units of a currency; no floats, no Decimal in the books."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Currency(StrEnum):
    """The three settlement currencies; each has two decimal places (ISO 4217)."""

    CNY = "CNY"
    HKD = "HKD"
    MOP = "MOP"


CURRENCY_CHOICES = [(currency.value, currency.value) for currency in Currency]
LARGEST_MINOR = 10**13 - 1  # a hundred billion yuan: far above any trade, far below bigint when summed
_AMOUNT = re.compile(r"\d{1,13}(\.\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Money:
    """`minor` counts the smallest unit (fen, cents, avos). As text it is for people: "CNY 1,234,567.80"."""

    minor: int
    currency: Currency

    def __str__(self) -> str:
        return f"{self.currency} {grouped(self.minor)}"

    def plain(self) -> str:
        """Return what a program reads in one string: "1234567.80 CNY"."""
        return f"{format_amount(self.minor)} {self.currency}"

    def as_json(self) -> dict[str, str]:
        return {"amount": format_amount(self.minor), "currency": str(self.currency)}


def format_amount(minor: int) -> str:
    """Return minor units as a decimal string: -1234 → "-12.34"."""
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def grouped(minor: int) -> str:
    """Return minor units as people read them, in the three languages: -123456780 → "-1,234,567.80"."""
    whole, _dot, cents = format_amount(minor).rpartition(".")
    sign, digits = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{int(digits):,}.{cents}"


def parse_amount(text: str) -> int:
    """Return the minor units of a decimal string; raises ValueError for more than two places, signs or exponents."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    whole, _dot, cents = text.partition(".")
    minor = int(whole) * 100 + int(cents.ljust(2, "0"))
    if minor > LARGEST_MINOR:
        raise ValueError(text)
    return minor


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "amount": {"type": "string", "pattern": r"^-?\d{1,13}(\.\d{1,2})?$", "examples": ["1200.00"]},
            "currency": {"type": "string", "enum": [c.value for c in Currency]},
        },
        "required": ["amount", "currency"],
        "additionalProperties": False,
    }
)
class MoneyField(serializers.Field[Money, Any, dict[str, str], Money]):
    """`{"amount": "12.34", "currency": "CNY"}`: the amount is a string, so that no JSON reader rounds it."""

    default_error_messages = {
        "amount": _("Give the amount as a decimal string of at most two places, from 0.00 to 99999999999.99."),
        "currency": _("The currency is CNY, HKD or MOP."),
        "form": _("Give an object with amount and currency."),
    }

    def to_internal_value(self, data: Any) -> Money:
        if not isinstance(data, dict) or data.keys() != {"amount", "currency"}:
            self.fail("form")
        if data["currency"] not in Currency.__members__:
            raise serializers.ValidationError(
                {"currency": [serializers.ErrorDetail(str(self.error_messages["currency"]), code="currency")]}
            )
        try:
            minor = parse_amount(data["amount"] if isinstance(data["amount"], str) else "")
        except ValueError as error:
            raise serializers.ValidationError(
                {"amount": [serializers.ErrorDetail(str(self.error_messages["amount"]), code="amount")]}
            ) from error
        return Money(minor, Currency(data["currency"]))

    def to_representation(self, value: Money) -> dict[str, str]:
        return value.as_json()
