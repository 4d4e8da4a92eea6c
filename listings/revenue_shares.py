"""Shares of revenue: which part of what a buyer earns with the data is the provider's, period by period.

A share is kept in parts per million, which is percent with four decimals; money is in whole minor units.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from kernel.money import LARGEST_MINOR
from kernel.problems import field_problem
from listings.cycles import Cycle, prorated

WHOLE = 1_000_000  # parts per million
LONGEST_DAYS = 366


@dataclass(frozen=True)
class RevenueShare:
    """The terms of a share. `minimum_minor` and `cap_minor` are of a whole period; None where there is none."""

    share_ppm: int
    period: str
    report_days: int  # after the period's end, until whose end the buyer reports
    grace_days: int = 10  # after those, until the minimum is charged without a report
    minimum_minor: int | None = None
    cap_minor: int | None = None

    @property
    def minimum(self) -> Decimal | None:
        """The minimum in whole units of the currency."""
        return None if self.minimum_minor is None else Decimal(self.minimum_minor) / 100

    @property
    def cap(self) -> Decimal | None:
        """The cap in whole units of the currency."""
        return None if self.cap_minor is None else Decimal(self.cap_minor) / 100

    def as_json(self) -> dict[str, Any]:
        """Return the form that plans keep and agreements freeze."""
        return asdict(self)

    def lines(self, revenue_minor: int, days: int, of_days: int) -> list[dict[str, Any]]:
        """Return what a period comes to, line by line, each rounded half up once (pure, whole minor units).

        The minimum is by the days of the period that the agreement covers; the cap is whole for a part of one, too.
        """
        amount = (2 * revenue_minor * self.share_ppm + WHOLE) // (2 * WHOLE)
        share = {"line": "SHARE", "revenue_minor": revenue_minor, "share_ppm": self.share_ppm, "amount_minor": amount}
        least = prorated(self.minimum_minor or 0, days, of_days)
        if amount < least:
            part = {"line": "MINIMUM", "minimum_minor": self.minimum_minor, "days": days, "of_days": of_days}
            return [share, {**part, "amount_minor": least - amount}]
        if self.cap_minor is not None and amount > self.cap_minor:
            return [share, {"line": "CAP", "cap_minor": self.cap_minor, "amount_minor": self.cap_minor - amount}]
        return [share]


def share_of_json(body: Mapping[str, Any]) -> RevenueShare:
    """Return what `RevenueShare.as_json` wrote."""
    return RevenueShare(**body)


def checked_share(kind: str, share: RevenueShare | None) -> dict[str, Any]:
    """Return the share as a plan keeps it, empty where its kind has none; raises Problem `invalid` at its member."""
    if kind != "REVENUE_SHARE":
        if share is not None:
            raise field_problem("/revenue_share", "no_share", _("Only a plan of shared revenue has a share."))
        return {}
    if share is None:
        raise field_problem("/revenue_share", "required", _("A plan of shared revenue says which share of it is due."))
    if not 1 <= share.share_ppm <= WHOLE:
        raise field_problem("/revenue_share/share_ppm", "out_of_range", _("More than nothing, and at most the whole."))
    if share.period not in Cycle.values:
        raise field_problem("/revenue_share/period", "invalid_choice", _("A month, a quarter or a year."))
    for name in ("report_days", "grace_days"):
        if not 1 <= getattr(share, name) <= LONGEST_DAYS:
            raise field_problem(f"/revenue_share/{name}", "out_of_range", _("From 1 to %d days.") % LONGEST_DAYS)
    for name in ("minimum", "cap"):
        minor = getattr(share, f"{name}_minor")
        if minor is not None and not 1 <= minor <= LARGEST_MINOR:
            message = _("At least 0.01 and below 100 000 000 000.00.")
            raise field_problem(f"/revenue_share/{name}", "out_of_range", message)
    if share.minimum_minor and share.cap_minor and share.cap_minor < share.minimum_minor:
        raise field_problem("/revenue_share/cap", "out_of_range", _("The cap is no less than the minimum."))
    return share.as_json()
