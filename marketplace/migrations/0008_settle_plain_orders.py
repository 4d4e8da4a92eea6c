"""Orders of which nothing is odd are settled inside the database, hundreds in one statement."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0007_reverse_auctions"), ("settlements", "0017_settle_in_the_database")]

    operations = [
        run_sql_file("marketplace", "settle_orders.sql", reverse="DROP FUNCTION marketplace_settle_plain_orders;")
    ]
