"""Metered plans with a price for further units, and a cap on what a month costs."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listings", "0011_ordered_reports")]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="tiers",
            field=models.JSONField(blank=True, default=list, verbose_name="prices of further units"),
        ),
        migrations.AddField(
            model_name="plan",
            name="cap_minor",
            field=models.BigIntegerField(blank=True, null=True, verbose_name="most that a month costs, in minor units"),
        ),
    ]
