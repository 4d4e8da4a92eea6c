"""An agreement's text and digests never change after it is made."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial")]

    operations = [
        run_sql_file("marketplace", "agreement_is_frozen.sql", reverse="DROP FUNCTION agreement_is_frozen() CASCADE;"),
    ]
