"""Changes of the plan of a running subscription."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0004_cycles"),
        ("marketplace", "0008_settle_plain_orders"),
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
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="PlanChange",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("QUOTED", "quoted"),
                            ("SCHEDULED", "at the end of the term"),
                            ("DONE", "made"),
                            ("WITHDRAWN", "withdrawn"),
                            ("LAPSED", "lapsed"),
                        ],
                        default="QUOTED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("at_once", models.BooleanField(verbose_name="at once")),
                ("price_minor", models.BigIntegerField(verbose_name="price of a term in minor units")),
                (
                    "cycle",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MONTH", "calendar month"),
                            ("QUARTER", "calendar quarter"),
                            ("YEAR", "calendar year"),
                        ],
                        max_length=8,
                        verbose_name="terms by the calendar",
                    ),
                ),
                (
                    "included",
                    models.CharField(
                        choices=[
                            ("PATCH", "corrections only"),
                            ("MINOR", "all that break no program"),
                            ("MAJOR", "all"),
                        ],
                        max_length=5,
                        verbose_name="new versions",
                    ),
                ),
                ("term_starts_at", models.DateTimeField(verbose_name="term begins at")),
                ("term_ends_at", models.DateTimeField(verbose_name="term ends at")),
                ("gross_minor", models.BigIntegerField(verbose_name="due in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("body", models.JSONField(verbose_name="statement")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                ("expires_at", models.DateTimeField(verbose_name="confirm before")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                (
                    "charge",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_change",
                        to="marketplace.charge",
                        verbose_name="charge",
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
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.plan",
                        verbose_name="new plan",
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
                    "subscription",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plan_changes",
                        to="marketplace.subscription",
                        verbose_name="subscription",
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
                "verbose_name": "plan change",
                "verbose_name_plural": "plan changes",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="plan_change_by_buyer"),
                    models.Index(fields=["provider", "-id"], name="plan_change_by_provider"),
                    models.Index(fields=["venue", "-id"], name="plan_change_by_venue"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "SCHEDULED")),
                        fields=("subscription",),
                        name="one_scheduled_change_by_subscription",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gross_minor__gte", 0)), name="a_plan_change_pays_nothing_out"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "DONE"), _negated=True), ("charge__isnull", False), _connector="OR"
                        ),
                        name="a_made_change_is_charged",
                    ),
                ],
            },
        ),
        run_sql_file("marketplace", "plan_changes.sql", reverse="DROP FUNCTION plan_change_is_frozen() CASCADE;"),
    ]
