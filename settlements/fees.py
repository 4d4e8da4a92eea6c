"""Divide a price by the venue's dated fee schedule: to the cent, and what remains is the provider's.

A schedule is a row per scope: venue, payee, payer, currency, and where they are named product type and origin of the
deal. Of the rows in force on the day the most specific one counts: one that names product type and origin before one
that names the type, that before one that names the origin, that before one that names neither. A fee that the buyer
pays comes on top of the price. Rows are never changed, so that any past division can be computed again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Self
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, require
from accounts.models import Organization, Venue
from accounts.product_types import ProductType
from kernel import audit
from kernel.actors import Actor
from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from settlements.defaults import default_schedules
from settlements.models import DealOrigin, FeePayer, FeeSchedule, FeeWaiver, Payee, Supply
from settlements.models.taxes import MAINLAND
from settlements.models.trade import LineKey
from settlements.taxes import TaxTable

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Deal:
    """What the fees of an order depend on beside its price: who trades, what, and how the price came about."""

    provider: Organization
    buyer: Organization
    broker: Organization | None
    product_type: str
    origin: DealOrigin

    def bearer(self, payer: FeePayer) -> Organization:
        """Return the organization that a fee of this payer is taken from."""
        return self.buyer if payer is FeePayer.BUYER else self.provider


@dataclass(frozen=True, slots=True)
class FeeLine:
    """One payee's part of what an order costs.

    `rate_ppm` and `schedule_id` say by which rule it is taken; the remainder has neither. What the provider
    pays is a part of the price, what the buyer pays comes on top. A fee that was waived in full stays as a line of
    nothing, so that the agreement says why.
    """

    payee: Payee
    rate_ppm: int
    amount_minor: int
    schedule_id: UUID | None
    payer: FeePayer = FeePayer.PROVIDER
    waiver_id: UUID | None = None
    # Of a tax that is withheld: which one, of whose income, by which row of the tax table.
    tax: str = ""
    taxed: str = ""
    tax_rate_id: UUID | None = None

    @property
    def key(self) -> LineKey:
        return self.payee, self.payer, self.tax, self.taxed

    def as_json(self) -> dict[str, Any]:
        """Return the line for an agreement's document; `from_json` reads it back. What is usual is left out."""
        schedule_id = None if self.schedule_id is None else str(self.schedule_id)
        usual = {"payee": self.payee.value, "rate_ppm": self.rate_ppm, "amount_minor": self.amount_minor}
        payer = {} if self.payer is FeePayer.PROVIDER else {"payer": self.payer.value}
        waiver = {} if self.waiver_id is None else {"waiver_id": str(self.waiver_id)}
        rate_id = None if self.tax_rate_id is None else str(self.tax_rate_id)
        tax = {"tax": self.tax, "taxed": self.taxed, "tax_rate_id": rate_id} if self.tax else {}
        return {**usual, "schedule_id": schedule_id, **payer, **waiver, **tax}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        schedule_id, waiver_id = document["schedule_id"], document.get("waiver_id")
        return cls(
            payee=Payee(document["payee"]),
            rate_ppm=int(document["rate_ppm"]),
            amount_minor=int(document["amount_minor"]),
            schedule_id=None if schedule_id is None else UUID(schedule_id),
            payer=FeePayer(document.get("payer", FeePayer.PROVIDER)),
            waiver_id=None if waiver_id is None else UUID(waiver_id),
            tax=document.get("tax", ""),
            taxed=document.get("taxed", ""),
            tax_rate_id=UUID(rate_id) if (rate_id := document.get("tax_rate_id")) else None,
        )


