"""The database refuses a posting of a closed day, and dates what moves an account along its running balance."""

from pathlib import Path

from django.conf import settings
from django.db import migrations

from kernel.migrations_support import run_sql_file

TRIGGERS = {
    "settlements_transfer": ("transfer_is_posted_in_an_open_period",),
    "settlements_accountingperiod": (
        "closed_period_stays_closed",
        "accounting_period_is_never_removed",
        "accounting_period_is_never_truncated",
    ),
    "settlements_periodbalance": ("period_balance_is_append_only", "period_balance_is_never_truncated"),
    "settlements_correction": (
        "decided_correction_stays",
        "correction_is_never_removed",
        "correction_is_never_truncated",
    ),
}
FUNCTIONS = ("settlements_refuse_closed_days", "settlements_postings_have_ended", "settlements_posting_lock")


def as_before(name: str, file: str) -> str:
    """Return the SQL that puts back a function as an earlier file of the app made it."""
    text = (Path(settings.BASE_DIR) / "settlements" / "sql" / file).read_text(encoding="utf-8")
    begin = text.index(f"CREATE FUNCTION {name}")
    end = text.index("\n$$;", begin) + len("\n$$;")
    return text[begin:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [("settlements", "0005_append_only")]

    operations = [
        run_sql_file(
            "settlements",
            "accounting_periods.sql",
            reverse="".join(
                [
                    *(f"DROP TRIGGER {name} ON {table};" for table, names in TRIGGERS.items() for name in names),
                    as_before("settlements_post", "ledger_functions.sql"),
                    as_before("settlements_take_entries", "ledger_triggers.sql"),
                    *(f"DROP FUNCTION {name}();" for name in FUNCTIONS),
                ]
            ),
        )
    ]
