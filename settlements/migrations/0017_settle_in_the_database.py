"""One statement divides the price of one order or of thousands: rows, holds, transfers and evidence."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("settlements", "0016_entries_by_month"), ("kernel", "0005_many_rows")]

    operations = [
        run_sql_file(
            "settlements",
            "settle.sql",
            reverse="""
                DROP FUNCTION settlements_settle;
                DROP FUNCTION settlements_pay_shares;
                DROP FUNCTION settlements_account_kind;
                DROP TYPE settlements_draft;
            """,
        )
    ]
