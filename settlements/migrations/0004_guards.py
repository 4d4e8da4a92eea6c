"""What the database itself guards beside the ledger: papers of the bank, vouchers, rates, taxes, waivers and invoices stay."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


def _stay(*names: str) -> str:
    """Return the SQL that lets rows of tables be changed and removed again, each table named as in its triggers."""
    return "".join(
        f"DROP TRIGGER {name}_is_{what} ON settlements_{name.replace('_', '')};"
        for name in names
        for what in ("append_only", "never_truncated")
    )


def _without(triggers: dict[str, tuple[str, ...]]) -> str:
    """Return the SQL that drops triggers, by table."""
    return "".join(
        f"DROP TRIGGER {name} ON settlements_{table};" for table, names in triggers.items() for name in names
    )


# Each file of settlements/sql that guards rows, and how it is undone.
GUARDS = (
    (
        "bank_evidence.sql",
        _stay(
            "bank_file",
            "bank_statement",
            "bank_booking",
            "bank_match",
            "matched_booking",
            "matched_entry",
            "bank_day",
        ),
    ),
    (
        "vouchers.sql",
        _without(
            {
                "voucherprogramme": (
                    "voucher_programme_is_counted_by_its_uses",
                    "voucher_programme_keeps_its_terms",
                    "voucher_programme_is_never_removed",
                    "voucher_programme_is_never_truncated",
                ),
                "vouchergrant": (
                    "voucher_is_counted_by_its_uses",
                    "issued_voucher_keeps_its_terms",
                    "voucher_is_never_removed",
                    "voucher_is_never_truncated",
                ),
                "voucheruse": (
                    "voucher_use_is_counted",
                    "voucher_use_only_goes_on",
                    "voucher_use_is_never_removed",
                    "voucher_use_is_never_truncated",
                ),
                "voucherclawback": ("clawback_is_never_removed", "clawback_is_never_truncated"),
            }
        )
        + "DROP FUNCTION settlements_count_voucher_use();",
    ),
    (
        "exchange.sql",
        _without(
            {
                "exchangerate": ("exchange_rate_is_append_only", "exchange_rate_is_never_truncated"),
                "exchangequote": (
                    "exchange_quote_keeps_its_terms",
                    "exchange_quote_is_never_removed",
                    "exchange_quote_is_never_truncated",
                ),
            }
        ),
    ),
    ("revaluations.sql", _stay("revaluation", "revaluation_line")),
    (
        "cross_border.sql",
        _stay("trade_proof", "contract_earning", "payout_part", "cross_border_payment")
        + _without(
            {
                "taxfiling": (
                    "decided_tax_filing_stays",
                    "tax_filing_is_never_removed",
                    "tax_filing_is_never_truncated",
                )
            }
        ),
    ),
    ("taxes.sql", _stay("tax_rate", "withholding")),
    (
        "fees.sql",
        """
            DROP FUNCTION settlements_only_shorten_waiver() CASCADE;
            DROP TRIGGER fee_waiver_is_never_removed ON settlements_feewaiver;
            DROP TRIGGER fee_waiver_is_never_truncated ON settlements_feewaiver;
        """,
    ),
    (
        "invoices.sql",
        """
            DROP FUNCTION settlements_only_decide_invoice() CASCADE;
            DROP TRIGGER invoice_is_never_removed ON settlements_invoice;
            DROP TRIGGER invoice_is_never_truncated ON settlements_invoice;
        """,
    ),
)


class Migration(migrations.Migration):
    dependencies = [("settlements", "0003_ledger")]

    operations = [run_sql_file("settlements", name, reverse=reverse) for name, reverse in GUARDS]
