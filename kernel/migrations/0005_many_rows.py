"""A function of the database writes the events and the jobs of many rows without a document of them."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_next_number")]

    operations = [
        run_sql_file(
            "kernel",
            "many_rows.sql",
            reverse="""
                DROP FUNCTION kernel_enqueue;
                DROP FUNCTION kernel_record_alike;
                DROP FUNCTION kernel_nth_id;
            """,
        ),
    ]
