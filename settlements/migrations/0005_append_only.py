"""Nobody changes or removes what the books say."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TABLES = ("account", "transfer", "entry", "settlement", "settlementline", "feeschedule")
TRIGGERS = ("account", "transfer", "entry", "settlement", "settlement_line", "fee_schedule")
OF_BALANCE = ("is_made_with_its_account", "moves_only_with_entries", "is_never_removed", "is_never_truncated")


class Migration(migrations.Migration):
    dependencies = [("settlements", "0004_ledger_functions"), ("kernel", "0002_evidence_triggers")]

    operations = [
        run_sql_file(
            "settlements",
            "append_only.sql",
            reverse="".join(
                [
                    *(
                        f"DROP TRIGGER {name}_is_{what} ON settlements_{table};"
                        for name, table in zip(TRIGGERS, TABLES, strict=True)
                        for what in ("append_only", "never_truncated")
                    ),
                    *(f"DROP TRIGGER balance_{what} ON settlements_balance;" for what in OF_BALANCE),
                ]
            ),
        )
    ]
