"""The tables of money."""

from settlements.models.banking import Deposit, Payout
from settlements.models.ledger import Account, Balance, Entry, Transfer, UnsummedEntry
from settlements.models.trade import EscrowHold, FeeSchedule, Payee, Settlement, SettlementLine

__all__ = [
    "Account",
    "Balance",
    "Deposit",
    "Entry",
    "EscrowHold",
    "FeeSchedule",
    "Payee",
    "Payout",
    "Settlement",
    "SettlementLine",
    "Transfer",
    "UnsummedEntry",
]
