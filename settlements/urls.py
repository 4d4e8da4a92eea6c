"""The addresses of money, below /api/v1/."""

from django.urls import path

from settlements.api import (
    balances,
    bank_accounts,
    cross_border,
    deposits,
    exchange,
    payout_batches,
    payouts,
    periods,
    reconciliation,
    revaluations,
    settlements,
    statements,
    taxes,
    waivers,
)

urlpatterns = [
    path("balances", balances.BalanceList.as_view(), name="balances"),
    path("balances/<uuid:account_id>", balances.BalanceDetail.as_view(), name="balance"),
    path("balances/<uuid:account_id>/entries", balances.EntryList.as_view(), name="balance-entries"),
    path("balances/<uuid:account_id>/statement", statements.StatementDetail.as_view(), name="statement"),
    path("balances/<uuid:account_id>/statement.csv", statements.StatementCsv.as_view(), name="statement-csv"),
    path("balances/<uuid:account_id>/statement.xlsx", statements.StatementWorkbook.as_view(), name="statement-xlsx"),
    path("balances/<uuid:account_id>/statement.pdf", statements.StatementPages.as_view(), name="statement-pdf"),
    path("ledger/trial-balance", balances.TrialBalance.as_view(), name="trial-balance"),
    path("accounting-periods", periods.AccountingPeriodList.as_view(), name="accounting-periods"),
    path("accounting-periods/<uuid:period_id>", periods.AccountingPeriodDetail.as_view(), name="accounting-period"),
    path(
        "accounting-periods/<uuid:period_id>/propose-closing",
        periods.AccountingPeriodProposeClosing.as_view(),
        name="accounting-period-propose-closing",
    ),
    path(
        "accounting-periods/<uuid:period_id>/keep-open",
        periods.AccountingPeriodKeepOpen.as_view(),
        name="accounting-period-keep-open",
    ),
    path(
        "accounting-periods/<uuid:period_id>/close",
        periods.AccountingPeriodClose.as_view(),
        name="accounting-period-close",
    ),
    path("period-balances", periods.PeriodBalanceList.as_view(), name="period-balances"),
    path("corrections", periods.CorrectionList.as_view(), name="corrections"),
    path("corrections/<uuid:correction_id>", periods.CorrectionDetail.as_view(), name="correction"),
    path("corrections/<uuid:correction_id>/post", periods.CorrectionPost.as_view(), name="correction-post"),
    path("corrections/<uuid:correction_id>/refuse", periods.CorrectionRefuse.as_view(), name="correction-refuse"),
    path("deposits", deposits.DepositList.as_view(), name="deposits"),
    path("deposits/<uuid:deposit_id>", deposits.DepositDetail.as_view(), name="deposit"),
    path("deposits/<uuid:deposit_id>/credit", deposits.DepositCredit.as_view(), name="deposit-credit"),
    path("deposits/<uuid:deposit_id>/refuse", deposits.DepositRefuse.as_view(), name="deposit-refuse"),
    path("payouts", payouts.PayoutList.as_view(), name="payouts"),
    path("payouts/<uuid:payout_id>", payouts.PayoutDetail.as_view(), name="payout"),
    path("payouts/<uuid:payout_id>/approve", payouts.PayoutApprove.as_view(), name="payout-approve"),
    path("payouts/<uuid:payout_id>/confirm-paid", payouts.PayoutConfirmPaid.as_view(), name="payout-confirm-paid"),
    path("payouts/<uuid:payout_id>/refuse", payouts.PayoutRefuse.as_view(), name="payout-refuse"),
    path("payouts/<uuid:payout_id>/reject", payouts.PayoutReject.as_view(), name="payout-reject"),
    path("payouts/<uuid:payout_id>/retry", payouts.PayoutRetry.as_view(), name="payout-retry"),
    path("payee-accounts", bank_accounts.PayeeAccountList.as_view(), name="payee-accounts"),
    path("payee-accounts/<uuid:payee_account_id>", bank_accounts.PayeeAccountDetail.as_view(), name="payee-account"),
    *(
        path(f"payee-accounts/<uuid:payee_account_id>/{act}", view.as_view(), name=f"payee-account-{act}")
        for act, view in (
            ("verify", bank_accounts.PayeeAccountVerify),
            ("refuse", bank_accounts.PayeeAccountRefuse),
            ("withdraw", bank_accounts.PayeeAccountWithdraw),
        )
    ),
    path("custody-accounts", bank_accounts.CustodyAccountList.as_view(), name="custody-accounts"),
    *(
        path(f"custody-accounts/<uuid:custody_account_id>{act}", view.as_view(), name=f"custody-account{act}")
        for act, view in (
            ("", bank_accounts.CustodyAccountDetail),
            ("/use", bank_accounts.CustodyAccountUse),
            ("/refuse", bank_accounts.CustodyAccountRefuse),
        )
    ),
    path("payout-batches", payout_batches.PayoutBatchList.as_view(), name="payout-batches"),
    *(
        path(f"payout-batches/<uuid:batch_id>{act}", view.as_view(), name=f"payout-batch{act}")
        for act, view in (
            ("", payout_batches.PayoutBatchDetail),
            ("/check", payout_batches.PayoutBatchCheck),
            ("/discard", payout_batches.PayoutBatchDiscard),
            ("/file", payout_batches.PayoutBatchFile),
        )
    ),
    path("bank-answers", reconciliation.BankAnswers.as_view(), name="bank-answers"),
    path("bank-statements", reconciliation.BankStatementList.as_view(), name="bank-statements"),
    path("bank-bookings", reconciliation.BankBookingList.as_view(), name="bank-bookings"),
    path("bank-breaks", reconciliation.BankBreakList.as_view(), name="bank-breaks"),
    *(
        path(f"bank-breaks/<uuid:break_id>{act}", view.as_view(), name=f"bank-break{act}")
        for act, view in (
            ("", reconciliation.BankBreakDetail),
            ("/propose", reconciliation.BankBreakPropose),
            ("/approve", reconciliation.BankBreakApprove),
            ("/refuse", reconciliation.BankBreakRefuse),
        )
    ),
    path("bank-days", reconciliation.BankDayList.as_view(), name="bank-days"),
    path("settlements", settlements.SettlementList.as_view(), name="settlements"),
    path("settlements/<uuid:settlement_id>", settlements.SettlementDetail.as_view(), name="settlement"),
    path("fee-schedules", settlements.FeeScheduleList.as_view(), name="fee-schedules"),
    path("exchange-rates", exchange.ExchangeRateList.as_view(), name="exchange-rates"),
    path("exchange-quotes", exchange.ExchangeQuoteList.as_view(), name="exchange-quotes"),
    path("exchange-quotes/<uuid:exchange_quote_id>", exchange.ExchangeQuoteDetail.as_view(), name="exchange-quote"),
    path(
        "exchange-quotes/<uuid:exchange_quote_id>/use", exchange.ExchangeQuoteUse.as_view(), name="exchange-quote-use"
    ),
    path("tax-rates", taxes.TaxRateList.as_view(), name="tax-rates"),
    path("withholdings", taxes.WithholdingList.as_view(), name="withholdings"),
    path(
        "withholdings/<uuid:withholding_id>/statement.pdf",
        taxes.WithholdingStatement.as_view(),
        name="withholding-statement",
    ),
    path("fee-waivers", waivers.FeeWaiverList.as_view(), name="fee-waivers"),
    path("fee-waivers/<uuid:waiver_id>/end", waivers.FeeWaiverEnd.as_view(), name="fee-waiver-end"),
    path("revaluations", revaluations.RevaluationList.as_view(), name="revaluations"),
    path("revaluations/<uuid:revaluation_id>", revaluations.RevaluationDetail.as_view(), name="revaluation"),
    path("payouts/<uuid:payout_id>/papers", cross_border.PayoutPapers.as_view(), name="payout-papers"),
    path("tax-filings", cross_border.TaxFilingList.as_view(), name="tax-filings"),
    *(
        path(f"tax-filings/<uuid:tax_filing_id>{act}", view.as_view(), name=f"tax-filing{act}")
        for act, view in (
            ("", cross_border.TaxFilingDetail),
            ("/confirm", cross_border.TaxFilingConfirm),
            ("/refuse", cross_border.TaxFilingRefuse),
        )
    ),
]
