"""Subscriptions that go on at the end of their term, and the charges for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0016_charges_are_frozen")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="renews",
            field=models.BooleanField(default=False, verbose_name="renews at the end of its term"),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("renews", True)), fields=["agreement"], name="subscription_that_renews"
            ),
        ),
        migrations.AlterField(
            model_name="charge",
            name="kind",
            field=models.CharField(
                choices=[("USAGE", "use of a month"), ("SUBSCRIPTION", "term of a subscription")],
                max_length=12,
                verbose_name="kind",
            ),
        ),
    ]