def quote(*, venue: Venue, gross: Money, on: date, deal: Deal) -> list[FeeLine]:
    """Divide `gross` by the schedules in force at the venue on that day; a free order has no lines.

    Those that the provider pays sum to the price, those of the buyer come on top; `total_of` is what the order costs.
    Raises Problem `fee_schedule_missing` when the venue has no rate for itself, or none for a broker who takes part.
    """
    if gross.minor == 0:
        return []
    in_force = schedules_in_force(venue=venue, currency=gross.currency, on=on, deal=deal)
    needed = {Payee.VENUE, Payee.BROKER} if deal.broker is not None else {Payee.VENUE}
    if missing := needed - {Payee(schedule.payee) for schedule in in_force}:
        raise Problem("fee_schedule_missing", payees=sorted(missing), currency=gross.currency, on=on.isoformat())
    asked = [schedule for schedule in in_force if schedule.payee in needed]
    waived = waivers_in_force(venue=venue, on=on, deal=deal)
    lines = divide(gross_minor=gross.minor, schedules=asked, waivers=waived)
    abroad = [party for party in (deal.provider, deal.broker) if party and party.jurisdiction != MAINLAND]
    return withhold(lines, gross.minor, deal=deal, table=TaxTable(on)) if abroad else lines


def total_of(lines: Iterable[FeeLine]) -> int:
    """Return what the buyer pays in all, in minor units: the price, and the fees on top."""
    return sum(line.amount_minor for line in lines)


def divide(
    *, gross_minor: int, schedules: Sequence[FeeSchedule], waivers: Mapping[FeePayer, FeeWaiver] | None = None
) -> list[FeeLine]:
    """Take each schedule's fee in turn, never more than is left, and leave the remainder to the provider (pure).

    A fee of the buyer leaves the price as it is. `waivers` are those of the venue's own fee, by who would pay it.
    """
    lines: list[FeeLine] = []
    left, waived = gross_minor, waivers or {}
    for schedule in schedules:
        payer = FeePayer(schedule.payer)
        waiver = waived.get(payer) if schedule.payee == Payee.VENUE else None
        amount = fee_of(gross_minor, schedule, waived_ppm=waiver.waived_ppm if waiver else 0)
        if payer is FeePayer.PROVIDER:
            amount = min(amount, left)
            left -= amount
        if amount or waiver:
            waiver_id = waiver.id if waiver else None
            lines.append(FeeLine(Payee(schedule.payee), schedule.rate_ppm, amount, schedule.id, payer, waiver_id))
    if left:
        lines.insert(0, FeeLine(Payee.PROVIDER, 0, left, None))
    return lines


def withhold(lines: Sequence[FeeLine], gross_minor: int, *, deal: Deal, table: TaxTable) -> list[FeeLine]:
    """Take the taxes that are withheld of payments to non-residents out of their lines, each as a line of its own.

    The provider is paid the whole price by the buyer, a broker its commission by whoever bears it. Never more is
    withheld than the line has left; the lines sum to what they summed to before.
    """
    taxes: list[FeeLine] = []
    net: list[FeeLine] = []
    for line in lines:
        seller = {Payee.PROVIDER: deal.provider, Payee.BROKER: deal.broker}.get(line.payee)
        left = line.amount_minor
        if seller is not None:
            is_price = line.payee is Payee.PROVIDER
            buyer = deal.buyer if is_price else deal.bearer(line.payer)
            for rate, tax in table.withheld(
                gross_minor if is_price else line.amount_minor,
                Supply.PRICE if is_price else Supply.FEE,
                seller=seller.jurisdiction,
                buyer=buyer.jurisdiction,
                product_type=deal.product_type,
            ):
                amount = min(tax, left)
                left -= amount
                if amount:
                    of_tax = FeeLine(Payee.TAX, rate.rate_ppm, amount, None, line.payer)
                    taxes.append(replace(of_tax, tax=rate.tax, taxed=line.payee.value, tax_rate_id=rate.id))
        if left or not line.amount_minor:
            net.append(replace(line, amount_minor=left))
    return [*net, *taxes]


