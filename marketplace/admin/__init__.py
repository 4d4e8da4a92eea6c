"""The console's pages of trades, demands, shared tables, interfaces, scenarios and statistics."""

from marketplace.admin import gateway, scenarios, sharing, statistics, trades

__all__ = ["gateway", "scenarios", "sharing", "statistics", "trades"]
