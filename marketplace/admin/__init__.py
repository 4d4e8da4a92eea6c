"""The console's pages of trades, charges, subscriptions, demands, tables, interfaces, scenarios and statistics."""

from marketplace.admin import (
    charges,
    clean_rooms,
    compute,
    disputes,
    gateway,
    prices,
    pushes,
    scenarios,
    sharing,
    statistics,
    subscriptions,
    trades,
    vouchers,
)

__all__ = [
    "charges",
    "clean_rooms",
    "compute",
    "disputes",
    "gateway",
    "prices",
    "pushes",
    "scenarios",
    "sharing",
    "statistics",
    "subscriptions",
    "trades",
    "vouchers",
]
