"""What a hold ends in, part by part, and several settlements of one order."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0005_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="escrowhold",
            name="frozen_minor",
            field=models.BigIntegerField(default=0, verbose_name="frozen by a dispute in minor units"),
        ),
        migrations.AddField(
            model_name="escrowhold",
            name="refunded_minor",
            field=models.BigIntegerField(default=0, verbose_name="refunded in minor units"),
        ),
        migrations.AddField(
            model_name="escrowhold",
            name="settled_minor",
            field=models.BigIntegerField(default=0, verbose_name="settled in minor units"),
        ),
        migrations.AddField(
            model_name="settlement",
            name="part",
            field=models.PositiveSmallIntegerField(default=1, verbose_name="part"),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="hold",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="settlements",
                to="settlements.escrowhold",
                verbose_name="escrow hold",
            ),
        ),
        migrations.AlterField(
            model_name="settlement",
            name="order_id",
            field=models.UUIDField(verbose_name="order"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DEPOSIT", "deposit credited"),
                    ("HOLD", "held in escrow"),
                    ("REFUND", "refunded from escrow"),
                    ("SETTLEMENT", "settled"),
                    ("AWARD", "given back after settlement"),
                    ("PAYOUT", "payout requested"),
                    ("PAYOUT_PAID", "payout paid"),
                    ("PAYOUT_REFUSED", "payout refused"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="escrowhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "amount_minor__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("frozen_minor"), "+", models.F("settled_minor")
                            ),
                            "+",
                            models.F("refunded_minor"),
                        ),
                    ),
                    ("frozen_minor__gte", 0),
                    ("refunded_minor__gte", 0),
                    ("settled_minor__gte", 0),
                ),
                name="escrow_hold_ends_in_parts_of_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlement",
            constraint=models.UniqueConstraint(fields=("order_id", "part"), name="part_of_an_order_is_settled_once"),
        ),
    ]
