"""A long job says when it will end at its present pace."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0004_next_number")]

    operations = [
        migrations.AddField(
            model_name="job",
            name="expected_at",
            field=models.DateTimeField(null=True, verbose_name="expected to end at"),
        ),
    ]
