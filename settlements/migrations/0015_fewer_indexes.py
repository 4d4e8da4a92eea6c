"""No index is kept that another one leads with, or that nobody reads: each costs every trade that is settled."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0014_fees_of_reports"),
    ]

    operations = [
        migrations.AlterField(
            model_name="settlement",
            name="venue",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.venue",
                verbose_name="venue",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="schedule",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.feeschedule",
                verbose_name="fee schedule",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="settlement",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="settlements.settlement",
                verbose_name="settlement",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="tax_rate",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.taxrate",
                verbose_name="tax rate",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="venue",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.venue",
                verbose_name="venue",
            ),
        ),
        migrations.AlterField(
            model_name="settlementline",
            name="waiver",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.feewaiver",
                verbose_name="fee waiver",
            ),
        ),
    ]
