"""Invoices and their red letters, which stay as they were issued."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0018_papers_stay"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Invoice",
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
                    "payee",
                    models.CharField(
                        choices=[("PROVIDER", "provider"), ("VENUE", "venue"), ("BROKER", "broker"), ("TAX", "tax")],
                        max_length=8,
                        verbose_name="payee",
                    ),
                ),
                (
                    "payer",
                    models.CharField(
                        choices=[("PROVIDER", "provider, out of the price"), ("BUYER", "buyer, on top of the price")],
                        max_length=8,
                        verbose_name="who pays it",
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[
                            ("SPECIAL", "special VAT invoice"),
                            ("ORDINARY", "ordinary VAT invoice"),
                            ("COMMERCIAL", "commercial invoice"),
                        ],
                        max_length=10,
                        verbose_name="form",
                    ),
                ),
                ("item", models.CharField(max_length=200, verbose_name="item")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount with tax in minor units")),
                ("tax_minor", models.BigIntegerField(verbose_name="tax in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
                ("title", models.CharField(max_length=200, verbose_name="title of the invoice")),
                ("tax_number", models.CharField(max_length=40, verbose_name="taxpayer number")),
                ("address", models.CharField(blank=True, max_length=300, verbose_name="address, telephone, bank")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[("REQUESTED", "requested"), ("ISSUED", "issued"), ("REFUSED", "refused")],
                        default="REQUESTED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("filed_at", models.DateTimeField(null=True, verbose_name="handed on at")),
                ("official_number", models.CharField(blank=True, max_length=40, verbose_name="number of the invoice")),
                ("issued_on", models.DateField(null=True, verbose_name="issued on")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
                (
                    "buyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="for whom",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="red_letters",
                        to="settlements.invoice",
                        verbose_name="red letter to",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="who issues it",
                    ),
                ),
                (
                    "rate",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.taxrate",
                        verbose_name="tax rate",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={
                "verbose_name": "invoice",
                "verbose_name_plural": "invoices",
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="invoice_by_seller"),
                    models.Index(fields=["buyer", "-id"], name="invoice_by_buyer"),
                    models.Index(fields=["venue", "state", "-id"], name="invoice_by_venue_and_state"),
                    models.Index(fields=["source_id"], name="invoice_by_payment"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("amount_minor__gt", 0), ("tax_minor__gte", 0), ("tax_minor__lt", models.F("amount_minor"))
                        ),
                        name="invoice_contains_its_tax",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "ISSUED"), _negated=True),
                            models.Q(models.Q(("official_number", ""), _negated=True), ("issued_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="issued_invoice_has_its_number_and_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("corrects__isnull", True), models.Q(("reason", ""), _negated=True), _connector="OR"
                        ),
                        name="red_letter_has_a_reason",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("corrects__isnull", True), ("state", "REQUESTED")),
                        fields=("source_id", "payee", "payer"),
                        name="invoice_is_asked_for_once_at_a_time",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("official_number", ""), _negated=True),
                        fields=("organization", "official_number"),
                        name="invoice_number_is_used_once",
                    ),
                ],
            },
        ),
        run_sql_file(
            "settlements",
            "invoices.sql",
            reverse="DROP FUNCTION settlements_only_decide_invoice() CASCADE;"
            "DROP TRIGGER invoice_is_never_removed ON settlements_invoice;"
            "DROP TRIGGER invoice_is_never_truncated ON settlements_invoice;",
        ),
    ]
