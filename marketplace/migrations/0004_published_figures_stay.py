"""Nobody changes or removes a figure or a return once it is written."""

from django.db import migrations

from kernel.migrations_support import run_sql_file

TABLES = {
    "statistic_cell": "statisticcell",
    "index_point": "indexpoint",
    "production_return": "productionreturn",
}


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0003_statistics"), ("kernel", "0002_evidence_triggers")]

    operations = [
        run_sql_file(
            "marketplace",
            "published_figures_stay.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON marketplace_{table};"
                for name, table in TABLES.items()
                for what in ("append_only", "never_truncated")
            ),
        )
    ]
