"""Metered prices: what one unit costs, how many are included, how many there may be, and how fast they may come.

A unit's price has up to six decimals and is never rounded; only the line of an invoice is, half up (DOMAIN §1.7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.problems import field_problem

PRICE_PLACES = 6
MOST_UNITS = 10**15


class Unit(models.TextChoices):
    """What is counted; the codes are those of `billing_unit` in the product types' table."""

    CALL = "CALL", _("call")
    ROW = "ROW", _("row")
    BYTE = "BYTE", _("byte")
    TOKEN = "TOKEN", _("token")


@dataclass(frozen=True)
class Metering:
    """The terms by which use is counted in each calendar month; None where there is no limit."""

    unit: str
    unit_price: Decimal = Decimal(0)
    included_units: int = 0
    most_units: int | None = None
    calls_per_second: int | None = None
    calls_per_minute: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the form that agreements freeze; the price is a string, so that no reader rounds it."""
        return {
            "unit": self.unit,
            "unit_price": format(self.unit_price, f".{PRICE_PLACES}f"),
            "included_units": self.included_units,
            "most_units": self.most_units,
            "calls_per_second": self.calls_per_second,
            "calls_per_minute": self.calls_per_minute,
        }

    def charge(self, units: int, currency: Currency) -> Money:
        """Return what so many units of one month cost: one line, rounded once, half up."""
        billable = max(0, units - self.included_units)
        minor = (billable * self.unit_price * 100).quantize(Decimal(1), ROUND_HALF_UP)
        return Money(int(minor), currency)


def metering_of_json(body: Mapping[str, Any]) -> Metering:
    """Return what `Metering.as_json` wrote."""
    return Metering(**{**body, "unit_price": Decimal(body["unit_price"])})


def checked_metering(metering: Metering | None) -> Metering:
    """Return the metering of a metered plan; raises Problem `invalid` at the member that does not fit."""
    if metering is None:
        raise field_problem("/metering", "required", _now("A metered plan says what is counted and what a unit costs."))
    most, included = metering.most_units, metering.included_units
    if most is not None and most < included:
        raise field_problem("/metering/most_units", "out_of_range", _now("No less than is included."))
    largest = (most or 0) * metering.unit_price * 100
    if largest > LARGEST_MINOR:
        raise field_problem("/metering/most_units", "out_of_range", _now("A month could cost more than is booked."))
    return metering
