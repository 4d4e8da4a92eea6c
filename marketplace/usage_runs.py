"""Usage becomes charges: one run per venue and month, each entitlement's records billed once, whatever repeats.

A record is claimed by the charge that bills it. Records are not told apart by their ids or times: one whose transaction
commits after the run is unclaimed still, and the next run bills it as late, at what its own month then costs.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Venue
from kernel.actors import SYSTEM
from kernel.digests import Digests, canonical_json
from kernel.identifiers import uuid7
from kernel.jobs import enqueue, extend_lease
from kernel.models import Job
from kernel.money import Currency, Money
from kernel.problems import Problem
from listings.metering import Metering, metering_of_json
from marketplace.charges import ask_to_collect, charge_number, make_charge
from marketplace.delivery.metering import BILLED, Period, period_named, period_of
from marketplace.delivery.pack_cover import Stock, cover, edges_of, span_of, stocks_of
from marketplace.models import Charge, Entitlement, PackDraw, UsageRecord
from marketplace.packs import expire_packs

RUN_JOB = "usage.run"
SETTLING = timedelta(hours=2)  # after the month's end, so that nearly all calls that began in it have ended
BEAT = 20  # entitlements between two signs of life of a run


def ask_for_runs() -> int:
    """Ask for the run of the month that has ended, at every venue: once, however often this is called."""
    month = period_of(period_of(timezone.now() - SETTLING).start - timedelta(days=1))
    venues = Venue.objects.values_list("id", "code")
    for venue_id, code in venues:
        enqueue(RUN_JOB, key=f"{code} {month.name}", venue_id=venue_id, due_at=month.end + SETTLING)
    return len(venues)


def run_month(*, venue_id: UUID, period: Period, job: Job | None = None) -> int:
    """Bill what was used at a venue until the end of a month and is not billed yet; return how many charges were made.

    Each charge is a transaction of its own, so that a run that dies goes on where it was. Raises Problem
    `period_not_over`.
    """
    if period.end > timezone.now():
        raise Problem("period_not_over", period=period.name)
    made = 0
    for index, entitlement_id in enumerate(_to_bill(venue_id, period)):
        made += bill(entitlement_id=entitlement_id, period=period) is not None
        if job is not None and index % BEAT == BEAT - 1:
            extend_lease(job)
    expire_packs(venue_id=venue_id, period=period)
    return made


@transaction.atomic
def bill(*, entitlement_id: UUID, period: Period) -> Charge | None:
    """Make the charge of an entitlement's month and claim its records; None when there is one, or nothing to bill."""
    related = ("agreement__order", "venue")
    # A second run waits here, and then finds the charge. Calls go on: their records only need the row to be there.
    locked = Entitlement.objects.select_related(*related).select_for_update(of=("self",), no_key=True)
    entitlement = locked.get(pk=entitlement_id)
    if Charge.objects.filter(entitlement=entitlement_id, kind=Charge.Kind.USAGE, period=period.name).exists():
        return None
    metering = metering_of_json(entitlement.agreement.body["metering"])
    charge_id = uuid7()
    if not _unbilled(entitlement_id, metering, period).update(charge=charge_id):
        return None

    number = charge_number(entitlement.venue)
    stocks = stocks_of(entitlement_id, before=period.name)
    body = _statement(charge_id, number, entitlement, period, stocks)
    charge = make_charge(
        right=entitlement,
        order=entitlement.agreement.order,
        kind=Charge.Kind.USAGE,
        number=number,
        period=period.name,
        gross=Money(body["gross_minor"], Currency(body["currency"])),
        body=body,
        actor=SYSTEM,
        units=body["units"],
        charge_id=charge_id,
    )
    _draw(charge, stocks)
    ask_to_collect(charge)
    return charge


def is_reproduced(charge: Charge) -> bool:
    """Compute a usage charge's statement again from the records that it claimed, and compare the bytes."""
    entitlement = Entitlement.objects.select_related("agreement", "venue").get(pk=charge.entitlement_id)
    stocks = stocks_of(charge.entitlement_id, before=charge.period, at=charge.created_at)
    again = canonical_json(_statement(charge.pk, charge.number, entitlement, period_named(charge.period), stocks))
    return again == canonical_json(charge.body) and Digests(again).sha256 == charge.sha256


def _to_bill(venue_id: UUID, period: Period) -> Iterator[UUID]:
    """Yield the metered entitlements with records that no charge has claimed."""
    unbilled = UsageRecord.objects.filter(entitlement=OuterRef("pk"), charge__isnull=True, created_at__lt=period.end)
    metered = Entitlement.objects.filter(Exists(unbilled), venue=venue_id, agreement__body__has_key="metering")
    return metered.order_by("id").values_list("id", flat=True).iterator(chunk_size=500)


