"""Government-guided price ceilings."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0004_cycles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PriceCeiling",
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
                (
                    "industry",
                    models.CharField(
                        blank=True, help_text="Blank: any.", max_length=3, verbose_name="industry (GB/T 4754)"
                    ),
                ),
                (
                    "unit",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("CALL", "call"),
                            ("ROW", "row"),
                            ("BYTE", "byte"),
                            ("TOKEN", "token"),
                            ("SECOND", "second of compute"),
                        ],
                        help_text="Blank: the ceiling is of what an order costs.",
                        max_length=8,
                        verbose_name="unit of metering",
                    ),
                ),
                ("most", models.DecimalField(decimal_places=6, max_digits=20, verbose_name="ceiling")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="in force from")),
                ("valid_until", models.DateField(blank=True, null=True, verbose_name="in force until")),
                ("basis_title", models.CharField(max_length=200, verbose_name="title of the document")),
                ("basis_number", models.CharField(max_length=100, verbose_name="number of the document")),
                ("basis_issuer", models.CharField(max_length=200, verbose_name="issued by")),
                (
                    "state",
                    models.CharField(
                        choices=[("ENTERED", "entered"), ("CONFIRMED", "confirmed"), ("WITHDRAWN", "withdrawn")],
                        default="ENTERED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="confirmed by",
                    ),
                ),
                (
                    "entered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="entered by",
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
                "verbose_name": "price ceiling",
                "verbose_name_plural": "price ceilings",
                "indexes": [models.Index(fields=["venue", "valid_from"], name="price_ceiling_by_venue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("most__gt", 0), ("most__lte", 99999999999)), name="price_ceiling_is_a_price"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                        ),
                        name="price_ceiling_ends_after_it_begins",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_by__isnull", False),
                                ("state", "CONFIRMED"),
                                models.Q(("confirmed_by", models.F("entered_by")), _negated=True),
                            ),
                            models.Q(models.Q(("state", "CONFIRMED"), _negated=True), ("confirmed_by__isnull", True)),
                            _connector="OR",
                        ),
                        name="price_ceiling_is_confirmed_by_another_person",
                    ),
                ],
            },
        ),
        run_sql_file(
            "listings",
            "price_ceilings.sql",
            reverse="""
            DROP TRIGGER price_ceiling_is_not_rewritten ON listings_priceceiling;
            DROP FUNCTION listings_guard_price_ceiling();
        """,
        ),
    ]
