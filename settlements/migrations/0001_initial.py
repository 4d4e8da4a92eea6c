"""Accounts and what moves on them, escrow and settlements, banks and periods."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("BANK", "bank"),
                            ("CLIENT", "available funds"),
                            ("ESCROW", "held in escrow"),
                            ("PAYABLE", "earned"),
                            ("PAYOUT", "on its way out"),
                            ("FEES", "venue fees"),
                            ("TAX", "tax withheld"),
                            ("SUSPENSE", "suspense"),
                        ],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
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
                "verbose_name": "account",
                "verbose_name_plural": "accounts",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("venue", "kind", "currency", "organization"),
                        name="account_is_unique_by_owner_kind_and_currency",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind__in", ["BANK", "FEES", "TAX", "SUSPENSE"]), ("organization__isnull", True)),
                            models.Q(
                                ("kind__in", ["CLIENT", "ESCROW", "PAYABLE", "PAYOUT"]), ("organization__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="account_has_the_owner_its_kind_needs",
                    ),
                ],
            },
        ),
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
                (
                    "closed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closing proposed by",
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
                "verbose_name": "accounting period",
                "verbose_name_plural": "accounting periods",
                "constraints": [
                    models.UniqueConstraint(fields=("venue", "ends_at"), name="accounting_period_ends_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "CLOSED"), _negated=True),
                        fields=("venue",),
                        name="venue_has_one_period_that_is_not_closed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))), name="accounting_period_has_a_day"
                    ),
                    models.CheckConstraint(
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
                ],
            },
        ),
        migrations.CreateModel(
            name="BankDay",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("bank_minor", models.BigIntegerField(verbose_name="bank balance in minor units")),
                ("books_minor", models.BigIntegerField(verbose_name="balance in the books in minor units")),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="closed by",
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
                "verbose_name": "closed bank day",
                "verbose_name_plural": "closed bank days",
                "indexes": [models.Index(fields=["venue", "-id"], name="bank_day_by_venue")],
                "constraints": [
                    models.UniqueConstraint(fields=("venue", "currency", "day"), name="bank_day_is_closed_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="BankFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("PAYMENTS", "payments to the bank"),
                            ("STATUS", "status of payments"),
                            ("STATEMENT", "account statement"),
                        ],
                        max_length=9,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("media_type", models.CharField(max_length=60, verbose_name="media type")),
                ("content", models.BinaryField(verbose_name="content")),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
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
                "verbose_name": "bank file",
                "verbose_name_plural": "bank files",
                "indexes": [models.Index(fields=["venue", "-id"], name="bank_file_by_venue")],
                "constraints": [
                    models.UniqueConstraint(fields=("venue", "kind", "sha256"), name="bank_file_is_taken_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="BankMatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("rule", models.CharField(max_length=40, verbose_name="rule")),
                ("rules_version", models.CharField(max_length=20, verbose_name="version of the rules")),
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
                "verbose_name": "bank match",
                "verbose_name_plural": "bank matches",
                "indexes": [models.Index(fields=["venue", "-id"], name="bank_match_by_venue")],
            },
        ),
        migrations.CreateModel(
            name="CustodyAccount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("holder_name", models.CharField(max_length=140, verbose_name="account holder")),
                ("number", models.CharField(max_length=34, verbose_name="account number")),
                ("bank_name", models.CharField(max_length=140, verbose_name="bank")),
                (
                    "bank_code",
                    models.CharField(
                        help_text="CNAPS number (12 digits), Hong Kong bank code (3 digits) or BIC.",
                        max_length=12,
                        verbose_name="bank code",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "layout",
                    models.CharField(
                        choices=[("PAIN_001", "ISO 20022 message pain.001.001.09"), ("BANK_CSV", "bank CSV, GB18030")],
                        max_length=8,
                        verbose_name="layout of payment files",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "proposed"),
                            ("IN_USE", "in use"),
                            ("REFUSED", "refused"),
                            ("REPLACED", "replaced"),
                        ],
                        default="PROPOSED",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
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
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
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
                "verbose_name": "custody account",
                "verbose_name_plural": "custody accounts",
                "indexes": [models.Index(fields=["venue", "-id"], name="custody_account_by_venue")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "IN_USE")),
                        fields=("venue", "currency"),
                        name="venue_has_one_custody_account_per_currency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["IN_USE", "REPLACED"]), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="custody_account_is_taken_into_use_by_another_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Deposit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("bank_reference", models.CharField(max_length=64, verbose_name="bank reference")),
                ("received_on", models.DateField(verbose_name="received on")),
                (
                    "state",
                    models.CharField(
                        choices=[("ENTERED", "entered"), ("CREDITED", "credited"), ("REFUSED", "refused")],
                        default="ENTERED",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="credited or refused by",
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
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
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
                "verbose_name": "deposit",
                "verbose_name_plural": "deposits",
                "indexes": [
                    models.Index(fields=["venue", "-id"], name="deposit_by_venue"),
                    models.Index(fields=["organization", "-id"], name="deposit_by_organization"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "REFUSED"), _negated=True),
                        fields=("venue", "bank_reference"),
                        name="bank_receipt_is_unique_per_venue",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="deposit_is_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "CREDITED"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("entered_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="deposit_is_credited_by_another_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="EscrowHold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("order_id", models.UUIDField(unique=True, verbose_name="order")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("frozen_minor", models.BigIntegerField(default=0, verbose_name="frozen by a dispute in minor units")),
                ("settled_minor", models.BigIntegerField(default=0, verbose_name="settled in minor units")),
                ("refunded_minor", models.BigIntegerField(default=0, verbose_name="refunded in minor units")),
                (
                    "state",
                    models.CharField(
                        choices=[("HELD", "held"), ("RELEASED", "released"), ("REFUNDED", "refunded")],
                        default="HELD",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "payer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="payer",
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
                "verbose_name": "escrow hold",
                "verbose_name_plural": "escrow holds",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="escrow_hold_is_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "amount_minor__gte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("frozen_minor"), "+", models.F("settled_minor")
                                    ),
                                    "+",
                                    models.F("refunded_minor"),
                                ),
                            ),
                            ("frozen_minor__gte", 0),
                            ("refunded_minor__gte", 0),
                            ("settled_minor__gte", 0),
                        ),
                        name="escrow_hold_ends_in_parts_of_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeeSchedule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "payee",
                    models.CharField(
                        choices=[("PROVIDER", "provider"), ("VENUE", "venue"), ("BROKER", "broker"), ("TAX", "tax")],
                        max_length=8,
                        verbose_name="payee",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("valid_from", models.DateField(verbose_name="in force from")),
                ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
                ("minimum_minor", models.BigIntegerField(default=0, verbose_name="minimum in minor units")),
                ("cap_minor", models.BigIntegerField(blank=True, null=True, verbose_name="cap in minor units")),
                ("source", models.CharField(max_length=300, verbose_name="source")),
                ("verified", models.BooleanField(default=False, verbose_name="checked against the source")),
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
                "verbose_name": "fee schedule",
                "verbose_name_plural": "fee schedules",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("venue", "payee", "currency", "valid_from"), name="one_fee_schedule_begins_on_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("payee", "PROVIDER"), _negated=True), name="provider_takes_the_remainder"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rate_ppm__lte", 1000000)), name="fee_is_at_most_the_whole"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("minimum_minor__gte", 0),
                            models.Q(
                                ("cap_minor__isnull", True),
                                ("cap_minor__gte", models.F("minimum_minor")),
                                _connector="OR",
                            ),
                        ),
                        name="fee_minimum_is_below_its_cap",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayeeAccount",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("holder_name", models.CharField(max_length=140, verbose_name="account holder")),
                ("number", models.CharField(max_length=34, verbose_name="account number")),
                ("bank_name", models.CharField(max_length=140, verbose_name="bank")),
                (
                    "bank_code",
                    models.CharField(
                        help_text="CNAPS number (12 digits), Hong Kong bank code (3 digits) or BIC.",
                        max_length=12,
                        verbose_name="bank code",
                    ),
                ),
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
                            ("REGISTERED", "registered"),
                            ("VERIFIED", "verified"),
                            ("REFUSED", "refused"),
                            ("REPLACED", "replaced"),
                            ("WITHDRAWN", "withdrawn"),
                        ],
                        default="REGISTERED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
                ("finding", models.TextField(blank=True, verbose_name="how it was verified, or why not")),
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
                        verbose_name="organization",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="registered by",
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
                "verbose_name": "payee account",
                "verbose_name_plural": "payee accounts",
                "indexes": [
                    models.Index(fields=["venue", "-id"], name="payee_account_by_venue"),
                    models.Index(fields=["organization", "-id"], name="payee_account_by_organization"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "VERIFIED")),
                        fields=("venue", "organization", "currency"),
                        name="member_has_one_verified_account_per_currency",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "VERIFIED"), _negated=True),
                            models.Q(
                                ("decided_by__isnull", False),
                                models.Q(("finding", ""), _negated=True),
                                models.Q(("decided_by", models.F("registered_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payee_account_is_verified_by_another_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Transfer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="posted at")),
                (
                    "kind",
                    models.CharField(
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
                            ("BANK_CORRECTION", "break of the bank account explained"),
                            ("CHARGE", "charge collected"),
                            ("CREDIT_NOTE", "credit note"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("reference", models.CharField(max_length=80, verbose_name="reference")),
                ("legs", models.PositiveSmallIntegerField(verbose_name="number of entries")),
                ("memo", models.CharField(blank=True, max_length=200, verbose_name="memo")),
                (
                    "venue",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={
                "verbose_name": "transfer",
                "verbose_name_plural": "transfers",
                "indexes": [models.Index(fields=["venue", "-id"], name="transfer_by_venue")],
                "constraints": [
                    models.UniqueConstraint(fields=("reference",), name="transfer_is_posted_once_per_reference"),
                    models.CheckConstraint(condition=models.Q(("legs__gte", 2)), name="transfer_has_two_sides"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="posted at")),
                ("position", models.PositiveSmallIntegerField(verbose_name="position")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                ("balance_minor", models.BigIntegerField(null=True, verbose_name="balance after it")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="settlements.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="settlements.transfer",
                        verbose_name="transfer",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "indexes": [
                    models.Index(
                        fields=["account", "created_at", "id"], include=("amount_minor",), name="entry_along_time"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("transfer", "position"), name="entry_has_its_place_in_the_transfer"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="entry_moves_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BankStatement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("statement_id", models.CharField(max_length=64, verbose_name="statement number")),
                ("opens_on", models.DateField(verbose_name="first day")),
                ("closes_on", models.DateField(verbose_name="last day")),
                ("opening_minor", models.BigIntegerField(verbose_name="opening balance in minor units")),
                ("closing_minor", models.BigIntegerField(verbose_name="closing balance in minor units")),
                ("bookings", models.PositiveIntegerField(verbose_name="number of bookings")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.bankfile",
                        verbose_name="bank file",
                    ),
                ),
                (
                    "imported_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="imported by",
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
                (
                    "custody_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.custodyaccount",
                        verbose_name="custody account",
                    ),
                ),
            ],
            options={
                "verbose_name": "bank statement",
                "verbose_name_plural": "bank statements",
                "indexes": [models.Index(fields=["venue", "-id"], name="bank_statement_by_venue")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("custody_account", "statement_id"), name="bank_statement_is_taken_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("opens_on__lte", models.F("closes_on"))),
                        name="bank_statement_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PayoutBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(max_length=24, verbose_name="number")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("payments", models.PositiveIntegerField(verbose_name="number of payments")),
                ("total_minor", models.BigIntegerField(verbose_name="total in minor units")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("GATHERED", "gathered"),
                            ("CHECKED", "checked"),
                            ("PRODUCED", "file produced"),
                            ("ANSWERED", "answered by the bank"),
                            ("DISCARDED", "discarded"),
                        ],
                        default="GATHERED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("checked_at", models.DateTimeField(null=True, verbose_name="checked at")),
                ("discard_reason", models.TextField(blank=True, verbose_name="why it was discarded")),
                (
                    "checked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="checked by",
                    ),
                ),
                (
                    "custody_account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.custodyaccount",
                        verbose_name="custody account",
                    ),
                ),
                (
                    "file",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="batch",
                        to="settlements.bankfile",
                        verbose_name="file to the bank",
                    ),
                ),
                (
                    "gathered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="gathered by",
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
                "verbose_name": "payout batch",
                "verbose_name_plural": "payout batches",
                "indexes": [models.Index(fields=["venue", "-id"], name="payout_batch_by_venue")],
                "constraints": [
                    models.UniqueConstraint(fields=("number",), name="payout_batch_number_is_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("payments__gt", 0), ("total_minor__gt", 0)),
                        name="payout_batch_pays_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["GATHERED", "DISCARDED"]),
                            models.Q(
                                ("checked_at__isnull", False),
                                ("checked_by__isnull", False),
                                models.Q(("checked_by", models.F("gathered_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="payout_batch_is_checked_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("file__isnull", False), ("state__in", ["PRODUCED", "ANSWERED"])),
                            models.Q(("file__isnull", True), ("state__in", ["GATHERED", "CHECKED", "DISCARDED"])),
                            _connector="OR",
                        ),
                        name="payout_batch_has_its_file_once_produced",
                    ),
                ],
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
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="frozen",
                        to="settlements.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "period",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="balances",
                        to="settlements.accountingperiod",
                        verbose_name="accounting period",
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
                "verbose_name": "balance at the close",
                "verbose_name_plural": "balances at the close",
                "constraints": [
                    models.UniqueConstraint(fields=("account", "ends_at"), name="account_is_frozen_once_at_an_instant")
                ],
            },
        ),
        migrations.CreateModel(
            name="Settlement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("order_id", models.UUIDField(verbose_name="order")),
                ("part", models.PositiveSmallIntegerField(default=1, verbose_name="part")),
                ("gross_minor", models.BigIntegerField(verbose_name="gross in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
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
                    "hold",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settlements",
                        to="settlements.escrowhold",
                        verbose_name="escrow hold",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
            ],
            options={
                "verbose_name": "settlement",
                "verbose_name_plural": "settlements",
                "indexes": [models.Index(fields=["venue", "-id"], name="settlement_by_venue")],
                "constraints": [
                    models.UniqueConstraint(fields=("order_id", "part"), name="part_of_an_order_is_settled_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("gross_minor", 0), ("hold__isnull", True)),
                            models.Q(("gross_minor__gt", 0), ("hold__isnull", False)),
                            _connector="OR",
                        ),
                        name="settlement_is_paid_from_escrow",
                    ),
                ],
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
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
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
                (
                    "posted",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected",
                        to="settlements.transfer",
                        verbose_name="correcting transfer",
                    ),
                ),
                (
                    "transfer",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="settlements.transfer",
                        verbose_name="transfer to be corrected",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction",
                "verbose_name_plural": "corrections",
                "indexes": [models.Index(fields=["venue", "-id"], name="correction_by_venue")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reverses", True), models.Q(("state", "REFUSED"), _negated=True)),
                        fields=("transfer",),
                        name="transfer_is_taken_back_once",
                    ),
                    models.CheckConstraint(
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
                ],
            },
        ),
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="settlements.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("guarded", models.BooleanField(verbose_name="guarded")),
                ("minor", models.BigIntegerField(default=0, verbose_name="minor units")),
                ("moved_at", models.DateTimeField(null=True, verbose_name="last moved at")),
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
                "verbose_name": "balance",
                "verbose_name_plural": "balances",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("guarded", False), ("minor__gte", 0), _connector="OR"),
                        name="guarded_balance_is_never_negative",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="BankBooking",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("position", models.PositiveIntegerField(verbose_name="position")),
                ("booked_on", models.DateField(verbose_name="booked on")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                ("bank_reference", models.CharField(max_length=64, verbose_name="bank reference")),
                ("end_to_end", models.CharField(blank=True, max_length=64, verbose_name="our reference")),
                ("party_name", models.CharField(blank=True, max_length=200, verbose_name="counterparty")),
                ("party_account", models.CharField(blank=True, max_length=64, verbose_name="counterparty's account")),
                ("text", models.CharField(blank=True, max_length=400, verbose_name="text")),
                ("is_return", models.BooleanField(default=False, verbose_name="comes back")),
                (
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="settlements.bankstatement",
                        verbose_name="statement",
                    ),
                ),
            ],
            options={
                "verbose_name": "bank booking",
                "verbose_name_plural": "bank bookings",
                "indexes": [models.Index(fields=["venue", "currency", "booked_on"], name="bank_booking_by_day")],
                "constraints": [
                    models.UniqueConstraint(fields=("statement", "position"), name="bank_booking_has_its_place"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor", 0), _negated=True), name="bank_booking_moves_something"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchedEntry",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="matched",
                        serialize=False,
                        to="settlements.entry",
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="settlements.bankmatch"
                    ),
                ),
            ],
            options={
                "verbose_name": "matched entry",
                "verbose_name_plural": "matched entries",
            },
        ),
        migrations.CreateModel(
            name="Payout",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("bank_account", models.CharField(blank=True, max_length=64, verbose_name="to bank account")),
                ("bank_reference", models.CharField(blank=True, max_length=64, verbose_name="bank reference")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "requested"),
                            ("APPROVED", "approved"),
                            ("BATCHED", "in a batch"),
                            ("PAID", "paid"),
                            ("REFUSED", "refused"),
                            ("REJECTED", "rejected by the bank"),
                            ("RETURNED", "returned by the bank"),
                        ],
                        default="REQUESTED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved at")),
                ("paid_at", models.DateTimeField(null=True, verbose_name="paid at")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
                ("bank_reason", models.CharField(blank=True, max_length=300, verbose_name="the bank's reason")),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "payee_account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.payeeaccount",
                        verbose_name="verified account",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
                    ),
                ),
                (
                    "retry_of",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="retried_by",
                        to="settlements.payout",
                        verbose_name="tries again",
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
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payouts",
                        to="settlements.payoutbatch",
                        verbose_name="payout batch",
                    ),
                ),
            ],
            options={
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
                "indexes": [
                    models.Index(fields=["venue", "-id"], name="payout_by_venue"),
                    models.Index(fields=["organization", "-id"], name="payout_by_organization"),
                    models.Index(
                        condition=models.Q(("state", "APPROVED")),
                        fields=["venue", "currency", "id"],
                        name="payout_waiting_for_a_batch",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("bank_reference", ""), _negated=True),
                        fields=("venue", "bank_reference"),
                        name="bank_payment_is_unique_per_venue",
                    ),
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="payout_is_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="payout_is_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "PAID"), _negated=True),
                            models.Q(("approved_by__isnull", False), models.Q(("bank_reference", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="paid_payout_was_approved_and_has_a_bank_reference",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["REQUESTED", "REFUSED"]), ("payee_account__isnull", False), _connector="OR"
                        ),
                        name="approved_payout_names_its_account",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SettlementLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "payee",
                    models.CharField(
                        choices=[("PROVIDER", "provider"), ("VENUE", "venue"), ("BROKER", "broker"), ("TAX", "tax")],
                        max_length=8,
                        verbose_name="payee",
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
                (
                    "organization",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.feeschedule",
                        verbose_name="fee schedule",
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="settlements.settlement",
                        verbose_name="settlement",
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
                "verbose_name": "settlement line",
                "verbose_name_plural": "settlement lines",
                "constraints": [
                    models.UniqueConstraint(fields=("settlement", "payee"), name="payee_has_one_line_in_a_settlement"),
                    models.CheckConstraint(
                        condition=models.Q(("amount_minor__gt", 0)), name="settlement_line_is_positive"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UnsummedEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "account_id", "entry_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.account",
                    ),
                ),
                (
                    "entry",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.entry",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry not yet summed",
                "verbose_name_plural": "entries not yet summed",
            },
        ),
        migrations.CreateModel(
            name="MatchedBooking",
            fields=[
                (
                    "booking",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="matched",
                        serialize=False,
                        to="settlements.bankbooking",
                    ),
                ),
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="bookings", to="settlements.bankmatch"
                    ),
                ),
            ],
            options={
                "verbose_name": "matched booking",
                "verbose_name_plural": "matched bookings",
            },
        ),
        migrations.CreateModel(
            name="BankBreak",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
                (
                    "state",
                    models.CharField(
                        choices=[("OPEN", "open"), ("PROPOSED", "explanation proposed"), ("EXPLAINED", "explained")],
                        default="OPEN",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "way",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MATCH", "matches others"),
                            ("POST", "is posted to an account"),
                            ("RETURN", "is a payout that came back"),
                        ],
                        max_length=6,
                        verbose_name="kind of explanation",
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("BANK", "bank"),
                            ("CLIENT", "available funds"),
                            ("ESCROW", "held in escrow"),
                            ("PAYABLE", "earned"),
                            ("PAYOUT", "on its way out"),
                            ("FEES", "venue fees"),
                            ("TAX", "tax withheld"),
                            ("SUSPENSE", "suspense"),
                        ],
                        max_length=8,
                        verbose_name="posted to",
                    ),
                ),
                ("partners", models.JSONField(default=list, verbose_name="matches these breaks")),
                ("explanation", models.TextField(blank=True, verbose_name="explanation")),
                (
                    "booking",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missing",
                        to="settlements.bankbooking",
                        verbose_name="bank booking",
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="whose account",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="proposed by",
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
                (
                    "match",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.bankmatch",
                        verbose_name="match",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="missing",
                        to="settlements.entry",
                        verbose_name="entry",
                    ),
                ),
                (
                    "payout",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="settlements.payout",
                        verbose_name="payout",
                    ),
                ),
            ],
            options={
                "verbose_name": "break",
                "verbose_name_plural": "breaks",
                "indexes": [
                    models.Index(fields=["venue", "-id"], name="bank_break_by_venue"),
                    models.Index(
                        condition=models.Q(("state", "EXPLAINED"), _negated=True),
                        fields=["venue", "currency", "day"],
                        name="unexplained_break_by_day",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("booking__isnull", False), ("entry__isnull", True)),
                            models.Q(("booking__isnull", True), ("entry__isnull", False)),
                            _connector="OR",
                        ),
                        name="break_is_on_one_side",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "EXPLAINED"), _negated=True), ("match__isnull", False), _connector="OR"
                        ),
                        name="explained_break_has_its_match",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("decided_by__isnull", True),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="break_is_explained_by_two_people",
                    ),
                ],
            },
        ),
    ]
