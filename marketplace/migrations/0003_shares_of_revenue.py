"""Periods of shared revenue: what buyers report of them, what providers answer, and what was billed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("marketplace", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
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
                    ("REVENUE", "share of revenue"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="RevenuePeriod",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("period", models.CharField(max_length=7, verbose_name="period")),
                ("starts_at", models.DateTimeField(verbose_name="starts at")),
                ("ends_at", models.DateTimeField(verbose_name="ends at")),
                ("of_days", models.PositiveSmallIntegerField(verbose_name="days of the whole period")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "running"),
                            ("DUE", "report due"),
                            ("LATE", "report late"),
                            ("REPORTED", "reported"),
                            ("OBJECTED", "objected to"),
                            ("ACCEPTED", "accepted"),
                            ("ASSESSED", "charged without agreement"),
                            ("VOID", "void"),
                        ],
                        default="OPEN",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("clock_at", models.DateTimeField(null=True, verbose_name="moves on at")),
                (
                    "agreement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revenue_periods",
                        to="marketplace.agreement",
                        verbose_name="agreement",
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
                "verbose_name": "revenue period",
                "verbose_name_plural": "revenue periods",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RevenueStatement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("revenue_minor", models.BigIntegerField(verbose_name="revenue in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("evidence", models.JSONField(default=list, verbose_name="evidence")),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason of the correction")),
                (
                    "corrects",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="marketplace.revenuestatement",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="marketplace.revenueperiod",
                        verbose_name="revenue period",
                    ),
                ),
                (
                    "reported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reported by",
                    ),
                ),
            ],
            options={
                "verbose_name": "revenue statement",
                "verbose_name_plural": "revenue statements",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="RevenueBill",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveSmallIntegerField(verbose_name="number")),
                ("due_minor", models.BigIntegerField(verbose_name="due in minor units")),
                ("credits", models.JSONField(default=list, verbose_name="credit notes")),
                (
                    "charge",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revenue_bill",
                        to="marketplace.charge",
                        verbose_name="charge",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bills",
                        to="marketplace.revenueperiod",
                        verbose_name="revenue period",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bills",
                        to="marketplace.revenuestatement",
                        verbose_name="revenue statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "bill of shared revenue",
                "verbose_name_plural": "bills of shared revenue",
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="RevenueAnswer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("ACCEPTED", "accepted"),
                            ("OBJECTED", "objected to"),
                            ("SILENCE", "accepted in silence"),
                        ],
                        max_length=8,
                        verbose_name="answer",
                    ),
                ),
                ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason")),
                (
                    "answered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="answered by",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="marketplace.revenuestatement",
                        verbose_name="revenue statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "answer to a revenue statement",
                "verbose_name_plural": "answers to revenue statements",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="revenueperiod",
            index=models.Index(fields=["organization", "-id"], name="revenue_period_by_buyer"),
        ),
        migrations.AddIndex(
            model_name="revenueperiod",
            index=models.Index(fields=["provider", "-id"], name="revenue_period_by_provider"),
        ),
        migrations.AddIndex(
            model_name="revenueperiod",
            index=models.Index(fields=["venue", "state", "-id"], name="revenue_period_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="revenueperiod",
            constraint=models.UniqueConstraint(fields=("agreement", "period"), name="one_revenue_period_by_agreement"),
        ),
        migrations.AddConstraint(
            model_name="revenueperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="revenue_period_runs_forward"
            ),
        ),
        migrations.AddConstraint(
            model_name="revenuestatement",
            constraint=models.UniqueConstraint(fields=("period", "number"), name="revenue_statement_has_its_number"),
        ),
        migrations.AddConstraint(
            model_name="revenuestatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("revenue_minor__gte", 0)), name="revenue_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="revenuestatement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("corrects__isnull", True), ("number", 1), ("reason", "")),
                    models.Q(("corrects__isnull", False), ("number__gt", 1), ("reason__gt", "")),
                    _connector="OR",
                ),
                name="corrections_of_revenue_have_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="revenuebill",
            constraint=models.UniqueConstraint(fields=("period", "number"), name="revenue_bill_has_its_number"),
        ),
        migrations.AddConstraint(
            model_name="revenuebill",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_minor__gte", 0)), name="revenue_bill_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="revenueanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "OBJECTED"), _negated=True), ("reason__gt", ""), _connector="OR"
                ),
                name="objections_to_revenue_have_a_reason",
            ),
        ),
        run_sql_file(
            "marketplace",
            "revenue.sql",
            reverse="""
                DROP TRIGGER revenue_statement_is_append_only ON marketplace_revenuestatement;
                DROP TRIGGER revenue_answer_is_append_only ON marketplace_revenueanswer;
                DROP TRIGGER revenue_bill_is_append_only ON marketplace_revenuebill;
                DROP FUNCTION revenue_statement_fits() CASCADE;
                DROP FUNCTION revenue_period_is_frozen() CASCADE;
            """,
        ),
    ]
