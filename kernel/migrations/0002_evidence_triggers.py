"""The event log, its tree and its heads only grow; new events queue themselves for sealing."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [
        run_sql_file(
            "kernel",
            "append_only.sql",
            reverse="""
                DROP FUNCTION kernel_refuse_rewritten_certificate() CASCADE;
                DROP FUNCTION kernel_refuse_truncate() CASCADE;
                DROP FUNCTION kernel_refuse_change() CASCADE;
            """,
        ),
        run_sql_file("kernel", "queue_new_events.sql", reverse="DROP FUNCTION kernel_queue_new_events() CASCADE;"),
    ]
