"""A product may be offered as a research cooperation, with papers of its own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0003_rule_sets"),
    ]

    operations = [
        migrations.AddField(
            model_name="borderdossier",
            name="research_cooperation",
            field=models.BooleanField(default=False, verbose_name="offered as research cooperation"),
        ),
    ]
