"""The console's pages of trades, demands, scenarios and statistics."""

from marketplace.admin import scenarios, statistics, trades

__all__ = ["scenarios", "statistics", "trades"]
