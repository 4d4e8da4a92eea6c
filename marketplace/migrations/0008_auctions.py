"""Auctions, whose bids stay as they were bid."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file

BACK = "DROP FUNCTION bid_is_frozen() CASCADE; DROP TRIGGER bid_is_never_truncated ON marketplace_bid;"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0004_plans_that_take_offers"),
        ("marketplace", "0007_push_by_sftp"),
    ]

    operations = [
        migrations.CreateModel(
            name="Auction",
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
                        choices=[("ENGLISH", "English auction"), ("SEALED", "sealed bids, first price")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("ANNOUNCED", "announced"),
                            ("AWARDED", "awarded"),
                            ("ORDERED", "ordered"),
                            ("FORFEITED", "deposit forfeited"),
                            ("FAILED", "failed"),
                            ("CANCELLED", "cancelled"),
                        ],
                        default="ANNOUNCED",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="begins")),
                ("announced_end", models.DateTimeField(verbose_name="announced end")),
                ("ends_at", models.DateTimeField(verbose_name="ends")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("start_minor", models.BigIntegerField(verbose_name="lowest bid in minor units")),
                ("step_minor", models.BigIntegerField(verbose_name="least step in minor units")),
                ("reserve_minor", models.BigIntegerField(null=True, verbose_name="reserve price in minor units")),
                ("deposit_minor", models.BigIntegerField(verbose_name="deposit in minor units")),
                (
                    "extension_minutes",
                    models.PositiveSmallIntegerField(default=5, verbose_name="minutes that a late bid leaves"),
                ),
                ("bids_count", models.PositiveIntegerField(default=0, verbose_name="bids")),
                ("lead_minor", models.BigIntegerField(null=True, verbose_name="highest bid in minor units")),
                ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
                ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("outcome", models.CharField(blank=True, max_length=200, verbose_name="why it failed")),
                ("announced_by", models.UUIDField(null=True, verbose_name="announced by")),
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
                        db_index=False,
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
                        related_name="auction",
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
                "verbose_name": "auction",
                "verbose_name_plural": "auctions",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="AuctionDeposit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("paddle", models.PositiveIntegerField(verbose_name="bidder's number")),
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
                            ("HELD", "held"),
                            ("RETURNED", "returned"),
                            ("CREDITED", "credited to the price"),
                            ("FORFEITED", "forfeited"),
                        ],
                        default="HELD",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                (
                    "auction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deposits",
                        to="marketplace.auction",
                        verbose_name="auction",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="bidder",
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
                "verbose_name": "deposit for an auction",
                "verbose_name_plural": "deposits for auctions",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="Bid",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                ("paddle", models.PositiveIntegerField(verbose_name="bidder's number")),
                ("amount_minor", models.BigIntegerField(null=True, verbose_name="bid in minor units")),
                ("sealed", models.BinaryField(null=True, verbose_name="sealed bid")),
                ("placed_at", models.DateTimeField(verbose_name="placed at")),
                ("made_by", models.UUIDField(null=True, verbose_name="made by")),
                (
                    "auction",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bids",
                        to="marketplace.auction",
                        verbose_name="auction",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="bidder",
                    ),
                ),
            ],
            options={
                "verbose_name": "bid",
                "verbose_name_plural": "bids",
                "ordering": ["-id"],
            },
        ),
        migrations.AddIndex(
            model_name="auction",
            index=models.Index(fields=["provider", "-id"], name="auction_by_provider"),
        ),
        migrations.AddIndex(
            model_name="auction",
            index=models.Index(fields=["venue", "state", "-id"], name="auction_by_venue_and_state"),
        ),
        migrations.AddConstraint(
            model_name="auction",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["ANNOUNCED", "AWARDED"])),
                fields=("plan",),
                name="one_auction_of_a_plan_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="auction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("announced_end__lte", models.F("ends_at")), ("starts_at__lt", models.F("announced_end"))
                ),
                name="auction_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            model_name="auction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("start_minor__range", (1, 9999999999999)),
                    ("step_minor__range", (1, 9999999999999)),
                    ("deposit_minor__range", (1, 9999999999999)),
                ),
                name="auction_amounts_are_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="auction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reserve_minor__isnull", True), ("reserve_minor__gte", models.F("start_minor")), _connector="OR"
                ),
                name="reserve_is_not_below_the_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="auction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["AWARDED", "ORDERED", "FORFEITED"]), _negated=True),
                    ("quote__isnull", False),
                    _connector="OR",
                ),
                name="an_awarded_auction_has_a_quote",
            ),
        ),
        migrations.AddConstraint(
            model_name="auctiondeposit",
            constraint=models.UniqueConstraint(
                fields=("auction", "organization"), name="one_deposit_by_auction_and_bidder"
            ),
        ),
        migrations.AddConstraint(
            model_name="auctiondeposit",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__gt", 0)), name="auction_deposit_is_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="bid",
            constraint=models.UniqueConstraint(fields=("auction", "number"), name="bids_are_numbered"),
        ),
        migrations.AddConstraint(
            model_name="bid",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount_minor__isnull", False), ("sealed__isnull", False), _connector="OR"),
                name="a_bid_is_open_or_sealed",
            ),
        ),
        run_sql_file("marketplace", "bids.sql", reverse=BACK),
    ]
