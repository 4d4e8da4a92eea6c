"""Accounting periods with the balances frozen at their close, corrections, and an index of entries along time."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0007_payout_batches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountingPeriod",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "length",
                    models.CharField(choices=[("DAY", "day"), ("MONTH", "month")], max_length=5, verbose_name="length"),
                ),
                ("first_day", models.DateField(verbose_name="first day")),
                ("last_day", models.DateField(verbose_name="last day")),
                ("ends_at", models.DateTimeField(verbose_name="ends at")),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "open"), ("CLOSING", "closing proposed"), ("CLOSED", "closed")],
                        default="OPEN",
                        max_length=7,
                        verbose_name="state",
                    ),
                ),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("entries", models.BigIntegerField(null=True, verbose_name="number of entries")),
                ("trial_balance", models.JSONField(null=True, verbose_name="trial balance")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
            ],
            options={
                "verbose_name": "accounting period",
                "verbose_name_plural": "accounting periods",
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("reverses", models.BooleanField(verbose_name="takes back the whole transfer")),
                ("legs", models.JSONField(verbose_name="entries to be made")),
                ("reason", models.TextField(verbose_name="reason")),
                (
                    "state",
                    models.CharField(
                        choices=[("PROPOSED", "proposed"), ("POSTED", "posted"), ("REFUSED", "refused")],
                        default="PROPOSED",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
            ],
            options={
                "verbose_name": "correction",
                "verbose_name_plural": "corrections",
            },
        ),
        migrations.CreateModel(
            name="PeriodBalance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("ends_at", models.DateTimeField(verbose_name="held at")),
                ("entries", models.BigIntegerField(verbose_name="number of entries")),
                ("minor", models.BigIntegerField(verbose_name="minor units")),
            ],
            options={
                "verbose_name": "balance at the close",
                "verbose_name_plural": "balances at the close",
            },
        ),
        migrations.RemoveIndex(
            model_name="entry",
            name="entry_by_account",
        ),
        migrations.AddField(
            model_name="balance",
            name="moved_at",
            field=models.DateTimeField(null=True, verbose_name="last moved at"),
        ),
        migrations.AlterField(
            model_name="transfer",
            name="kind",
            field=models.CharField(
                choices=[
                    ("DEPOSIT", "deposit credited"),
                    ("HOLD", "held in escrow"),
                    ("REFUND", "refunded from escrow"),
                    ("SETTLEMENT", "settled"),
                    ("AWARD", "given back after settlement"),
                    ("PAYOUT", "payout requested"),
                    ("PAYOUT_PAID", "payout paid"),
                    ("PAYOUT_REFUSED", "payout refused"),
                    ("PAYOUT_REJECTED", "payout rejected by the bank"),
                    ("PAYOUT_RETURNED", "payout returned by the bank"),
                    ("CORRECTION", "correction"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(
                fields=["account", "created_at", "id"], include=("amount_minor",), name="entry_along_time"
            ),
        ),
        migrations.AddField(
            model_name="accountingperiod",
            name="closed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="closed by",
            ),
        ),
        migrations.AddField(
            model_name="accountingperiod",
            name="proposed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="closing proposed by",
            ),
        ),
        migrations.AddField(
            model_name="accountingperiod",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="posted",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrected",
                to="settlements.transfer",
                verbose_name="correcting transfer",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="proposed by",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="transfer",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="corrections",
                to="settlements.transfer",
                verbose_name="transfer to be corrected",
            ),
        ),
        migrations.AddField(
            model_name="correction",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="periodbalance",
            name="account",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="frozen",
                to="settlements.account",
                verbose_name="account",
            ),
        ),
        migrations.AddField(
            model_name="periodbalance",
            name="period",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="balances",
                to="settlements.accountingperiod",
                verbose_name="accounting period",
            ),
        ),
        migrations.AddField(
            model_name="periodbalance",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountingperiod",
            constraint=models.UniqueConstraint(fields=("venue", "ends_at"), name="accounting_period_ends_once"),
        ),
        migrations.AddConstraint(
            model_name="accountingperiod",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CLOSED"), _negated=True),
                fields=("venue",),
                name="venue_has_one_period_that_is_not_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="accountingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(("first_day__lte", models.F("last_day"))), name="accounting_period_has_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="accountingperiod",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "CLOSED"), _negated=True),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        ("proposed_by__isnull", False),
                        models.Q(("closed_by", models.F("proposed_by")), _negated=True),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="accounting_period_is_closed_by_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="correction",
            index=models.Index(fields=["venue", "-id"], name="correction_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("reverses", True), models.Q(("state", "REFUSED"), _negated=True)),
                fields=("transfer",),
                name="transfer_is_taken_back_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="correction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "POSTED"), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False),
                        ("posted__isnull", False),
                        models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="correction_is_posted_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="periodbalance",
            constraint=models.UniqueConstraint(
                fields=("account", "ends_at"), name="account_is_frozen_once_at_an_instant"
            ),
        ),
    ]
