"""The problem codes of money, and the database constraints that answer with one of them."""

from django.utils.translation import gettext_lazy as _

from kernel.problems import register

register(
    {
        "insufficient_funds": (409, _("The account does not hold enough money.")),
        "reference_reused": (409, _("This reference already belongs to another transfer.")),
        "bank_reference_taken": (409, _("This bank reference was entered before.")),
        "payee_account_unverified": (409, _("The payee has no verified bank account of this number and currency.")),
        "custody_account_missing": (409, _("The venue has no custody account in use in this currency.")),
        "bank_file_unreadable": (400, _("The bank's file cannot be taken.")),
        "bank_file_known": (409, _("This file was taken before.")),
        "bank_statement_known": (409, _("The statement, or one of its days, was taken before.")),
        "bank_statement_missing": (409, _("The bank has not told of this day yet.")),
        "bank_day_closed": (409, _("This day of the bank account is closed.")),
        "unexplained_breaks": (409, _("Something up to this day is unexplained.")),
        "nothing_to_pay": (409, _("No approved payout waits for a batch.")),
        "payout_retried": (409, _("This payout was tried again before.")),
        "fee_schedule_missing": (409, _("The venue has no fee schedule for this currency and date.")),
        "fee_announced": (409, _("A rate of this kind already begins on that day.")),
        "escrow_differs": (409, _("The order already holds another amount in escrow.")),
        "escrow_frozen": (409, _("A dispute has frozen a part of what is held.")),
        "escrow_not_frozen": (409, _("Nothing of what is held is frozen.")),
        "insufficient_escrow": (409, _("Not so much is held.")),
        "settlement_differs": (409, _("The order was already settled otherwise.")),
        "period_closed": (409, _("The books of that day are closed.")),
        "period_not_over": (409, _("The period is not over yet.")),
        "periods_begun": (409, _("The venue already keeps its books in periods.")),
        "postings_under_way": (409, _("Money is being posted at this moment; try again.")),
        "books_unbalanced": (409, _("The books do not sum to zero and cannot be closed.")),
        "taken_back": (409, _("This transfer is being taken back already.")),
        "unbalanced_transfer": (500, _("A transfer did not sum to zero and was refused.")),
    },
    constraints={
        "guarded_balance_is_never_negative": "insufficient_funds",
        "bank_receipt_is_unique_per_venue": "bank_reference_taken",
        "bank_payment_is_unique_per_venue": "bank_reference_taken",
        "one_fee_schedule_begins_on_a_day": "fee_announced",
        "escrow_hold_ends_in_parts_of_itself": "escrow_frozen",
        "transfer_is_posted_in_an_open_period": "period_closed",
        "transfer_is_taken_back_once": "taken_back",
        "transfer_sums_to_zero_per_currency": "unbalanced_transfer",
    },
)
