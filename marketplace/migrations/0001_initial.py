import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Order",
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
                            ("PLACED", "placed"),
                            ("FUNDED", "funded"),
                            ("DELIVERED", "delivered"),
                            ("ACCEPTED", "accepted"),
                            ("SETTLED", "settled"),
                            ("CERTIFIED", "certified"),
                            ("CANCELLED", "cancelled"),
                            ("REJECTED", "rejected and refunded"),
                        ],
                        default="PLACED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("gross_minor", models.BigIntegerField(verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("purpose", models.TextField(verbose_name="declared purpose of use")),
                ("placed_by", models.UUIDField(null=True, verbose_name="placed by")),
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
                "verbose_name": "order",
                "verbose_name_plural": "orders",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["buyer", "-id"], name="order_by_buyer"),
                    models.Index(fields=["provider", "-id"], name="order_by_provider"),
                    models.Index(fields=["venue", "state", "-id"], name="order_by_venue_and_state"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("gross_minor__gte", 0)), name="order_price_is_not_negative"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("buyer", models.F("provider")), _negated=True), name="order_has_two_parties"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Agreement",
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
                            ("ACTIVE", "active"),
                            ("SUSPENDED", "suspended"),
                            ("EXPIRED", "expired"),
                            ("TERMINATED", "terminated"),
                            ("SUPERSEDED", "superseded"),
                        ],
                        default="ACTIVE",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("body", models.JSONField(verbose_name="body")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                ("expires_at", models.DateTimeField(null=True, verbose_name="expires at")),
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
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreement",
                        to="marketplace.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "agreement",
                "verbose_name_plural": "agreements",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Entitlement",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PENDING", "pending delivery"),
                            ("ACTIVE", "active"),
                            ("SUSPENDED", "suspended"),
                            ("EXPIRED", "expired"),
                            ("REVOKED", "revoked"),
                        ],
                        default="PENDING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("expires_at", models.DateTimeField(null=True, verbose_name="expires at")),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entitlements",
                        to="marketplace.agreement",
                        verbose_name="agreement",
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
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "entitlement",
                "verbose_name_plural": "entitlements",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="entitlement_by_organization"),
                    models.Index(
                        condition=models.Q(("state__in", ["ACTIVE", "SUSPENDED"])),
                        fields=["expires_at"],
                        name="entitlement_by_expiry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("PREPARING", "preparing"),
                            ("DELIVERED", "delivered, awaiting acceptance"),
                            ("ACCEPTED", "accepted"),
                            ("REJECTED", "rejected"),
                            ("FAILED", "failed"),
                            ("CANCELLED", "cancelled"),
                        ],
                        default="PREPARING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("receipt", models.JSONField(default=dict, verbose_name="receipt")),
                ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
                ("accept_by", models.DateTimeField(null=True, verbose_name="accepted in silence at")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="accepted or rejected at")),
                ("rejection_reason", models.TextField(blank=True, verbose_name="reason for rejection")),
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
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
                    ),
                ),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="marketplace.order",
                        verbose_name="order",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="delivery_by_organization"),
                    models.Index(fields=["venue", "state", "-id"], name="delivery_by_venue_and_state"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessGrant",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("token_sha256", models.CharField(max_length=64, unique=True, verbose_name="digest of the address")),
                ("granted_to", models.UUIDField(null=True, verbose_name="granted to")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                ("reads", models.PositiveIntegerField(default=0, verbose_name="reads")),
                ("bytes_served", models.BigIntegerField(default=0, verbose_name="bytes served")),
                ("first_read_at", models.DateTimeField(null=True, verbose_name="first read at")),
                ("last_read_at", models.DateTimeField(null=True, verbose_name="last read at")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.datafile",
                        verbose_name="file",
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
                    "venue",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="marketplace.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "entitlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="grants",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
                    ),
                ),
            ],
            options={
                "verbose_name": "access grant",
                "verbose_name_plural": "access grants",
                "ordering": ["-id"],
            },
        ),
    ]
