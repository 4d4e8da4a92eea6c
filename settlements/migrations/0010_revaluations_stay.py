"""What a day's revaluation found is never changed."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TABLES = {"revaluation": "revaluation", "revaluation_line": "revaluationline"}


class Migration(migrations.Migration):
    dependencies = [("settlements", "0009_exchange_terms_stay")]

    operations = [
        run_sql_file(
            "settlements",
            "revaluations.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON settlements_{table};"
                for name, table in TABLES.items()
                for what in ("append_only", "never_truncated")
            ),
        )
    ]
