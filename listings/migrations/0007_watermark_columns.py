"""Terms may name the columns in which each buyer's copy is marked."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0006_metered_plans"),
    ]

    operations = [
        migrations.AddField(
            model_name="terms",
            name="watermark_columns",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=200),
                blank=True,
                default=list,
                size=None,
                verbose_name="columns that carry the buyer's mark",
            ),
        ),
    ]
