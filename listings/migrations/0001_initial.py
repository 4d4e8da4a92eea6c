import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("title", kernel.languages.LanguageMapField(default=dict, text_length=200, verbose_name="title")),
                (
                    "description",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, text_length=4000, verbose_name="description"
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datasets",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
            ],
            options={
                "verbose_name": "dataset",
                "verbose_name_plural": "datasets",
                "indexes": [models.Index(fields=["organization", "-id"], name="dataset_by_organization")],
            },
        ),
        migrations.CreateModel(
            name="DatasetVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveIntegerField(verbose_name="version number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "open for files"),
                            ("PROFILING", "being profiled"),
                            ("READY", "ready"),
                            ("REFUSED", "refused"),
                        ],
                        default="OPEN",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("notes", models.TextField(blank=True, max_length=4000, verbose_name="notes")),
                ("wrapped_key", models.BinaryField(verbose_name="wrapped data key")),
                ("key_id", models.CharField(max_length=64, verbose_name="key-encryption key")),
                ("profile", models.JSONField(blank=True, null=True, verbose_name="profile")),
                ("refusal", models.JSONField(blank=True, null=True, verbose_name="refusal")),
                ("rows", models.BigIntegerField(blank=True, null=True, verbose_name="rows")),
                ("bytes", models.BigIntegerField(blank=True, null=True, verbose_name="bytes")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the manifest")),
                ("sm3", models.CharField(blank=True, max_length=64, verbose_name="SM3 of the manifest")),
                ("sealed_at", models.DateTimeField(blank=True, null=True, verbose_name="sealed at")),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="listings.dataset",
                        verbose_name="dataset",
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
            ],
            options={
                "verbose_name": "dataset version",
                "verbose_name_plural": "dataset versions",
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="version_by_organization"),
                    models.Index(fields=["key_id"], name="version_by_key"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "number"), name="version_number_is_unique_by_dataset"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "READY"), _negated=True),
                            models.Q(
                                ("bytes__gt", 0),
                                ("profile__isnull", False),
                                ("rows__gte", 0),
                                models.Q(("sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="ready_version_has_a_profile_and_digests",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "REFUSED"), _negated=True), ("refusal__isnull", False), _connector="OR"
                        ),
                        name="refused_version_says_why",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
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
                        choices=[("DRAFT", "draft"), ("REGISTERED", "registered"), ("RETIRED", "retired")],
                        default="DRAFT",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, editable=False, max_length=32, null=True, unique=True, verbose_name="number"
                    ),
                ),
                (
                    "name",
                    kernel.languages.LanguageMapField(blank=True, default=dict, text_length=40, verbose_name="name"),
                ),
                (
                    "summary",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, text_length=400, verbose_name="summary"
                    ),
                ),
                (
                    "scenario",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, text_length=1000, verbose_name="application scenario"
                    ),
                ),
                (
                    "product_type",
                    models.CharField(
                        choices=[("DATASET", "dataset"), ("INDEX", "index"), ("CORPUS", "corpus")],
                        default="DATASET",
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                ("industry", models.CharField(blank=True, max_length=3, verbose_name="industry (GB/T 4754)")),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        max_length=35,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*\\Z", "Give a language tag such as zh-Hans."
                            )
                        ],
                        verbose_name="language of the data",
                    ),
                ),
                (
                    "source_kind",
                    models.CharField(
                        blank=True,
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
                    "processing",
                    models.CharField(
                        choices=[("RAW", "as obtained"), ("PROCESSED", "substantively processed")],
                        default="PROCESSED",
                        max_length=10,
                        verbose_name="processing",
                    ),
                ),
                (
                    "rights",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("HOLD", "hold"), ("USE", "use"), ("OPERATE", "operate")], max_length=10
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="rights claimed",
                    ),
                ),
                ("evidence", models.JSONField(blank=True, default=dict, verbose_name="evidence")),
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
                (
                    "rule_set",
                    models.CharField(blank=True, editable=False, max_length=40, verbose_name="rule set that decided"),
                ),
                (
                    "region_scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INTERNATIONAL", "international"),
                            ("NATIONAL", "national"),
                            ("PROVINCE", "province"),
                            ("CITY", "city"),
                            ("COUNTY", "county"),
                            ("BELOW_COUNTY", "below county"),
                        ],
                        max_length=16,
                        verbose_name="region scope",
                    ),
                ),
                ("time_from", models.DateField(blank=True, null=True, verbose_name="data from")),
                ("time_to", models.DateField(blank=True, null=True, verbose_name="data to")),
                (
                    "frequency",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("REALTIME", "real time"),
                            ("DAY", "daily"),
                            ("WEEK", "weekly"),
                            ("MONTH", "monthly"),
                            ("YEAR", "yearly"),
                            ("ON_DEMAND", "on demand"),
                            ("OTHER", "other"),
                        ],
                        max_length=10,
                        verbose_name="update frequency",
                    ),
                ),
                (
                    "buyer_kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("ENTERPRISE", "enterprise"),
                                ("FINANCIAL_INSTITUTION", "financial institution"),
                                ("RESEARCH", "research body"),
                                ("PUBLIC_BODY", "public body"),
                            ],
                            max_length=24,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="only for buyers of kind",
                    ),
                ),
                (
                    "buyer_regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=2,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z]{2}\\Z", "Give a jurisdiction as two capital letters (ISO 3166-1)."
                                )
                            ],
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="only for buyers in",
                    ),
                ),
                (
                    "buyer_qualifications",
                    models.CharField(blank=True, max_length=400, verbose_name="buyer's qualifications"),
                ),
                ("buyer_environment", models.CharField(blank=True, max_length=400, verbose_name="buyer's environment")),
                ("resale_allowed", models.BooleanField(default=False, verbose_name="resale allowed")),
                ("export_allowed", models.BooleanField(default=False, verbose_name="export allowed")),
                ("sample_rows_public", models.BooleanField(default=False, verbose_name="sample rows are public")),
                (
                    "registered_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="registered at"),
                ),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="listings.dataset",
                        verbose_name="dataset",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="products",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
            ],
            options={
                "verbose_name": "product",
                "verbose_name_plural": "products",
                "indexes": [models.Index(fields=["organization", "-id"], name="product_by_organization")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("time_from__isnull", True),
                            ("time_to__isnull", True),
                            ("time_from__lte", models.F("time_to")),
                            _connector="OR",
                        ),
                        name="product_time_span_runs_forward",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "DRAFT"), models.Q(("scenario", {}), _negated=True), _connector="OR"
                        ),
                        name="registered_product_has_a_scenario",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "DRAFT"),
                            models.Q(("number__isnull", False), ("registered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="registered_product_has_a_number",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DataFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("name", models.CharField(max_length=200, verbose_name="file name")),
                (
                    "format",
                    models.CharField(
                        choices=[
                            ("CSV", "CSV"),
                            ("JSONL", "JSON Lines"),
                            ("PARQUET", "Apache Parquet"),
                            ("JSON", "JSON"),
                            ("GEOJSON", "GeoJSON"),
                            ("EXCEL", "Excel"),
                            ("TEXT", "plain text"),
                        ],
                        max_length=10,
                        verbose_name="format",
                    ),
                ),
                ("declared_encoding", models.CharField(blank=True, max_length=20, verbose_name="declared encoding")),
                (
                    "declared_sha256",
                    models.CharField(
                        blank=True,
                        max_length=64,
                        validators=[
                            django.core.validators.RegexValidator(
                                "\\A[0-9a-f]{64}\\Z", "Give 64 lower-case hexadecimal digits."
                            )
                        ],
                        verbose_name="declared SHA-256",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("RECEIVING", "receiving"),
                            ("RECEIVED", "received"),
                            ("READY", "ready"),
                            ("REFUSED", "refused"),
                        ],
                        default="RECEIVING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("size", models.BigIntegerField(blank=True, null=True, verbose_name="bytes")),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(blank=True, max_length=64, verbose_name="SM3")),
                ("profile", models.JSONField(blank=True, null=True, verbose_name="profile")),
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
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "data file",
                "verbose_name_plural": "data files",
                "indexes": [models.Index(fields=["organization", "-id"], name="file_by_organization")],
                "constraints": [
                    models.UniqueConstraint(fields=("version", "name"), name="file_name_is_unique_by_version"),
                    models.CheckConstraint(
                        condition=models.Q(("state", "RECEIVING"), ("size__gte", 0), _connector="OR"),
                        name="received_file_has_a_size",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "READY"), _negated=True),
                            models.Q(
                                ("profile__isnull", False),
                                models.Q(("sha256", ""), _negated=True),
                                models.Q(("sm3", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="ready_file_has_a_profile_and_digests",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Plan",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "name",
                    kernel.languages.LanguageMapField(blank=True, default=dict, text_length=40, verbose_name="name"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("FREE", "free"), ("ONE_OFF", "one-off")], max_length=10, verbose_name="kind"
                    ),
                ),
                ("price_minor", models.BigIntegerField(verbose_name="price in minor units")),
                (
                    "currency",
                    models.CharField(
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                    ),
                ),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plans",
                        to="listings.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "plan",
                "verbose_name_plural": "plans",
                "indexes": [models.Index(fields=["organization", "-id"], name="plan_by_organization")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "FREE"), ("price_minor", 0)),
                            models.Q(("kind", "ONE_OFF"), ("price_minor__gte", 1), ("price_minor__lte", 9999999999999)),
                            _connector="OR",
                        ),
                        name="plan_price_fits_its_kind",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("version", models.PositiveIntegerField(verbose_name="version")),
                (
                    "purposes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("INTERNAL_ANALYSIS", "internal analysis"),
                                ("PRODUCT_DEVELOPMENT", "product development"),
                                ("MODEL_TRAINING", "model training"),
                                ("RESEARCH", "research"),
                                ("PUBLIC_SERVICE", "public service"),
                            ],
                            max_length=24,
                        ),
                        size=None,
                        verbose_name="allowed purposes",
                    ),
                ),
                (
                    "territories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            max_length=2,
                            validators=[
                                django.core.validators.RegexValidator(
                                    "^[A-Z]{2}\\Z", "Give a jurisdiction as two capital letters (ISO 3166-1)."
                                )
                            ],
                        ),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="territories (none: everywhere)",
                    ),
                ),
                (
                    "term_days",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="term in days (none: unlimited)"),
                ),
                ("resale_allowed", models.BooleanField(default=False, verbose_name="resale allowed")),
                ("derivatives_allowed", models.BooleanField(default=True, verbose_name="derived works allowed")),
                ("export_allowed", models.BooleanField(default=False, verbose_name="export allowed")),
                ("attribution_required", models.BooleanField(default=False, verbose_name="source must be named")),
                (
                    "deletion_required",
                    models.BooleanField(default=False, verbose_name="to be deleted at the end of the term"),
                ),
                ("text", kernel.languages.LanguageMapField(default=dict, text_length=20000, verbose_name="text")),
                ("policy", models.JSONField(verbose_name="policy (ODRL)")),
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="listings.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "terms",
                "verbose_name_plural": "terms",
                "constraints": [
                    models.UniqueConstraint(fields=("product", "version"), name="terms_version_is_unique_by_product"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("term_days__isnull", True), ("term_days__range", (1, 36500)), _connector="OR"
                        ),
                        name="terms_last_between_a_day_and_a_century",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FilePart",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveIntegerField(verbose_name="part number")),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="listings.datafile",
                        verbose_name="file",
                    ),
                ),
            ],
            options={
                "verbose_name": "file part",
                "verbose_name_plural": "file parts",
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(fields=("file", "number"), name="part_number_is_unique_by_file"),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1), ("number__lte", 10000)), name="part_number_is_in_range"
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="part_has_bytes"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Listing",
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
                            ("DRAFT", "draft"),
                            ("SUBMITTED", "submitted"),
                            ("IN_REVIEW", "completeness review"),
                            ("COMPLIANCE", "compliance review"),
                            ("CORRECTION", "to be corrected"),
                            ("LISTED", "listed"),
                            ("SUSPENDED", "suspended"),
                            ("DELISTED", "delisted"),
                            ("REJECTED", "rejected"),
                        ],
                        default="DRAFT",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "number",
                    models.CharField(
                        blank=True, editable=False, max_length=32, null=True, unique=True, verbose_name="number"
                    ),
                ),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="submitted at")),
                ("listed_at", models.DateTimeField(blank=True, null=True, verbose_name="listed at")),
                (
                    "name",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, editable=False, text_length=40, verbose_name="name"
                    ),
                ),
                (
                    "summary",
                    kernel.languages.LanguageMapField(
                        blank=True, default=dict, editable=False, text_length=400, verbose_name="summary"
                    ),
                ),
                (
                    "product_type",
                    models.CharField(
                        blank=True,
                        choices=[("DATASET", "dataset"), ("INDEX", "index"), ("CORPUS", "corpus")],
                        editable=False,
                        max_length=12,
                        verbose_name="product type",
                    ),
                ),
                (
                    "industry",
                    models.CharField(blank=True, editable=False, max_length=3, verbose_name="industry (GB/T 4754)"),
                ),
                (
                    "region_scope",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INTERNATIONAL", "international"),
                            ("NATIONAL", "national"),
                            ("PROVINCE", "province"),
                            ("CITY", "city"),
                            ("COUNTY", "county"),
                            ("BELOW_COUNTY", "below county"),
                        ],
                        editable=False,
                        max_length=16,
                        verbose_name="region scope",
                    ),
                ),
                (
                    "frequency",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("REALTIME", "real time"),
                            ("DAY", "daily"),
                            ("WEEK", "weekly"),
                            ("MONTH", "monthly"),
                            ("YEAR", "yearly"),
                            ("ON_DEMAND", "on demand"),
                            ("OTHER", "other"),
                        ],
                        editable=False,
                        max_length=10,
                        verbose_name="update frequency",
                    ),
                ),
                (
                    "provider_jurisdiction",
                    models.CharField(blank=True, editable=False, max_length=2, verbose_name="provider's jurisdiction"),
                ),
                (
                    "formats",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10),
                        blank=True,
                        default=list,
                        editable=False,
                        size=None,
                        verbose_name="formats",
                    ),
                ),
                ("rows", models.BigIntegerField(editable=False, null=True, verbose_name="rows")),
                ("bytes", models.BigIntegerField(editable=False, null=True, verbose_name="bytes")),
                (
                    "currency",
                    models.CharField(
                        blank=True,
                        choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                        editable=False,
                        max_length=3,
                        verbose_name="currency",
                    ),
                ),
                (
                    "price_from_minor",
                    models.BigIntegerField(editable=False, null=True, verbose_name="price from, in minor units"),
                ),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="accounts.organization",
                        verbose_name="provider",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewed by",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                (
                    "venue",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="accounts.venue",
                        verbose_name="venue",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
                ("plans", models.ManyToManyField(related_name="listings", to="listings.plan", verbose_name="plans")),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="listings.product",
                        verbose_name="product",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="listings",
                        to="listings.terms",
                        verbose_name="terms",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing",
                "verbose_name_plural": "listings",
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="listing_by_organization"),
                    models.Index(fields=["venue", "state", "-id"], name="listing_by_venue_and_state"),
                    models.Index(
                        condition=models.Q(("state", "LISTED")), fields=["-listed_at", "-id"], name="catalogue_by_date"
                    ),
                    models.Index(
                        condition=models.Q(("state", "LISTED")),
                        fields=["currency", "price_from_minor", "id"],
                        name="catalogue_by_price",
                    ),
                    models.Index(
                        condition=models.Q(("state", "LISTED")),
                        fields=["industry", "-listed_at", "-id"],
                        name="catalogue_by_industry",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        condition=models.Q(("state", "LISTED")), fields=["search"], name="catalogue_search"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["DELISTED", "REJECTED"]), _negated=True),
                        fields=("product", "venue"),
                        name="one_live_listing_by_product_and_venue",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state", "DRAFT"),
                            models.Q(("number__isnull", False), ("submitted_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="submitted_listing_has_a_number_and_a_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "LISTED"), _negated=True),
                            models.Q(
                                ("approved_by__isnull", False),
                                models.Q(("approved_by", models.F("submitted_by")), _negated=True),
                                models.Q(("approved_by", models.F("reviewed_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="listing_is_approved_by_a_third_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "LISTED"), _negated=True),
                            models.Q(("listed_at__isnull", False), ("price_from_minor__gte", 0)),
                            _connector="OR",
                        ),
                        name="listed_listing_has_a_date_and_a_price",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "stage",
                    models.CharField(
                        choices=[("COMPLETENESS", "completeness"), ("COMPLIANCE", "compliance")],
                        max_length=12,
                        verbose_name="stage",
                    ),
                ),
                (
                    "decision",
                    models.CharField(
                        choices=[("PASS", "passed"), ("CORRECT", "correction requested"), ("REJECT", "rejected")],
                        max_length=8,
                        verbose_name="decision",
                    ),
                ),
                ("edition", models.CharField(max_length=40, verbose_name="checklist edition")),
                ("checklist", models.JSONField(default=dict, verbose_name="checklist")),
                ("corrections", models.JSONField(default=list, verbose_name="corrections asked for")),
                ("reason", models.TextField(blank=True, verbose_name="reason")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
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
                    "reviewer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewer",
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
                "verbose_name": "review",
                "verbose_name_plural": "reviews",
                "indexes": [models.Index(fields=["listing", "id"], name="review_by_listing")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "CORRECT"), _negated=True),
                            models.Q(("corrections", []), _negated=True),
                            _connector="OR",
                        ),
                        name="correction_says_what_to_correct",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decision", "REJECT"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="rejection_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewClock",
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
                        choices=[("ACCEPTANCE", "take up the review"), ("DECISION", "decide")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("working_days", models.PositiveSmallIntegerField(verbose_name="working days")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="paused at")),
                (
                    "days_left",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="working days left when paused"
                    ),
                ),
                ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped at")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clocks",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
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
                "verbose_name": "review clock",
                "verbose_name_plural": "review clocks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("paused_at__isnull", True), ("stopped_at__isnull", True)),
                        fields=["venue", "due_at"],
                        name="clock_running_by_due_time",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stopped_at__isnull", True)),
                        fields=("listing", "kind"),
                        name="one_clock_of_a_kind_runs_by_listing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paused_at__isnull", True), ("days_left__isnull", False), _connector="OR"),
                        name="paused_clock_knows_days_left",
                    ),
                ],
            },
        ),
    ]
