"""The rates that the two venues start with: fees (settlements/data/SOURCES.md) and taxes (settlements/data/tax_rates.json)."""

from typing import Any

from django.db import migrations

from settlements.defaults import default_schedules
from settlements.taxes import first_table, rates_of


def add_schedules(apps: Any, schema_editor: Any) -> None:
    fee_schedule = apps.get_model("settlements", "FeeSchedule")
    for venue in apps.get_model("accounts", "Venue").objects.all():
        fee_schedule.objects.bulk_create(
            fee_schedule(venue=venue, **fields) for fields in default_schedules(venue.code)
        )


def remove_schedules(apps: Any, schema_editor: Any) -> None:
    apps.get_model("settlements", "FeeSchedule").objects.filter(verified=False).delete()


def add_rates(apps: Any, schema_editor: Any) -> None:
    tax_rate = apps.get_model("settlements", "TaxRate")
    tax_rate.objects.bulk_create(tax_rate(**fields) for fields in rates_of(first_table()))


class Migration(migrations.Migration):
    dependencies = [("settlements", "0001_initial")]

    operations = [
        migrations.RunPython(add_schedules, remove_schedules),
        migrations.RunPython(add_rates, migrations.RunPython.noop),
    ]
