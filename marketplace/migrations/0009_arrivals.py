"""What the buyer's client reports to have arrived."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("marketplace", "0008_disputes"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="arrival",
            field=models.JSONField(default=dict, verbose_name="reported to have arrived"),
        ),
    ]