def portion(lines: Sequence[FeeLine], part_minor: int, *, before: Mapping[LineKey, int] | None = None) -> list[FeeLine]:
    """Return the lines of a part of what an order costs, in proportion; what rounding leaves is the provider's (pure).

    `before` is what each line got of earlier parts: the last part then brings everybody to the whole line. Nobody gets
    less than nothing, and the lines sum to the part.
    """
    total, earlier = total_of(lines), before or {}
    reached, left, parts = sum(earlier.values()) + part_minor, part_minor, []
    for line in lines:
        if line.payee is Payee.PROVIDER:
            continue
        due = line.amount_minor * reached // total - earlier.get(line.key, 0)
        amount = min(max(due, 0), left)
        if amount:
            parts.append(replace(line, amount_minor=amount))
            left -= amount
    return [FeeLine(Payee.PROVIDER, 0, left, None), *parts] if left else parts


def left_of(lines: Iterable[FeeLine], taken: Iterable[FeeLine]) -> list[FeeLine]:
    """Return what each payee still has of some lines after others were taken from them, the provider first (pure)."""
    left: dict[LineKey, FeeLine] = {}
    for line in lines:
        known = left.get(line.key)
        left[line.key] = line if known is None else replace(line, amount_minor=known.amount_minor + line.amount_minor)
    for line in taken:
        left[line.key] = replace(left[line.key], amount_minor=left[line.key].amount_minor - line.amount_minor)
    standing = [line for line in left.values() if line.amount_minor]
    return sorted(standing, key=lambda line: line.payee is not Payee.PROVIDER)


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


def credit_back(lines: Sequence[FeeLine], credit_minor: int) -> list[FeeLine]:
    """Divide a credit of the price over what the payees still have; fees on top go back with it, in proportion (pure).

    A credit of all that is left of the price brings all of them back; otherwise each fee on top is rounded half up.
    Raises ValueError beyond what is left of the price.
    """
    price = [line for line in lines if line.payer is FeePayer.PROVIDER]
    left, back = total_of(price), divide_back(price, credit_minor)
    for line in lines:
        if line.payer is FeePayer.BUYER and (part := half_up(line.amount_minor * credit_minor, left)):
            back.append(replace(line, amount_minor=part))
    return back


def fee_of(gross_minor: int, schedule: FeeSchedule, *, waived_ppm: int = 0) -> int:
    """Return the fee on a price in minor units: at least the minimum, at most the cap, less what is waived of it.

    It is rounded half up, once.
    """
    exact = max(gross_minor * schedule.rate_ppm, schedule.minimum_minor * MILLION)
    if schedule.cap_minor is not None:
        exact = min(exact, schedule.cap_minor * MILLION)
    return half_up(exact * (MILLION - waived_ppm), MILLION * MILLION)


def half_up(numerator: int, denominator: int) -> int:
    """Return the quotient of two integers that are not negative, rounded half up."""
    return (2 * numerator + denominator) // (2 * denominator)


def schedules_in_force(*, venue: Venue, currency: Currency, on: date, deal: Deal) -> list[FeeSchedule]:
    """Return the most specific row in force per payee and payer, with one query.

    The law would take first, then the venue, then the broker: only the last could be cut short by a tiny price.
    """
    begun = FeeSchedule.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=on),
        venue=venue,
        currency=currency,
        valid_from__lte=on,
        product_type__in=["", deal.product_type],
        origin__in=["", deal.origin],
    )
    # Later rows of a scope replace earlier ones, and rows of a narrower scope replace those of a wider one.
    by_rank = sorted(begun, key=lambda row: (bool(row.product_type), bool(row.origin), row.valid_from))
    found = {(Payee(row.payee), FeePayer(row.payer)): row for row in by_rank}
    return [found[key] for key in sorted(found, key=lambda key: (_TURN[key[0]], key[1] is FeePayer.BUYER))]


def waivers_in_force(*, venue: Venue, on: date, deal: Deal) -> dict[FeePayer, FeeWaiver]:
    """Return which waiver of the venue's fee each payer enjoys: of several the greatest. One query."""
    granted = FeeWaiver.objects.filter(
        Q(organization__isnull=True) | Q(organization__in=[deal.provider, deal.buyer]),
        venue=venue,
        valid_from__lte=on,
        valid_until__gte=on,
        product_type__in=["", deal.product_type],
    )
    found: dict[FeePayer, FeeWaiver] = {}
    for waiver in granted.order_by("waived_ppm", "id"):
        for payer in FeePayer:
            if waiver.organization_id in (None, deal.bearer(payer).id):
                found[payer] = waiver
    return found


