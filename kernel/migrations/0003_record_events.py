"""Many events are recorded by one statement, from Python or from another function of the database."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_evidence_triggers")]

    operations = [
        run_sql_file("kernel", "record_events.sql", reverse="DROP FUNCTION kernel_record_events(jsonb);"),
    ]
