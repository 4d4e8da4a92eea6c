"""Bank statements, matches, breaks and closed days; an account for what nobody can explain yet."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file

TABLES = {
    "bank_statement": "bankstatement",
    "bank_booking": "bankbooking",
    "bank_match": "bankmatch",
    "matched_booking": "matchedbooking",
    "matched_entry": "matchedentry",
    "bank_day": "bankday",
}


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_dispute_officers"),
        ("settlements", "0009_closed_periods_take_nothing"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
            options={
                "verbose_name": "bank booking",
                "verbose_name_plural": "bank bookings",
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
            ],
            options={
                "verbose_name": "break",
                "verbose_name_plural": "breaks",
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
            ],
            options={
                "verbose_name": "closed bank day",
                "verbose_name_plural": "closed bank days",
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
            ],
            options={
                "verbose_name": "bank match",
                "verbose_name_plural": "bank matches",
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
            ],
            options={
                "verbose_name": "bank statement",
                "verbose_name_plural": "bank statements",
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
            ],
            options={
                "verbose_name": "matched entry",
                "verbose_name_plural": "matched entries",
            },
        ),
        migrations.RemoveConstraint(
            model_name="account",
            name="account_has_the_owner_its_kind_needs",
        ),
        migrations.AlterField(
            model_name="account",
            name="kind",
            field=models.CharField(
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
                    ("BANK_CORRECTION", "break of the bank account explained"),
                ],
                max_length=16,
                verbose_name="kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind__in", ["BANK", "FEES", "TAX", "SUSPENSE"]), ("organization__isnull", True)),
                    models.Q(("kind__in", ["CLIENT", "ESCROW", "PAYABLE", "PAYOUT"]), ("organization__isnull", False)),
                    _connector="OR",
                ),
                name="account_has_the_owner_its_kind_needs",
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="booking",
            field=models.OneToOneField(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="missing",
                to="settlements.bankbooking",
                verbose_name="bank booking",
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
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
            model_name="bankbreak",
            name="entry",
            field=models.OneToOneField(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="missing",
                to="settlements.entry",
                verbose_name="entry",
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="organization",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="whose account",
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="payout",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.payout",
                verbose_name="payout",
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="proposed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="proposed by",
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="bankday",
            name="closed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="closed by",
            ),
        ),
        migrations.AddField(
            model_name="bankday",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="bankmatch",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="bankbreak",
            name="match",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.bankmatch",
                verbose_name="match",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="custody_account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.custodyaccount",
                verbose_name="custody account",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="file",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="settlements.bankfile",
                verbose_name="bank file",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="imported_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="imported by",
            ),
        ),
        migrations.AddField(
            model_name="bankstatement",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="bankbooking",
            name="statement",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="settlements.bankstatement",
                verbose_name="statement",
            ),
        ),
        migrations.AddField(
            model_name="matchedentry",
            name="match",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="entries", to="settlements.bankmatch"
            ),
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
        migrations.AddIndex(
            model_name="bankday",
            index=models.Index(fields=["venue", "-id"], name="bank_day_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="bankday",
            constraint=models.UniqueConstraint(fields=("venue", "currency", "day"), name="bank_day_is_closed_once"),
        ),
        migrations.AddIndex(
            model_name="bankmatch",
            index=models.Index(fields=["venue", "-id"], name="bank_match_by_venue"),
        ),
        migrations.AddIndex(
            model_name="bankbreak",
            index=models.Index(fields=["venue", "-id"], name="bank_break_by_venue"),
        ),
        migrations.AddIndex(
            model_name="bankbreak",
            index=models.Index(
                condition=models.Q(("state", "EXPLAINED"), _negated=True),
                fields=["venue", "currency", "day"],
                name="unexplained_break_by_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankbreak",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("booking__isnull", False), ("entry__isnull", True)),
                    models.Q(("booking__isnull", True), ("entry__isnull", False)),
                    _connector="OR",
                ),
                name="break_is_on_one_side",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankbreak",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "EXPLAINED"), _negated=True), ("match__isnull", False), _connector="OR"
                ),
                name="explained_break_has_its_match",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankbreak",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="break_is_explained_by_two_people",
            ),
        ),
        migrations.AddIndex(
            model_name="bankstatement",
            index=models.Index(fields=["venue", "-id"], name="bank_statement_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.UniqueConstraint(
                fields=("custody_account", "statement_id"), name="bank_statement_is_taken_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="bankstatement",
            constraint=models.CheckConstraint(
                condition=models.Q(("opens_on__lte", models.F("closes_on"))), name="bank_statement_ends_after_it_begins"
            ),
        ),
        migrations.AddIndex(
            model_name="bankbooking",
            index=models.Index(fields=["venue", "currency", "booked_on"], name="bank_booking_by_day"),
        ),
        migrations.AddConstraint(
            model_name="bankbooking",
            constraint=models.UniqueConstraint(fields=("statement", "position"), name="bank_booking_has_its_place"),
        ),
        migrations.AddConstraint(
            model_name="bankbooking",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor", 0), _negated=True), name="bank_booking_moves_something"
            ),
        ),
        run_sql_file(
            "settlements",
            "bank_evidence.sql",
            reverse="".join(
                f"DROP TRIGGER {name}_is_{what} ON settlements_{table};"
                for name, table in TABLES.items()
                for what in ("append_only", "never_truncated")
            ),
        ),
    ]
