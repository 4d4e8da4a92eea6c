"""Packs of units that metered plans sell ahead."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0005_price_ceilings"),
    ]

    operations = [
        migrations.AddField(
            model_name="plan",
            name="packs",
            field=models.JSONField(blank=True, default=list, verbose_name="packs of units"),
        ),
    ]
