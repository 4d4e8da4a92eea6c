"""Counting what was called for: units while an answer streams by, and what they cost in a month.

Charges are computed from usage records alone, so the same records give the same figure whoever asks and when.
"""

import math
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Sum
from django.db.models.functions import Cast, TruncMonth
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.money import Currency, Money
from kernel.problems import Problem, field_problem
from listings.metering import Metering, Unit, metering_of_json
from marketplace.delivery.pack_cover import cover, edges_of, stocks_of
from marketplace.models import Entitlement, PackDraw, UsageRecord

UNITS_HEADER = "Dawan-Units"  # by which an upstream says how many rows or tokens its answer holds
LINE_TYPES = {"text/csv": 1, "application/x-ndjson": 0, "application/jsonl": 0, "application/ndjson": 0}
# The kinds of use that a plan's unit bills. Rows, bytes and tokens are counted of calls alone, seconds of compute.
BILLED: Mapping[str, frozenset[str]] = {
    Unit.CALL: frozenset(set(UsageRecord.Kind.values) - {UsageRecord.Kind.COMPUTE_SECOND}),
    Unit.ROW: frozenset({UsageRecord.Kind.API_CALL}),
    Unit.BYTE: frozenset({UsageRecord.Kind.API_CALL}),
    Unit.TOKEN: frozenset({UsageRecord.Kind.API_CALL}),
    Unit.SECOND: frozenset({UsageRecord.Kind.COMPUTE_SECOND}),
}
_PERIOD = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Period:
    """A calendar month, by the clock of the exchange; `start` and `end` are its first moments and the next one's."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class UsageSummary:
    """What was used in a month, and what it costs by the agreement."""

    period: Period
    metering: Metering
    calls: int
    units: int
    pack_units: int
    pack_units_left: int
    charge: Money


def period_of(moment: datetime) -> Period:
    """Return the month in which the moment lies."""
    day = timezone.localdate(moment).replace(day=1)
    following = day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
    return Period(f"{day:%Y-%m}", _midnight(day), _midnight(following))


def period_named(name: str) -> Period:
    """Return the month called like `2026-11`; raises Problem `invalid` at `/period`."""
    if not _PERIOD.fullmatch(name) or not 2000 <= int(name[:4]) <= 2999:
        raise field_problem("/period", "invalid", _("Give a month such as 2026-11."))
    return period_of(_midnight(date.fromisoformat(f"{name}-01")))


def metering_of(entitlement: Entitlement) -> Metering:
    """Return how calls are counted by the agreement; one without a metered plan counts by its product's unit, free."""
    body = entitlement.agreement.body
    if "metering" in body:
        return metering_of_json(body["metering"])
    return Metering(body["product"]["type_fields"].get("billing_unit", Unit.CALL))


def usage_in(entitlement_id: UUID, period: Period, unit: str) -> tuple[int, int]:
    """Return the calls or queries that were counted in a month, and their units."""
    records = UsageRecord.objects.filter(
        entitlement=entitlement_id,
        kind__in=BILLED[unit],
        created_at__gte=period.start,
        created_at__lt=period.end,
    )
    found = records.aggregate(calls=Count("pk"), units=Sum("units"))
    return found["calls"], int(found["units"] or 0)


def summary_of(entitlement: Entitlement, period: Period) -> UsageSummary:
    """Return the month's use and its charge: one line, rounded once, half up, less what packs cover.

    What is not billed yet is taken from the packs as the month's run would take it now.
    """
    metering = metering_of(entitlement)
    calls, units = usage_in(entitlement.pk, period, metering.unit)
    currency = Currency(entitlement.agreement.body["price"]["currency"])
    packed, left = _packed(entitlement.pk, period, metering) if metering.packs else (0, 0)
    return UsageSummary(period, metering, calls, units, packed, left, metering.charge(units - packed, currency))


