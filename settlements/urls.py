"""The addresses of money, below /api/v1/."""

from django.urls import path

from settlements.api import balances, deposits, payouts, settlements

urlpatterns = [
    path("balances", balances.BalanceList.as_view(), name="balances"),
    path("balances/<uuid:account_id>/entries", balances.EntryList.as_view(), name="balance-entries"),
    path("ledger/trial-balance", balances.TrialBalance.as_view(), name="trial-balance"),
    path("deposits", deposits.DepositList.as_view(), name="deposits"),
    path("deposits/<uuid:deposit_id>", deposits.DepositDetail.as_view(), name="deposit"),
    path("deposits/<uuid:deposit_id>/credit", deposits.DepositCredit.as_view(), name="deposit-credit"),
    path("deposits/<uuid:deposit_id>/refuse", deposits.DepositRefuse.as_view(), name="deposit-refuse"),
    path("payouts", payouts.PayoutList.as_view(), name="payouts"),
    path("payouts/<uuid:payout_id>", payouts.PayoutDetail.as_view(), name="payout"),
    path("payouts/<uuid:payout_id>/approve", payouts.PayoutApprove.as_view(), name="payout-approve"),
    path("payouts/<uuid:payout_id>/confirm-paid", payouts.PayoutConfirmPaid.as_view(), name="payout-confirm-paid"),
    path("payouts/<uuid:payout_id>/refuse", payouts.PayoutRefuse.as_view(), name="payout-refuse"),
    path("settlements", settlements.SettlementList.as_view(), name="settlements"),
    path("settlements/<uuid:settlement_id>", settlements.SettlementDetail.as_view(), name="settlement"),
    path("fee-schedules", settlements.FeeScheduleList.as_view(), name="fee-schedules"),
]
