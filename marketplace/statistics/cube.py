"""The quarterly table: trades and production, summed over every combination of dimensions, less what is withheld."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Venue
from marketplace.models import StatisticCell
from marketplace.statistics.quarter import Quarter
from marketplace.statistics.suppression import Contribution, Key, complementary, primary

DIMENSIONS = ("industry", "product_type", "source_kind", "region", "flow")
TRADE_CUBE = (Path(__file__).parent / "trade_cube.sql").read_text(encoding="utf-8")
PRODUCTION_CUBE = (Path(__file__).parent / "production_cube.sql").read_text(encoding="utf-8")

Figures = Mapping[str, int]
Cube = dict[str, dict[Key, tuple[Contribution, Figures]]]  # by currency


def cells_of(venue: Venue, quarter: Quarter, fewest: int) -> list[StatisticCell]:
    """Return the unsaved cells of a venue's quarter; in one with fewer than `fewest` contributors stands no figure."""
    start, end = quarter.span(venue.zone)
    span = {"venue": venue.pk, "quarter": str(quarter), "start": start, "end": end}
    tables = {StatisticCell.Table.TRADE: _trade(span), StatisticCell.Table.PRODUCTION: _production(span)}
    return [
        cell
        for table, cube in tables.items()
        for currency, cells in sorted(cube.items())
        for cell in _publishable(table, currency, cells, fewest)
    ]


def withheld_types(cells: Iterable[StatisticCell]) -> set[str]:
    """Return the product types ("" is all of them) whose trades are withheld in some currency."""
    others = [name for name in DIMENSIONS if name != "product_type"]
    return {
        cell.product_type
        for cell in cells
        if cell.table == StatisticCell.Table.TRADE and cell.withheld and not any(getattr(cell, name) for name in others)
    }


def _trade(span: Mapping[str, Any]) -> Cube:
    cube: Cube = {}
    for currency, *row in _rows(TRADE_CUBE, span):
        key, (buyers, sellers, trades, value, volume) = tuple(row[:5]), row[5:]
        figures = {
            "trades": trades,
            "value_minor": value,
            "volume_bytes": volume,
            "buyers": len(buyers),
            "sellers": len(sellers),
        }
        cube.setdefault(currency, {})[key] = (_contribution(trades, buyers, sellers), figures)
    return cube


def _production(span: Mapping[str, Any]) -> Cube:
    cube: Cube = {}
    for currency, *row in _rows(PRODUCTION_CUBE, span):
        key, (sellers, cost, capitalised) = tuple(row[:5]), row[5:]
        figures = {"cost_minor": cost, "capitalised_minor": capitalised, "sellers": len(sellers)}
        cube.setdefault(currency, {})[key] = (_contribution(cost, sellers), figures)
    return cube


def _contribution(weight: int, *sides: list[UUID]) -> Contribution:
    return Contribution(tuple(frozenset(side) for side in sides), weight)


def _publishable(
    table: str, currency: str, cells: Mapping[Key, tuple[Contribution, Figures]], fewest: int
) -> list[StatisticCell]:
    contributions = {key: contribution for key, (contribution, _figures) in cells.items()}
    few = primary(contributions, fewest)
    reasons = dict.fromkeys(few, StatisticCell.Withheld.PRIMARY) | dict.fromkeys(
        complementary(contributions, fewest, few), StatisticCell.Withheld.COMPLEMENTARY
    )
    return [
        StatisticCell(
            table=table,
            currency=currency,
            withheld=reasons.get(key, ""),
            **dict(zip(DIMENSIONS, key, strict=True)),
            **({} if key in reasons else figures),
        )
        for key, (_contribution, figures) in sorted(cells.items())
    ]


def _rows(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor)
