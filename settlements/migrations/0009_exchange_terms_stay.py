"""Rates of exchange and the terms of quotes are never changed."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TRIGGERS = {
    "exchangerate": ("exchange_rate_is_append_only", "exchange_rate_is_never_truncated"),
    "exchangequote": (
        "exchange_quote_keeps_its_terms",
        "exchange_quote_is_never_removed",
        "exchange_quote_is_never_truncated",
    ),
}


class Migration(migrations.Migration):
    dependencies = [("settlements", "0008_voucher_guards")]

    operations = [
        run_sql_file(
            "settlements",
            "exchange.sql",
            reverse="".join(
                f"DROP TRIGGER {name} ON settlements_{table};" for table, names in TRIGGERS.items() for name in names
            ),
        )
    ]
