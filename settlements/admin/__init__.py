"""The console's view of money: the books are read, and moved only by the acts of the capability functions."""

from settlements.admin import (
    bank_accounts,
    banking,
    books,
    closing,
    cross_border,
    exchange,
    invoices,
    payout_batches,
    reconciliation,
    taxes,
    trade,
)

__all__ = [
    "bank_accounts",
    "banking",
    "books",
    "closing",
    "cross_border",
    "exchange",
    "invoices",
    "payout_batches",
    "reconciliation",
    "taxes",
    "trade",
]
