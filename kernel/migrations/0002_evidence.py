"""The event log, its tree and its heads only grow; one statement records many events; short numbers come from sequences."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

# Each file of kernel/sql, in the order in which they build on each other, and how it is undone.
FILES = (
    (
        "append_only.sql",
        """
            DROP FUNCTION kernel_refuse_rewritten_certificate() CASCADE;
            DROP FUNCTION kernel_refuse_truncate() CASCADE;
            DROP FUNCTION kernel_refuse_change() CASCADE;
        """,
    ),
    ("queue_new_events.sql", "DROP FUNCTION kernel_queue_new_events() CASCADE;"),
    ("record_events.sql", "DROP FUNCTION kernel_record_events(jsonb);"),
    ("next_number.sql", "DROP FUNCTION kernel_next_number(text);"),
    ("many_rows.sql", "DROP FUNCTION kernel_enqueue; DROP FUNCTION kernel_record_alike; DROP FUNCTION kernel_nth_id;"),
)


class Migration(migrations.Migration):
    dependencies = [("kernel", "0001_initial")]

    operations = [run_sql_file("kernel", name, reverse=reverse) for name, reverse in FILES]
