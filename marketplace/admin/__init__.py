"""The console's pages of trades, charges, subscriptions, demands, tables, interfaces, scenarios and statistics."""

from marketplace.admin import (
    agency_reports,
    charges,
    clean_rooms,
    compute,
    disputes,
    gateway,
    packs,
    prices,
    pushes,
    revenue,
    scenarios,
    sharing,
    statistics,
    subscriptions,
    trades,
    vouchers,
)

__all__ = [
    "agency_reports",
    "charges",
    "clean_rooms",
    "compute",
    "disputes",
    "gateway",
    "packs",
    "prices",
    "pushes",
    "revenue",
    "scenarios",
    "sharing",
    "statistics",
    "subscriptions",
    "trades",
    "vouchers",
]