def _unbilled(entitlement_id: UUID, metering: Metering, period: Period) -> QuerySet[UsageRecord]:
    return UsageRecord.objects.filter(
        entitlement=entitlement_id,
        kind__in=BILLED[metering.unit],
        charge__isnull=True,
        created_at__lt=period.end,
    )


def _draw(charge: Charge, stocks: list[Stock]) -> None:
    """Write down what a charge drew of packs; the database counts it and lets no pack give more than it has."""
    packs = {stock.number: stock.pack_id for stock in stocks}
    PackDraw.objects.bulk_create(
        PackDraw(pack_id=packs[drawn["number"]], charge=charge, month=line["month"], units=drawn["units"])
        for line in charge.lines
        for drawn in line.get("packs", ())
    )


def _statement(
    charge_id: UUID, number: str, entitlement: Entitlement, period: Period, stocks: list[Stock]
) -> dict[str, Any]:
    """Say what a charge is for: a line for each month that it bills, and the digest of the records, in their order.

    What packs cover is taken from `stocks`, month by month, and shown in the lines.
    """
    agreement = entitlement.agreement.body
    metering, currency = metering_of_json(agreement["metering"]), Currency(agreement["price"]["currency"])
    records = UsageRecord.objects.filter(charge=charge_id).order_by("id")
    rows = records.values_list("id", "created_at", "kind", "nonce", "units").iterator(chunk_size=2000)
    digest = sha256()
    edges = edges_of(stocks)
    records_of: Counter[str] = Counter()
    spans: dict[str, Counter[int]] = defaultdict(Counter)
    for month, used_at, units, line in _read(rows):
        records_of[month] += 1
        spans[month][span_of(edges, used_at)] += units
        digest.update(line)
    billed = _billed_before(entitlement.pk, period)
    lines = []
    for month, used in sorted(spans.items()):
        before, packed = billed[month]
        free = max(0, metering.included_units - (before - packed))
        drawn = cover(stocks, edges, used, free)
        use = _Use(month, records_of[month], before, packed, used.total(), drawn)
        lines.append(_line(use, metering, currency, late=month != period.name))
    return {
        "number": number,
        "kind": Charge.Kind.USAGE.value,
        "entitlement": str(entitlement.pk),
        "agreement": agreement["number"],
        "venue": agreement["venue"],
        "period": period.name,
        "metering": dict(agreement["metering"]),
        "currency": currency.value,
        "lines": lines,
        "units": sum(line["units"] for line in lines),
        "gross_minor": sum(line["amount_minor"] for line in lines),
        "records": {"count": sum(line["records"] for line in lines), "sha256": digest.hexdigest()},
    }


def _read(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, datetime, int, bytes]]:
    """Yield each record's month, its moment, its units, and the line that goes into the digest."""
    month: Period | None = None
    for record_id, created_at, kind, nonce, units in rows:
        if month is None or not month.start <= created_at < month.end:
            month = period_of(created_at)
        fields = [str(record_id), created_at.isoformat(), kind, nonce, units]
        yield month.name, created_at, units, canonical_json(fields) + b"\n"


@dataclass(frozen=True)
class _Use:
    """What a charge bills of a month: after `before` units, of which packs covered `packed`."""

    month: str
    records: int
    before: int
    packed: int
    units: int
    drawn: Mapping[str, int]


def _line(use: _Use, metering: Metering, currency: Currency, *, late: bool) -> dict[str, Any]:
    """Return a month's line: what all its units that no pack covers cost so far, less what those billed before did.

    A record that comes late thus costs what it would have cost in time, free units, tiers, cap and rounding included.
    """
    before = use.before - use.packed
    after = before + use.units - sum(use.drawn.values())
    amount = metering.charge(after, currency).minor - metering.charge(before, currency).minor
    packs = [{"number": number, "units": units} for number, units in sorted(use.drawn.items())]
    return {
        "month": use.month,
        "late": late,
        "records": use.records,
        "units_before": use.before,
        "units": use.units,
        "free_units": max(0, min(after, metering.included_units) - before),
        **({"packs": packs} if packs else {}),
        "amount_minor": amount,
    }


def _billed_before(entitlement_id: UUID, period: Period) -> dict[str, tuple[int, int]]:
    """Return the units that earlier charges have billed, by month, and how many of them packs covered."""
    earlier = Charge.objects.filter(entitlement=entitlement_id, kind=Charge.Kind.USAGE, period__lt=period.name)
    billed: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for body in earlier.values_list("body", flat=True):
        for line in body["lines"]:
            units, packed = billed[line["month"]]
            covered = sum(pack["units"] for pack in line.get("packs", ()))
            billed[line["month"]] = (units + line["units"], packed + covered)
    return billed
