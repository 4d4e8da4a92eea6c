"""The fees of the two venues until they announce their own: unverified house defaults (settlements/data/SOURCES.md)."""

from typing import Any

from django.db import migrations

from settlements.defaults import default_schedules


def add_schedules(apps: Any, schema_editor: Any) -> None:
    fee_schedule = apps.get_model("settlements", "FeeSchedule")
    for venue in apps.get_model("accounts", "Venue").objects.all():
        fee_schedule.objects.bulk_create(
            fee_schedule(venue=venue, **fields) for fields in default_schedules(venue.code)
        )


def remove_schedules(apps: Any, schema_editor: Any) -> None:
    apps.get_model("settlements", "FeeSchedule").objects.filter(verified=False).delete()


class Migration(migrations.Migration):
    dependencies = [("settlements", "0001_initial"), ("accounts", "0002_guangzhou_and_shenzhen")]

    operations = [migrations.RunPython(add_schedules, remove_schedules)]
