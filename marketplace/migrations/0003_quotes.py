"""Quotes, which stay as they were made."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0002_guards"),
        ("marketplace", "0002_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Quote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
                ("listing_revision", models.PositiveIntegerField(verbose_name="revision of the listing")),
                (
                    "origin",
                    models.CharField(
                        choices=[("LIST_PRICE", "list price"), ("NEGOTIATED", "negotiated"), ("AUCTION", "auction")],
                        max_length=10,
                        verbose_name="origin of the price",
                    ),
                ),
                ("gross_minor", models.BigIntegerField(verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("lines", models.JSONField(default=list, verbose_name="division")),
                ("conditions", models.JSONField(default=dict, verbose_name="conditions")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("asked_by", models.UUIDField(null=True, verbose_name="asked by")),
                (
                    "broker",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="broker",
                    ),
                ),
                (
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "order",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quote",
                        to="marketplace.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.plan",
                        verbose_name="plan",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
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
                "verbose_name": "quote",
                "verbose_name_plural": "quotes",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["buyer", "-id"], name="quote_by_buyer"),
                    models.Index(fields=["venue", "-id"], name="quote_by_venue"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gross_minor__gte", 0), ("gross_minor__lte", 9999999999999)),
                        name="quoted_price_is_a_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buyer", models.F("provider")), _negated=True), name="quote_has_two_parties"
                    ),
                ],
            },
        ),
        run_sql_file("marketplace", "quotes.sql", reverse="DROP FUNCTION quote_is_frozen() CASCADE;"),
    ]
