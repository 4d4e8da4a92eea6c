"""A posting that another one helps out while it is refused goes through, instead of failing."""

from pathlib import Path

from django.conf import settings
from django.db import migrations

from kernel.migrations_support import run_sql_file


def as_before() -> str:
    """Return the SQL that puts the function back as accounting_periods.sql made it."""
    text = (Path(settings.BASE_DIR) / "settlements" / "sql" / "accounting_periods.sql").read_text(encoding="utf-8")
    begin = text.index("CREATE OR REPLACE FUNCTION settlements_post")
    return text[begin : text.index("\n$$;", begin) + len("\n$$;")]


class Migration(migrations.Migration):
    dependencies = [("settlements", "0017_settle_in_the_database")]

    operations = [run_sql_file("settlements", "short_no_longer.sql", reverse=as_before())]
