"""Short numbers come from sequences, so that taking one locks nothing."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("kernel", "0003_record_events")]

    operations = [
        run_sql_file("kernel", "next_number.sql", reverse="DROP FUNCTION kernel_next_number(text);"),
    ]
