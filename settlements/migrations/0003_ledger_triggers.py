"""Entries move balances, and a transfer sums to zero when its transaction commits."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("settlements", "0002_default_fee_schedules")]

    operations = [
        run_sql_file(
            "settlements",
            "ledger_triggers.sql",
            reverse="""
                DROP FUNCTION settlements_check_transfer() CASCADE;
                DROP FUNCTION settlements_take_entries() CASCADE;
                DROP FUNCTION settlements_open_balance() CASCADE;
            """,
        )
    ]
