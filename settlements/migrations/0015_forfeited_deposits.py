"""Transfers of forfeited deposits."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("settlements", "0014_revaluations_stay"),
    ]

    operations = [
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
                    ("PAYOUT_REJECTED", "payout rejected by the bank"),
                    ("PAYOUT_RETURNED", "payout returned by the bank"),
                    ("FORFEIT", "deposit forfeited"),
                    ("CORRECTION", "correction"),
                    ("BANK_CORRECTION", "break of the bank account explained"),
                    ("CHARGE", "charge collected"),
                    ("CREDIT_NOTE", "credit note"),
                    ("VOUCHER_FUNDED", "voucher programme funded"),
                    ("VOUCHER_RETURNED", "left of a voucher programme, returned"),
                    ("VOUCHER_RESERVED", "voucher reserved"),
                    ("VOUCHER_RELEASED", "voucher released"),
                    ("VOUCHER_PAID", "voucher paid to the buyer"),
                    ("VOUCHER_CLAWBACK", "voucher clawed back"),
                    ("EXCHANGE", "changed into another currency"),
                    ("EXCHANGE_BACK", "changed back"),
                    ("REVALUATION", "currency position revalued"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
    ]
