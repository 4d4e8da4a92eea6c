"""Divide a price by the venue's dated fee schedule: to the cent, and what remains is the provider's.

A schedule is a row per venue, payee and currency, in force from a day until a later row of the same kind begins.
Rows are never changed, so that any past division can be computed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Venue
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from settlements.defaults import default_schedules
from settlements.models import FeeSchedule, Payee

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One payee's part of a price. `rate_ppm` and `schedule_id` say by which rule; the remainder has neither."""

    payee: Payee
    rate_ppm: int
    amount_minor: int
    schedule_id: UUID | None

    def as_json(self) -> dict[str, Any]:
        """Return the line for an agreement's document; `from_json` reads it back."""
        schedule_id = None if self.schedule_id is None else str(self.schedule_id)
        return asdict(self) | {"payee": self.payee.value, "schedule_id": schedule_id}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        schedule_id = document["schedule_id"]
        return cls(
            payee=Payee(document["payee"]),
            rate_ppm=int(document["rate_ppm"]),
            amount_minor=int(document["amount_minor"]),
            schedule_id=None if schedule_id is None else UUID(schedule_id),
        )


def quote(*, venue: Venue, gross: Money, on: date, has_broker: bool) -> list[FeeLine]:
    """Divide `gross` by the schedules in force at the venue on that day; the lines sum to it, a free order has none.

    Raises Problem `fee_schedule_missing` when the venue has no rate for itself, or none for a broker who takes part.
    """
    if gross.minor == 0:
        return []
    in_force = schedules_in_force(venue=venue, currency=gross.currency, on=on)
    needed = {Payee.VENUE, Payee.BROKER} if has_broker else {Payee.VENUE}
    if missing := needed - in_force.keys():
        raise Problem("fee_schedule_missing", payees=sorted(missing), currency=gross.currency, on=on.isoformat())
    return divide(gross_minor=gross.minor, schedules=[in_force[p] for p in _order(has_broker) if p in in_force])


def divide(*, gross_minor: int, schedules: Sequence[FeeSchedule]) -> list[FeeLine]:
    """Take each schedule's fee in turn, never more than is left, and leave the remainder to the provider (pure)."""
    lines: list[FeeLine] = []
    left = gross_minor
    for schedule in schedules:
        amount = min(fee_of(gross_minor, schedule), left)
        if amount:
            lines.append(FeeLine(Payee(schedule.payee), schedule.rate_ppm, amount, schedule.id))
            left -= amount
    if left:
        lines.insert(0, FeeLine(Payee.PROVIDER, 0, left, None))
    return lines


def portion(lines: Sequence[FeeLine], part_minor: int, *, before: Mapping[Payee, int] | None = None) -> list[FeeLine]:
    """Return the lines of a part of a divided price, in proportion; what rounding leaves is the provider's (pure).

    `before` is what each payee got of earlier parts: the last part then brings everybody to the whole line. Nobody gets
    less than nothing, and the lines sum to the part.
    """
    gross, earlier = sum(line.amount_minor for line in lines), before or {}
    reached, left, parts = sum(earlier.values()) + part_minor, part_minor, []
    for line in lines:
        if line.payee is Payee.PROVIDER:
            continue
        due = line.amount_minor * reached // gross - earlier.get(line.payee, 0)
        amount = min(max(due, 0), left)
        if amount:
            parts.append(FeeLine(line.payee, line.rate_ppm, amount, line.schedule_id))
            left -= amount
    return [FeeLine(Payee.PROVIDER, 0, left, None), *parts] if left else parts


def divide_back(lines: Sequence[FeeLine], credit_minor: int) -> list[FeeLine]:
    """Divide what goes back over what the payees still have of a price, in proportion (pure).

    No part is above its line, the parts sum to the credit, and giving back all that is left takes every line whole: the
    fractions of a minor unit fall on the first line with room, which is the provider's. Raises ValueError beyond what
    is left.
    """
    left = sum(line.amount_minor for line in lines)
    if not 0 < credit_minor <= left:
        raise ValueError("a credit takes something, and no more than is left")
    parts = [line.amount_minor * credit_minor // left for line in lines]
    for index, line in enumerate(lines):
        parts[index] += min(credit_minor - sum(parts), line.amount_minor - parts[index])
    return [replace(line, amount_minor=part) for line, part in zip(lines, parts, strict=True) if part]


def fee_of(gross_minor: int, schedule: FeeSchedule) -> int:
    """Return the fee on a price in minor units: the rate rounded half up, at least the minimum, at most the cap."""
    fee = (gross_minor * schedule.rate_ppm + MILLION // 2) // MILLION
    fee = max(fee, schedule.minimum_minor)
    return fee if schedule.cap_minor is None else min(fee, schedule.cap_minor)


def schedules_in_force(*, venue: Venue, currency: Currency, on: date) -> dict[Payee, FeeSchedule]:
    """Return, per payee, the row that began last on or before the day, with one query."""
    rows = FeeSchedule.objects.filter(venue=venue, currency=currency, valid_from__lte=on)
    return {Payee(row.payee): row for row in rows.order_by("valid_from")}


@transaction.atomic
def announce(
    *,
    venue: Venue,
    payee: Payee,
    currency: Currency,
    rate_ppm: int,
    minimum_minor: int = 0,
    cap_minor: int | None = None,
    valid_from: date,
    source: str,
    actor: Actor,
) -> FeeSchedule:
    """Add the rate that will be in force from a coming day; what was announced before stays as it was.

    It counts as verified, for the venue itself says so and from where. Raises Problem `forbidden`, `invalid` for a day
    that has begun or a cap below the minimum, `fee_announced` when such a rate begins on that day already.
    """
    require(actor, Permission.FEES_MANAGE, venue_id=venue.id)
    if payee is Payee.PROVIDER:
        raise field_problem("/payee", "takes_the_remainder", _("The provider has no rate: it takes what remains."))
    if cap_minor is not None and cap_minor < minimum_minor:
        raise field_problem("/cap", "below_minimum", _("The cap is not below the minimum."))
    if valid_from <= timezone.now().astimezone(venue.zone).date():
        raise field_problem("/valid_from", "not_in_future", _("A fee begins on a coming day."))
    schedule = FeeSchedule.objects.create(
        venue=venue,
        payee=payee,
        currency=currency,
        rate_ppm=rate_ppm,
        minimum_minor=minimum_minor,
        cap_minor=cap_minor,
        valid_from=valid_from,
        source=source,
        verified=True,
    )
    audit.record("fee_schedule.announced", subject=schedule, actor=actor, details={"rate_ppm": rate_ppm})
    return schedule


def adopt_defaults(venue: Venue) -> None:
    """Give a venue the schedules it starts with, where it has none of the kind; they are marked as not verified."""
    rows = [FeeSchedule(venue=venue, **fields) for fields in default_schedules(venue.code)]
    FeeSchedule.objects.bulk_create(rows, ignore_conflicts=True)


def _order(has_broker: bool) -> tuple[Payee, ...]:
    # The law takes first, then the venue, then the broker: only the last could be cut short by a tiny price.
    return (Payee.TAX, Payee.VENUE, Payee.BROKER) if has_broker else (Payee.TAX, Payee.VENUE)
