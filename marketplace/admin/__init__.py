"""The console's pages of trades and statistics."""

from marketplace.admin import statistics, trades

__all__ = ["statistics", "trades"]
