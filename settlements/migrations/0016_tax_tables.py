"""Tax rates as dated rows (settlements/data/tax_rates.json), and what is withheld by them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file
from settlements.taxes import first_table, rates_of


def add_rates(apps: Any, schema_editor: Any) -> None:
    tax_rate = apps.get_model("settlements", "TaxRate")
    tax_rate.objects.bulk_create(tax_rate(**fields) for fields in rates_of(first_table()))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0015_forfeited_deposits"),
    ]

    operations = [
        migrations.CreateModel(
            name="TaxRate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "tax",
                    models.CharField(
                        choices=[
                            ("VAT", "VAT contained"),
                            ("VAT_WITHHELD", "VAT withheld"),
                            ("INCOME_WITHHELD", "enterprise income tax withheld"),
                        ],
                        max_length=15,
                        verbose_name="tax",
                    ),
                ),
                (
                    "supply",
                    models.CharField(
                        choices=[("PRICE", "price"), ("FEE", "fee")], max_length=5, verbose_name="what is paid for"
                    ),
                ),
                (
                    "seller",
                    models.CharField(
                        help_text="ISO 3166 code; *: any but the mainland.",
                        max_length=2,
                        verbose_name="jurisdiction of the seller",
                    ),
                ),
                (
                    "buyer",
                    models.CharField(
                        help_text="ISO 3166 code; *: any but the mainland.",
                        max_length=2,
                        verbose_name="jurisdiction of the buyer",
                    ),
                ),
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
                ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
                ("valid_from", models.DateField(verbose_name="in force from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="in force until")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("verified", models.BooleanField(default=False, verbose_name="checked against the source")),
            ],
            options={
                "verbose_name": "tax rate",
                "verbose_name_plural": "tax rates",
            },
        ),
        migrations.CreateModel(
            name="Withholding",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
                (
                    "source",
                    models.CharField(
                        choices=[("ORDER", "order"), ("CHARGE", "charge")], max_length=6, verbose_name="kind of payment"
                    ),
                ),
                ("source_id", models.UUIDField(verbose_name="payment")),
                (
                    "tax",
                    models.CharField(
                        choices=[
                            ("VAT", "VAT contained"),
                            ("VAT_WITHHELD", "VAT withheld"),
                            ("INCOME_WITHHELD", "enterprise income tax withheld"),
                        ],
                        max_length=15,
                        verbose_name="tax",
                    ),
                ),
                ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
            ],
            options={
                "verbose_name": "withholding",
                "verbose_name_plural": "withholdings",
            },
        ),
        migrations.RemoveConstraint(
            model_name="settlementline",
            name="payee_has_one_line_per_payer_in_a_settlement",
        ),
        migrations.AddField(
            model_name="settlementline",
            name="tax",
            field=models.CharField(
                blank=True,
                choices=[
                    ("VAT", "VAT contained"),
                    ("VAT_WITHHELD", "VAT withheld"),
                    ("INCOME_WITHHELD", "enterprise income tax withheld"),
                ],
                max_length=15,
                verbose_name="tax",
            ),
        ),
        migrations.AddField(
            model_name="settlementline",
            name="taxed",
            field=models.CharField(
                blank=True,
                choices=[("PROVIDER", "provider"), ("VENUE", "venue"), ("BROKER", "broker"), ("TAX", "tax")],
                max_length=8,
                verbose_name="whose income is taxed",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.UniqueConstraint(
                fields=("tax", "supply", "seller", "buyer", "product_type", "valid_from"),
                name="one_tax_rate_begins_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate_ppm__lt", 1000000)), name="tax_rate_is_below_the_whole"
            ),
        ),
        migrations.AddConstraint(
            model_name="taxrate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                ),
                name="tax_rate_ends_after_it_begins",
            ),
        ),
        migrations.AddField(
            model_name="settlementline",
            name="tax_rate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.taxrate",
                verbose_name="tax rate",
            ),
        ),
        migrations.AddConstraint(
            model_name="settlementline",
            constraint=models.UniqueConstraint(
                fields=("settlement", "payee", "payer", "tax", "taxed"),
                name="payee_has_one_line_per_payer_and_tax_in_a_settlement",
            ),
        ),
        migrations.AddField(
            model_name="withholding",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="from whom it was withheld",
            ),
        ),
        migrations.AddField(
            model_name="withholding",
            name="payer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="payer",
            ),
        ),
        migrations.AddField(
            model_name="withholding",
            name="rate",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.taxrate",
                verbose_name="tax rate",
            ),
        ),
        migrations.AddField(
            model_name="withholding",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddIndex(
            model_name="withholding",
            index=models.Index(fields=["organization", "-id"], name="withholding_by_organization"),
        ),
        migrations.AddIndex(
            model_name="withholding",
            index=models.Index(fields=["venue", "-id"], name="withholding_by_venue"),
        ),
        migrations.AddIndex(
            model_name="withholding",
            index=models.Index(fields=["source_id"], name="withholding_by_payment"),
        ),
        migrations.AddConstraint(
            model_name="withholding",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="withholding_is_not_nothing"
            ),
        ),
        migrations.RunPython(add_rates, migrations.RunPython.noop),
        run_sql_file(
            "settlements",
            "taxes.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON settlements_{name.replace('_', '')};"
                for name in ("tax_rate", "withholding")
                for what in ("append_only", "never_truncated")
            ),
        ),
    ]
