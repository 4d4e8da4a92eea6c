"""Which units of use packs cover: after a month's free units, before its price; those that expire first go first.

A unit is covered by a pack that is valid when it is used. Use is taken in the order of time, between the moments at
which some pack begins or expires: so the same records and the same packs give the same figures whoever computes them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, Sum

from marketplace.models import UnitPack


@dataclass
class Stock:
    """What a pack has left, while a bill is being made of it."""

    pack_id: UUID
    number: str
    starts_at: datetime
    expires_at: datetime
    left: int


def stocks_of(entitlement_id: UUID, *, before: str | None = None, at: datetime | None = None) -> list[Stock]:
    """Return the packs of a right that were not closed at a moment (now), those that expire first at the beginning.

    `before` is a month such as 2026-11: only what the bills of earlier months drew is taken off. Two queries.
    """
    still_open = Q(closed_at__isnull=True) if at is None else Q(closed_at__isnull=True) | Q(closed_at__gte=at)
    packs = UnitPack.objects.filter(still_open, entitlement=entitlement_id).order_by("expires_at", "id")
    earlier = Q() if before is None else Q(draws__charge__period__lt=before)
    drawn = dict(packs.order_by("id").annotate(drawn=Sum("draws__units", filter=earlier)).values_list("id", "drawn"))
    return [
        Stock(pack.pk, pack.number, pack.starts_at, pack.expires_at, pack.units - (drawn[pack.pk] or 0))
        for pack in packs
    ]


def edges_of(stocks: Iterable[Stock]) -> list[datetime]:
    """Return the moments at which packs begin or expire, in their order."""
    return sorted({edge for stock in stocks for edge in (stock.starts_at, stock.expires_at)})


def span_of(edges: list[datetime], moment: datetime) -> int:
    """Return between which edges a moment lies: the number of those that it has reached."""
    return bisect_right(edges, moment)


def cover(stocks: list[Stock], edges: list[datetime], spans: Mapping[int, int], free: int) -> dict[str, int]:
    """Take a month's units from the packs, and return how many of each; `spans` says the units between edges.

    The first `free` units cost nothing and draw nothing.
    """
    drawn: dict[str, int] = {}
    for span, units in sorted(spans.items()):
        taken = min(free, units)
        free, wanted = free - taken, units - taken
        for stock in stocks:
            if span and stock.starts_at <= edges[span - 1] and stock.expires_at > edges[span - 1] and wanted:
                covered = min(stock.left, wanted)
                stock.left, wanted = stock.left - covered, wanted - covered
                if covered:
                    drawn[stock.number] = drawn.get(stock.number, 0) + covered
    return drawn
