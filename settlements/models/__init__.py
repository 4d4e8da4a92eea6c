"""The tables of money."""

from settlements.models.bank_accounts import CustodyAccount, PayeeAccount
from settlements.models.banking import Deposit, Payout
from settlements.models.batches import BankFile, PayoutBatch
from settlements.models.cross_border import ContractEarning, CrossBorderPayment, PayoutPart, TaxFiling, TradeProof
from settlements.models.exchange import ExchangeQuote, ExchangeRate
from settlements.models.invoices import Invoice
from settlements.models.ledger import Account, Balance, Entry, Transfer, UnsummedEntry
from settlements.models.periods import AccountingPeriod, Correction, PeriodBalance
from settlements.models.reconciliation import (
    BankBooking,
    BankBreak,
    BankDay,
    BankMatch,
    BankStatement,
    MatchedBooking,
    MatchedEntry,
)
from settlements.models.revaluations import Revaluation, RevaluationLine
from settlements.models.taxes import Supply, Tax, TaxRate, Withholding
from settlements.models.trade import (
    DealOrigin,
    EscrowHold,
    FeePayer,
    FeeSchedule,
    FeeWaiver,
    Payee,
    Settlement,
    SettlementLine,
)
from settlements.models.vouchers import VoucherClawback, VoucherGrant, VoucherProgramme, VoucherUse

__all__ = [
    "Account",
    "AccountingPeriod",
    "Balance",
    "BankBooking",
    "BankBreak",
    "BankDay",
    "BankFile",
    "BankMatch",
    "BankStatement",
    "ContractEarning",
    "Correction",
    "CrossBorderPayment",
    "CustodyAccount",
    "DealOrigin",
    "Deposit",
    "Entry",
    "EscrowHold",
    "ExchangeQuote",
    "ExchangeRate",
    "FeePayer",
    "FeeSchedule",
    "FeeWaiver",
    "Invoice",
    "MatchedBooking",
    "MatchedEntry",
    "Payee",
    "PayeeAccount",
    "Payout",
    "PayoutBatch",
    "PayoutPart",
    "PeriodBalance",
    "Revaluation",
    "RevaluationLine",
    "Settlement",
    "SettlementLine",
    "Supply",
    "Tax",
    "TaxFiling",
    "TaxRate",
    "TradeProof",
    "Transfer",
    "UnsummedEntry",
    "VoucherClawback",
    "VoucherGrant",
    "VoucherProgramme",
    "VoucherUse",
    "Withholding",
]
