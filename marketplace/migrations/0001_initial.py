"""Orders, agreements, entitlements and deliveries; subscriptions, charges and disputes; demands, usage and published figures."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
import kernel.money
from kernel.migrations_support import CreateModels

MODELS = [
    migrations.CreateModel(
        name="ComputePool",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[("ACTIVE", "active"), ("SUSPENDED", "suspended")],
                    default="ACTIVE",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            ("jurisdiction", models.CharField(max_length=2, verbose_name="jurisdiction")),
            ("division_code", models.CharField(blank=True, max_length=6, verbose_name="division code")),
            ("opens", models.PositiveSmallIntegerField(default=0, verbose_name="opens at (hour)")),
            ("closes", models.PositiveSmallIntegerField(default=24, verbose_name="closes at (hour)")),
            ("cores", models.PositiveIntegerField(verbose_name="cores")),
            ("memory_mb", models.PositiveIntegerField(verbose_name="memory (MiB)")),
            ("price_per_hour_minor", models.BigIntegerField(verbose_name="price of an hour")),
            ("currency", models.CharField(max_length=3, verbose_name="currency")),
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
                "product",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="pools",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "compute pool",
            "verbose_name_plural": "compute pools",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(fields=("product", "name"), name="pool_is_named_once_by_product"),
                models.CheckConstraint(
                    condition=models.Q(("closes__lte", 24), ("opens__lt", models.F("closes"))), name="pool_opens_daily"
                ),
                models.CheckConstraint(
                    condition=models.Q(("cores__gt", 0), ("memory_mb__gt", 0), ("price_per_hour_minor__gte", 0)),
                    name="pool_has_capacity",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Order",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            ("buyer_fees_minor", models.BigIntegerField(default=0, verbose_name="fees on top in minor units")),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("LIST_PRICE", "list price"),
                        ("NEGOTIATED", "negotiated"),
                        ("AUCTION", "auction"),
                        ("DEMAND", "demand"),
                        ("REPORT", "report ordered of a service agency"),
                    ],
                    default="LIST_PRICE",
                    max_length=10,
                    verbose_name="origin of the deal",
                ),
            ),
            ("purpose", models.TextField(verbose_name="declared purpose of use")),
            ("placed_by", models.UUIDField(null=True, verbose_name="placed by")),
            ("release_at", models.DateTimeField(null=True, verbose_name="settled from")),
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
            "verbose_name": "order",
            "verbose_name_plural": "orders",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["buyer", "-id"], name="order_by_buyer"),
                models.Index(fields=["provider", "-id"], name="order_by_provider"),
                models.Index(fields=["venue", "state", "-id"], name="order_by_venue_and_state"),
            ],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("gross_minor__gte", 0)), name="order_price_is_not_negative"),
                models.CheckConstraint(
                    condition=models.Q(("buyer_fees_minor__gte", 0)), name="order_fees_on_top_are_not_negative"
                ),
                models.CheckConstraint(
                    condition=models.Q(("buyer", models.F("provider")), _negated=True), name="order_has_two_parties"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ProductionReturn",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "quarter",
                models.CharField(
                    max_length=6,
                    validators=[
                        django.core.validators.RegexValidator("^20\\d\\dQ[1-4]\\Z", "Give a quarter such as 2026Q3.")
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
        name="PushTarget",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            (
                "kind",
                models.CharField(
                    choices=[("S3", "S3-compatible bucket"), ("HTTPS", "HTTPS PUT"), ("SFTP", "SFTP server")],
                    max_length=6,
                    verbose_name="kind",
                ),
            ),
            (
                "place",
                models.CharField(
                    max_length=2,
                    validators=[django.core.validators.RegexValidator("^[A-Z]{2}\\Z")],
                    verbose_name="jurisdiction in which it lies",
                ),
            ),
            ("settings", models.JSONField(verbose_name="settings")),
            ("sealed_secret", models.BinaryField(verbose_name="sealed credentials")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
            ("registered_by", models.UUIDField(null=True, verbose_name="registered by")),
            ("tested_at", models.DateTimeField(null=True, verbose_name="tested at")),
            ("failure", models.TextField(blank=True, verbose_name="what the last test found")),
            ("retired_at", models.DateTimeField(null=True, verbose_name="retired at")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
                ),
            ),
        ],
        options={
            "verbose_name": "push target",
            "verbose_name_plural": "push targets",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="push_target_by_organization")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("retired_at__isnull", True)),
                    fields=("organization", "name"),
                    name="push_target_has_its_name",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Recipient",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=100, verbose_name="name")),
            ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
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
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="responsible person",
                ),
            ),
        ],
        options={
            "verbose_name": "recipient",
            "verbose_name_plural": "recipients",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="recipient_by_organization")],
        },
    ),
    migrations.CreateModel(
        name="StatisticEdition",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "quarter",
                models.CharField(
                    max_length=6,
                    validators=[
                        django.core.validators.RegexValidator("^20\\d\\dQ[1-4]\\Z", "Give a quarter such as 2026Q3.")
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
        name="Upstream",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("base_url", models.CharField(max_length=500, verbose_name="base address")),
            (
                "methods",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=8), size=None, verbose_name="allowed methods"
                ),
            ),
            ("timeout_seconds", models.PositiveIntegerField(default=30, verbose_name="patience in seconds")),
            ("most_answer_bytes", models.BigIntegerField(verbose_name="bytes of an answer, at most")),
            ("secret_header", models.CharField(blank=True, max_length=100, verbose_name="header of the secret")),
            ("sealed_secret", models.BinaryField(null=True, verbose_name="sealed secret")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
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
                "product",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="upstream",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "upstream",
            "verbose_name_plural": "upstreams",
            "ordering": ["-id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("sealed_secret__isnull", True), ("secret_header", "")),
                        models.Q(models.Q(("secret_header", ""), _negated=True), ("sealed_secret__isnull", False)),
                        _connector="OR",
                    ),
                    name="a_secret_has_its_header",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Demand",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                    editable=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="demand",
                    to="marketplace.order",
                    verbose_name="order",
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
        name="Dispute",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            ("body_of_dispute", models.CharField(blank=True, max_length=200, verbose_name="arbitral body or court")),
            ("ruling_minor", models.BigIntegerField(null=True, verbose_name="ruled to go back in minor units")),
            ("ruling", models.TextField(blank=True, max_length=5000, verbose_name="ruling")),
            ("ruled_by", models.UUIDField(null=True, verbose_name="ruling entered by")),
            ("refund_minor", models.BigIntegerField(null=True, verbose_name="given back in minor units")),
            ("division", models.JSONField(default=list, verbose_name="who gave it back")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
            ("paid_at", models.DateTimeField(null=True, verbose_name="paid at")),
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
            (
                "order",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="disputes",
                    to="marketplace.order",
                    verbose_name="order",
                ),
            ),
        ],
        options={
            "verbose_name": "dispute",
            "verbose_name_plural": "disputes",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="dispute_by_complainant"),
                models.Index(fields=["respondent", "-id"], name="dispute_by_respondent"),
                models.Index(fields=["venue", "state", "-id"], name="dispute_by_venue_and_state"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        ("state__in", ["FILED", "NEGOTIATION", "MEDIATION", "ARBITRATION", "LITIGATION"])
                    ),
                    fields=("order",),
                    name="one_open_dispute_by_order",
                ),
                models.CheckConstraint(condition=models.Q(("claimed_minor__gte", 0)), name="claim_is_not_negative"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("refund_minor__isnull", True),
                        models.Q(("refund_minor__gte", 0), ("refund_minor__lte", models.F("claimed_minor"))),
                        _connector="OR",
                    ),
                    name="no_more_is_given_back_than_claimed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="IndexPoint",
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
                models.UniqueConstraint(fields=("edition", "product_type"), name="index_point_is_unique_in_its_edition")
            ],
        },
    ),
    migrations.CreateModel(
        name="Milestone",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveSmallIntegerField(verbose_name="number")),
            ("title", kernel.languages.LanguageMapField(default=dict, text_length=120, verbose_name="title")),
            (
                "criterion",
                kernel.languages.LanguageMapField(
                    default=dict, text_length=1000, verbose_name="criterion of acceptance"
                ),
            ),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("PLANNED", "planned"),
                        ("DELIVERED", "delivered"),
                        ("REFUSED", "refused"),
                        ("ACCEPTED", "accepted"),
                        ("SETTLED", "settled"),
                        ("TERMINATED", "given up"),
                    ],
                    default="PLANNED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("note", models.TextField(blank=True, verbose_name="what was delivered")),
            ("evidence_sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the evidence")),
            ("delivered_at", models.DateTimeField(null=True, verbose_name="delivered at")),
            ("accept_by", models.DateTimeField(null=True, verbose_name="accepted in silence at")),
            ("refusal", models.TextField(blank=True, verbose_name="reason for refusal")),
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
                "order",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="milestones",
                    to="marketplace.order",
                    verbose_name="order",
                ),
            ),
        ],
        options={
            "verbose_name": "milestone",
            "verbose_name_plural": "milestones",
            "ordering": ["order", "number"],
            "constraints": [
                models.UniqueConstraint(fields=("order", "number"), name="milestone_number_is_unique_by_order"),
                models.CheckConstraint(
                    condition=models.Q(("amount_minor__gte", 0)), name="milestone_amount_is_not_negative"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Quote",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            ("listing_revision", models.PositiveIntegerField(verbose_name="revision of the listing")),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("LIST_PRICE", "list price"),
                        ("NEGOTIATED", "negotiated"),
                        ("AUCTION", "auction"),
                        ("DEMAND", "demand"),
                        ("REPORT", "report ordered of a service agency"),
                    ],
                    max_length=10,
                    verbose_name="origin of the price",
                ),
            ),
            ("gross_minor", models.BigIntegerField(verbose_name="price in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("lines", models.JSONField(default=list, verbose_name="division")),
            ("conditions", models.JSONField(default=dict, verbose_name="conditions")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("asked_by", models.UUIDField(null=True, verbose_name="asked by")),
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
                "order",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="quote",
                    to="marketplace.order",
                    verbose_name="order",
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
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.venue",
                    verbose_name="venue",
                ),
            ),
        ],
        options={
            "verbose_name": "quote",
            "verbose_name_plural": "quotes",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["buyer", "-id"], name="quote_by_buyer"),
                models.Index(fields=["venue", "-id"], name="quote_by_venue"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("gross_minor__gte", 0), ("gross_minor__lte", 9999999999999)),
                    name="quoted_price_is_a_price",
                ),
                models.CheckConstraint(
                    condition=models.Q(("buyer", models.F("provider")), _negated=True), name="quote_has_two_parties"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RecipientToken",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "activation_sha256",
                models.CharField(max_length=64, unique=True, verbose_name="digest of the activation"),
            ),
            ("activate_by", models.DateTimeField(verbose_name="to be activated by")),
            ("activated_at", models.DateTimeField(null=True, verbose_name="activated at")),
            (
                "token_sha256",
                models.CharField(blank=True, max_length=64, null=True, unique=True, verbose_name="digest of the token"),
            ),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("overlap", models.DurationField(verbose_name="the one before goes on for")),
            (
                "recipient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="tokens",
                    to="marketplace.recipient",
                    verbose_name="recipient",
                ),
            ),
        ],
        options={
            "verbose_name": "recipient's profile",
            "verbose_name_plural": "recipients' profiles",
            "ordering": ["-id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("activated_at__isnull", True), ("token_sha256__isnull", True)),
                        models.Q(("activated_at__isnull", False), ("token_sha256__isnull", False)),
                        _connector="OR",
                    ),
                    name="token_comes_with_activation",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="StatisticCell",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            ("capitalised_minor", models.BigIntegerField(null=True, verbose_name="capital formation in minor units")),
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
        name="Agreement",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="DisputeOffer",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "OPEN")), fields=("dispute",), name="one_open_offer_by_dispute"
                ),
                models.CheckConstraint(condition=models.Q(("refund_minor__gte", 0)), name="offer_is_not_negative"),
            ],
        },
    ),
    migrations.CreateModel(
        name="DisputeStatement",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
    migrations.CreateModel(
        name="Entitlement",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(fields=("agreement", "version"), name="one_right_by_agreement_and_version")
            ],
        },
    ),
    migrations.CreateModel(
        name="Negotiation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                "venue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.venue",
                    verbose_name="venue",
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
        ],
        options={
            "verbose_name": "negotiation",
            "verbose_name_plural": "negotiations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["buyer", "-id"], name="negotiation_by_buyer"),
                models.Index(fields=["provider", "-id"], name="negotiation_by_provider"),
                models.Index(
                    condition=models.Q(("state", "OPEN")), fields=["expires_at"], name="negotiation_open_by_expiry"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "OPEN")),
                    fields=("buyer", "plan"),
                    name="one_open_negotiation_by_buyer_and_plan",
                ),
                models.CheckConstraint(
                    condition=models.Q(("buyer", models.F("provider")), _negated=True), name="negotiation_has_two_sides"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("quote__isnull", False), ("state", "AGREED")),
                        models.Q(models.Q(("state", "AGREED"), _negated=True), ("quote__isnull", True)),
                        _connector="OR",
                    ),
                    name="an_agreed_negotiation_has_a_quote",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Proposal",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="RevenuePeriod",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("period", models.CharField(max_length=7, verbose_name="period")),
            ("starts_at", models.DateTimeField(verbose_name="starts at")),
            ("ends_at", models.DateTimeField(verbose_name="ends at")),
            ("of_days", models.PositiveSmallIntegerField(verbose_name="days of the whole period")),
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
                        ("OPEN", "running"),
                        ("DUE", "report due"),
                        ("LATE", "report late"),
                        ("REPORTED", "reported"),
                        ("OBJECTED", "objected to"),
                        ("ACCEPTED", "accepted"),
                        ("ASSESSED", "charged without agreement"),
                        ("VOID", "void"),
                    ],
                    default="OPEN",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("clock_at", models.DateTimeField(null=True, verbose_name="moves on at")),
            (
                "agreement",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="revenue_periods",
                    to="marketplace.agreement",
                    verbose_name="agreement",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
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
            "verbose_name": "revenue period",
            "verbose_name_plural": "revenue periods",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="revenue_period_by_buyer"),
                models.Index(fields=["provider", "-id"], name="revenue_period_by_provider"),
                models.Index(fields=["venue", "state", "-id"], name="revenue_period_by_venue"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("agreement", "period"), name="one_revenue_period_by_agreement"),
                models.CheckConstraint(
                    condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="revenue_period_runs_forward"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Scenario",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                kernel.languages.LanguageMapField(default=dict, text_length=2000, verbose_name="problem to be solved"),
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
        name="Subscription",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "included",
                models.CharField(
                    choices=[("PATCH", "corrections only"), ("MINOR", "all that break no program"), ("MAJOR", "all")],
                    max_length=5,
                    verbose_name="new versions",
                ),
            ),
            (
                "policy",
                models.CharField(
                    choices=[("NOTIFY", "say that it is there"), ("PUSH", "push it to the buyer")],
                    default="NOTIFY",
                    max_length=8,
                    verbose_name="policy",
                ),
            ),
            ("renews", models.BooleanField(default=False, verbose_name="renews at the end of its term")),
            ("ending_reason", models.TextField(blank=True, verbose_name="why it ends")),
            ("price_minor", models.BigIntegerField(verbose_name="price of a term in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            (
                "cycle",
                models.CharField(
                    blank=True,
                    choices=[("MONTH", "calendar month"), ("QUARTER", "calendar quarter"), ("YEAR", "calendar year")],
                    max_length=8,
                    verbose_name="terms by the calendar",
                ),
            ),
            ("term_starts_at", models.DateTimeField(verbose_name="term begins at")),
            (
                "agreement",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="subscription",
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
                "plan",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.plan",
                    verbose_name="plan",
                ),
            ),
            (
                "product",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.product",
                    verbose_name="product",
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
                "target",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="subscriptions",
                    to="marketplace.pushtarget",
                    verbose_name="push target",
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
            "verbose_name": "subscription",
            "verbose_name_plural": "subscriptions",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="subscription_by_organization"),
                models.Index(
                    condition=models.Q(("renews", True)), fields=["agreement"], name="subscription_that_renews"
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("renews", False), ("ending_reason", ""), _connector="OR"),
                    name="what_renews_does_not_end",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("policy", "PUSH"), ("target__isnull", False)),
                        models.Q(("policy", "NOTIFY"), ("target__isnull", True)),
                        _connector="OR",
                    ),
                    name="what_is_pushed_has_a_target",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Auction",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            (
                "direction",
                models.CharField(
                    choices=[("FORWARD", "to the highest bidder"), ("REVERSE", "to the lowest bidder")],
                    default="FORWARD",
                    max_length=7,
                    verbose_name="direction",
                ),
            ),
            ("listing_revision", models.PositiveIntegerField(default=1, verbose_name="revision of the listing")),
            ("by_invitation", models.BooleanField(default=False, verbose_name="by invitation")),
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
            ("start_minor", models.BigIntegerField(verbose_name="first bid in minor units")),
            ("step_minor", models.BigIntegerField(verbose_name="least step in minor units")),
            ("reserve_minor", models.BigIntegerField(null=True, verbose_name="reserve price in minor units")),
            ("reserve_sealed", models.BinaryField(null=True, verbose_name="sealed reserve price")),
            ("deposit_minor", models.BigIntegerField(verbose_name="deposit in minor units")),
            (
                "extension_minutes",
                models.PositiveSmallIntegerField(default=5, verbose_name="minutes that a late bid leaves"),
            ),
            ("bids_count", models.PositiveIntegerField(default=0, verbose_name="bids")),
            ("lead_minor", models.BigIntegerField(null=True, verbose_name="best bid in minor units")),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
            ("outcome", models.CharField(blank=True, max_length=200, verbose_name="why it failed")),
            ("announced_by", models.UUIDField(null=True, verbose_name="announced by")),
            (
                "listing",
                models.ForeignKey(
                    null=True,
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
                    null=True,
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
                    null=True,
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
                "demand",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="auctions",
                    to="marketplace.demand",
                    verbose_name="demand",
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
        ],
        options={
            "verbose_name": "auction",
            "verbose_name_plural": "auctions",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["provider", "-id"], name="auction_by_provider"),
                models.Index(fields=["venue", "state", "-id"], name="auction_by_venue_and_state"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["ANNOUNCED", "AWARDED"])),
                    fields=("plan",),
                    name="one_auction_of_a_plan_at_a_time",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["ANNOUNCED", "AWARDED"])),
                    fields=("demand",),
                    name="one_auction_of_a_demand_at_a_time",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("by_invitation", False),
                            ("demand__isnull", True),
                            ("direction", "FORWARD"),
                            ("listing__isnull", False),
                            ("plan__isnull", False),
                            ("provider__isnull", False),
                        ),
                        models.Q(
                            ("demand__isnull", False),
                            ("direction", "REVERSE"),
                            ("listing__isnull", True),
                            ("plan__isnull", True),
                            ("provider__isnull", True),
                        ),
                        _connector="OR",
                    ),
                    name="auction_sells_a_plan_or_seeks_by_a_demand",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("announced_end__lte", models.F("ends_at")), ("starts_at__lt", models.F("announced_end"))
                    ),
                    name="auction_ends_after_it_begins",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("start_minor__range", (1, 9999999999999)),
                        ("step_minor__range", (1, 9999999999999)),
                        ("deposit_minor__range", (1, 9999999999999)),
                    ),
                    name="auction_amounts_are_positive",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("reserve_minor__isnull", True),
                        models.Q(("direction", "FORWARD"), ("reserve_minor__gte", models.F("start_minor"))),
                        models.Q(("direction", "REVERSE"), ("reserve_minor__lte", models.F("start_minor"))),
                        _connector="OR",
                    ),
                    name="reserve_is_not_worse_than_the_start",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["AWARDED", "ORDERED", "FORFEITED"]), _negated=True),
                        ("quote__isnull", False),
                        _connector="OR",
                    ),
                    name="an_awarded_auction_has_a_quote",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ChargeVoucher",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("named_by", models.UUIDField(null=True, verbose_name="named by")),
            (
                "grant",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="settlements.vouchergrant",
                    verbose_name="voucher",
                ),
            ),
            (
                "entitlement",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="charge_voucher",
                    to="marketplace.entitlement",
                    verbose_name="entitlement",
                ),
            ),
        ],
        options={
            "verbose_name": "voucher of a right's charges",
            "verbose_name_plural": "vouchers of rights' charges",
        },
    ),
    migrations.CreateModel(
        name="Delivery",
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
                        ("ORDERED", "what was ordered"),
                        ("VERSION", "new version of a subscription"),
                        ("RESULT", "result of a clean room or a compute job"),
                    ],
                    default="ORDERED",
                    max_length=7,
                    verbose_name="kind",
                ),
            ),
            ("number", models.PositiveIntegerField(default=1, verbose_name="number of the order's deliveries")),
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
            ("arrival", models.JSONField(default=dict, verbose_name="reported to have arrived")),
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
            "constraints": [
                models.UniqueConstraint(fields=("order", "number"), name="delivery_number_is_unique_by_order"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "ORDERED"), ("number", 1)),
                        models.Q(models.Q(("kind", "ORDERED"), _negated=True), ("number__gt", 1)),
                        _connector="OR",
                    ),
                    name="first_delivery_is_what_was_ordered",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="GatewayCall",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("client_id", models.UUIDField(null=True, verbose_name="API client")),
            ("person_id", models.UUIDField(null=True, verbose_name="responsible person")),
            ("nonce", models.CharField(max_length=64, verbose_name="nonce")),
            ("method", models.CharField(max_length=8, verbose_name="method")),
            ("path", models.CharField(max_length=500, verbose_name="path")),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("OPEN", "under way"),
                        ("ANSWERED", "answered in full"),
                        ("CUT_OFF", "cut off"),
                        ("UNANSWERED", "not answered"),
                    ],
                    default="OPEN",
                    max_length=10,
                    verbose_name="outcome",
                ),
            ),
            ("status", models.PositiveSmallIntegerField(null=True, verbose_name="status")),
            ("bytes_in", models.BigIntegerField(default=0, verbose_name="bytes sent")),
            ("bytes_out", models.BigIntegerField(default=0, verbose_name="bytes received")),
            ("units", models.BigIntegerField(default=0, verbose_name="units")),
            ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the answer")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
            ("trace_id", models.CharField(blank=True, max_length=32, verbose_name="trace id")),
            (
                "entitlement",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="calls",
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
                "permit",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.transferpermit",
                    verbose_name="transfer permit",
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
            "verbose_name": "call of an interface",
            "verbose_name_plural": "calls of interfaces",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["entitlement", "-id"], name="call_by_entitlement"),
                models.Index(condition=models.Q(("outcome", "OPEN")), fields=["created_at"], name="call_under_way"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("entitlement", "nonce"), name="a_call_is_made_once_by_nonce")
            ],
        },
    ),
    migrations.CreateModel(
        name="NegotiationRound",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(fields=("negotiation", "number"), name="rounds_are_numbered"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("price_minor__isnull", True), ("price_minor__range", (1, 9999999999999)), _connector="OR"
                    ),
                    name="offered_price_is_a_price",
                ),
                models.CheckConstraint(
                    condition=models.Q(("number", 1), ("price_minor__isnull", False), _connector="OR"),
                    name="only_the_first_round_asks_for_a_price",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RevenueStatement",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveSmallIntegerField(verbose_name="number")),
            ("revenue_minor", models.BigIntegerField(verbose_name="revenue in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("note", models.TextField(blank=True, max_length=2000, verbose_name="note")),
            ("evidence", models.JSONField(default=list, verbose_name="evidence")),
            ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason of the correction")),
            (
                "corrects",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="corrected_by",
                    to="marketplace.revenuestatement",
                    verbose_name="corrects",
                ),
            ),
            (
                "period",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="statements",
                    to="marketplace.revenueperiod",
                    verbose_name="revenue period",
                ),
            ),
            (
                "reported_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="reported by",
                ),
            ),
        ],
        options={
            "verbose_name": "revenue statement",
            "verbose_name_plural": "revenue statements",
            "ordering": ["number"],
            "constraints": [
                models.UniqueConstraint(fields=("period", "number"), name="revenue_statement_has_its_number"),
                models.CheckConstraint(condition=models.Q(("revenue_minor__gte", 0)), name="revenue_is_not_negative"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("corrects__isnull", True), ("number", 1), ("reason", "")),
                        models.Q(("corrects__isnull", False), ("number__gt", 1), ("reason__gt", "")),
                        _connector="OR",
                    ),
                    name="corrections_of_revenue_have_a_reason",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SharedTable",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("cut_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the agreed cut")),
            ("name", models.CharField(max_length=255, verbose_name="name")),
            ("columns", models.JSONField(verbose_name="columns")),
            (
                "partition_by",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=255), default=list, size=None, verbose_name="partitioned by"
                ),
            ),
            ("rows", models.BigIntegerField(verbose_name="rows")),
            (
                "entitlements",
                models.ManyToManyField(
                    related_name="tables", to="marketplace.entitlement", verbose_name="entitlements"
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "shared table",
            "verbose_name_plural": "shared tables",
            "constraints": [
                models.UniqueConstraint(
                    fields=("version", "cut_sha256", "name"), name="one_table_by_version_cut_and_name"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="AuctionDeposit",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(fields=("auction", "organization"), name="one_deposit_by_auction_and_bidder"),
                models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="auction_deposit_is_positive"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AuctionInvitation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "auction",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="invitations",
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
                    verbose_name="invited seller",
                ),
            ),
        ],
        options={
            "verbose_name": "invitation to an auction",
            "verbose_name_plural": "invitations to auctions",
            "constraints": [
                models.UniqueConstraint(fields=("auction", "organization"), name="one_invitation_by_auction_and_seller")
            ],
        },
    ),
    migrations.CreateModel(
        name="Bid",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            "constraints": [
                models.UniqueConstraint(fields=("auction", "number"), name="bids_are_numbered"),
                models.CheckConstraint(
                    condition=models.Q(("amount_minor__isnull", False), ("sealed__isnull", False), _connector="OR"),
                    name="a_bid_is_open_or_sealed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Charge",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("USAGE", "use of a month"),
                        ("SUBSCRIPTION", "term of a subscription"),
                        ("PLAN_CHANGE", "change of a subscription's plan"),
                        ("PACK", "units bought ahead"),
                        ("REVENUE", "share of revenue"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("period", models.CharField(max_length=21, verbose_name="period")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("DUE", "due"),
                        ("OVERDUE", "overdue"),
                        ("PAID", "paid"),
                        ("CANCELLED", "credited before it was paid"),
                    ],
                    default="DUE",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("units", models.BigIntegerField(verbose_name="units")),
            ("gross_minor", models.BigIntegerField(verbose_name="gross in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("body", models.JSONField(verbose_name="statement")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("credited_minor", models.BigIntegerField(default=0, verbose_name="credited in minor units")),
            ("division", models.JSONField(default=list, verbose_name="division")),
            ("decided_at", models.DateTimeField(null=True, verbose_name="paid or cancelled at")),
            ("overdue_at", models.DateTimeField(null=True, verbose_name="overdue since")),
            ("suspends", models.BooleanField(default=False, verbose_name="suspends the right to read")),
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
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
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
                "entitlement",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="charges",
                    to="marketplace.entitlement",
                    verbose_name="entitlement",
                ),
            ),
        ],
        options={
            "verbose_name": "charge",
            "verbose_name_plural": "charges",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="charge_by_buyer"),
                models.Index(fields=["provider", "-id"], name="charge_by_provider"),
                models.Index(fields=["venue", "state", "-id"], name="charge_by_venue_and_state"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("entitlement", "kind", "period"), name="one_charge_by_entitlement_and_period"
                ),
                models.CheckConstraint(
                    condition=models.Q(("credited_minor__gte", 0), ("credited_minor__lte", models.F("gross_minor"))),
                    name="a_charge_is_credited_at_most_in_full",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CleanRoom",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("rules", models.JSONField(verbose_name="rules")),
            ("epsilon", models.DecimalField(decimal_places=4, max_digits=9, verbose_name="privacy budget (ε)")),
            (
                "epsilon_spent",
                models.DecimalField(decimal_places=4, default=Decimal("0"), max_digits=9, verbose_name="spent of it"),
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
                "entitlement",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="clean_room",
                    to="marketplace.entitlement",
                    verbose_name="entitlement",
                ),
            ),
            ("tables", models.ManyToManyField(related_name="+", to="marketplace.sharedtable", verbose_name="tables")),
        ],
        options={
            "verbose_name": "clean room",
            "verbose_name_plural": "clean rooms",
            "ordering": ["-id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("epsilon_spent__gte", 0), ("epsilon_spent__lte", models.F("epsilon"))),
                    name="privacy_budget_is_never_overspent",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ComputeJob",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("PLACED", "waiting for its pool"),
                        ("RUNNING", "running"),
                        ("DONE", "done"),
                        ("FAILED", "failed"),
                        ("CANCELLED", "cancelled"),
                    ],
                    default="PLACED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[("SQL", "SQL (DuckDB)"), ("PYTHON", "Python")], max_length=10, verbose_name="kind"
                ),
            ),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("sealed_task", models.BinaryField(verbose_name="sealed task")),
            ("sealed_result", models.BinaryField(null=True, verbose_name="sealed result")),
            ("task_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the task")),
            ("cores", models.PositiveIntegerField(default=1, verbose_name="cores")),
            ("memory_mb", models.PositiveIntegerField(default=512, verbose_name="memory (MiB)")),
            ("seconds", models.PositiveIntegerField(verbose_name="seconds, at most")),
            ("place", models.CharField(blank=True, max_length=6, verbose_name="wished place")),
            ("deadline", models.DateTimeField(verbose_name="deadline")),
            ("max_price_minor", models.BigIntegerField(verbose_name="price, at most")),
            ("price_per_hour_minor", models.BigIntegerField(verbose_name="price of an hour")),
            ("currency", models.CharField(max_length=3, verbose_name="currency")),
            ("start_at", models.DateTimeField(verbose_name="starts no earlier than")),
            ("started_at", models.DateTimeField(null=True, verbose_name="started at")),
            ("ended_at", models.DateTimeField(null=True, verbose_name="ended at")),
            ("seconds_used", models.PositiveIntegerField(default=0, verbose_name="seconds used")),
            ("cost_minor", models.BigIntegerField(default=0, verbose_name="cost")),
            (
                "why_not",
                models.CharField(
                    blank=True,
                    choices=[
                        ("TIME", "it ran out of the time it had"),
                        ("MEMORY", "it needed too much memory"),
                        ("SIZE", "its result is too large"),
                        ("DATA", "it does not fit its input"),
                        ("REFUSED", "it asked for what the pool does not give"),
                        ("ERROR", "it ended with an error"),
                        ("WALLS", "the pool's machine cannot shut it in"),
                        ("DEADLINE", "its deadline passed"),
                        ("RIGHT", "the right to compute ended"),
                        ("POOL", "its pool was suspended and no other takes it"),
                        ("WORKER", "the pool's workers failed at it"),
                    ],
                    max_length=10,
                    verbose_name="why not",
                ),
            ),
            ("receipt", models.JSONField(default=dict, verbose_name="receipt")),
            ("placed_by", models.UUIDField(null=True, verbose_name="placed by")),
            ("reads", models.PositiveIntegerField(default=0, verbose_name="reads")),
            ("first_read_at", models.DateTimeField(null=True, verbose_name="first read at")),
            ("last_read_at", models.DateTimeField(null=True, verbose_name="last read at")),
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
                "pool",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="jobs",
                    to="marketplace.computepool",
                    verbose_name="pool",
                ),
            ),
            (
                "delivery",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="compute_job",
                    to="marketplace.delivery",
                    verbose_name="delivery",
                ),
            ),
            (
                "entitlement",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="compute_jobs",
                    to="marketplace.entitlement",
                    verbose_name="entitlement",
                ),
            ),
        ],
        options={
            "verbose_name": "compute job",
            "verbose_name_plural": "compute jobs",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["entitlement", "-id"], name="compute_job_by_right"),
                models.Index(
                    condition=models.Q(("state__in", ["PLACED", "RUNNING"])),
                    fields=["pool", "start_at"],
                    name="compute_job_ahead",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "DONE"), _negated=True), ("sealed_result__isnull", False), _connector="OR"
                    ),
                    name="done_compute_job_has_a_result",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("delivery__isnull", False), ("state", "DONE")),
                        models.Q(models.Q(("state", "DONE"), _negated=True), ("delivery__isnull", True)),
                        _connector="OR",
                    ),
                    name="done_compute_job_is_a_delivery",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "FAILED"), _negated=True),
                        models.Q(("why_not", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="failed_compute_job_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(("cost_minor__lte", models.F("max_price_minor"))),
                    name="compute_job_costs_no_more_than_agreed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CreditNote",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            (
                "state",
                models.CharField(
                    choices=[("PROPOSED", "proposed"), ("APPROVED", "approved"), ("REFUSED", "refused")],
                    default="PROPOSED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("amount_minor", models.BigIntegerField(verbose_name="amount in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("reason", models.TextField(verbose_name="reason")),
            ("division", models.JSONField(default=list, verbose_name="division")),
            ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
            ("refusal", models.TextField(blank=True, verbose_name="why it was refused")),
            (
                "charge",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="credit_notes",
                    to="marketplace.charge",
                    verbose_name="charge",
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
            "verbose_name": "credit note",
            "verbose_name_plural": "credit notes",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["venue", "state", "-id"], name="credit_note_by_venue_and_state")],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("amount_minor__gt", 0)), name="credit_note_is_positive"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "APPROVED"), _negated=True),
                        models.Q(
                            ("decided_by__isnull", False),
                            models.Q(("decided_by", models.F("proposed_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="credit_note_is_approved_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="DunningStep",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "act",
                models.CharField(
                    choices=[
                        ("REMIND", "remind the buyer"),
                        ("SUSPEND", "suspend the right to read"),
                        ("HAND_OVER", "hand over to staff and stop collecting"),
                    ],
                    max_length=10,
                    verbose_name="act",
                ),
            ),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("done_at", models.DateTimeField(null=True, verbose_name="done at")),
            (
                "charge",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="dunning",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
        ],
        options={
            "verbose_name": "dunning step",
            "verbose_name_plural": "dunning steps",
            "ordering": ["due_at"],
            "constraints": [models.UniqueConstraint(fields=("charge", "due_at"), name="one_dunning_step_at_a_time")],
        },
    ),
    migrations.CreateModel(
        name="MarkedFile",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("anchor", models.CharField(max_length=200, verbose_name="column by which rows are known")),
            ("carriers", models.JSONField(default=list, verbose_name="columns that carry the mark")),
            ("every", models.PositiveIntegerField(verbose_name="one row is marked of")),
            ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
            ("size", models.BigIntegerField(verbose_name="bytes")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            (
                "delivery",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="marked_files",
                    to="marketplace.delivery",
                    verbose_name="delivery",
                ),
            ),
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
        ],
        options={
            "verbose_name": "marked copy",
            "verbose_name_plural": "marked copies",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(fields=("delivery", "file"), name="one_marked_copy_by_delivery_and_file")
            ],
        },
    ),
    migrations.CreateModel(
        name="NewVersion",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "hindrance",
                models.CharField(
                    blank=True,
                    choices=[
                        ("ENDED", "the agreement has ended"),
                        ("SUSPENDED", "the agreement is suspended"),
                        ("ORDER_OPEN", "what was ordered first has not been delivered yet"),
                        ("NOT_INCLUDED", "the plan does not include so great a change"),
                        ("GRADE", "it is graded higher than was agreed"),
                        ("WAY", "clean rooms and interfaces stay as they were agreed; only files and tables come anew"),
                        ("MARK", "the columns that carry the buyer's mark are not in it"),
                        (
                            "BORDER",
                            "the route case was cleared for another version; its way across the border takes an order",
                        ),
                    ],
                    max_length=12,
                    verbose_name="why it is kept back",
                ),
            ),
            ("changes", models.JSONField(blank=True, null=True, verbose_name="what it changes")),
            (
                "delivery",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="new_version",
                    to="marketplace.delivery",
                    verbose_name="delivery",
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
                "since",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.datasetversion",
                    verbose_name="version that the buyer had before",
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
            (
                "subscription",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="new_versions",
                    to="marketplace.subscription",
                    verbose_name="subscription",
                ),
            ),
        ],
        options={
            "verbose_name": "new version",
            "verbose_name_plural": "new versions",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="new_version_by_organization"),
                models.Index(
                    condition=models.Q(("delivery__isnull", True)), fields=["id"], name="new_version_kept_back"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("subscription", "version"), name="new_version_is_announced_once"),
                models.CheckConstraint(
                    condition=models.Q(("delivery__isnull", True), ("hindrance", ""), _connector="OR"),
                    name="delivered_new_version_is_not_kept_back",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PlanChange",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("QUOTED", "quoted"),
                        ("SCHEDULED", "at the end of the term"),
                        ("DONE", "made"),
                        ("WITHDRAWN", "withdrawn"),
                        ("LAPSED", "lapsed"),
                    ],
                    default="QUOTED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("at_once", models.BooleanField(verbose_name="at once")),
            ("price_minor", models.BigIntegerField(verbose_name="price of a term in minor units")),
            (
                "cycle",
                models.CharField(
                    blank=True,
                    choices=[("MONTH", "calendar month"), ("QUARTER", "calendar quarter"), ("YEAR", "calendar year")],
                    max_length=8,
                    verbose_name="terms by the calendar",
                ),
            ),
            (
                "included",
                models.CharField(
                    choices=[("PATCH", "corrections only"), ("MINOR", "all that break no program"), ("MAJOR", "all")],
                    max_length=5,
                    verbose_name="new versions",
                ),
            ),
            ("term_starts_at", models.DateTimeField(verbose_name="term begins at")),
            ("term_ends_at", models.DateTimeField(verbose_name="term ends at")),
            ("gross_minor", models.BigIntegerField(verbose_name="due in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("body", models.JSONField(verbose_name="statement")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("expires_at", models.DateTimeField(verbose_name="confirm before")),
            ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
            (
                "charge",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="plan_change",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
                ),
            ),
            (
                "plan",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.plan",
                    verbose_name="new plan",
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
                "subscription",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="plan_changes",
                    to="marketplace.subscription",
                    verbose_name="subscription",
                ),
            ),
        ],
        options={
            "verbose_name": "plan change",
            "verbose_name_plural": "plan changes",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="plan_change_by_buyer"),
                models.Index(fields=["provider", "-id"], name="plan_change_by_provider"),
                models.Index(fields=["venue", "-id"], name="plan_change_by_venue"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "SCHEDULED")),
                    fields=("subscription",),
                    name="one_scheduled_change_by_subscription",
                ),
                models.CheckConstraint(
                    condition=models.Q(("gross_minor__gte", 0)), name="a_plan_change_pays_nothing_out"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "DONE"), _negated=True), ("charge__isnull", False), _connector="OR"
                    ),
                    name="a_made_change_is_charged",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Push",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[("WAITING", "under way"), ("PUSHED", "arrived"), ("FAILED", "failed")],
                    default="WAITING",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("asked_by", models.UUIDField(null=True, verbose_name="asked for by")),
            ("folder", models.CharField(max_length=200, verbose_name="folder at the target")),
            ("failure", models.TextField(blank=True, verbose_name="why it failed")),
            ("pushed_at", models.DateTimeField(null=True, verbose_name="arrived at")),
            (
                "delivery",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="pushes",
                    to="marketplace.delivery",
                    verbose_name="delivery",
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
                "target",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="pushes",
                    to="marketplace.pushtarget",
                    verbose_name="push target",
                ),
            ),
        ],
        options={
            "verbose_name": "push",
            "verbose_name_plural": "pushes",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="push_by_organization")],
            "constraints": [
                models.UniqueConstraint(fields=("delivery", "target"), name="a_delivery_is_pushed_once_to_a_target"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "FAILED"), _negated=True),
                        models.Q(("failure", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="failed_push_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "PUSHED"), _negated=True), ("pushed_at__isnull", False), _connector="OR"
                    ),
                    name="pushed_push_says_when",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RevenueAnswer",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "verdict",
                models.CharField(
                    choices=[("ACCEPTED", "accepted"), ("OBJECTED", "objected to"), ("SILENCE", "accepted in silence")],
                    max_length=8,
                    verbose_name="answer",
                ),
            ),
            ("reason", models.TextField(blank=True, max_length=2000, verbose_name="reason")),
            (
                "answered_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="answered by",
                ),
            ),
            (
                "statement",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="answers",
                    to="marketplace.revenuestatement",
                    verbose_name="revenue statement",
                ),
            ),
        ],
        options={
            "verbose_name": "answer to a revenue statement",
            "verbose_name_plural": "answers to revenue statements",
            "ordering": ["id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("verdict", "OBJECTED"), _negated=True), ("reason__gt", ""), _connector="OR"
                    ),
                    name="objections_to_revenue_have_a_reason",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RevenueBill",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveSmallIntegerField(verbose_name="number")),
            ("due_minor", models.BigIntegerField(verbose_name="due in minor units")),
            ("credits", models.JSONField(default=list, verbose_name="credit notes")),
            (
                "charge",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="revenue_bill",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
            (
                "period",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="bills",
                    to="marketplace.revenueperiod",
                    verbose_name="revenue period",
                ),
            ),
            (
                "statement",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="bills",
                    to="marketplace.revenuestatement",
                    verbose_name="revenue statement",
                ),
            ),
        ],
        options={
            "verbose_name": "bill of shared revenue",
            "verbose_name_plural": "bills of shared revenue",
            "ordering": ["number"],
            "constraints": [
                models.UniqueConstraint(fields=("period", "number"), name="revenue_bill_has_its_number"),
                models.CheckConstraint(condition=models.Q(("due_minor__gte", 0)), name="revenue_bill_is_not_negative"),
            ],
        },
    ),
    migrations.CreateModel(
        name="SharedFile",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "kind",
                models.CharField(
                    choices=[("ROWS", "rows"), ("ADDED", "rows added"), ("REMOVED", "rows removed")],
                    default="ROWS",
                    max_length=8,
                    verbose_name="kind",
                ),
            ),
            ("number", models.PositiveIntegerField(verbose_name="number")),
            ("partition", models.JSONField(default=dict, verbose_name="partition")),
            ("rows", models.BigIntegerField(verbose_name="rows")),
            ("size", models.BigIntegerField(verbose_name="bytes")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("stats", models.JSONField(verbose_name="statistics")),
            ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
            (
                "since",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="marketplace.sharedtable",
                    verbose_name="since",
                ),
            ),
            (
                "table",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="files",
                    to="marketplace.sharedtable",
                    verbose_name="table",
                ),
            ),
        ],
        options={
            "verbose_name": "shared file",
            "verbose_name_plural": "shared files",
            "ordering": ["number"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "ROWS"), ("since__isnull", True)),
                        models.Q(models.Q(("kind", "ROWS"), _negated=True), ("since__isnull", False)),
                        _connector="OR",
                    ),
                    name="changes_are_since_a_table",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="TableChange",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "since",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="marketplace.sharedtable",
                    verbose_name="since",
                ),
            ),
            (
                "table",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="changes",
                    to="marketplace.sharedtable",
                    verbose_name="table",
                ),
            ),
        ],
        options={
            "verbose_name": "table change",
            "verbose_name_plural": "table changes",
            "constraints": [models.UniqueConstraint(fields=("table", "since"), name="change_is_computed_once")],
        },
    ),
    migrations.CreateModel(
        name="TableGrant",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("token_sha256", models.CharField(max_length=64, unique=True, verbose_name="digest of the address")),
            (
                "file_ids",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.UUIDField(), size=None, verbose_name="files"
                ),
            ),
            ("rows", models.BigIntegerField(verbose_name="rows")),
            ("bytes", models.BigIntegerField(verbose_name="bytes")),
            ("hints", models.JSONField(default=list, verbose_name="hints that were followed")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("reads", models.PositiveIntegerField(default=0, verbose_name="reads")),
            ("bytes_served", models.BigIntegerField(default=0, verbose_name="bytes served")),
            ("first_read_at", models.DateTimeField(null=True, verbose_name="first read at")),
            ("last_read_at", models.DateTimeField(null=True, verbose_name="last read at")),
            (
                "client",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
                    verbose_name="API client",
                ),
            ),
            (
                "delivery",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="table_grants",
                    to="marketplace.delivery",
                    verbose_name="delivery",
                ),
            ),
            (
                "entitlement",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="table_grants",
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
                "permit",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.transferpermit",
                    verbose_name="transfer permit",
                ),
            ),
            (
                "recipient",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="marketplace.recipient",
                    verbose_name="recipient",
                ),
            ),
            (
                "table",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="marketplace.sharedtable",
                    verbose_name="table",
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
            "verbose_name": "table grant",
            "verbose_name_plural": "table grants",
            "ordering": ["-id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("client__isnull", False), ("recipient__isnull", True)),
                        models.Q(("client__isnull", True), ("recipient__isnull", False)),
                        _connector="OR",
                    ),
                    name="table_grant_has_one_reader",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="UnitPack",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            ("units", models.BigIntegerField(verbose_name="units")),
            ("used_units", models.BigIntegerField(default=0, verbose_name="units used")),
            ("expired_units", models.BigIntegerField(default=0, verbose_name="units not used")),
            ("price_minor", models.BigIntegerField(verbose_name="price in minor units")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("starts_at", models.DateTimeField(verbose_name="valid from")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
            (
                "charge",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="unit_pack",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
            (
                "entitlement",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="unit_packs",
                    to="marketplace.entitlement",
                    verbose_name="entitlement",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="buyer",
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
            "verbose_name": "unit pack",
            "verbose_name_plural": "unit packs",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="unit_pack_by_buyer"),
                models.Index(fields=["provider", "-id"], name="unit_pack_by_provider"),
                models.Index(
                    condition=models.Q(("closed_at__isnull", True)),
                    fields=["venue", "expires_at"],
                    name="unit_pack_to_close",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("expired_units__gte", 0),
                        ("units__gt", 0),
                        ("used_units__gte", 0),
                        (
                            "used_units__lte",
                            django.db.models.expressions.CombinedExpression(
                                models.F("units"), "-", models.F("expired_units")
                            ),
                        ),
                    ),
                    name="a_pack_gives_no_more_than_its_units",
                ),
                models.CheckConstraint(
                    condition=models.Q(("expires_at__gt", models.F("starts_at"))), name="a_pack_expires_after_it_begins"
                ),
                models.CheckConstraint(
                    condition=models.Q(("closed_at__isnull", False), ("expired_units", 0), _connector="OR"),
                    name="units_expire_when_a_pack_is_closed",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="UsageRecord",
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
                        ("IDENTITY_QUERY", "identity query"),
                        ("TABLE_QUERY", "query of a table"),
                        ("API_CALL", "call of an interface"),
                        ("COMPUTE_SECOND", "second of compute"),
                        ("ROOM_QUERY", "query in a clean room"),
                    ],
                    max_length=20,
                    verbose_name="kind",
                ),
            ),
            ("nonce", models.CharField(max_length=64, verbose_name="nonce")),
            ("subject_id", models.UUIDField(verbose_name="what was used")),
            ("units", models.PositiveBigIntegerField(default=1, verbose_name="units")),
            (
                "charge",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="usage",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
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
            "indexes": [
                models.Index(fields=["entitlement", "-id"], name="usage_by_entitlement"),
                models.Index(
                    condition=models.Q(("charge__isnull", True)),
                    fields=["entitlement", "created_at"],
                    name="usage_not_billed",
                ),
                models.Index(
                    condition=models.Q(("charge__isnull", False)), fields=["charge", "id"], name="usage_by_charge"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("entitlement", "nonce"), name="usage_is_counted_once_by_nonce")
            ],
        },
    ),
    migrations.CreateModel(
        name="AccessGrant",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                "permit",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.transferpermit",
                    verbose_name="transfer permit",
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
    migrations.CreateModel(
        name="PackDraw",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("month", models.CharField(max_length=7, verbose_name="month")),
            ("units", models.BigIntegerField(verbose_name="units")),
            (
                "charge",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="draws",
                    to="marketplace.charge",
                    verbose_name="charge",
                ),
            ),
            (
                "pack",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="draws",
                    to="marketplace.unitpack",
                    verbose_name="unit pack",
                ),
            ),
        ],
        options={
            "verbose_name": "use of a pack",
            "verbose_name_plural": "uses of packs",
            "ordering": ["id"],
            "constraints": [
                models.UniqueConstraint(
                    fields=("pack", "charge", "month"), name="a_pack_is_drawn_once_by_charge_and_month"
                ),
                models.CheckConstraint(condition=models.Q(("units__gt", 0)), name="a_draw_takes_something"),
            ],
        },
    ),
    migrations.CreateModel(
        name="PushedFile",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=500, verbose_name="name at the target")),
            ("upload", models.CharField(blank=True, max_length=1000, verbose_name="upload under way")),
            ("receipt", models.JSONField(default=dict, verbose_name="receipt")),
            ("arrived_at", models.DateTimeField(null=True, verbose_name="arrived at")),
            (
                "grant",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="pushed_file",
                    to="marketplace.accessgrant",
                    verbose_name="access grant",
                ),
            ),
            (
                "push",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="files",
                    to="marketplace.push",
                    verbose_name="push",
                ),
            ),
        ],
        options={
            "verbose_name": "pushed file",
            "verbose_name_plural": "pushed files",
            "ordering": ["id"],
            "constraints": [
                models.UniqueConstraint(fields=("push", "name"), name="a_file_is_pushed_under_a_name_of_its_own")
            ],
        },
    ),
    migrations.CreateModel(
        name="RoomQuery",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("QUEUED", "waiting to run"),
                        ("AWAITING", "awaiting the buyer's blinded identifiers"),
                        ("HELD", "awaiting the provider's approval"),
                        ("RELEASED", "released"),
                        ("REFUSED", "refused"),
                        ("FAILED", "failed"),
                    ],
                    default="QUEUED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[("QUESTION", "question in SQL"), ("INTERSECTION", "intersection of identifiers")],
                    default="QUESTION",
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("sql", models.TextField(blank=True, verbose_name="query (SQL)")),
            ("template", models.CharField(blank=True, max_length=40, verbose_name="template")),
            ("parameters", models.JSONField(blank=True, default=dict, verbose_name="parameters")),
            (
                "epsilon",
                models.DecimalField(decimal_places=4, max_digits=9, verbose_name="share of the privacy budget (ε)"),
            ),
            ("asked_by", models.UUIDField(null=True, verbose_name="asked by")),
            (
                "why_not",
                models.CharField(
                    blank=True,
                    choices=[
                        ("TIME", "it took too long"),
                        ("MEMORY", "it needed too much memory"),
                        ("SIZE", "it has too many groups"),
                        ("DATA", "it does not fit the data"),
                        ("REFUSED", "it asked for what the room does not give"),
                        ("PROVIDER", "the provider refused it"),
                        ("PROTOCOL", "what the buyer sent was not made with one key"),
                        ("LAPSED", "the provider did not decide in time"),
                    ],
                    max_length=10,
                    verbose_name="why not",
                ),
            ),
            ("result", models.JSONField(null=True, verbose_name="result")),
            ("receipt", models.JSONField(default=dict, verbose_name="receipt")),
            ("decide_by", models.DateTimeField(null=True, verbose_name="to be decided by")),
            ("decided_by", models.UUIDField(null=True, verbose_name="decided by")),
            ("decided_at", models.DateTimeField(null=True, verbose_name="decided at")),
            ("decision_reason", models.TextField(blank=True, verbose_name="reason for the decision")),
            ("reads", models.PositiveIntegerField(default=0, verbose_name="reads")),
            ("first_read_at", models.DateTimeField(null=True, verbose_name="first read at")),
            ("last_read_at", models.DateTimeField(null=True, verbose_name="last read at")),
            (
                "delivery",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="room_query",
                    to="marketplace.delivery",
                    verbose_name="delivery",
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
                "room",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="queries",
                    to="marketplace.cleanroom",
                    verbose_name="clean room",
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
            "verbose_name": "query in a clean room",
            "verbose_name_plural": "queries in clean rooms",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["room", "-id"], name="room_query_by_room"),
                models.Index(
                    condition=models.Q(("state", "HELD")),
                    fields=["provider", "-id"],
                    name="room_query_held_by_provider",
                ),
            ],
            "constraints": [
                models.CheckConstraint(condition=models.Q(("epsilon__gt", 0)), name="room_query_costs_something"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["HELD", "RELEASED"]), _negated=True),
                        ("result__isnull", False),
                        _connector="OR",
                    ),
                    name="released_room_query_has_a_result",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("delivery__isnull", False), ("state", "RELEASED")),
                        models.Q(models.Q(("state", "RELEASED"), _negated=True), ("delivery__isnull", True)),
                        _connector="OR",
                    ),
                    name="released_room_query_is_a_delivery",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "REFUSED"), _negated=True),
                        models.Q(("why_not", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="refused_room_query_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "HELD"), _negated=True), ("decide_by__isnull", False), _connector="OR"
                    ),
                    name="held_room_query_has_its_day",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RoomTable",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("PROPOSED", "awaiting the provider's agreement"),
                        ("AGREED", "agreed as an input"),
                        ("REFUSED", "refused"),
                        ("REPLACED", "replaced by another"),
                    ],
                    default="PROPOSED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("columns", models.JSONField(verbose_name="columns")),
            ("rows", models.PositiveIntegerField(verbose_name="rows")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what was sent")),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("sealed", models.BinaryField(null=True, verbose_name="sealed table")),
            ("sent_by", models.UUIDField(null=True, verbose_name="sent by")),
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
                "room",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="buyer_tables",
                    to="marketplace.cleanroom",
                    verbose_name="clean room",
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
            "verbose_name": "table of a buyer's in a clean room",
            "verbose_name_plural": "tables of buyers' in clean rooms",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["room", "-id"], name="room_table_by_room")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "AGREED")), fields=("room",), name="room_joins_one_table_of_the_buyer"
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Intersection",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("sums", models.JSONField(default=list, verbose_name="columns to sum")),
            ("elements", models.PositiveIntegerField(null=True, verbose_name="blinded identifiers of the provider")),
            ("key_id", models.CharField(editable=False, max_length=64, verbose_name="key-encryption key")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            ("blinded", models.BinaryField(null=True, verbose_name="the provider's blinded identifiers")),
            ("setup", models.BinaryField(null=True, verbose_name="the buyer's blinded identifiers")),
            ("answer", models.BinaryField(null=True, verbose_name="the provider's, blinded by both")),
            (
                "query",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="intersection",
                    to="marketplace.roomquery",
                    verbose_name="query",
                ),
            ),
            (
                "table",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="marketplace.sharedtable",
                    verbose_name="table",
                ),
            ),
        ],
        options={
            "verbose_name": "intersection of identifiers",
            "verbose_name_plural": "intersections of identifiers",
            "ordering": ["-id"],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0001_initial"),
        ("settlements", "0001_initial"),
    ]

    operations = [CreateModels(MODELS)]
