"""A waiver is only ever shortened, and an invoice only decided; neither is removed."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

# Each file of settlements/sql, and how it is undone.
GUARDS = (
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
    dependencies = [("settlements", "0012_tax_rates")]

    operations = [run_sql_file("settlements", name, reverse=reverse) for name, reverse in GUARDS]
