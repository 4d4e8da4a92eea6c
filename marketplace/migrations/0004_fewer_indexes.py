"""No index is kept that another one leads with, or that nobody reads: each costs every trade that is settled."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("marketplace", "0003_one_list_of_origins"),
    ]

    operations = [
        migrations.AlterField(
            model_name="order",
            name="buyer",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="buyer",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="provider",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="provider",
            ),
        ),
        migrations.AlterField(
            model_name="order",
            name="venue",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.venue",
                verbose_name="venue",
            ),
        ),
    ]
