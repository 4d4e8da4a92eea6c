"""Accounts and what moves on them, escrow and settlements, banks and periods."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
from kernel.migrations_support import CreateModels

MODELS = [
    migrations.CreateModel(
        name="Account",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                        ("VOUCHER", "voucher programmes"),
                        ("FX_POSITION", "currency position"),
                        ("FX_RESULT", "gains and losses of exchange"),
                    ],
                    max_length=16,
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
                        models.Q(
                            ("kind__in", ["BANK", "FEES", "TAX", "SUSPENSE", "FX_POSITION", "FX_RESULT"]),
                            ("organization__isnull", True),
                        ),
                        models.Q(
                            ("kind__in", ["CLIENT", "ESCROW", "PAYABLE", "PAYOUT", "VOUCHER"]),
                            ("organization__isnull", False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="ContractEarning",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("order_id", models.UUIDField(verbose_name="order")),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("reference", models.CharField(max_length=80, verbose_name="reference")),
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
            "verbose_name": "earning of a contract",
            "verbose_name_plural": "earnings of contracts",
            "constraints": [
                models.UniqueConstraint(fields=("reference", "organization"), name="earning_is_noted_once_per_transfer")
            ],
        },
    ),
    migrations.CreateModel(
        name="CustodyAccount",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="ExchangeRate",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "base",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP"), ("USD", "USD")],
                    max_length=3,
                    verbose_name="base currency",
                ),
            ),
            (
                "counter",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                    max_length=3,
                    verbose_name="counter currency",
                ),
            ),
            ("digits", models.BigIntegerField(verbose_name="digits")),
            ("scale", models.PositiveSmallIntegerField(verbose_name="decimal places")),
            ("observed_at", models.DateTimeField(verbose_name="observed at")),
            ("source", models.CharField(max_length=300, verbose_name="source")),
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
            "verbose_name": "exchange rate",
            "verbose_name_plural": "exchange rates",
            "constraints": [
                models.UniqueConstraint(
                    fields=("venue", "base", "counter", "observed_at"), name="exchange_rate_is_observed_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(("digits__gt", 0), ("scale__lte", 8)),
                    name="exchange_rate_is_positive_and_exact",
                ),
                models.CheckConstraint(
                    condition=models.Q(("base", models.F("counter")), _negated=True),
                    name="exchange_rate_is_between_two_currencies",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="FeeSchedule",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            (
                "payer",
                models.CharField(
                    choices=[("PROVIDER", "provider, out of the price"), ("BUYER", "buyer, on top of the price")],
                    default="PROVIDER",
                    max_length=8,
                    verbose_name="who pays it",
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
                    help_text="Blank: any product type for which there is no row of its own.",
                    max_length=12,
                    verbose_name="product type",
                ),
            ),
            (
                "origin",
                models.CharField(
                    blank=True,
                    choices=[
                        ("LIST_PRICE", "list price"),
                        ("NEGOTIATED", "negotiated"),
                        ("AUCTION", "auction"),
                        ("DEMAND", "demand"),
                        ("REPORT", "report ordered of a service agency"),
                    ],
                    help_text="Blank: any origin for which there is no row of its own.",
                    max_length=10,
                    verbose_name="origin of the deal",
                ),
            ),
            ("valid_from", models.DateField(verbose_name="in force from")),
            ("valid_until", models.DateField(blank=True, null=True, verbose_name="in force until")),
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
                    fields=("venue", "payee", "payer", "currency", "product_type", "origin", "valid_from"),
                    name="one_fee_schedule_begins_on_a_day",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                    ),
                    name="fee_schedule_ends_after_it_begins",
                ),
                models.CheckConstraint(
                    condition=models.Q(("payee", "PROVIDER"), _negated=True), name="provider_takes_the_remainder"
                ),
                models.CheckConstraint(condition=models.Q(("rate_ppm__lte", 1000000)), name="fee_is_at_most_the_whole"),
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
        name="FeeWaiver",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            (
                "granted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="granted by",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    help_text="Who would pay the fee; none: whoever does.",
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
            "verbose_name": "fee waiver",
            "verbose_name_plural": "fee waivers",
            "indexes": [models.Index(fields=["venue", "valid_until"], name="fee_waiver_in_force")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("organization__isnull", False),
                        models.Q(("product_type", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="fee_waiver_says_for_whom_or_what",
                ),
                models.CheckConstraint(
                    condition=models.Q(("waived_ppm__gte", 1), ("waived_ppm__lte", 1000000)),
                    name="fee_waiver_is_a_share_of_the_fee",
                ),
                models.CheckConstraint(
                    condition=models.Q(("reason", ""), _negated=True), name="fee_waiver_has_a_reason"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PayeeAccount",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="TaxFiling",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("order_id", models.UUIDField(verbose_name="order")),
            ("number", models.CharField(max_length=30, verbose_name="number of the filing")),
            ("document_sha256", models.CharField(max_length=64, verbose_name="digest of the document (SHA-256)")),
            ("filed_on", models.DateField(verbose_name="filed on")),
            (
                "state",
                models.CharField(
                    choices=[("ENTERED", "entered"), ("CONFIRMED", "confirmed"), ("REFUSED", "refused")],
                    default="ENTERED",
                    max_length=9,
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
                    verbose_name="confirmed or refused by",
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
                    verbose_name="payee",
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
            "verbose_name": "tax filing",
            "verbose_name_plural": "tax filings",
            "indexes": [
                models.Index(fields=["venue", "-id"], name="tax_filing_by_venue"),
                models.Index(fields=["organization", "-id"], name="tax_filing_by_organization"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "REFUSED"), _negated=True),
                    fields=("venue", "number"),
                    name="tax_filing_is_entered_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "REFUSED"), _negated=True),
                    fields=("order_id", "organization"),
                    name="contract_has_one_tax_filing_per_payee",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "CONFIRMED"), _negated=True),
                        models.Q(
                            ("decided_by__isnull", False),
                            models.Q(("decided_by", models.F("entered_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="tax_filing_is_confirmed_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TaxRate",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(
                    fields=("tax", "supply", "seller", "buyer", "product_type", "valid_from"),
                    name="one_tax_rate_begins_on_a_day",
                ),
                models.CheckConstraint(
                    condition=models.Q(("rate_ppm__lt", 1000000)), name="tax_rate_is_below_the_whole"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                    ),
                    name="tax_rate_ends_after_it_begins",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TradeProof",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("order_id", models.UUIDField(unique=True, verbose_name="order")),
            ("agreement_number", models.CharField(max_length=24, verbose_name="agreement")),
            ("agreement_sha256", models.CharField(max_length=64, verbose_name="digest of the agreement (SHA-256)")),
            ("certificate_number", models.CharField(max_length=40, verbose_name="certificate")),
            ("certificate_sha256", models.CharField(max_length=64, verbose_name="statement digest (SHA-256)")),
            ("crosses_border", models.BooleanField(verbose_name="its data cross a border")),
            ("clearance_number", models.CharField(blank=True, max_length=24, verbose_name="clearance number")),
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
            "verbose_name": "proof of a trade",
            "verbose_name_plural": "proofs of trades",
        },
    ),
    migrations.CreateModel(
        name="Transfer",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                        ("FORFEIT", "deposit forfeited"),
                        ("CORRECTION", "correction"),
                        ("BANK_CORRECTION", "break of the bank account explained"),
                        ("CHARGE", "charge collected"),
                        ("CREDIT_NOTE", "credit note"),
                        ("VOUCHER_FUNDED", "voucher programme funded"),
                        ("VOUCHER_RETURNED", "left of a voucher programme, returned"),
                        ("VOUCHER_RESERVED", "voucher reserved"),
                        ("VOUCHER_RELEASED", "voucher released"),
                        ("VOUCHER_PAID", "voucher paid to the buyer"),
                        ("VOUCHER_CLAWBACK", "voucher clawed back"),
                        ("EXCHANGE", "changed into another currency"),
                        ("EXCHANGE_BACK", "changed back"),
                        ("REVALUATION", "currency position revalued"),
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
        name="VoucherProgramme",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            ("name", kernel.languages.LanguageMapField(default=dict, text_length=120, verbose_name="name")),
            ("source", models.CharField(max_length=300, verbose_name="source of the rule")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("budget_minor", models.BigIntegerField(verbose_name="budget in minor units")),
            ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
            (
                "startup_rate_ppm",
                models.PositiveIntegerField(
                    blank=True, null=True, verbose_name="rate for start-ups in parts per million"
                ),
            ),
            ("applicant_cap_minor", models.BigIntegerField(verbose_name="most for one applicant in minor units")),
            ("order_cap_minor", models.BigIntegerField(verbose_name="most for one order in minor units")),
            (
                "product_types",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=12), size=None, verbose_name="types of products"
                ),
            ),
            (
                "places",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=6),
                    blank=True,
                    default=list,
                    help_text="Jurisdictions, division codes or GBA; empty: everywhere.",
                    size=None,
                    verbose_name="places of applicants",
                ),
            ),
            (
                "payment",
                models.CharField(
                    choices=[
                        ("AT_SETTLEMENT", "part of the price, when the order is settled"),
                        ("AFTERWARDS", "back to the buyer, once the trade is certified"),
                    ],
                    max_length=13,
                    verbose_name="paid",
                ),
            ),
            (
                "granted_by_rule",
                models.BooleanField(default=False, verbose_name="granted to every applicant who meets the rule"),
            ),
            ("opens_on", models.DateField(verbose_name="applications from")),
            ("closes_on", models.DateField(verbose_name="applications until")),
            ("grant_days", models.PositiveSmallIntegerField(verbose_name="days for which a voucher is good")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("DRAFTED", "drafted"),
                        ("OPEN", "open"),
                        ("SUSPENDED", "suspended"),
                        ("CLOSED", "closed"),
                        ("WITHDRAWN", "withdrawn"),
                    ],
                    default="DRAFTED",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            ("reserved_minor", models.BigIntegerField(default=0, verbose_name="reserved in minor units")),
            ("redeemed_minor", models.BigIntegerField(default=0, verbose_name="redeemed in minor units")),
            (
                "returned_minor",
                models.BigIntegerField(default=0, verbose_name="returned to the funder in minor units"),
            ),
            ("opened_at", models.DateTimeField(null=True, verbose_name="opened at")),
            ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
            (
                "drafted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="drafted by",
                ),
            ),
            (
                "funder",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="funder",
                ),
            ),
            (
                "opened_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="opened by",
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
            "verbose_name": "voucher programme",
            "verbose_name_plural": "voucher programmes",
            "indexes": [models.Index(fields=["venue", "-id"], name="voucher_programme_by_venue")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "budget_minor__gte",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("reserved_minor"), "+", models.F("redeemed_minor")
                                ),
                                "+",
                                models.F("returned_minor"),
                            ),
                        ),
                        ("redeemed_minor__gte", 0),
                        ("reserved_minor__gte", 0),
                        ("returned_minor__gte", 0),
                    ),
                    name="voucher_programme_stays_within_its_budget",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("rate_ppm__gt", 0),
                        ("rate_ppm__lt", 1000000),
                        models.Q(
                            ("startup_rate_ppm__isnull", True),
                            models.Q(("startup_rate_ppm__gt", 0), ("startup_rate_ppm__lt", 1000000)),
                            _connector="OR",
                        ),
                    ),
                    name="voucher_programme_pays_a_part",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("applicant_cap_minor__gte", models.F("order_cap_minor")),
                        ("budget_minor__gte", models.F("applicant_cap_minor")),
                        ("order_cap_minor__gt", 0),
                    ),
                    name="voucher_programme_has_caps_in_order",
                ),
                models.CheckConstraint(
                    condition=models.Q(("closes_on__gte", models.F("opens_on")), ("grant_days__gt", 0)),
                    name="voucher_programme_has_days",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["DRAFTED", "WITHDRAWN"]),
                        models.Q(
                            ("opened_by__isnull", False),
                            models.Q(("opened_by", models.F("drafted_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="voucher_programme_is_opened_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Entry",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.Index(fields=["account", "created_at", "id"], include=("amount_minor",), name="entry_along_time")
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("transfer", "position", "created_at"), name="entry_has_its_place_in_the_transfer"
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="ExchangeQuote",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("sell_minor", models.BigIntegerField(verbose_name="sold in minor units")),
            (
                "sell_currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                    max_length=3,
                    verbose_name="currency sold",
                ),
            ),
            ("buy_minor", models.BigIntegerField(verbose_name="bought in minor units")),
            (
                "buy_currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                    max_length=3,
                    verbose_name="currency bought",
                ),
            ),
            ("quoted_at", models.DateTimeField(verbose_name="quoted at")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("OPEN", "open"),
                        ("SIGNED", "bound to an order"),
                        ("USED", "used"),
                        ("RELEASED", "not needed"),
                    ],
                    default="OPEN",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("order_id", models.UUIDField(null=True, unique=True, verbose_name="order")),
            ("returned_sell_minor", models.BigIntegerField(default=0, verbose_name="given back of what was sold")),
            ("returned_buy_minor", models.BigIntegerField(default=0, verbose_name="taken back of what was bought")),
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
            (
                "rate",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.exchangerate",
                    verbose_name="exchange rate",
                ),
            ),
        ],
        options={
            "verbose_name": "exchange quote",
            "verbose_name_plural": "exchange quotes",
            "indexes": [
                models.Index(fields=["venue", "-id"], name="exchange_quote_by_venue"),
                models.Index(fields=["organization", "-id"], name="exchange_quote_by_organization"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("buy_minor__gt", 0),
                        ("sell_minor__gt", 0),
                        models.Q(("sell_currency", models.F("buy_currency")), _negated=True),
                    ),
                    name="exchange_quote_changes_one_currency_into_another",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("returned_buy_minor__range", (0, models.F("buy_minor"))),
                        ("returned_sell_minor__range", (0, models.F("sell_minor"))),
                    ),
                    name="exchange_quote_gives_back_at_most_what_it_took",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["SIGNED", "RELEASED"]), _negated=True),
                        ("order_id__isnull", False),
                        _connector="OR",
                    ),
                    name="signed_exchange_quote_names_its_order",
                ),
                models.CheckConstraint(
                    condition=models.Q(("expires_at__gt", models.F("quoted_at"))),
                    name="exchange_quote_lasts_a_while",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PayoutBatch",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="Revaluation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("day", models.DateField(verbose_name="day")),
            ("counted_until", models.DateTimeField(verbose_name="counted until")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("result_minor", models.BigIntegerField(verbose_name="gained or lost in minor units")),
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
                "transfer",
                models.OneToOneField(
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.transfer",
                    verbose_name="transfer",
                ),
            ),
        ],
        options={
            "verbose_name": "revaluation",
            "verbose_name_plural": "revaluations",
            "indexes": [models.Index(fields=["venue", "-id"], name="revaluation_by_venue")],
            "constraints": [
                models.UniqueConstraint(fields=("venue", "day"), name="positions_are_revalued_once_a_day"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("result_minor", 0), ("transfer__isnull", True)),
                        models.Q(models.Q(("result_minor", 0), _negated=True), ("transfer__isnull", False)),
                        _connector="OR",
                    ),
                    name="revaluation_posts_what_it_found",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Settlement",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                    db_index=False,
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
        name="Invoice",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                "venue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.venue",
                    verbose_name="venue",
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
    migrations.CreateModel(
        name="Correction",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="VoucherGrant",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("wanted_minor", models.BigIntegerField(verbose_name="applied for in minor units")),
            ("reasons", models.TextField(verbose_name="reasons of the applicant")),
            ("is_startup", models.BooleanField(default=False, verbose_name="a start-up")),
            ("amount_minor", models.BigIntegerField(default=0, verbose_name="granted in minor units")),
            ("rate_ppm", models.PositiveIntegerField(verbose_name="rate in parts per million")),
            ("expires_on", models.DateField(null=True, verbose_name="good until")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("APPLIED", "applied for"),
                        ("APPROVED", "approved"),
                        ("ISSUED", "issued"),
                        ("REFUSED", "refused"),
                        ("WITHDRAWN", "withdrawn"),
                        ("EXPIRED", "expired"),
                        ("CLAWED_BACK", "clawed back"),
                    ],
                    default="APPLIED",
                    max_length=11,
                    verbose_name="state",
                ),
            ),
            ("reserved_minor", models.BigIntegerField(default=0, verbose_name="reserved in minor units")),
            ("redeemed_minor", models.BigIntegerField(default=0, verbose_name="redeemed in minor units")),
            ("issued_at", models.DateTimeField(null=True, verbose_name="issued at")),
            ("decision", models.TextField(blank=True, verbose_name="reason of the decision")),
            (
                "applied_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="applied for by",
                ),
            ),
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
                "issued_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="issued by",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="applicant",
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
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="grants",
                    to="settlements.voucherprogramme",
                    verbose_name="voucher programme",
                ),
            ),
        ],
        options={
            "verbose_name": "voucher",
            "verbose_name_plural": "vouchers",
            "indexes": [
                models.Index(fields=["venue", "-id"], name="voucher_by_venue"),
                models.Index(fields=["organization", "-id"], name="voucher_by_organization"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "amount_minor__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("reserved_minor"), "+", models.F("redeemed_minor")
                            ),
                        ),
                        ("redeemed_minor__gte", 0),
                        ("reserved_minor__gte", 0),
                    ),
                    name="voucher_pays_no_more_than_was_granted",
                ),
                models.CheckConstraint(
                    condition=models.Q(("wanted_minor__gt", 0)), name="voucher_application_is_positive"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("issued_by__isnull", True),
                        models.Q(
                            ("approved_by__isnull", False),
                            models.Q(("issued_by", models.F("approved_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="voucher_is_issued_by_another_person",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "ISSUED"), _negated=True),
                        models.Q(("amount_minor__gt", 0), ("expires_on__isnull", False)),
                        _connector="OR",
                    ),
                    name="issued_voucher_has_an_amount_and_a_day",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["APPLIED", "APPROVED"])),
                    fields=("programme", "organization"),
                    name="one_undecided_application_by_programme",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Withholding",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="from whom it was withheld",
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
            "verbose_name": "withholding",
            "verbose_name_plural": "withholdings",
            "indexes": [
                models.Index(fields=["organization", "-id"], name="withholding_by_organization"),
                models.Index(fields=["venue", "-id"], name="withholding_by_venue"),
                models.Index(fields=["source_id"], name="withholding_by_payment"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("amount_minor", 0), _negated=True), name="withholding_is_not_nothing"
                )
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="RevaluationLine",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("position_minor", models.BigIntegerField(verbose_name="position in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("value_minor", models.BigIntegerField(verbose_name="value in minor units")),
            (
                "account",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.account",
                    verbose_name="account",
                ),
            ),
            (
                "rate",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.exchangerate",
                    verbose_name="exchange rate",
                ),
            ),
            (
                "revaluation",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="settlements.revaluation",
                    verbose_name="revaluation",
                ),
            ),
        ],
        options={
            "verbose_name": "revaluation line",
            "verbose_name_plural": "revaluation lines",
            "constraints": [
                models.UniqueConstraint(
                    fields=("revaluation", "currency"), name="currency_has_one_line_in_a_revaluation"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="SettlementLine",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                "payer",
                models.CharField(
                    choices=[("PROVIDER", "provider, out of the price"), ("BUYER", "buyer, on top of the price")],
                    default="PROVIDER",
                    max_length=8,
                    verbose_name="who pays it",
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
                "tax",
                models.CharField(
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
            (
                "taxed",
                models.CharField(
                    blank=True,
                    choices=[("PROVIDER", "provider"), ("VENUE", "venue"), ("BROKER", "broker"), ("TAX", "tax")],
                    max_length=8,
                    verbose_name="whose income is taxed",
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
                    db_index=False,
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="lines",
                    to="settlements.settlement",
                    verbose_name="settlement",
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
            (
                "waiver",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.feewaiver",
                    verbose_name="fee waiver",
                ),
            ),
            (
                "tax_rate",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.taxrate",
                    verbose_name="tax rate",
                ),
            ),
        ],
        options={
            "verbose_name": "settlement line",
            "verbose_name_plural": "settlement lines",
            "constraints": [
                models.UniqueConstraint(
                    fields=("settlement", "payee", "payer", "tax", "taxed"),
                    name="payee_has_one_line_per_payer_and_tax_in_a_settlement",
                ),
                models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="settlement_line_is_positive"),
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
        name="VoucherUse",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("order_id", models.UUIDField(unique=True, verbose_name="order")),
            ("price_minor", models.BigIntegerField(verbose_name="price in minor units")),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
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
                        ("RESERVED", "reserved"),
                        ("REDEEMED", "redeemed"),
                        ("SETTLED", "redeemed and certified"),
                        ("RELEASED", "released"),
                        ("CLAWED_BACK", "clawed back"),
                    ],
                    default="RESERVED",
                    max_length=11,
                    verbose_name="state",
                ),
            ),
            ("released_minor", models.BigIntegerField(default=0, verbose_name="released in minor units")),
            ("redeemed_minor", models.BigIntegerField(default=0, verbose_name="redeemed in minor units")),
            (
                "returned_minor",
                models.BigIntegerField(default=0, verbose_name="gone back after settlement in minor units"),
            ),
            ("clawed_back_minor", models.BigIntegerField(default=0, verbose_name="clawed back in minor units")),
            ("certificate", models.CharField(blank=True, max_length=24, verbose_name="certificate of the trade")),
            (
                "relation",
                models.CharField(blank=True, max_length=20, verbose_name="relation of the parties found afterwards"),
            ),
            (
                "grant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="uses",
                    to="settlements.vouchergrant",
                    verbose_name="voucher",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="uses",
                    to="settlements.voucherprogramme",
                    verbose_name="voucher programme",
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
            "verbose_name": "use of a voucher",
            "verbose_name_plural": "uses of vouchers",
            "indexes": [
                models.Index(fields=["venue", "-id"], name="voucher_use_by_venue"),
                models.Index(fields=["organization", "-id"], name="voucher_use_by_organization"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("amount_minor__gt", 0), ("price_minor__gt", models.F("amount_minor"))),
                    name="voucher_pays_a_part_of_the_price",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "amount_minor__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("released_minor"), "+", models.F("redeemed_minor")
                            ),
                        ),
                        ("clawed_back_minor__gte", 0),
                        (
                            "redeemed_minor__gte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("returned_minor"), "+", models.F("clawed_back_minor")
                            ),
                        ),
                        ("released_minor__gte", 0),
                        ("returned_minor__gte", 0),
                    ),
                    name="voucher_use_ends_in_parts_of_itself",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "SETTLED"), _negated=True),
                        models.Q(("certificate", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="settled_voucher_use_names_its_certificate",
                ),
            ],
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
        name="CrossBorderPayment",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("rules", models.CharField(max_length=60, verbose_name="rule set")),
            ("authority", models.CharField(blank=True, max_length=20, verbose_name="reported to")),
            ("usd_minor", models.BigIntegerField(null=True, verbose_name="worth in US cents")),
            ("papers", models.JSONField(verbose_name="papers")),
            (
                "rate",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.exchangerate",
                    verbose_name="exchange rate",
                ),
            ),
            (
                "payout",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="cross_border",
                    to="settlements.payout",
                    verbose_name="payout",
                ),
            ),
        ],
        options={
            "verbose_name": "cross-border payment",
            "verbose_name_plural": "cross-border payments",
        },
    ),
    migrations.CreateModel(
        name="BankBreak",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                        ("VOUCHER", "voucher programmes"),
                        ("FX_POSITION", "currency position"),
                        ("FX_RESULT", "gains and losses of exchange"),
                    ],
                    max_length=16,
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
    migrations.CreateModel(
        name="PayoutPart",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("order_id", models.UUIDField(db_index=True, null=True, verbose_name="order")),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
            (
                "payout",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="parts",
                    to="settlements.payout",
                    verbose_name="payout",
                ),
            ),
        ],
        options={
            "verbose_name": "part of a payout",
            "verbose_name_plural": "parts of payouts",
            "constraints": [
                models.UniqueConstraint(
                    fields=("payout", "order_id"), name="contract_has_one_part_of_a_payout", nulls_distinct=False
                ),
                models.CheckConstraint(
                    condition=models.Q(("amount_minor__gt", 0)), name="part_of_a_payout_is_positive"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="VoucherClawback",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("collected_minor", models.BigIntegerField(default=0, verbose_name="collected in minor units")),
            ("reason", models.TextField(verbose_name="reason")),
            (
                "state",
                models.CharField(
                    choices=[("PROPOSED", "proposed"), ("OWED", "owed"), ("PAID", "paid"), ("REFUSED", "refused")],
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
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
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
                "use",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="clawbacks",
                    to="settlements.voucheruse",
                    verbose_name="use of a voucher",
                ),
            ),
        ],
        options={
            "verbose_name": "clawback of a voucher",
            "verbose_name_plural": "clawbacks of vouchers",
            "indexes": [
                models.Index(fields=["venue", "-id"], name="clawback_by_venue"),
                models.Index(
                    condition=models.Q(("state", "OWED")), fields=["organization", "venue"], name="clawback_owed"
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("amount_minor__gt", 0),
                        ("amount_minor__gte", models.F("collected_minor")),
                        ("collected_minor__gte", 0),
                    ),
                    name="clawback_takes_no_more_than_is_owed",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["PROPOSED", "REFUSED"]),
                        models.Q(
                            ("decided_by__isnull", False),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="clawback_is_approved_by_another_person",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["PROPOSED", "OWED"])),
                    fields=("use",),
                    name="one_open_clawback_by_use",
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("kernel", "0001_initial"),
    ]

    operations = [CreateModels(MODELS)]
