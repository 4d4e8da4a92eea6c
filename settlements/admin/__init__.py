"""The console's view of money: the books are read, and moved only by the acts of the capability functions."""

from settlements.admin import banking, books, trade

__all__ = ["banking", "books", "trade"]
