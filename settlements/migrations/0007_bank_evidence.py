"""What was sent to the bank and what came from it stays as it is."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TABLES = {
    "bank_file": "bankfile",
    "bank_statement": "bankstatement",
    "bank_booking": "bankbooking",
    "bank_match": "bankmatch",
    "matched_booking": "matchedbooking",
    "matched_entry": "matchedentry",
    "bank_day": "bankday",
}


class Migration(migrations.Migration):
    dependencies = [("settlements", "0006_closed_periods_take_nothing")]

    operations = [
        run_sql_file(
            "settlements",
            "bank_evidence.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON settlements_{table};"
                for name, table in TABLES.items()
                for what in ("append_only", "never_truncated")
            ),
        )
    ]
