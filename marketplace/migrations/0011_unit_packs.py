"""Units of metered plans that are bought ahead, and what bills draw of them."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("marketplace", "0010_vouchers_of_charges"),
    ]

    operations = [
        migrations.AlterField(
            model_name="charge",
            name="kind",
            field=models.CharField(
                choices=[
                    ("USAGE", "use of a month"),
                    ("SUBSCRIPTION", "term of a subscription"),
                    ("PLAN_CHANGE", "change of a subscription's plan"),
                    ("PACK", "units bought ahead"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="UnitPack",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
                ("units", models.BigIntegerField(verbose_name="units")),
                ("used_units", models.BigIntegerField(default=0, verbose_name="units used")),
                ("expired_units", models.BigIntegerField(default=0, verbose_name="units not used")),
                ("price_minor", models.BigIntegerField(verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="valid from")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                (
                    "charge",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unit_pack",
                        to="marketplace.charge",
                        verbose_name="charge",
                    ),
                ),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="unit_packs",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={
                "verbose_name": "unit pack",
                "verbose_name_plural": "unit packs",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="PackDraw",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("month", models.CharField(max_length=7, verbose_name="month")),
                ("units", models.BigIntegerField(verbose_name="units")),
                (
                    "charge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="marketplace.charge",
                        verbose_name="charge",
                    ),
                ),
                (
                    "pack",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="draws",
                        to="marketplace.unitpack",
                        verbose_name="unit pack",
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a pack",
                "verbose_name_plural": "uses of packs",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="unitpack",
            index=models.Index(fields=["organization", "-id"], name="unit_pack_by_buyer"),
        ),
        migrations.AddIndex(
            model_name="unitpack",
            index=models.Index(fields=["provider", "-id"], name="unit_pack_by_provider"),
        ),
        migrations.AddIndex(
            model_name="unitpack",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", True)),
                fields=["venue", "expires_at"],
                name="unit_pack_to_close",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitpack",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("expired_units__gte", 0),
                    ("units__gt", 0),
                    ("used_units__gte", 0),
                    (
                        "used_units__lte",
                        django.db.models.expressions.CombinedExpression(
                            models.F("units"), "-", models.F("expired_units")
                        ),
                    ),
                ),
                name="a_pack_gives_no_more_than_its_units",
            ),
        ),
        migrations.AddConstraint(
            model_name="unitpack",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_at__gt", models.F("starts_at"))), name="a_pack_expires_after_it_begins"
            ),
        ),
        migrations.AddConstraint(
            model_name="unitpack",
            constraint=models.CheckConstraint(
                condition=models.Q(("closed_at__isnull", False), ("expired_units", 0), _connector="OR"),
                name="units_expire_when_a_pack_is_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="packdraw",
            constraint=models.UniqueConstraint(
                fields=("pack", "charge", "month"), name="a_pack_is_drawn_once_by_charge_and_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="packdraw",
            constraint=models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="a_draw_takes_something"),
        ),
        run_sql_file(
            "marketplace",
            "unit_packs.sql",
            reverse="""
                DROP FUNCTION unit_pack_is_drawn() CASCADE;
                DROP FUNCTION unit_pack_is_frozen() CASCADE;
                DROP TRIGGER pack_draw_is_append_only ON marketplace_packdraw;
            """,
        ),
    ]
