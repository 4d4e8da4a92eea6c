"""Proofs of trades, parts of payouts and what they carried are never changed."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TABLES = {
    "trade_proof": "tradeproof",
    "contract_earning": "contractearning",
    "payout_part": "payoutpart",
    "cross_border_payment": "crossborderpayment",
}


class Migration(migrations.Migration):
    dependencies = [("settlements", "0010_revaluations_stay")]

    operations = [
        run_sql_file(
            "settlements",
            "cross_border.sql",
            reverse="".join(
                [
                    *(
                        f"DROP TRIGGER {name}_is_{what} ON settlements_{table};"
                        for name, table in TABLES.items()
                        for what in ("append_only", "never_truncated")
                    ),
                    *(
                        f"DROP TRIGGER {name} ON settlements_taxfiling;"
                        for name in (
                            "decided_tax_filing_stays",
                            "tax_filing_is_never_removed",
                            "tax_filing_is_never_truncated",
                        )
                    ),
                ]
            ),
        )
    ]
