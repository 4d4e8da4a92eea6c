"""Metered prices: what one unit costs, how many are included, how many there may be, and how fast they may come.

A unit's price has up to six decimals and is never rounded; only the line of an invoice is, half up (DOMAIN §1.7).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from django.db import models
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from kernel.money import LARGEST_MINOR, Currency, Money
from kernel.problems import field_problem

PRICE_PLACES = 6
MOST_UNITS = 10**15
LONGEST_PACK_DAYS = 1096
MOST_PACKS = 10


class Unit(models.TextChoices):
    """What is counted; the codes of calls are those of `billing_unit` in the product types' table."""

    CALL = "CALL", _("call")
    ROW = "ROW", _("row")
    BYTE = "BYTE", _("byte")
    TOKEN = "TOKEN", _("token")
    SECOND = "SECOND", _("second of compute")


@dataclass(frozen=True)
class Tier:
    """What a unit costs beyond so many of a month; the units before it keep their own price."""

    beyond_units: int
    unit_price: Decimal

    def as_json(self) -> dict[str, Any]:
        return {"beyond_units": self.beyond_units, "unit_price": format(self.unit_price, f".{PRICE_PLACES}f")}


@dataclass(frozen=True)
class Pack:
    """So many units bought ahead at one price, valid for some days; they come after the free ones of a month."""

    units: int
    price_minor: int
    valid_days: int

    @property
    def price(self) -> Decimal:
        """The price in whole units of the currency."""
        return Decimal(self.price_minor) / 100

    @property
    def unit_price(self) -> Decimal:
        """What one of its units costs, in whole units of the currency."""
        return self.price / self.units


@dataclass(frozen=True)
class Metering:
    """The terms by which use is counted in each calendar month; None where there is no limit."""

    unit: str
    unit_price: Decimal = Decimal(0)
    included_units: int = 0
    most_units: int | None = None
    calls_per_second: int | None = None
    calls_per_minute: int | None = None
    tiers: tuple[Tier, ...] = ()
    cap_minor: int | None = None  # what a month costs at most, besides packs
    packs: tuple[Pack, ...] = ()

    @property
    def cap(self) -> Decimal | None:
        """The cap in whole units of the currency."""
        return None if self.cap_minor is None else Decimal(self.cap_minor) / 100

    def as_json(self) -> dict[str, Any]:
        """Return the form that agreements freeze; the price is a string, so that no reader rounds it."""
        return {
            "unit": self.unit,
            "unit_price": format(self.unit_price, f".{PRICE_PLACES}f"),
            "included_units": self.included_units,
            "most_units": self.most_units,
            "calls_per_second": self.calls_per_second,
            "calls_per_minute": self.calls_per_minute,
            "tiers": [tier.as_json() for tier in self.tiers],
            "cap_minor": self.cap_minor,
            **({"packs": [asdict(pack) for pack in self.packs]} if self.packs else {}),
        }

    def charge(self, units: int, currency: Currency) -> Money:
        """Return what so many units of one month cost that no pack covers: one line, rounded once, half up."""
        starts = [self.included_units, *(tier.beyond_units for tier in self.tiers)]
        prices = [self.unit_price, *(tier.unit_price for tier in self.tiers)]
        exact = Decimal(0)
        for start, end, price in zip(starts, [*starts[1:], units], prices, strict=True):
            exact += max(0, min(units, end) - start) * price
        minor = int((exact * 100).quantize(Decimal(1), ROUND_HALF_UP))
        return Money(minor if self.cap_minor is None else min(minor, self.cap_minor), currency)


def metering_of_json(body: Mapping[str, Any]) -> Metering:
    """Return what `Metering.as_json` wrote, also before there were tiers."""
    tiers = tuple(tier_of_json(tier) for tier in body.get("tiers", ()))
    packs = tuple(Pack(**pack) for pack in body.get("packs", ()))
    return Metering(**{**body, "unit_price": Decimal(body["unit_price"]), "tiers": tiers, "packs": packs})


def tier_of_json(body: Mapping[str, Any]) -> Tier:
    """Return what `Tier.as_json` wrote."""
    return Tier(body["beyond_units"], Decimal(body["unit_price"]))


def checked_metering(metering: Metering | None) -> Metering:
    """Return the metering of a metered plan; raises Problem `invalid` at the member that does not fit."""
    if metering is None:
        raise field_problem("/metering", "required", _now("A metered plan says what is counted and what a unit costs."))
    if metering.unit == Unit.SECOND and (metering.calls_per_second or metering.calls_per_minute):
        raise field_problem("/metering/unit", "no_calls", _now("Compute has seconds, and no calls to come at a rate."))
    most, included = metering.most_units, metering.included_units
    if most is not None and most < included:
        raise field_problem("/metering/most_units", "out_of_range", _now("No less than is included."))
    starts = [included, *(tier.beyond_units for tier in metering.tiers)]
    if any(later <= earlier for earlier, later in pairwise(starts)):
        raise field_problem("/metering/tiers", "not_ascending", _now("Each tier begins beyond the one before it."))
    if len(metering.packs) > MOST_PACKS:
        raise field_problem("/metering/packs", "too_many", _now("A plan sells at most ten packs."))
    if len({pack.units for pack in metering.packs}) < len(metering.packs):
        raise field_problem("/metering/packs", "repeated", _now("Packs are told apart by their units."))
    if metering.charge(most or 0, Currency.CNY).minor > LARGEST_MINOR:
        raise field_problem("/metering/most_units", "out_of_range", _now("A month could cost more than is booked."))
    return metering
