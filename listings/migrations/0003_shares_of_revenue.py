"""Plans of which a share of the buyer's revenue is due."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0002_guards"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="plan",
            name="plan_price_fits_its_kind",
        ),
        migrations.AddField(
            model_name="plan",
            name="revenue_share",
            field=models.JSONField(blank=True, default=dict, verbose_name="share of revenue"),
        ),
        migrations.AlterField(
            model_name="plan",
            name="kind",
            field=models.CharField(
                choices=[
                    ("FREE", "free"),
                    ("ONE_OFF", "one-off"),
                    ("METERED", "metered"),
                    ("REVENUE_SHARE", "share of revenue"),
                    ("SUBSCRIPTION", "subscription"),
                    ("NEGOTIATED", "negotiated"),
                    ("AUCTION", "by auction"),
                ],
                max_length=13,
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
                    models.Q(
                        ("kind__in", ["METERED", "REVENUE_SHARE"]),
                        ("price_minor__gte", 0),
                        ("price_minor__lte", 9999999999999),
                    ),
                    _connector="OR",
                ),
                name="plan_price_fits_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "REVENUE_SHARE"), models.Q(("revenue_share", {}), _negated=True)),
                    models.Q(models.Q(("kind", "REVENUE_SHARE"), _negated=True), ("revenue_share", {})),
                    _connector="OR",
                ),
                name="plans_of_shared_revenue_have_a_share",
            ),
        ),
    ]
