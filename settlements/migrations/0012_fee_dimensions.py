"""Fees by product type, origin of the deal and who pays them; waivers, which are only ever ended earlier."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0011_exchange_terms_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FeeWaiver",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "product_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("DATASET", "dataset"),
                            ("API", "API"),
                            ("REPORT", "report"),
                            ("INDEX", "index"),
                            ("VISUAL", "visualisation"),
                            ("ENCRYPTED", "encrypted data"),
                            ("MODEL", "model or algorithm"),
                            ("APPLICATION", "application"),
                            ("SERVICE", "service"),
                            ("TOOL", "tool"),
                            ("COMPUTE", "compute"),
                            ("CORPUS", "corpus"),
                        ],
                        help_text="Blank: any.",
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                ("waived_ppm", models.PositiveIntegerField(verbose_name="waived share in parts per million")),
                ("valid_from", models.DateField(verbose_name="in force from")),
                ("valid_until", models.DateField(verbose_name="in force until")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
            ],
            options={
                "verbose_name": "fee waiver",
                "verbose_name_plural": "fee waivers",
            },
        ),
        migrations.RemoveConstraint(
            model_name="feeschedule",
            name="one_fee_schedule_begins_on_a_day",
        ),
        migrations.RemoveConstraint(
            model_name="settlementline",
            name="payee_has_one_line_in_a_settlement",
        ),
        migrations.AddField(
            model_name="feeschedule",
            name="origin",
            field=models.CharField(
                blank=True,
                choices=[
                    ("LIST_PRICE", "list price"),
                    ("NEGOTIATED", "negotiated"),
                    ("AUCTION", "auction"),
                    ("DEMAND", "demand"),
                ],
                help_text="Blank: any origin for which there is no row of its own.",
                max_length=10,
                verbose_name="origin of the deal",
            ),
        ),
        migrations.AddField(
            model_name="feeschedule",
            name="payer",
            field=models.CharField(
                choices=[("PROVIDER", "provider, out of the price"), ("BUYER", "buyer, on top of the price")],
                default="PROVIDER",
                max_length=8,
                verbose_name="who pays it",
            ),
        ),
        migrations.AddField(
            model_name="feeschedule",
            name="product_type",
            field=models.CharField(
                blank=True,
                choices=[
                    ("DATASET", "dataset"),
                    ("API", "API"),
                    ("REPORT", "report"),
                    ("INDEX", "index"),
                    ("VISUAL", "visualisation"),
                    ("ENCRYPTED", "encrypted data"),
                    ("MODEL", "model or algorithm"),
                    ("APPLICATION", "application"),
                    ("SERVICE", "service"),
                    ("TOOL", "tool"),
                    ("COMPUTE", "compute"),
                    ("CORPUS", "corpus"),
                ],
                help_text="Blank: any product type for which there is no row of its own.",
                max_length=12,
                verbose_name="product type",
            ),
        ),
        migrations.AddField(
            model_name="feeschedule",
            name="valid_until",
            field=models.DateField(blank=True, null=True, verbose_name="in force until"),
        ),
        migrations.AddField(
            model_name="settlementline",
            name="payer",
            field=models.CharField(
                choices=[("PROVIDER", "provider, out of the price"), ("BUYER", "buyer, on top of the price")],
                default="PROVIDER",
                max_length=8,
                verbose_name="who pays it",
            ),
        ),
        migrations.AddConstraint(
            model_name="feeschedule",
            constraint=models.UniqueConstraint(
                fields=("venue", "payee", "payer", "currency", "product_type", "origin", "valid_from"),
                name="one_fee_schedule_begins_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="feeschedule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                ),
                name="fee_schedule_ends_after_it_begins",
            ),
        ),
        migrations.AddField(
            model_name="feewaiver",
            name="granted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="granted by",
            ),
        ),
        migrations.AddField(
            model_name="feewaiver",
            name="organization",
            field=models.ForeignKey(
                help_text="Who would pay the fee; none: whoever does.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="feewaiver",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="settlementline",
            name="waiver",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.feewaiver",
                verbose_name="fee waiver",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementline",
            constraint=models.UniqueConstraint(
                fields=("settlement", "payee", "payer"), name="payee_has_one_line_per_payer_in_a_settlement"
            ),
        ),
        migrations.AddIndex(
            model_name="feewaiver",
            index=models.Index(fields=["venue", "valid_until"], name="fee_waiver_in_force"),
        ),
        migrations.AddConstraint(
            model_name="feewaiver",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("organization__isnull", False), models.Q(("product_type", ""), _negated=True), _connector="OR"
                ),
                name="fee_waiver_says_for_whom_or_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="feewaiver",
            constraint=models.CheckConstraint(
                condition=models.Q(("waived_ppm__gte", 1), ("waived_ppm__lte", 1000000)),
                name="fee_waiver_is_a_share_of_the_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="feewaiver",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="fee_waiver_has_a_reason"
            ),
        ),
        run_sql_file(
            "settlements",
            "fees.sql",
            reverse="DROP FUNCTION settlements_only_shorten_waiver() CASCADE;"
            "DROP TRIGGER fee_waiver_is_never_removed ON settlements_feewaiver;"
            "DROP TRIGGER fee_waiver_is_never_truncated ON settlements_feewaiver;",
        ),
    ]
