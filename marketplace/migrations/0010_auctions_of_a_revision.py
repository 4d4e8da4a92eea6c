"""The revision of the listing that an auction is of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0009_release_days"),
    ]

    operations = [
        migrations.AddField(
            model_name="auction",
            name="listing_revision",
            field=models.PositiveIntegerField(default=1, verbose_name="revision of the listing"),
        ),
    ]
