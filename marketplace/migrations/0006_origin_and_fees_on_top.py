"""How an order's price came about, and what the buyer pays on top of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0002_guards"),
        ("marketplace", "0005_negotiations"),
    ]

    operations = [
        migrations.AddField(
            model_name="order",
            name="buyer_fees_minor",
            field=models.BigIntegerField(default=0, verbose_name="fees on top in minor units"),
        ),
        migrations.AddField(
            model_name="order",
            name="origin",
            field=models.CharField(
                choices=[
                    ("LIST_PRICE", "list price"),
                    ("NEGOTIATED", "negotiated"),
                    ("AUCTION", "auction"),
                    ("DEMAND", "demand"),
                ],
                default="LIST_PRICE",
                max_length=10,
                verbose_name="origin of the deal",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(("buyer_fees_minor__gte", 0)), name="order_fees_on_top_are_not_negative"
            ),
        ),
    ]
