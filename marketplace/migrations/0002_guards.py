"""What the database itself guards in the tables of the market, and how it settles plain orders by the thousand."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

PUBLISHED = {
    "statistic_cell": "statisticcell",
    "index_point": "indexpoint",
    "production_return": "productionreturn",
}
# Each file of marketplace/sql, in the order in which they build on each other, and how it is undone.
GUARDS = (
    ("agreement_is_frozen.sql", "DROP FUNCTION agreement_is_frozen() CASCADE;"),
    (
        "published_figures_stay.sql",
        "".join(
            f"DROP TRIGGER {name}_is_{what} ON marketplace_{table};"
            for name, table in PUBLISHED.items()
            for what in ("append_only", "never_truncated")
        ),
    ),
    ("usage_records.sql", "DROP TRIGGER usage_record_is_append_only ON marketplace_usagerecord;"),
    (
        "dispute_statements.sql",
        """
            DROP TRIGGER dispute_statement_is_append_only ON marketplace_disputestatement;
            DROP TRIGGER dispute_statement_is_never_truncated ON marketplace_disputestatement;
        """,
    ),
    (
        "charges.sql",
        """
            DROP FUNCTION charge_is_frozen() CASCADE;
            DROP FUNCTION usage_record_is_billed_once() CASCADE;
            CREATE TRIGGER usage_record_is_append_only BEFORE UPDATE OR DELETE ON marketplace_usagerecord
                FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
        """,
    ),
    ("quotes.sql", "DROP FUNCTION quote_is_frozen() CASCADE;"),
    (
        "negotiation_rounds.sql",
        """
            DROP TRIGGER negotiation_round_is_append_only ON marketplace_negotiationround;
            DROP TRIGGER negotiation_round_is_never_truncated ON marketplace_negotiationround;
        """,
    ),
    ("bids.sql", "DROP FUNCTION bid_is_frozen() CASCADE; DROP TRIGGER bid_is_never_truncated ON marketplace_bid;"),
    ("plan_changes.sql", "DROP FUNCTION plan_change_is_frozen() CASCADE;"),
    (
        "unit_packs.sql",
        """
            DROP FUNCTION unit_pack_is_drawn() CASCADE;
            DROP FUNCTION unit_pack_is_frozen() CASCADE;
            DROP TRIGGER pack_draw_is_append_only ON marketplace_packdraw;
        """,
    ),
    (
        "revenue.sql",
        """
            DROP TRIGGER revenue_statement_is_append_only ON marketplace_revenuestatement;
            DROP TRIGGER revenue_answer_is_append_only ON marketplace_revenueanswer;
            DROP TRIGGER revenue_bill_is_append_only ON marketplace_revenuebill;
            DROP FUNCTION revenue_statement_fits() CASCADE;
            DROP FUNCTION revenue_period_is_frozen() CASCADE;
        """,
    ),
    ("settle_orders.sql", "DROP FUNCTION marketplace_settle_plain_orders;"),
)


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0001_initial"), ("settlements", "0003_ledger")]

    operations = [run_sql_file("marketplace", name, reverse=reverse) for name, reverse in GUARDS]
