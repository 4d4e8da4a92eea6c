"""Subscriptions by the calendar."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("listings", "0003_fees_of_ordered_reports")]

    operations = [
        migrations.AddField(
            "plan",
            "cycle",
            models.CharField(
                blank=True,
                choices=[("MONTH", "calendar month"), ("QUARTER", "calendar quarter"), ("YEAR", "calendar year")],
                default="",
                max_length=8,
                verbose_name="terms by the calendar",
            ),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            "plan",
            models.CheckConstraint(
                condition=models.Q(
                    ("cycle", ""), models.Q(("kind", "SUBSCRIPTION"), ("takes_offers", False)), _connector="OR"
                ),
                name="subscriptions_have_cycles",
            ),
        ),
    ]