def _packed(entitlement_id: UUID, period: Period, metering: Metering) -> tuple[int, int]:
    """Return the units of a month that packs cover, and what all valid ones have left after all use until now."""
    now, zone = timezone.now(), timezone.get_current_timezone()
    stocks = stocks_of(entitlement_id)
    edges = edges_of(stocks)
    unbilled = UsageRecord.objects.filter(
        entitlement=entitlement_id, kind__in=BILLED[metering.unit], charge__isnull=True
    ).annotate(month=TruncMonth("created_at", tzinfo=zone), span=_span(edges))
    spans: dict[str, dict[int, int]] = defaultdict(dict)
    # The ordering of the model would divide the groups.
    for month, span, units in unbilled.order_by().values_list("month", "span").annotate(sum=Sum("units")):
        spans[f"{month:%Y-%m}"][span] = units
    billed = UsageRecord.objects.filter(
        entitlement=entitlement_id, kind__in=BILLED[metering.unit], charge__isnull=False
    )
    packed = 0
    draws = PackDraw.objects.filter(pack__entitlement=entitlement_id)
    for month, used in sorted(spans.items()):
        of_month = period_named(month)
        before = billed.filter(created_at__gte=of_month.start, created_at__lt=of_month.end)
        drawn = draws.filter(month=month).aggregate(sum=Sum("units", default=0))["sum"]
        free = metering.included_units - (before.aggregate(sum=Sum("units", default=0))["sum"] - drawn)
        covered = sum(cover(stocks, edges, used, max(0, free)).values())
        packed += covered if month == period.name else 0
    packed += draws.filter(month=period.name).aggregate(sum=Sum("units", default=0))["sum"]
    return packed, sum(stock.left for stock in stocks if stock.expires_at > now)


def _span(edges: list[datetime]) -> models.expressions.Combinable:
    """Return the number of edges that a record's moment has reached, in SQL (as `span_of` does)."""
    if not edges:
        return models.Value(0)
    moments = models.Value(edges, output_field=ArrayField(models.DateTimeField()))
    cast = Cast(moments, ArrayField(models.DateTimeField()))
    return models.Func("created_at", cast, function="width_bucket", output_field=models.IntegerField())


def refuse_beyond_quota(entitlement: Entitlement, *, wanted: int = 1) -> None:
    """Raise Problem `quota_exhausted` where fewer units than `wanted` are left of this month's.

    For what is answered by the exchange itself: the caller holds the right's row, so that the limit is exact.
    """
    metering, now = metering_of(entitlement), timezone.now()
    period = period_of(now)
    most = metering.most_units
    if most is not None and usage_in(entitlement.pk, period, metering.unit)[1] + wanted > most:
        wait = math.ceil((period.end - now).total_seconds())
        raise Problem("quota_exhausted", headers={"Retry-After": str(wait)})


class Counter:
    """Counts the units of one answer as its chunks go by."""

    def __init__(self, unit: str, status: int, headers: Mapping[str, str]) -> None:
        self._unit = unit
        self._counts = status < 400  # what the upstream refused or failed at is not sold
        self._bytes = self._lines = 0
        self._open_line = False
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        self._heading = LINE_TYPES.get(media_type) if "content-encoding" not in headers else None
        said = headers.get(UNITS_HEADER.lower(), "")
        self._said = int(said) if re.fullmatch(r"[0-9]{1,15}", said) else None

    def add(self, chunk: bytes) -> None:
        """Take a chunk into account that goes to the buyer."""
        self._bytes += len(chunk)
        if self._unit == Unit.ROW and self._heading is not None:
            self._lines += chunk.count(b"\n")
            self._open_line = not chunk.endswith(b"\n")

    @property
    def units(self) -> int:
        """Units so far. Rows are the lines of CSV (without its heading) and JSON lines, else what the upstream says.

        An answer whose rows or tokens nobody says counts as one.
        """
        if not self._counts:
            return 0
        if self._unit == Unit.BYTE:
            return self._bytes
        if self._unit == Unit.ROW and self._heading is not None:
            return max(0, self._lines + self._open_line - self._heading)
        if self._unit in (Unit.ROW, Unit.TOKEN) and self._said is not None:
            return self._said
        return 1


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
