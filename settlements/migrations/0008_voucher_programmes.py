"""Voucher programmes: what a public body pays towards what buyers pay, and the accounts that hold it."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("settlements", "0007_bank_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VoucherClawback",
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
            ],
            options={
                "verbose_name": "clawback of a voucher",
                "verbose_name_plural": "clawbacks of vouchers",
            },
        ),
        migrations.CreateModel(
            name="VoucherGrant",
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
            ],
            options={
                "verbose_name": "voucher",
                "verbose_name_plural": "vouchers",
            },
        ),
        migrations.CreateModel(
            name="VoucherProgramme",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
            ],
            options={
                "verbose_name": "voucher programme",
                "verbose_name_plural": "voucher programmes",
            },
        ),
        migrations.CreateModel(
            name="VoucherUse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                    models.CharField(
                        blank=True, max_length=20, verbose_name="relation of the parties found afterwards"
                    ),
                ),
            ],
            options={
                "verbose_name": "use of a voucher",
                "verbose_name_plural": "uses of vouchers",
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
                    ("VOUCHER", "voucher programmes"),
                ],
                max_length=8,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="bankbreak",
            name="target",
            field=models.CharField(
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
                ],
                max_length=8,
                verbose_name="posted to",
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
                    ("CHARGE", "charge collected"),
                    ("CREDIT_NOTE", "credit note"),
                    ("VOUCHER_FUNDED", "voucher programme funded"),
                    ("VOUCHER_RETURNED", "left of a voucher programme, returned"),
                    ("VOUCHER_RESERVED", "voucher reserved"),
                    ("VOUCHER_RELEASED", "voucher released"),
                    ("VOUCHER_PAID", "voucher paid to the buyer"),
                    ("VOUCHER_CLAWBACK", "voucher clawed back"),
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
                    models.Q(
                        ("kind__in", ["CLIENT", "ESCROW", "PAYABLE", "PAYOUT", "VOUCHER"]),
                        ("organization__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="account_has_the_owner_its_kind_needs",
            ),
        ),
        migrations.AddField(
            model_name="voucherclawback",
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
            model_name="voucherclawback",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="buyer",
            ),
        ),
        migrations.AddField(
            model_name="voucherclawback",
            name="proposed_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="proposed by",
            ),
        ),
        migrations.AddField(
            model_name="voucherclawback",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="applied_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="applied for by",
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="approved_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="approved by",
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="issued_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="issued by",
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="applicant",
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="voucherprogramme",
            name="drafted_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="drafted by",
            ),
        ),
        migrations.AddField(
            model_name="voucherprogramme",
            name="funder",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="funder",
            ),
        ),
        migrations.AddField(
            model_name="voucherprogramme",
            name="opened_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="opened by",
            ),
        ),
        migrations.AddField(
            model_name="voucherprogramme",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="vouchergrant",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="settlements.voucherprogramme",
                verbose_name="voucher programme",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="grant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="settlements.vouchergrant",
                verbose_name="voucher",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="buyer",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="programme",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="uses",
                to="settlements.voucherprogramme",
                verbose_name="voucher programme",
            ),
        ),
        migrations.AddField(
            model_name="voucheruse",
            name="venue",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.venue", verbose_name="venue"
            ),
        ),
        migrations.AddField(
            model_name="voucherclawback",
            name="use",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clawbacks",
                to="settlements.voucheruse",
                verbose_name="use of a voucher",
            ),
        ),
        migrations.AddIndex(
            model_name="voucherprogramme",
            index=models.Index(fields=["venue", "-id"], name="voucher_programme_by_venue"),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("applicant_cap_minor__gte", models.F("order_cap_minor")),
                    ("budget_minor__gte", models.F("applicant_cap_minor")),
                    ("order_cap_minor__gt", 0),
                ),
                name="voucher_programme_has_caps_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes_on__gte", models.F("opens_on")), ("grant_days__gt", 0)),
                name="voucher_programme_has_days",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherprogramme",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["DRAFTED", "WITHDRAWN"]),
                    models.Q(
                        ("opened_by__isnull", False), models.Q(("opened_by", models.F("drafted_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="voucher_programme_is_opened_by_another_person",
            ),
        ),
        migrations.AddIndex(
            model_name="vouchergrant",
            index=models.Index(fields=["venue", "-id"], name="voucher_by_venue"),
        ),
        migrations.AddIndex(
            model_name="vouchergrant",
            index=models.Index(fields=["organization", "-id"], name="voucher_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="vouchergrant",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="vouchergrant",
            constraint=models.CheckConstraint(
                condition=models.Q(("wanted_minor__gt", 0)), name="voucher_application_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="vouchergrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("issued_by__isnull", True),
                    models.Q(
                        ("approved_by__isnull", False), models.Q(("issued_by", models.F("approved_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="voucher_is_issued_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="vouchergrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ISSUED"), _negated=True),
                    models.Q(("amount_minor__gt", 0), ("expires_on__isnull", False)),
                    _connector="OR",
                ),
                name="issued_voucher_has_an_amount_and_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="vouchergrant",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["APPLIED", "APPROVED"])),
                fields=("programme", "organization"),
                name="one_undecided_application_by_programme",
            ),
        ),
        migrations.AddIndex(
            model_name="voucheruse",
            index=models.Index(fields=["venue", "-id"], name="voucher_use_by_venue"),
        ),
        migrations.AddIndex(
            model_name="voucheruse",
            index=models.Index(fields=["organization", "-id"], name="voucher_use_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0), ("price_minor__gt", models.F("amount_minor"))),
                name="voucher_pays_a_part_of_the_price",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.CheckConstraint(
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
        ),
        migrations.AddConstraint(
            model_name="voucheruse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "SETTLED"), _negated=True),
                    models.Q(("certificate", ""), _negated=True),
                    _connector="OR",
                ),
                name="settled_voucher_use_names_its_certificate",
            ),
        ),
        migrations.AddIndex(
            model_name="voucherclawback",
            index=models.Index(fields=["venue", "-id"], name="clawback_by_venue"),
        ),
        migrations.AddIndex(
            model_name="voucherclawback",
            index=models.Index(
                condition=models.Q(("state", "OWED")), fields=["organization", "venue"], name="clawback_owed"
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherclawback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount_minor__gt", 0),
                    ("amount_minor__gte", models.F("collected_minor")),
                    ("collected_minor__gte", 0),
                ),
                name="clawback_takes_no_more_than_is_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherclawback",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["PROPOSED", "REFUSED"]),
                    models.Q(
                        ("decided_by__isnull", False), models.Q(("decided_by", models.F("proposed_by")), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="clawback_is_approved_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="voucherclawback",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["PROPOSED", "OWED"])),
                fields=("use",),
                name="one_open_clawback_by_use",
            ),
        ),
    ]