@transaction.atomic
def announce(
    *,
    venue: Venue,
    payee: Payee,
    currency: Currency,
    rate_ppm: int,
    minimum_minor: int = 0,
    cap_minor: int | None = None,
    payer: FeePayer = FeePayer.PROVIDER,
    product_type: ProductType | None = None,
    origin: DealOrigin | None = None,
    valid_from: date,
    valid_until: date | None = None,
    source: str,
    actor: Actor,
) -> FeeSchedule:
    """Add the rate that will be in force from a coming day; what was announced before stays as it was.

    It counts as verified, for the venue itself says so and from where. Raises Problem `forbidden`, `invalid` for a day
    that has begun or a cap below the minimum, `fee_announced` when such a rate begins on that day already,
    `fee_schedules_overlap` where two rows of the scope would claim the same days.
    """
    require(actor, Permission.FEES_MANAGE, venue_id=venue.id)
    if payee not in (Payee.VENUE, Payee.BROKER):
        told = _("The provider takes what remains, and tax goes by the tax tables: neither has a fee.")
        raise field_problem("/payee", "has_no_fee", told)
    if origin is DealOrigin.REPORT and (product_type or payee is Payee.BROKER):
        told = _("An agency's report has no product type and no broker.")
        raise field_problem("/product_type" if product_type else "/payee", "not_of_a_report", told)
    if cap_minor is not None and cap_minor < minimum_minor:
        raise field_problem("/cap", "below_minimum", _("The cap is not below the minimum."))
    if valid_from <= timezone.now().astimezone(venue.zone).date():
        raise field_problem("/valid_from", "not_in_future", _("A fee begins on a coming day."))
    if valid_until is not None and valid_until < valid_from:
        raise field_problem("/valid_until", "before_start", _("A fee ends after it has begun."))
    # Of two that announce at once the second sees what the first has announced.
    Venue.objects.select_for_update(of=("self",), no_key=True).get(id=venue.id)
    scope = {"payee": payee, "payer": payer, "currency": currency}
    narrowed = {"product_type": product_type or "", "origin": origin or ""}
    _refuse_overlap(FeeSchedule.objects.filter(venue=venue, **scope, **narrowed), valid_from, valid_until)
    schedule = FeeSchedule.objects.create(
        venue=venue,
        **scope,
        **narrowed,
        rate_ppm=rate_ppm,
        minimum_minor=minimum_minor,
        cap_minor=cap_minor,
        valid_from=valid_from,
        valid_until=valid_until,
        source=source,
        verified=True,
    )
    audit.record(
        "fee_schedule.announced", subject=schedule, actor=actor, details={**scope, **narrowed, "rate_ppm": rate_ppm}
    )
    return schedule


def _refuse_overlap(scope: Iterable[FeeSchedule], first: date, last: date | None) -> None:
    """Refuse a row whose days another one of its scope claims.

    An open row ends by itself where a later one begins, and goes on after one that has a last day of its own; two rows
    that both name their last day share none, and no row begins in the middle of such a one.
    """
    for row in scope:
        if row.valid_from == first:
            raise Problem("fee_announced")
        in_other = row.valid_until is not None and row.valid_from < first <= row.valid_until
        other_in_this = last is not None and first < row.valid_from <= last
        if in_other or other_in_this:
            raise Problem("fee_schedules_overlap", schedule=str(row.id))


_TURN = {Payee.TAX: 0, Payee.VENUE: 1, Payee.BROKER: 2}


def adopt_defaults(venue: Venue) -> None:
    """Give a venue the schedules it starts with, where it has none of the kind; they are marked as not verified."""
    rows = [FeeSchedule(venue=venue, **fields) for fields in default_schedules(venue.code)]
    FeeSchedule.objects.bulk_create(rows, ignore_conflicts=True)
