"""Entries lie in one partition for each month; what is unique among them holds the time they are divided by."""

from django.db import migrations, models

from kernel.migrations_support import run_sql_file

PLACE = "entry_has_its_place_in_the_transfer"
WHOLE = """
CREATE TABLE settlements_entry_whole (LIKE settlements_entry INCLUDING CONSTRAINTS);
INSERT INTO settlements_entry_whole SELECT * FROM settlements_entry;
DROP TABLE settlements_entry;
ALTER TABLE settlements_entry_whole RENAME TO settlements_entry;
ALTER TABLE settlements_entry ADD PRIMARY KEY (id),
    ADD CONSTRAINT entry_has_its_place_in_the_transfer UNIQUE (transfer_id, position);
CREATE INDEX entry_along_time ON settlements_entry (account_id, created_at, id) INCLUDE (amount_minor);
CREATE TRIGGER entries_move_balances
    AFTER INSERT ON settlements_entry REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION settlements_take_entries();
CREATE TRIGGER entry_is_append_only BEFORE UPDATE OR DELETE ON settlements_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
CREATE TRIGGER entry_is_never_truncated BEFORE TRUNCATE ON settlements_entry
    FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
DROP TRIGGER transfer_has_the_partition_of_its_month ON settlements_transfer;
DROP FUNCTION settlements_divide_entries, settlements_have_the_month, settlements_make_entry_partition;
"""


class Migration(migrations.Migration):
    dependencies = [("settlements", "0015_fewer_indexes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [run_sql_file("settlements", "entry_partitions.sql", reverse=WHOLE)],
            [
                migrations.RemoveConstraint("entry", PLACE),
                migrations.AddConstraint(
                    "entry", models.UniqueConstraint(fields=["transfer", "position", "created_at"], name=PLACE)
                ),
            ],
        )
    ]
