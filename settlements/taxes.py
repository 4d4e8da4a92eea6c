"""The tax tables: which rate applies to a supply between two jurisdictions on a day, and what it comes to.

Rates are rows (settlements/data/tax_rates.json, loaded by a migration and by `manage.py load_tax_rates`); none stands
in code. A supply for which there is no row is not taxed here. No row is legal advice: `verified` says who looked.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from settlements.models import Supply, Tax, TaxRate
from settlements.models.taxes import ELSEWHERE, MAINLAND

FILE = Path(__file__).parent / "data" / "tax_rates.json"
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Contained:
    """An amount that includes VAT, taken apart: `net_minor` and `tax_minor` sum to `gross_minor`."""

    gross_minor: int
    net_minor: int
    tax_minor: int
    rate_ppm: int
    rate_id: UUID | None


class TaxTable:
    """The rates in force on one day, read with one query."""

    def __init__(self, on: date) -> None:
        begun = TaxRate.objects.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on), valid_from__lte=on)
        self._rates = list(begun.order_by("valid_from"))

    def rate(self, tax: Tax, supply: Supply, *, seller: str, buyer: str, product_type: str) -> TaxRate | None:
        """Return the most specific rate that fits: named jurisdictions and types before general ones, then the latest.

        `seller` and `buyer` are ISO 3166 codes of who is paid and who pays.
        """
        fitting = [
            rate
            for rate in self._rates
            if (rate.tax, rate.supply) == (tax, supply)
            and _fits(rate.seller, seller)
            and _fits(rate.buyer, buyer)
            and rate.product_type in ("", product_type)
        ]
        return max(fitting, key=_rank, default=None)

    def contained(self, gross_minor: int, supply: Supply, *, seller: str, buyer: str, product_type: str) -> Contained:
        """Take the VAT out of an amount that includes it, rounded half up once; without a rate all of it is net."""
        rate = self.rate(Tax.VAT, supply, seller=seller, buyer=buyer, product_type=product_type)
        if rate is None:
            return Contained(gross_minor, gross_minor, 0, 0, None)
        tax = part_of(gross_minor, rate.rate_ppm, included_ppm=rate.rate_ppm)
        return Contained(gross_minor, gross_minor - tax, tax, rate.rate_ppm, rate.id)

    def withheld(
        self, gross_minor: int, supply: Supply, *, seller: str, buyer: str, product_type: str
    ) -> list[tuple[TaxRate, int]]:
        """Return what a mainland payer withholds of a payment abroad: VAT, and income tax on what is left without VAT.

        国家税务总局公告 2013 年第 9 号: the income does not include the VAT. Each is rounded half up once.
        """
        place = {"seller": seller, "buyer": buyer, "product_type": product_type}
        vat = self.rate(Tax.VAT_WITHHELD, supply, **place)
        income = self.rate(Tax.INCOME_WITHHELD, supply, **place)
        included = vat.rate_ppm if vat else 0
        rates = [rate for rate in (vat, income) if rate is not None]
        return [(rate, part_of(gross_minor, rate.rate_ppm, included_ppm=included)) for rate in rates]


def part_of(gross_minor: int, rate_ppm: int, *, included_ppm: int) -> int:
    """Return the tax on an amount that includes `included_ppm` of VAT, in minor units, rounded half up (pure)."""
    whole = MILLION + included_ppm
    return (2 * gross_minor * rate_ppm + whole) // (2 * whole)


@transaction.atomic
def load_rates(document: Mapping[str, Any]) -> int:
    """Add the rates of a table that are not there yet, and return how many; a known one is never changed.

    Raises ValueError for a row that cannot be read.
    """
    rows = [TaxRate(**fields) for fields in rates_of(document)]
    for row in rows:
        if {row.tax} - set(Tax.values) or {row.supply} - set(Supply.values):
            raise ValueError(f"unknown tax or supply: {row.tax} {row.supply}")
    before = TaxRate.objects.count()
    TaxRate.objects.bulk_create(rows, ignore_conflicts=True)
    return TaxRate.objects.count() - before


def rates_of(document: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    """Yield the fields of a table's rows."""
    for row in document["rates"]:
        until = row.get("valid_until")
        yield {
            "product_type": "",
            "verified": False,
            **row,
            "valid_from": date.fromisoformat(row["valid_from"]),
            "valid_until": date.fromisoformat(until) if until else None,
        }


def first_table() -> dict[str, Any]:
    """Return the table that comes with the installation."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return document


def _fits(asked: str, jurisdiction: str) -> bool:
    return asked == jurisdiction or (asked == ELSEWHERE and jurisdiction != MAINLAND)


def _rank(rate: TaxRate) -> tuple[bool, bool, bool, date]:
    return rate.seller != ELSEWHERE, rate.buyer != ELSEWHERE, bool(rate.product_type), rate.valid_from
