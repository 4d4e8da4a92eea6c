"""The console's pages of trades, demands, shared tables, scenarios and statistics."""

from marketplace.admin import scenarios, sharing, statistics, trades

__all__ = ["scenarios", "sharing", "statistics", "trades"]
