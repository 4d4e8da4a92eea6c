"""The first tax rates (settlements/data/tax_rates.json), which like what is withheld by them are never changed."""

from typing import Any

from django.db import migrations

from kernel.migrations_support import run_sql_file
from settlements.taxes import first_table, rates_of


def add_rates(apps: Any, schema_editor: Any) -> None:
    tax_rate = apps.get_model("settlements", "TaxRate")
    tax_rate.objects.bulk_create(tax_rate(**fields) for fields in rates_of(first_table()))


class Migration(migrations.Migration):
    dependencies = [("settlements", "0011_papers_stay")]

    operations = [
        migrations.RunPython(add_rates, migrations.RunPython.noop),
        run_sql_file(
            "settlements",
            "taxes.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON settlements_{name.replace('_', '')};"
                for name in ("tax_rate", "withholding")
                for what in ("append_only", "never_truncated")
            ),
        ),
    ]
