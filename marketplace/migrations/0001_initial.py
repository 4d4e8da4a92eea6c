"""Orders, agreements, entitlements and deliveries; demands, scenarios, usage and published figures."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
import kernel.money


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        ("kernel", "0001_initial"),
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
                (
                    "permit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.transferpermit",
                        verbose_name="transfer permit",
                    ),
                ),
            ],
            options={
                "verbose_name": "access grant",
                "verbose_name_plural": "access grants",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Demand",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "number",
                    models.CharField(
                        blank=True, editable=False, max_length=24, null=True, unique=True, verbose_name="number"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DRAFT", "draft"),
                            ("IN_REVIEW", "in review"),
                            ("OPEN", "open"),
                            ("MATCHING", "proposals shortlisted"),
                            ("AWARDED", "awarded"),
                            ("FULFILLED", "fulfilled"),
                            ("EXPIRED", "expired"),
                            ("WITHDRAWN", "withdrawn"),
                            ("REJECTED", "rejected"),
                        ],
                        default="DRAFT",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("title", kernel.languages.LanguageMapField(default=dict, text_length=80, verbose_name="title")),
                (
                    "description",
                    kernel.languages.LanguageMapField(default=dict, text_length=2000, verbose_name="description"),
                ),
                ("purpose", models.CharField(max_length=1000, verbose_name="purpose of use")),
                ("industry", models.CharField(max_length=3, verbose_name="industry (GB/T 4754)")),
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
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                (
                    "wanted_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="wanted fields",
                    ),
                ),
                (
                    "personal_data",
                    models.CharField(
                        choices=[
                            ("NONE", "none"),
                            ("GENERAL", "personal information"),
                            ("SENSITIVE", "sensitive personal information"),
                        ],
                        default="NONE",
                        max_length=10,
                        verbose_name="personal information",
                    ),
                ),
                ("budget_minor", models.BigIntegerField(blank=True, null=True, verbose_name="budget in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                        default=kernel.money.Currency["CNY"],
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                ("budget_public", models.BooleanField(default=False, verbose_name="the budget is published")),
                ("deadline", models.DateTimeField(verbose_name="proposals until")),
                (
                    "destination",
                    models.CharField(
                        help_text="ISO 3166 code: CN, HK, MO, …", max_length=2, verbose_name="where the data go"
                    ),
                ),
                ("delivery", models.CharField(blank=True, max_length=400, verbose_name="wished delivery")),
                (
                    "confidentiality",
                    models.CharField(
                        choices=[
                            ("PUBLIC", "published with the buyer's name"),
                            ("NAME_WITHHELD", "published without the buyer's name"),
                            ("MEMBERS_ONLY", "for the venue's providers and brokers only, without the buyer's name"),
                        ],
                        default="PUBLIC",
                        max_length=14,
                        verbose_name="confidentiality",
                    ),
                ),
                ("posted_by", models.UUIDField(editable=False, null=True, verbose_name="posted by")),
                ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published at")),
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
                    "order",
                    models.OneToOneField(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="demand",
                        to="marketplace.order",
                        verbose_name="order",
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
                "verbose_name": "demand",
                "verbose_name_plural": "demands",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["buyer", "-id"], name="demand_by_buyer"),
                    models.Index(fields=["venue", "state", "-id"], name="demand_by_venue_and_state"),
                    models.Index(
                        condition=models.Q(("state__in", ["OPEN", "MATCHING"])),
                        fields=["-published_at", "-id"],
                        name="demand_board",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["OPEN", "MATCHING"])),
                        fields=["deadline"],
                        name="demand_open_by_deadline",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state", "DRAFT"), ("number__isnull", False), _connector="OR"),
                        name="posted_demand_has_a_number",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("budget_minor__isnull", True), ("budget_minor__range", (1, 9999999999999)), _connector="OR"
                        ),
                        name="demand_budget_is_a_price",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("order__isnull", True), ("state__in", ["AWARDED", "FULFILLED"]), _connector="OR"
                        ),
                        name="only_an_awarded_demand_has_an_order",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "capacity",
                    models.CharField(
                        choices=[("PROVIDER", "provider"), ("BROKER", "broker")], max_length=16, verbose_name="capacity"
                    ),
                ),
                (
                    "draft",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, text_length=2000, verbose_name="what is to be made and listed"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SUBMITTED", "submitted"),
                            ("SHORTLISTED", "shortlisted"),
                            ("AWARDED", "awarded"),
                            ("DECLINED", "declined"),
                            ("WITHDRAWN", "withdrawn"),
                            ("EXPIRED", "expired"),
                        ],
                        default="SUBMITTED",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("price_minor", models.BigIntegerField(verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("delivery", models.CharField(blank=True, max_length=400, verbose_name="delivery")),
                (
                    "delivery_days",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="days until delivery"),
                ),
                ("message", models.CharField(blank=True, max_length=2000, verbose_name="message")),
                ("valid_until", models.DateTimeField(verbose_name="valid until")),
                ("made_by", models.UUIDField(editable=False, null=True, verbose_name="made by")),
                (
                    "demand",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proposals",
                        to="marketplace.demand",
                        verbose_name="demand",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="proposed by",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.plan",
                        verbose_name="plan",
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
                "verbose_name": "proposal",
                "verbose_name_plural": "proposals",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="proposal_by_organization"),
                    models.Index(
                        condition=models.Q(("state__in", ["SUBMITTED", "SHORTLISTED"])),
                        fields=["valid_until"],
                        name="proposal_living_by_validity",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["SUBMITTED", "SHORTLISTED", "AWARDED"])),
                        fields=("demand", "organization"),
                        name="one_living_proposal_by_demand_and_organization",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "AWARDED")),
                        fields=("demand",),
                        name="one_proposal_is_awarded_by_demand",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("listing__isnull", False), ("plan__isnull", False)),
                            models.Q(("listing__isnull", True), ("plan__isnull", True)),
                            _connector="OR",
                        ),
                        name="proposal_names_a_listing_with_its_plan",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("listing__isnull", False), models.Q(("draft", {}), _negated=True), _connector="OR"
                        ),
                        name="proposal_names_a_listing_or_a_draft",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("price_minor__gte", 0), ("price_minor__lte", 9999999999999)),
                        name="proposal_price_is_a_price",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Scenario",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.CharField(editable=False, max_length=24, unique=True, verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[("DRAFT", "draft"), ("PUBLISHED", "published"), ("CLOSED", "closed")],
                        default="DRAFT",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("title", kernel.languages.LanguageMapField(default=dict, text_length=80, verbose_name="title")),
                (
                    "problem",
                    kernel.languages.LanguageMapField(
                        default=dict, text_length=2000, verbose_name="problem to be solved"
                    ),
                ),
                (
                    "data_needed",
                    kernel.languages.LanguageMapField(default=dict, text_length=2000, verbose_name="data needed"),
                ),
                (
                    "compute_needed",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, text_length=2000, verbose_name="computing needed"
                    ),
                ),
                ("industry", models.CharField(max_length=3, verbose_name="industry (GB/T 4754)")),
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
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                (
                    "wanted_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="wanted fields",
                    ),
                ),
                ("published_at", models.DateTimeField(editable=False, null=True, verbose_name="published at")),
                (
                    "demands",
                    models.ManyToManyField(
                        blank=True, related_name="scenarios", to="marketplace.demand", verbose_name="demands"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="owner of the scenario",
                    ),
                ),
                (
                    "products",
                    models.ManyToManyField(
                        blank=True, related_name="scenarios", to="listings.product", verbose_name="products"
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
                "verbose_name": "scenario",
                "verbose_name_plural": "scenarios",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["venue", "state", "-id"], name="scenario_by_venue_and_state")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state", "DRAFT"), ("published_at__isnull", False), _connector="OR"),
                        name="published_scenario_has_a_date",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StatisticEdition",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "quarter",
                    models.CharField(
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^20\\d\\dQ[1-4]\\Z", "Give a quarter such as 2026Q3."
                            )
                        ],
                        verbose_name="quarter",
                    ),
                ),
                ("revision", models.PositiveSmallIntegerField(verbose_name="revision")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("COMPILING", "being compiled"),
                            ("COMPILED", "compiled, not published"),
                            ("PUBLISHED", "published"),
                            ("SUPERSEDED", "replaced by a later edition"),
                            ("DISCARDED", "discarded"),
                        ],
                        default="COMPILING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("method", models.CharField(max_length=40, verbose_name="method")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of its figures")),
                ("withheld", models.PositiveIntegerField(default=0, verbose_name="cells withheld")),
                ("published_at", models.DateTimeField(blank=True, null=True, verbose_name="published at")),
                (
                    "compiled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="compiled by",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="published by",
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
                "verbose_name": "edition of the statistics",
                "verbose_name_plural": "editions of the statistics",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("venue", "quarter", "revision"), name="edition_revision_is_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "PUBLISHED")),
                        fields=("venue", "quarter"),
                        name="one_published_edition_of_a_quarter",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["COMPILING", "COMPILED"])),
                        fields=("venue", "quarter"),
                        name="one_edition_of_a_quarter_under_way",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["PUBLISHED", "SUPERSEDED"]), _negated=True),
                            models.Q(
                                ("published_at__isnull", False),
                                models.Q(("sha256", ""), _negated=True),
                                models.Q(("published_by", models.F("compiled_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="edition_is_published_by_a_second_person",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StatisticCell",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "table",
                    models.CharField(
                        choices=[("TRADE", "trade"), ("PRODUCTION", "cost and capital formation")],
                        max_length=10,
                        verbose_name="table",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("industry", models.CharField(blank=True, max_length=1, verbose_name="industry section (GB/T 4754)")),
                ("product_type", models.CharField(blank=True, max_length=12, verbose_name="product type")),
                ("source_kind", models.CharField(blank=True, max_length=16, verbose_name="source")),
                ("region", models.CharField(blank=True, max_length=6, verbose_name="provider's region")),
                ("flow", models.CharField(blank=True, max_length=8, verbose_name="flow")),
                (
                    "withheld",
                    models.CharField(
                        blank=True,
                        choices=[("PRIMARY", "too few contributors"), ("COMPLEMENTARY", "would give another away")],
                        max_length=13,
                        verbose_name="withheld",
                    ),
                ),
                ("trades", models.PositiveIntegerField(null=True, verbose_name="trades")),
                ("value_minor", models.BigIntegerField(null=True, verbose_name="value in minor units")),
                ("volume_bytes", models.BigIntegerField(null=True, verbose_name="volume in bytes")),
                ("buyers", models.PositiveIntegerField(null=True, verbose_name="buyers")),
                ("sellers", models.PositiveIntegerField(null=True, verbose_name="sellers")),
                ("cost_minor", models.BigIntegerField(null=True, verbose_name="cost in minor units")),
                (
                    "capitalised_minor",
                    models.BigIntegerField(null=True, verbose_name="capital formation in minor units"),
                ),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cells",
                        to="marketplace.statisticedition",
                        verbose_name="edition",
                    ),
                ),
            ],
            options={
                "verbose_name": "statistical cell",
                "verbose_name_plural": "statistical cells",
                "ordering": ["id"],
                "indexes": [models.Index(fields=["edition", "id"], name="cell_by_edition")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "edition",
                            "table",
                            "currency",
                            "industry",
                            "product_type",
                            "source_kind",
                            "region",
                            "flow",
                        ),
                        name="cell_is_unique_in_its_edition",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("sellers__isnull", False), ("withheld", "")),
                            models.Q(
                                models.Q(("withheld", ""), _negated=True),
                                ("buyers__isnull", True),
                                ("capitalised_minor__isnull", True),
                                ("cost_minor__isnull", True),
                                ("sellers__isnull", True),
                                ("trades__isnull", True),
                                ("value_minor__isnull", True),
                                ("volume_bytes__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="withheld_cell_holds_no_figure",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IndexPoint",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                ("listings", models.BigIntegerField(null=True, verbose_name="listings")),
                ("trades", models.BigIntegerField(null=True, verbose_name="trades")),
                ("prices", models.BigIntegerField(null=True, verbose_name="prices")),
                ("composite", models.BigIntegerField(null=True, verbose_name="composite")),
                (
                    "edition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="points",
                        to="marketplace.statisticedition",
                        verbose_name="edition",
                    ),
                ),
            ],
            options={
                "verbose_name": "index point",
                "verbose_name_plural": "index points",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("edition", "product_type"), name="index_point_is_unique_in_its_edition"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductionReturn",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "quarter",
                    models.CharField(
                        max_length=6,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^20\\d\\dQ[1-4]\\Z", "Give a quarter such as 2026Q3."
                            )
                        ],
                        verbose_name="quarter",
                    ),
                ),
                ("industry", models.CharField(max_length=1, verbose_name="industry section (GB/T 4754)")),
                (
                    "product_type",
                    models.CharField(
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
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                (
                    "source_kind",
                    models.CharField(
                        choices=[
                            ("COLLECTED", "collected or generated"),
                            ("CRAWLED_PUBLIC", "public data collected by program"),
                            ("AGREEMENT", "obtained by agreement"),
                            ("DERIVED", "derived"),
                            ("JOINT", "jointly held or fused"),
                            ("PUBLIC_DATA", "public data under authorised operation"),
                            ("ENTRUSTED", "processed for a principal"),
                            ("GOVERNMENT", "data of party and government bodies"),
                        ],
                        max_length=16,
                        verbose_name="source",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
                ("acquisition_minor", models.BigIntegerField(verbose_name="acquisition")),
                ("cleaning_minor", models.BigIntegerField(verbose_name="cleaning")),
                ("labelling_minor", models.BigIntegerField(verbose_name="labelling")),
                ("storage_minor", models.BigIntegerField(verbose_name="storage")),
                ("compliance_minor", models.BigIntegerField(verbose_name="compliance")),
                ("capitalised_minor", models.BigIntegerField(verbose_name="capital formation")),
                ("filed_by", models.UUIDField(null=True, verbose_name="filed by")),
                (
                    "organization",
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
                "verbose_name": "production return",
                "verbose_name_plural": "production returns",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="return_by_organization"),
                    models.Index(fields=["venue", "quarter"], name="return_by_venue_and_quarter"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("acquisition_minor__gte", 0),
                            ("capitalised_minor__gte", 0),
                            (
                                "capitalised_minor__lte",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("acquisition_minor"), "+", models.F("cleaning_minor")
                                            ),
                                            "+",
                                            models.F("labelling_minor"),
                                        ),
                                        "+",
                                        models.F("storage_minor"),
                                    ),
                                    "+",
                                    models.F("compliance_minor"),
                                ),
                            ),
                            ("cleaning_minor__gte", 0),
                            ("compliance_minor__gte", 0),
                            ("labelling_minor__gte", 0),
                            ("storage_minor__gte", 0),
                        ),
                        name="return_capitalises_no_more_than_it_cost",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UsageRecord",
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
                        choices=[("IDENTITY_QUERY", "identity query")], max_length=20, verbose_name="kind"
                    ),
                ),
                ("nonce", models.CharField(max_length=64, verbose_name="nonce")),
                ("subject_id", models.UUIDField(verbose_name="what was used")),
                ("units", models.PositiveIntegerField(default=1, verbose_name="units")),
                (
                    "entitlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
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
            ],
            options={
                "verbose_name": "usage record",
                "verbose_name_plural": "usage records",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["entitlement", "-id"], name="usage_by_entitlement")],
                "constraints": [
                    models.UniqueConstraint(fields=("entitlement", "nonce"), name="usage_is_counted_once_by_nonce")
                ],
            },
        ),
    ]
