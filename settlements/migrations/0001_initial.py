import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("accounts", "__first__"),
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
                            models.Q(("kind__in", ["BANK", "FEES", "TAX"]), ("organization__isnull", True)),
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
                    models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="escrow_hold_is_positive")
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
                            ("PAID", "paid"),
                            ("REFUSED", "refused"),
                        ],
                        default="REQUESTED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("approved_at", models.DateTimeField(null=True, verbose_name="approved at")),
                ("paid_at", models.DateTimeField(null=True, verbose_name="paid at")),
                ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
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
                    "requested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="requested by",
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
                "verbose_name": "payout",
                "verbose_name_plural": "payouts",
                "indexes": [
                    models.Index(fields=["venue", "-id"], name="payout_by_venue"),
                    models.Index(fields=["organization", "-id"], name="payout_by_organization"),
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
                            ("PAYOUT", "payout requested"),
                            ("PAYOUT_PAID", "payout paid"),
                            ("PAYOUT_REFUSED", "payout refused"),
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
            name="Settlement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("order_id", models.UUIDField(unique=True, verbose_name="order")),
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
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("gross_minor", 0), ("hold__isnull", True)),
                            models.Q(("gross_minor__gt", 0), ("hold__isnull", False)),
                            _connector="OR",
                        ),
                        name="settlement_is_paid_from_escrow",
                    )
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
                "indexes": [models.Index(fields=["account", "id"], name="entry_by_account")],
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
    ]
