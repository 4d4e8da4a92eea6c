"""Plans whose price is negotiated or bid for, and plans that take offers besides their price."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0003_compute_is_metered"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_price_fits_its_kind",
        ),
        migrations.AddField(
            model_name="plan",
            name="takes_offers",
            field=models.BooleanField(default=False, verbose_name="takes offers"),
        ),
        migrations.AlterField(
            model_name="plan",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FREE", "free"),
                    ("ONE_OFF", "one-off"),
                    ("METERED", "metered"),
                    ("SUBSCRIPTION", "subscription"),
                    ("NEGOTIATED", "negotiated"),
                    ("AUCTION", "by auction"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "FREE"), ("price_minor", 0)),
                    models.Q(
                        ("kind__in", ["ONE_OFF", "SUBSCRIPTION", "NEGOTIATED", "AUCTION"]),
                        ("price_minor__gte", 1),
                        ("price_minor__lte", 9999999999999),
                    ),
                    models.Q(("kind", "METERED"), ("price_minor__gte", 0), ("price_minor__lte", 9999999999999)),
                    _connector="OR",
                ),
                name="plan_price_fits_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "NEGOTIATED"), ("takes_offers", True)),
                    ("kind__in", ["ONE_OFF", "SUBSCRIPTION"]),
                    models.Q(models.Q(("kind", "NEGOTIATED"), _negated=True), ("takes_offers", False)),
                    _connector="OR",
                ),
                name="plans_with_one_price_may_take_offers",
            ),
        ),
    ]
