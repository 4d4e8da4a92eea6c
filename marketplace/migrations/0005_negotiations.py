"""Negotiations, whose rounds stay as they were said."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file

BACK = """
    DROP TRIGGER negotiation_round_is_append_only ON marketplace_negotiationround;
    DROP TRIGGER negotiation_round_is_never_truncated ON marketplace_negotiationround;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0004_plans_that_take_offers"),
        ("marketplace", "0004_held_results"),
    ]

    operations = [
        migrations.CreateModel(
            name="Negotiation",
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
                            ("OPEN", "open"),
                            ("AGREED", "agreed"),
                            ("DECLINED", "declined"),
                            ("WITHDRAWN", "withdrawn"),
                            ("EXPIRED", "expired"),
                        ],
                        default="OPEN",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("newest", models.PositiveSmallIntegerField(default=1, verbose_name="newest round")),
                ("expires_at", models.DateTimeField(verbose_name="offer is valid until")),
                ("reason", models.CharField(blank=True, max_length=2000, verbose_name="reason")),
                (
                    "awaiting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="to be answered by",
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
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.plan",
                        verbose_name="plan",
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
                    "quote",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="negotiation",
                        to="marketplace.quote",
                        verbose_name="quote",
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
                "verbose_name": "negotiation",
                "verbose_name_plural": "negotiations",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="NegotiationRound",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveSmallIntegerField(verbose_name="round")),
                ("listing_revision", models.PositiveIntegerField(verbose_name="revision of the listing")),
                ("price_minor", models.BigIntegerField(null=True, verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("volume", models.CharField(blank=True, max_length=200, verbose_name="volume")),
                ("delivery", models.CharField(blank=True, max_length=400, verbose_name="delivery")),
                ("delivery_days", models.PositiveSmallIntegerField(null=True, verbose_name="days until delivery")),
                ("terms", models.TextField(blank=True, max_length=5000, verbose_name="special terms")),
                ("message", models.CharField(blank=True, max_length=2000, verbose_name="message")),
                ("valid_until", models.DateTimeField(verbose_name="valid until")),
                ("made_by", models.UUIDField(null=True, verbose_name="made by")),
                (
                    "negotiation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rounds",
                        to="marketplace.negotiation",
                        verbose_name="negotiation",
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
            ],
            options={
                "verbose_name": "offer in a negotiation",
                "verbose_name_plural": "offers in negotiations",
                "ordering": ["number"],
            },
        ),
        migrations.AddIndex(
            model_name="negotiation",
            index=models.Index(fields=["buyer", "-id"], name="negotiation_by_buyer"),
        ),
        migrations.AddIndex(
            model_name="negotiation",
            index=models.Index(fields=["provider", "-id"], name="negotiation_by_provider"),
        ),
        migrations.AddIndex(
            model_name="negotiation",
            index=models.Index(
                condition=models.Q(("state", "OPEN")), fields=["expires_at"], name="negotiation_open_by_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "OPEN")),
                fields=("buyer", "plan"),
                name="one_open_negotiation_by_buyer_and_plan",
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiation",
            constraint=models.CheckConstraint(
                condition=models.Q(("buyer", models.F("provider")), _negated=True), name="negotiation_has_two_sides"
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quote__isnull", False), ("state", "AGREED")),
                    models.Q(models.Q(("state", "AGREED"), _negated=True), ("quote__isnull", True)),
                    _connector="OR",
                ),
                name="an_agreed_negotiation_has_a_quote",
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiationround",
            constraint=models.UniqueConstraint(fields=("negotiation", "number"), name="rounds_are_numbered"),
        ),
        migrations.AddConstraint(
            model_name="negotiationround",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_minor__isnull", True), ("price_minor__range", (1, 9999999999999)), _connector="OR"
                ),
                name="offered_price_is_a_price",
            ),
        ),
        migrations.AddConstraint(
            model_name="negotiationround",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", 1), ("price_minor__isnull", False), _connector="OR"),
                name="only_the_first_round_asks_for_a_price",
            ),
        ),
        run_sql_file("marketplace", "negotiation_rounds.sql", reverse=BACK),
    ]
