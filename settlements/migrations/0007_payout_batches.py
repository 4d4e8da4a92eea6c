"""Verified bank accounts, payout batches and the files for the bank."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_dispute_officers"),
        ("settlements", "0006_disputed_parts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="payout",
            name="bank_reason",
            field=models.CharField(blank=True, max_length=300, verbose_name="the bank's reason"),
        ),
        migrations.AddField(
            model_name="payout",
            name="retry_of",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="retried_by",
                to="settlements.payout",
                verbose_name="tries again",
            ),
        ),
        migrations.AlterField(
            model_name="payout",
            name="state",
            field=models.CharField(
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
                ],
                max_length=16,
                verbose_name="kind",
            ),
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
            },
        ),
        migrations.AddField(
            model_name="payout",
            name="payee_account",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.payeeaccount",
                verbose_name="verified account",
            ),
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
            },
        ),
        migrations.AddField(
            model_name="payout",
            name="batch",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payouts",
                to="settlements.payoutbatch",
                verbose_name="payout batch",
            ),
        ),
        migrations.AddIndex(
            model_name="payout",
            index=models.Index(
                condition=models.Q(("state", "APPROVED")),
                fields=["venue", "currency", "id"],
                name="payout_waiting_for_a_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="payout",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["REQUESTED", "REFUSED"]), ("payee_account__isnull", False), _connector="OR"
                ),
                name="approved_payout_names_its_account",
            ),
        ),
        migrations.AddIndex(
            model_name="bankfile",
            index=models.Index(fields=["venue", "-id"], name="bank_file_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="bankfile",
            constraint=models.UniqueConstraint(fields=("venue", "kind", "sha256"), name="bank_file_is_taken_once"),
        ),
        migrations.AddIndex(
            model_name="custodyaccount",
            index=models.Index(fields=["venue", "-id"], name="custody_account_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="custodyaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "IN_USE")),
                fields=("venue", "currency"),
                name="venue_has_one_custody_account_per_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="custodyaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["IN_USE", "REPLACED"]), _negated=True),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("proposed_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="custody_account_is_taken_into_use_by_another_person",
            ),
        ),
        migrations.AddIndex(
            model_name="payeeaccount",
            index=models.Index(fields=["venue", "-id"], name="payee_account_by_venue"),
        ),
        migrations.AddIndex(
            model_name="payeeaccount",
            index=models.Index(fields=["organization", "-id"], name="payee_account_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="payeeaccount",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "VERIFIED")),
                fields=("venue", "organization", "currency"),
                name="member_has_one_verified_account_per_currency",
            ),
        ),
        migrations.AddConstraint(
            model_name="payeeaccount",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddIndex(
            model_name="payoutbatch",
            index=models.Index(fields=["venue", "-id"], name="payout_batch_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.UniqueConstraint(fields=("number",), name="payout_batch_number_is_unique"),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(("payments__gt", 0), ("total_minor__gt", 0)), name="payout_batch_pays_something"
            ),
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="payoutbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("file__isnull", False), ("state__in", ["PRODUCED", "ANSWERED"])),
                    models.Q(("file__isnull", True), ("state__in", ["GATHERED", "CHECKED", "DISCARDED"])),
                    _connector="OR",
                ),
                name="payout_batch_has_its_file_once_produced",
            ),
        ),
        migrations.RunSQL(
            """
            CREATE TRIGGER bank_file_is_append_only BEFORE UPDATE OR DELETE ON settlements_bankfile
                FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change();
            CREATE TRIGGER bank_file_is_never_truncated BEFORE TRUNCATE ON settlements_bankfile
                FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_truncate();
            """,
            """
            DROP TRIGGER bank_file_is_append_only ON settlements_bankfile;
            DROP TRIGGER bank_file_is_never_truncated ON settlements_bankfile;
            """,
        ),
    ]
