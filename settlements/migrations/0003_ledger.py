"""The ledger: entries move balances, transfers sum to zero, closed days take nothing, one statement posts or settles many."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

# The entries in one table again, as migration 0001 makes it.
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
STAYS = ("account", "transfer", "entry", "settlement", "settlement_line", "fee_schedule")
OF_BALANCE = ("is_made_with_its_account", "moves_only_with_entries", "is_never_removed", "is_never_truncated")
OF_PERIODS = {
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
# Each file of settlements/sql that makes the ledger, in the order in which they build on each other, and how it is undone.
FILES = (
    (
        "ledger_triggers.sql",
        """
            DROP FUNCTION settlements_check_transfer() CASCADE;
            DROP FUNCTION settlements_take_entries() CASCADE;
            DROP FUNCTION settlements_open_balance() CASCADE;
        """,
    ),
    ("ledger_functions.sql", "DROP FUNCTION settlements_snapshot(); DROP FUNCTION settlements_post;"),
    (
        "append_only.sql",
        "".join(
            [
                *(
                    f"DROP TRIGGER {name}_is_{what} ON settlements_{name.replace('_', '')};"
                    for name in STAYS
                    for what in ("append_only", "never_truncated")
                ),
                *(f"DROP TRIGGER balance_{what} ON settlements_balance;" for what in OF_BALANCE),
            ]
        ),
    ),
    (
        "accounting_periods.sql",
        "".join(
            [
                *(f"DROP TRIGGER {name} ON {table};" for table, names in OF_PERIODS.items() for name in names),
                "DROP FUNCTION settlements_refuse_closed_days, settlements_postings_have_ended, settlements_posting_lock;",
            ]
        ),
    ),
    ("entry_partitions.sql", WHOLE),
    (
        "settle.sql",
        """
            DROP FUNCTION settlements_settle;
            DROP FUNCTION settlements_pay_shares;
            DROP FUNCTION settlements_account_kind;
            DROP TYPE settlements_draft;
        """,
    ),
)


class Migration(migrations.Migration):
    dependencies = [("settlements", "0002_first_rates"), ("kernel", "0002_evidence")]

    operations = [run_sql_file("settlements", name, reverse=reverse) for name, reverse in FILES]
