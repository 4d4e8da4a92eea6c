"""Subscriptions know the plan by which they run, the price of a term, its beginning, and why they end."""

from django.db import migrations, models
from django.db.models import PROTECT, ForeignKey

CYCLES = [("MONTH", "calendar month"), ("QUARTER", "calendar quarter"), ("YEAR", "calendar year")]
CURRENCIES = [(code, code) for code in ("CNY", "HKD", "MOP")]
PLAN = {"on_delete": PROTECT, "related_name": "+", "to": "listings.plan", "verbose_name": "plan"}
PRICE = "price of a term in minor units"
# What ran before ran in rolling terms at the order's price; of one that was renewed the first term's beginning is known.
FILL = """
    UPDATE marketplace_subscription SET plan_id = placed.plan_id, price_minor = placed.gross_minor,
        currency = placed.currency, term_starts_at = agreement.created_at
    FROM marketplace_agreement agreement JOIN marketplace_order placed ON placed.id = agreement.order_id
    WHERE agreement.id = marketplace_subscription.agreement_id;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0004_fewer_indexes"), ("listings", "0004_cycles")]

    operations = [
        migrations.AddField("subscription", "ending_reason", models.TextField("why it ends", blank=True, default="")),
        migrations.AlterField("subscription", "ending_reason", models.TextField("why it ends", blank=True)),
        migrations.AddField(
            "subscription",
            "cycle",
            models.CharField("terms by the calendar", max_length=8, blank=True, choices=CYCLES, default=""),
        ),
        migrations.AlterField(
            "subscription", "cycle", models.CharField("terms by the calendar", max_length=8, blank=True, choices=CYCLES)
        ),
        migrations.AddField("subscription", "plan", ForeignKey(null=True, **PLAN)),
        migrations.AddField("subscription", "price_minor", models.BigIntegerField(PRICE, null=True)),
        migrations.AddField("subscription", "currency", models.CharField("currency", max_length=3, null=True)),
        migrations.AddField("subscription", "term_starts_at", models.DateTimeField("term begins at", null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField("subscription", "plan", ForeignKey(**PLAN)),
        migrations.AlterField("subscription", "price_minor", models.BigIntegerField(PRICE)),
        migrations.AlterField(
            "subscription", "currency", models.CharField("currency", max_length=3, choices=CURRENCIES)
        ),
        migrations.AlterField("subscription", "term_starts_at", models.DateTimeField("term begins at")),
        migrations.AddConstraint(
            "subscription",
            models.CheckConstraint(
                condition=models.Q(("renews", False), ("ending_reason", ""), _connector="OR"),
                name="what_renews_does_not_end",
            ),
        ),
    ]
