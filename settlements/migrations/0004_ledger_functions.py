"""One statement posts a batch of transfers; another sums the tails of the hot accounts."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("settlements", "0003_ledger_triggers"), ("kernel", "0003_record_events")]

    operations = [
        run_sql_file(
            "settlements",
            "ledger_functions.sql",
            reverse="DROP FUNCTION settlements_snapshot(); DROP FUNCTION settlements_post;",
        )
    ]
