"""Disputes, what is said in them, and what is offered."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_dispute_officers"),
        ("kernel", "0003_record_events"),
        ("marketplace", "0007_subscriptions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dispute",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("QUALITY", "quality"),
                            ("NON_DELIVERY", "not delivered"),
                            ("OVERUSE", "use beyond the purpose"),
                            ("RIGHTS_CLAIM", "a third party claims the rights"),
                            ("PI_COMPLAINT", "complaint of a person concerned"),
                            ("PAYMENT", "payment"),
                            ("METERING", "metering"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("FILED", "filed"),
                            ("NEGOTIATION", "in negotiation"),
                            ("MEDIATION", "in mediation by the exchange"),
                            ("ARBITRATION", "before an arbitral body"),
                            ("LITIGATION", "before a court"),
                            ("SETTLED", "settled by agreement"),
                            ("RULED", "ruled"),
                            ("WITHDRAWN", "withdrawn"),
                            ("DISMISSED", "dismissed"),
                        ],
                        default="FILED",
                        max_length=11,
                        verbose_name="state",
                    ),
                ),
                ("statement", models.TextField(max_length=5000, verbose_name="complaint")),
                ("claimed_minor", models.BigIntegerField(default=0, verbose_name="claimed back in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("filed_by", models.UUIDField(null=True, verbose_name="filed by")),
                ("negotiate_by", models.DateField(null=True, verbose_name="negotiation ends on")),
                ("mediate_by", models.DateField(null=True, verbose_name="mediation is due on")),
                (
                    "body_of_dispute",
                    models.CharField(blank=True, max_length=200, verbose_name="arbitral body or court"),
                ),
                ("ruling_minor", models.BigIntegerField(null=True, verbose_name="ruled to go back in minor units")),
                ("ruling", models.TextField(blank=True, max_length=5000, verbose_name="ruling")),
                ("ruled_by", models.UUIDField(null=True, verbose_name="ruling entered by")),
                ("refund_minor", models.BigIntegerField(null=True, verbose_name="given back in minor units")),
                ("division", models.JSONField(default=list, verbose_name="who gave it back")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
                ("paid_at", models.DateTimeField(null=True, verbose_name="paid at")),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="disputes",
                        to="marketplace.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="complainant",
                    ),
                ),
                (
                    "respondent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="respondent",
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
                "verbose_name": "dispute",
                "verbose_name_plural": "disputes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DisputeOffer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("refund_minor", models.BigIntegerField(verbose_name="to go back in minor units")),
                ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
                ("accepted_by", models.JSONField(default=list, verbose_name="accepted by")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "open"),
                            ("ACCEPTED", "accepted"),
                            ("DECLINED", "declined"),
                            ("REPLACED", "replaced"),
                        ],
                        default="OPEN",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offers",
                        to="marketplace.dispute",
                        verbose_name="dispute",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="offered by",
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
                "verbose_name": "offer in a dispute",
                "verbose_name_plural": "offers in disputes",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="DisputeStatement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("text", models.TextField(max_length=5000, verbose_name="text")),
                ("evidence", models.JSONField(default=list, verbose_name="evidence")),
                ("said_by", models.UUIDField(null=True, verbose_name="person")),
                (
                    "dispute",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="statements",
                        to="marketplace.dispute",
                        verbose_name="dispute",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="said by",
                    ),
                ),
            ],
            options={
                "verbose_name": "statement in a dispute",
                "verbose_name_plural": "statements in disputes",
                "ordering": ["id"],
            },
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["organization", "-id"], name="dispute_by_complainant"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["respondent", "-id"], name="dispute_by_respondent"),
        ),
        migrations.AddIndex(
            model_name="dispute",
            index=models.Index(fields=["venue", "state", "-id"], name="dispute_by_venue_and_state"),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["FILED", "NEGOTIATION", "MEDIATION", "ARBITRATION", "LITIGATION"])),
                fields=("order",),
                name="one_open_dispute_by_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(("claimed_minor__gte", 0)), name="claim_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="dispute",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refund_minor__isnull", True),
                    models.Q(("refund_minor__gte", 0), ("refund_minor__lte", models.F("claimed_minor"))),
                    _connector="OR",
                ),
                name="no_more_is_given_back_than_claimed",
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeoffer",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "OPEN")), fields=("dispute",), name="one_open_offer_by_dispute"
            ),
        ),
        migrations.AddConstraint(
            model_name="disputeoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(("refund_minor__gte", 0)), name="offer_is_not_negative"
            ),
        ),
        run_sql_file(
            "marketplace",
            "dispute_statements.sql",
            reverse=(
                "DROP TRIGGER dispute_statement_is_append_only ON marketplace_disputestatement;"
                "DROP TRIGGER dispute_statement_is_never_truncated ON marketplace_disputestatement;"
            ),
        ),
    ]
