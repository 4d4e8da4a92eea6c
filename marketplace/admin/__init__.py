"""The console's pages of trades, subscriptions, demands, shared tables, interfaces, scenarios and statistics."""

from marketplace.admin import (
    clean_rooms,
    compute,
    disputes,
    gateway,
    pushes,
    scenarios,
    sharing,
    statistics,
    subscriptions,
    trades,
)

__all__ = [
    "clean_rooms",
    "compute",
    "disputes",
    "gateway",
    "pushes",
    "scenarios",
    "sharing",
    "statistics",
    "subscriptions",
    "trades",
]
