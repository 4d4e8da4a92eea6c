"""What is held, described, reviewed, registered, listed and moved across borders."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.serializers.json
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import pgvector.django.extensions
import pgvector.django.halfvec
import pgvector.django.indexes
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
from kernel.migrations_support import CreateModels

MODELS = [
    migrations.CreateModel(
        name="Dataset",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="EmbeddingModel",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "kind",
                models.CharField(
                    choices=[("TRAINED", "trained on the catalogue"), ("ENDPOINT", "endpoint")],
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("name", models.CharField(max_length=200, verbose_name="name")),
            (
                "state",
                models.CharField(
                    choices=[("PREPARING", "being prepared"), ("CURRENT", "current")],
                    default="PREPARING",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("slot", models.PositiveSmallIntegerField(unique=True, verbose_name="slot")),
            ("artefact", models.BinaryField(blank=True, verbose_name="artefact")),
            ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the artefact")),
            ("listings", models.PositiveIntegerField(verbose_name="listings it was made for")),
        ],
        options={
            "verbose_name": "embedding model",
            "verbose_name_plural": "embedding models",
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "CURRENT")), fields=("state",), name="one_embedding_model_is_current"
                ),
                models.CheckConstraint(
                    condition=models.Q(("slot__in", [0, 1])), name="embedding_model_has_one_of_two_slots"
                ),
                models.CheckConstraint(
                    condition=models.Q(("kind", "ENDPOINT"), models.Q(("sha256", ""), _negated=True), _connector="OR"),
                    name="trained_embedding_model_has_a_digest",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ExporterProfile",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("ciio", models.BooleanField(null=True, verbose_name="operates critical information infrastructure")),
            ("small", models.BooleanField(default=False, verbose_name="processes fewer than 100,000 persons")),
            ("ftz", models.CharField(blank=True, max_length=64, verbose_name="free-trade zone or pilot")),
            ("declared_by", models.UUIDField(verbose_name="declared by")),
            ("confirmed_by", models.UUIDField(null=True, verbose_name="confirmed by")),
            ("confirmed_at", models.DateTimeField(null=True, verbose_name="confirmed at")),
            (
                "organization",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="exporter_profile",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
        ],
        options={
            "verbose_name": "exporter's standing",
            "verbose_name_plural": "exporters' standings",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("confirmed_by__isnull", True),
                        models.Q(("confirmed_by", models.F("declared_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="exporter_standing_is_confirmed_by_another_person",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ExportYear",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("year", models.PositiveSmallIntegerField(verbose_name="year")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="exporter",
                ),
            ),
        ],
        options={
            "verbose_name": "export year",
            "verbose_name_plural": "export years",
            "constraints": [
                models.UniqueConstraint(fields=("organization", "year"), name="export_year_is_unique_by_exporter")
            ],
        },
    ),
    migrations.CreateModel(
        name="HarvestSource",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=120, verbose_name="name")),
            (
                "kind",
                models.CharField(
                    choices=[("CKAN", "CKAN catalogue"), ("DCAT", "DCAT catalogue")], max_length=12, verbose_name="kind"
                ),
            ),
            ("address", models.CharField(max_length=1000, verbose_name="address")),
            (
                "frequency",
                models.CharField(
                    choices=[("MANUAL", "when asked"), ("DAY", "daily"), ("WEEK", "weekly"), ("MONTH", "monthly")],
                    default="MANUAL",
                    max_length=10,
                    verbose_name="how often it is read",
                ),
            ),
            ("defaults", models.JSONField(blank=True, default=dict, verbose_name="dossier of new products")),
            (
                "withdraw_percent",
                models.PositiveSmallIntegerField(
                    default=20,
                    help_text="A run that misses more of what the source had before stops and asks a person.",
                    verbose_name="most withdrawn at once, in percent",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("ACTIVE", "active"), ("PAUSED", "paused"), ("CLOSED", "closed")],
                    default="ACTIVE",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("next_run_at", models.DateTimeField(blank=True, null=True, verbose_name="next read at")),
            (
                "created_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="responsible person",
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
        ],
        options={
            "verbose_name": "harvest source",
            "verbose_name_plural": "harvest sources",
            "indexes": [models.Index(fields=["organization", "-id"], name="harvest_source_by_organization")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "CLOSED"), _negated=True),
                    fields=("organization", "kind", "address"),
                    name="harvest_source_is_unique_by_address",
                ),
                models.CheckConstraint(
                    condition=models.Q(("withdraw_percent__lte", 100)), name="harvest_withdraws_at_most_everything"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PriceCeiling",
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
                    help_text="Blank: any.",
                    max_length=12,
                    verbose_name="product type",
                ),
            ),
            (
                "industry",
                models.CharField(
                    blank=True, help_text="Blank: any.", max_length=3, verbose_name="industry (GB/T 4754)"
                ),
            ),
            (
                "unit",
                models.CharField(
                    blank=True,
                    choices=[
                        ("CALL", "call"),
                        ("ROW", "row"),
                        ("BYTE", "byte"),
                        ("TOKEN", "token"),
                        ("SECOND", "second of compute"),
                    ],
                    help_text="Blank: the ceiling is of what an order costs.",
                    max_length=8,
                    verbose_name="unit of metering",
                ),
            ),
            ("most", models.DecimalField(decimal_places=6, max_digits=20, verbose_name="ceiling")),
            (
                "currency",
                models.CharField(
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")], max_length=3, verbose_name="currency"
                ),
            ),
            ("valid_from", models.DateField(verbose_name="in force from")),
            ("valid_until", models.DateField(blank=True, null=True, verbose_name="in force until")),
            ("basis_title", models.CharField(max_length=200, verbose_name="title of the document")),
            ("basis_number", models.CharField(max_length=100, verbose_name="number of the document")),
            ("basis_issuer", models.CharField(max_length=200, verbose_name="issued by")),
            (
                "state",
                models.CharField(
                    choices=[("ENTERED", "entered"), ("CONFIRMED", "confirmed"), ("WITHDRAWN", "withdrawn")],
                    default="ENTERED",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            (
                "confirmed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="confirmed by",
                ),
            ),
            (
                "entered_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="entered by",
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
            "verbose_name": "price ceiling",
            "verbose_name_plural": "price ceilings",
            "indexes": [models.Index(fields=["venue", "valid_from"], name="price_ceiling_by_venue")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("most__gt", 0), ("most__lte", 99999999999)), name="price_ceiling_is_a_price"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"
                    ),
                    name="price_ceiling_ends_after_it_begins",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("confirmed_by__isnull", False),
                            ("state", "CONFIRMED"),
                            models.Q(("confirmed_by", models.F("entered_by")), _negated=True),
                        ),
                        models.Q(models.Q(("state", "CONFIRMED"), _negated=True), ("confirmed_by__isnull", True)),
                        _connector="OR",
                    ),
                    name="price_ceiling_is_confirmed_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RouteRuleSet",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=60, unique=True, verbose_name="rule set")),
            ("effective_from", models.DateField(verbose_name="in force from")),
            (
                "state",
                models.CharField(
                    choices=[("PROPOSED", "proposed"), ("SWITCHED_ON", "switched on"), ("WITHDRAWN", "withdrawn")],
                    default="PROPOSED",
                    max_length=12,
                    verbose_name="state",
                ),
            ),
            ("body", models.JSONField(verbose_name="rules as written")),
            ("digest", models.CharField(max_length=71, verbose_name="digest of the whole rules")),
            ("proposed_by", models.UUIDField(null=True, verbose_name="proposed by")),
            ("switched_on_by", models.UUIDField(null=True, verbose_name="switched on by")),
            ("switched_on_at", models.DateTimeField(null=True, verbose_name="switched on at")),
            ("finding", models.TextField(blank=True, verbose_name="what was found")),
        ],
        options={
            "verbose_name": "rule set",
            "verbose_name_plural": "rule sets",
            "ordering": ["-effective_from", "-id"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "SWITCHED_ON")),
                    fields=("effective_from",),
                    name="one_rule_set_from_each_day",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("proposed_by__isnull", True),
                        models.Q(("switched_on_by", models.F("proposed_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="rule_set_is_switched_on_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SavedSearch",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=80, verbose_name="name")),
            ("parameters", models.JSONField(verbose_name="parameters")),
            ("alerts", models.BooleanField(default=True, verbose_name="alerts")),
            (
                "every",
                models.CharField(
                    choices=[("HOUR", "hourly"), ("DAY", "daily"), ("WEEK", "weekly")],
                    default="DAY",
                    max_length=4,
                    verbose_name="every",
                ),
            ),
            ("searched_at", models.DateTimeField(verbose_name="last searched")),
            ("seen_at", models.DateTimeField(verbose_name="last seen")),
            ("stopped_because", models.CharField(blank=True, max_length=200, verbose_name="alerts stopped because")),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="organization",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="person",
                ),
            ),
        ],
        options={
            "verbose_name": "saved search",
            "verbose_name_plural": "saved searches",
            "indexes": [models.Index(fields=["organization", "-id"], name="saved_search_by_organization")],
        },
    ),
    migrations.CreateModel(
        name="SearchWord",
        fields=[
            (
                "word",
                models.CharField(
                    db_collation="C", max_length=40, primary_key=True, serialize=False, verbose_name="word"
                ),
            ),
            (
                "keys",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=80), size=None, verbose_name="what mistyping leaves of it"
                ),
            ),
            ("listings", models.PositiveIntegerField(default=1, verbose_name="listings that say it")),
        ],
        options={
            "verbose_name": "word of the catalogue",
            "verbose_name_plural": "words of the catalogue",
            "indexes": [
                django.contrib.postgres.indexes.GinIndex(fastupdate=False, fields=["keys"], name="search_word_by_key")
            ],
        },
    ),
    migrations.CreateModel(
        name="TrustNode",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.SlugField(max_length=40, unique=True, verbose_name="name")),
            (
                "label",
                kernel.languages.LanguageMapField(
                    blank=True, default=dict, text_length=80, verbose_name="name for people"
                ),
            ),
            ("is_local", models.BooleanField(verbose_name="run by this deployment")),
            ("public_key", models.TextField(blank=True, verbose_name="public key (PEM)")),
        ],
        options={
            "verbose_name": "trust node",
            "verbose_name_plural": "trust nodes",
            "ordering": ["name"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("is_local", True), ("public_key", "")),
                        models.Q(("is_local", False), models.Q(("public_key", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="node_of_another_deployment_has_a_key",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="DatasetVersion",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            (
                "notes",
                kernel.languages.LanguageMapField(
                    blank=True, default=dict, text_length=4000, verbose_name="what changed"
                ),
            ),
            (
                "reason",
                kernel.languages.LanguageMapField(
                    blank=True, default=dict, text_length=4000, verbose_name="why it changed"
                ),
            ),
            (
                "declared_level",
                models.CharField(
                    blank=True,
                    choices=[("PATCH", "patch"), ("MINOR", "minor"), ("MAJOR", "major")],
                    max_length=5,
                    verbose_name="declared level of change",
                ),
            ),
            (
                "level",
                models.CharField(
                    blank=True,
                    choices=[("PATCH", "patch"), ("MINOR", "minor"), ("MAJOR", "major")],
                    max_length=5,
                    verbose_name="level of change",
                ),
            ),
            (
                "release",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.PositiveIntegerField(), blank=True, null=True, size=3, verbose_name="release"
                ),
            ),
            ("schema_changes", models.JSONField(blank=True, null=True, verbose_name="schema changes")),
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
            (
                "preceding",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.datasetversion",
                    verbose_name="preceding version",
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
                models.UniqueConstraint(fields=("dataset", "release"), name="release_is_unique_by_dataset"),
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
        name="HarvestRun",
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
                        ("CSV", "CSV manifest"),
                        ("JSON", "JSON manifest"),
                        ("DATA_PACKAGE", "data package"),
                        ("CKAN", "CKAN catalogue"),
                        ("DCAT", "DCAT catalogue"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            ("dry_run", models.BooleanField(default=False, verbose_name="dry run")),
            ("language", models.CharField(max_length=10, verbose_name="language of its reasons")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("READING", "being read"),
                        ("HELD", "held for a person"),
                        ("APPLYING", "being applied"),
                        ("DONE", "done"),
                        ("FAILED", "failed"),
                        ("CANCELLED", "cancelled"),
                    ],
                    default="READING",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the manifest")),
            ("cursor", models.JSONField(blank=True, null=True, verbose_name="place in the source")),
            ("pages", models.PositiveIntegerField(default=0, verbose_name="pages read")),
            ("bytes", models.BigIntegerField(default=0, verbose_name="bytes read")),
            (
                "declared",
                models.PositiveIntegerField(blank=True, null=True, verbose_name="records that the source says it has"),
            ),
            ("staged", models.PositiveIntegerField(default=0, verbose_name="records")),
            ("counts", models.JSONField(blank=True, default=dict, verbose_name="outcomes")),
            ("failure", models.JSONField(blank=True, null=True, verbose_name="why it failed")),
            ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished at")),
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
                "requested_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="responsible person",
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="listings.harvestsource",
                    verbose_name="harvest source",
                ),
            ),
        ],
        options={
            "verbose_name": "bulk registration",
            "verbose_name_plural": "bulk registrations",
            "indexes": [models.Index(fields=["organization", "-id"], name="harvest_run_by_organization")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "FAILED"), _negated=True), ("failure__isnull", False), _connector="OR"
                    ),
                    name="failed_harvest_run_says_why",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["READING", "HELD", "APPLYING"])),
                    fields=("origin",),
                    name="one_harvest_run_at_a_time_by_source",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Product",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            ("name", kernel.languages.LanguageMapField(blank=True, default=dict, text_length=40, verbose_name="name")),
            (
                "summary",
                kernel.languages.LanguageMapField(blank=True, default=dict, text_length=400, verbose_name="summary"),
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
                    default="DATASET",
                    max_length=12,
                    verbose_name="product type",
                ),
            ),
            ("type_fields", models.JSONField(blank=True, default=dict, verbose_name="particulars of its type")),
            (
                "deliveries",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("FILE", "files"),
                            ("TABLE", "shared tables"),
                            ("API", "calls of an interface"),
                            ("SANDBOX", "sandbox"),
                            ("PRIVACY_COMPUTING", "privacy computing"),
                            ("SAAS", "service online"),
                            ("ONSITE", "work on site"),
                            ("REMOTE", "work from afar"),
                            ("COMPUTE_LEASE", "lease of compute"),
                            ("SCHEDULER", "grant of a scheduler"),
                        ],
                        max_length=20,
                    ),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="ways of delivery",
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
            ("rights_claims", models.JSONField(blank=True, default=list, verbose_name="rights matrix")),
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
                    blank=True,
                    null=True,
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
                    condition=models.Q(("state", "DRAFT"), models.Q(("scenario", {}), _negated=True), _connector="OR"),
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
        name="AttestationEntry",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("sequence", models.PositiveBigIntegerField(verbose_name="sequence")),
            (
                "kind",
                models.CharField(
                    choices=[("ISSUED", "issued"), ("REVOKED", "revoked")], max_length=7, verbose_name="kind"
                ),
            ),
            ("reference", models.CharField(max_length=32, verbose_name="reference")),
            ("content", models.JSONField(verbose_name="content")),
            (
                "holder",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="held by node",
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="made at node",
                ),
            ),
        ],
        options={
            "verbose_name": "log entry",
            "verbose_name_plural": "log entries",
            "constraints": [
                models.UniqueConstraint(
                    fields=("holder", "origin", "sequence"), name="log_entry_is_unique_by_sequence"
                ),
                models.UniqueConstraint(fields=("holder", "reference", "kind"), name="attestation_is_logged_once"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AttestationBatch",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveIntegerField(verbose_name="number")),
            ("last", models.PositiveBigIntegerField(verbose_name="last sequence")),
            ("statement", models.JSONField(verbose_name="statement")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the statement")),
            ("signature", models.CharField(max_length=88, verbose_name="signature")),
            (
                "holder",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="held by node",
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="made at node",
                ),
            ),
        ],
        options={
            "verbose_name": "attestation batch",
            "verbose_name_plural": "attestation batches",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(fields=("holder", "origin", "number"), name="batch_is_unique_by_number")
            ],
        },
    ),
    migrations.CreateModel(
        name="Attestation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("reference", models.CharField(max_length=32, unique=True, verbose_name="reference")),
            ("document_type", models.CharField(max_length=40, verbose_name="type of document")),
            (
                "algorithm",
                models.CharField(
                    choices=[("SHA-256", "HMAC by SHA-256"), ("SM3", "HMAC by SM3")],
                    max_length=7,
                    verbose_name="algorithm",
                ),
            ),
            ("digest", models.CharField(max_length=64, verbose_name="salted digest")),
            ("salt_ref", models.CharField(max_length=64, verbose_name="digest of the salt")),
            (
                "state",
                models.CharField(
                    choices=[("VALID", "valid"), ("REVOKED", "revoked")],
                    default="VALID",
                    max_length=7,
                    verbose_name="state",
                ),
            ),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked at")),
            ("revoked_because", models.CharField(blank=True, max_length=40, verbose_name="revoked because")),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="issuer",
                ),
            ),
            (
                "node",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="node",
                ),
            ),
        ],
        options={
            "verbose_name": "attestation",
            "verbose_name_plural": "attestations",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="attestation_by_issuer")],
            "constraints": [
                models.UniqueConstraint(fields=("organization", "digest"), name="attestation_is_unique_by_digest"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("revoked_at__isnull", True), ("revoked_because", ""), ("state", "VALID")),
                        models.Q(
                            ("revoked_at__isnull", False),
                            ("state", "REVOKED"),
                            models.Q(("revoked_because", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="revoked_attestation_says_why",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="VerificationRequest",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("document_type", models.CharField(max_length=40, verbose_name="type of document")),
            ("purpose", models.CharField(max_length=400, verbose_name="purpose")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("CREATED", "created"),
                        ("CONSENTED", "authorised by the holder"),
                        ("WITHDRAWN", "authorisation withdrawn"),
                        ("SUBMITTED", "submitted"),
                        ("MATCHED", "matches"),
                        ("MISMATCHED", "does not match"),
                        ("EXPIRED", "matches, expired"),
                        ("REVOKED", "matches, revoked"),
                    ],
                    default="CREATED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("code_sha256", models.CharField(max_length=64, unique=True, verbose_name="digest of the code")),
            ("reference", models.CharField(blank=True, max_length=32, verbose_name="reference")),
            ("salt_ref", models.CharField(blank=True, max_length=64, verbose_name="digest of the salt")),
            ("consented_at", models.DateTimeField(blank=True, null=True, verbose_name="authorised at")),
            ("consent_until", models.DateTimeField(blank=True, null=True, verbose_name="authorised until")),
            ("presented_digest", models.CharField(blank=True, max_length=64, verbose_name="presented digest")),
            ("answer", models.JSONField(blank=True, default=dict, verbose_name="answer")),
            (
                "node",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.trustnode",
                    verbose_name="node",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="verifier",
                ),
            ),
        ],
        options={
            "verbose_name": "verification request",
            "verbose_name_plural": "verification requests",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="verification_by_verifier")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["CREATED", "WITHDRAWN"]),
                        models.Q(
                            ("consent_until__gt", models.F("consented_at")),
                            ("consented_at__isnull", False),
                            models.Q(("reference", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="verification_is_authorised_for_a_time",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="DataFile",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
                        ("OPENAPI", "OpenAPI description"),
                        ("ARCHIVE", "archive of images, sound or texts"),
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
                "table_schema",
                models.JSONField(blank=True, null=True, verbose_name="rules of the provider (Table Schema)"),
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
        name="CorpusSampling",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[("DRAWN", "drawn"), ("PASSED", "passed"), ("FAILED", "failed")],
                    default="DRAWN",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("seed", models.BigIntegerField(verbose_name="seed")),
            ("size", models.PositiveIntegerField(verbose_name="items")),
            ("population", models.BigIntegerField(verbose_name="rows of the version")),
            ("rule_set", models.CharField(max_length=60, verbose_name="rule set")),
            ("drawn_by", models.UUIDField(verbose_name="drawn by")),
            ("by_exchange", models.BooleanField(default=False, verbose_name="by the exchange")),
            ("result", models.JSONField(blank=True, null=True, verbose_name="result")),
            ("judged_by", models.UUIDField(blank=True, null=True, verbose_name="judged by")),
            ("judged_at", models.DateTimeField(blank=True, null=True, verbose_name="judged at")),
            (
                "sheet_sha256",
                models.CharField(
                    blank=True,
                    max_length=64,
                    validators=[
                        django.core.validators.RegexValidator(
                            "\\A[0-9a-f]{64}\\Z", "Give 64 lower-case hexadecimal digits."
                        )
                    ],
                    verbose_name="SHA-256 of the filled sheet",
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
                "version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="corpus_samplings",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "corpus sampling",
            "verbose_name_plural": "corpus samplings",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["version", "-id"], name="sampling_by_version")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("size__gt", 0), ("size__lte", models.F("population"))),
                    name="sample_fits_its_version",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state", "DRAWN"),
                        models.Q(("result__isnull", False), models.Q(("sheet_sha256", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="judged_sample_has_a_result_and_its_sheet",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Document",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=200, verbose_name="file name")),
            ("media_type", models.CharField(max_length=40, verbose_name="media type")),
            ("size", models.BigIntegerField(verbose_name="bytes")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped data key")),
            ("key_id", models.CharField(db_index=True, max_length=64, verbose_name="key-encryption key")),
            ("uploaded_by", models.UUIDField(null=True, verbose_name="uploaded by")),
            ("evidence", models.CharField(blank=True, max_length=40, verbose_name="proves")),
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
                    related_name="documents",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "document",
            "verbose_name_plural": "documents",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="document_by_organization")],
            "constraints": [models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_has_bytes")],
        },
    ),
    migrations.CreateModel(
        name="GradeConfirmation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "grade",
                models.CharField(
                    choices=[("GENERAL", "general data"), ("IMPORTANT", "important data"), ("CORE", "core data")],
                    max_length=10,
                    verbose_name="grade",
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
                    max_length=10,
                    verbose_name="personal information",
                ),
            ),
            (
                "found_grade",
                models.CharField(
                    choices=[("GENERAL", "general data"), ("IMPORTANT", "important data"), ("CORE", "core data")],
                    max_length=10,
                    verbose_name="proposed grade",
                ),
            ),
            (
                "found_personal_data",
                models.CharField(
                    choices=[
                        ("NONE", "none"),
                        ("GENERAL", "personal information"),
                        ("SENSITIVE", "sensitive personal information"),
                    ],
                    max_length=10,
                    verbose_name="personal information found",
                ),
            ),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            ("confirmed_by", models.UUIDField(verbose_name="confirmed by")),
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
                    related_name="grade_confirmations",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "grade confirmation",
            "verbose_name_plural": "grade confirmations",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["version", "-id"], name="confirmation_by_version")],
        },
    ),
    migrations.CreateModel(
        name="GradeScan",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "grade",
                models.CharField(
                    choices=[("GENERAL", "general data"), ("IMPORTANT", "important data"), ("CORE", "core data")],
                    max_length=10,
                    verbose_name="proposed grade",
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
                    max_length=10,
                    verbose_name="personal information found",
                ),
            ),
            ("persons", models.BigIntegerField(verbose_name="persons")),
            ("sensitive_persons", models.BigIntegerField(verbose_name="persons with sensitive information")),
            ("found", models.JSONField(default=dict, verbose_name="findings")),
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
                    related_name="grade_scans",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "grade scan",
            "verbose_name_plural": "grade scans",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["version", "-id"], name="scan_by_version")],
        },
    ),
    migrations.CreateModel(
        name="IdentityProgramme",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[("OPEN", "open"), ("CLOSED", "closed")], default="OPEN", max_length=6, verbose_name="state"
                ),
            ),
            ("key_id", models.CharField(max_length=64, verbose_name="key-encryption key")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped key")),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="identity source",
                ),
            ),
            (
                "product",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="identity_programme",
                    to="listings.product",
                    verbose_name="sold as product",
                ),
            ),
        ],
        options={
            "verbose_name": "identity programme",
            "verbose_name_plural": "identity programmes",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="identity_programme_by_source")],
        },
    ),
    migrations.CreateModel(
        name="LicenceChain",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("offered", models.CharField(max_length=40, verbose_name="offered licence")),
            ("sources", models.JSONField(verbose_name="sources")),
            ("verdict", models.JSONField(verbose_name="verdict")),
            ("compatible", models.BooleanField(verbose_name="compatible")),
            ("rule_set", models.CharField(max_length=60, verbose_name="rule set")),
            ("declared_by", models.UUIDField(verbose_name="declared by")),
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
                    related_name="licence_chains",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "licence chain",
            "verbose_name_plural": "licence chains",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["version", "-id"], name="licence_chain_by_version")],
        },
    ),
    migrations.CreateModel(
        name="Plan",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", kernel.languages.LanguageMapField(blank=True, default=dict, text_length=40, verbose_name="name")),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("FREE", "free"),
                        ("ONE_OFF", "one-off"),
                        ("METERED", "metered"),
                        ("REVENUE_SHARE", "share of revenue"),
                        ("SUBSCRIPTION", "subscription"),
                        ("NEGOTIATED", "negotiated"),
                        ("AUCTION", "by auction"),
                    ],
                    max_length=13,
                    verbose_name="kind",
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
                "new_versions",
                models.CharField(
                    blank=True,
                    choices=[("PATCH", "corrections only"), ("MINOR", "all that break no program"), ("MAJOR", "all")],
                    max_length=5,
                    verbose_name="new versions",
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
            ("takes_offers", models.BooleanField(default=False, verbose_name="takes offers")),
            ("milestones", models.JSONField(blank=True, default=list, verbose_name="milestones")),
            ("revenue_share", models.JSONField(blank=True, default=dict, verbose_name="share of revenue")),
            (
                "unit",
                models.CharField(
                    blank=True,
                    choices=[
                        ("CALL", "call"),
                        ("ROW", "row"),
                        ("BYTE", "byte"),
                        ("TOKEN", "token"),
                        ("SECOND", "second of compute"),
                    ],
                    max_length=8,
                    verbose_name="unit of metering",
                ),
            ),
            (
                "unit_price",
                models.DecimalField(
                    blank=True, decimal_places=6, max_digits=18, null=True, verbose_name="price of a unit"
                ),
            ),
            ("included_units", models.BigIntegerField(default=0, verbose_name="units included in a month")),
            ("most_units", models.BigIntegerField(blank=True, null=True, verbose_name="units in a month, at most")),
            (
                "calls_per_second",
                models.PositiveIntegerField(blank=True, null=True, verbose_name="calls per second, at most"),
            ),
            (
                "calls_per_minute",
                models.PositiveIntegerField(blank=True, null=True, verbose_name="calls per minute, at most"),
            ),
            ("tiers", models.JSONField(blank=True, default=list, verbose_name="prices of further units")),
            ("packs", models.JSONField(blank=True, default=list, verbose_name="packs of units")),
            (
                "cap_minor",
                models.BigIntegerField(blank=True, null=True, verbose_name="most that a month costs, in minor units"),
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
                        models.Q(
                            ("kind__in", ["ONE_OFF", "SUBSCRIPTION", "NEGOTIATED", "AUCTION"]),
                            ("price_minor__gte", 1),
                            ("price_minor__lte", 9999999999999),
                        ),
                        models.Q(
                            ("kind__in", ["METERED", "REVENUE_SHARE"]),
                            ("price_minor__gte", 0),
                            ("price_minor__lte", 9999999999999),
                        ),
                        _connector="OR",
                    ),
                    name="plan_price_fits_its_kind",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "METERED"), ("unit__gt", ""), ("unit_price__gte", 0)),
                        models.Q(
                            models.Q(("kind", "METERED"), _negated=True), ("unit", ""), ("unit_price__isnull", True)
                        ),
                        _connector="OR",
                    ),
                    name="metered_plans_have_a_unit_and_its_price",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "SUBSCRIPTION"), ("new_versions__gt", "")),
                        models.Q(models.Q(("kind", "SUBSCRIPTION"), _negated=True), ("new_versions", "")),
                        _connector="OR",
                    ),
                    name="subscriptions_say_which_versions_come",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("cycle", ""), models.Q(("kind", "SUBSCRIPTION"), ("takes_offers", False)), _connector="OR"
                    ),
                    name="subscriptions_have_cycles",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "NEGOTIATED"), ("takes_offers", True)),
                        ("kind__in", ["ONE_OFF", "SUBSCRIPTION"]),
                        models.Q(models.Q(("kind", "NEGOTIATED"), _negated=True), ("takes_offers", False)),
                        _connector="OR",
                    ),
                    name="plans_with_one_price_may_take_offers",
                ),
                models.CheckConstraint(
                    condition=models.Q(("milestones", []), ("kind__in", ["ONE_OFF", "NEGOTIATED"]), _connector="OR"),
                    name="plans_paid_once_have_milestones",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "REVENUE_SHARE"), models.Q(("revenue_share", {}), _negated=True)),
                        models.Q(models.Q(("kind", "REVENUE_SHARE"), _negated=True), ("revenue_share", {})),
                        _connector="OR",
                    ),
                    name="plans_of_shared_revenue_have_a_share",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="HarvestRecord",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveIntegerField(verbose_name="number")),
            ("source_id", models.CharField(blank=True, max_length=200, verbose_name="id at its source")),
            ("entry", models.JSONField(blank=True, default=dict, verbose_name="record")),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("PENDING", "pending"),
                        ("CREATED", "created"),
                        ("UPDATED", "updated"),
                        ("UNCHANGED", "unchanged"),
                        ("REFUSED", "refused"),
                        ("GONE", "gone from its source"),
                    ],
                    default="PENDING",
                    max_length=10,
                    verbose_name="outcome",
                ),
            ),
            ("reasons", models.JSONField(blank=True, default=list, verbose_name="reasons")),
            ("changes", models.JSONField(blank=True, default=dict, verbose_name="changes")),
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
                "run",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="records",
                    to="listings.harvestrun",
                    verbose_name="bulk registration",
                ),
            ),
            (
                "product",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "record of a bulk registration",
            "verbose_name_plural": "records of bulk registrations",
            "indexes": [
                models.Index(fields=["organization", "-id"], name="harvest_record_by_organization"),
                models.Index(fields=["run", "outcome", "number"], name="harvest_record_by_outcome"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("run", "number"), name="harvest_record_number_is_unique_by_run"),
                models.UniqueConstraint(
                    condition=models.Q(("outcome", "REFUSED"), _negated=True),
                    fields=("run", "source_id"),
                    name="harvest_record_source_id_is_unique_by_run",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("outcome", "REFUSED"), models.Q(("reasons", []), _negated=True)),
                        models.Q(("reasons", []), models.Q(("outcome", "REFUSED"), _negated=True)),
                        _connector="OR",
                    ),
                    name="refused_harvest_record_says_why",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="HarvestedProduct",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("source_id", models.CharField(max_length=200, verbose_name="id at its source")),
            ("described", models.JSONField(blank=True, default=dict, verbose_name="what else the source says")),
            ("gone_at", models.DateTimeField(blank=True, null=True, verbose_name="gone from its source since")),
            (
                "dataset",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
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
                    verbose_name="provider",
                ),
            ),
            (
                "last_run",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.harvestrun",
                    verbose_name="last bulk registration",
                ),
            ),
            (
                "origin",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="products",
                    to="listings.harvestsource",
                    verbose_name="harvest source",
                ),
            ),
            (
                "product",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "bulk-registered product",
            "verbose_name_plural": "bulk-registered products",
            "indexes": [models.Index(fields=["organization", "-id"], name="harvested_by_organization")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("organization", "origin", "source_id"),
                    name="harvested_product_is_unique_by_source_id",
                    nulls_distinct=False,
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="BorderDossier",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "reach",
                models.CharField(
                    choices=[
                        ("DOMESTIC", "within the jurisdiction only"),
                        ("GBA", "within the Greater Bay Area"),
                        ("NAMED", "to named places"),
                        ("ANYWHERE", "anywhere that the law allows"),
                    ],
                    max_length=10,
                    verbose_name="may go",
                ),
            ),
            (
                "places",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2}\\Z", "Give a jurisdiction as two capital letters (ISO 3166-1)."
                            )
                        ],
                    ),
                    default=list,
                    size=None,
                    verbose_name="named places",
                ),
            ),
            (
                "scenario",
                models.CharField(
                    choices=[
                        (
                            "TRADE_TRANSPORT_ACADEMIC_MANUFACT_MARKETING",
                            "trade, transport, academic work, manufacture or marketing",
                        ),
                        ("CONTRACT_NECESSITY", "necessary for a contract with the person"),
                        ("HR", "human resources under lawful rules and a collective contract"),
                        ("EMERGENCY", "emergency for life, health or property"),
                        ("STATUTORY_DUTY", "performance of a statutory duty"),
                        ("OVERSEAS_ORIGIN_REEXPORT", "collected abroad, processed here and sent out again"),
                        ("OTHER", "other"),
                    ],
                    max_length=48,
                    verbose_name="scenario of the transfer",
                ),
            ),
            (
                "important_basis",
                models.CharField(
                    blank=True,
                    choices=[
                        ("NOTIFIED", "notified as important by an authority"),
                        ("PUBLISHED_CATALOGUE", "in a published catalogue of important data"),
                        ("FTZ_LIST", "on the negative list of a free-trade zone"),
                        ("SELF_SUSPECTED", "suspected to be important by its holder"),
                    ],
                    max_length=20,
                    verbose_name="why it may be important data",
                ),
            ),
            ("sector", models.CharField(blank=True, max_length=64, verbose_name="sector whose rules apply")),
            (
                "mixes_domestic_pi",
                models.BooleanField(default=False, verbose_name="mixed with domestic personal information"),
            ),
            (
                "research_cooperation",
                models.BooleanField(default=False, verbose_name="offered as research cooperation"),
            ),
            ("hgr", models.BooleanField(default=False, verbose_name="holds human genetic resource information")),
            (
                "restrictions",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=20),
                    default=list,
                    size=None,
                    verbose_name="restrictions by authorities or courts",
                ),
            ),
            ("n_general", models.BigIntegerField(null=True, verbose_name="persons declared, nothing sensitive told")),
            (
                "n_sensitive",
                models.BigIntegerField(null=True, verbose_name="persons declared, something sensitive told"),
            ),
            ("declared_by", models.UUIDField(verbose_name="declared by")),
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
                    related_name="border",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "cross-border dossier",
            "verbose_name_plural": "cross-border dossiers",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("n_general__isnull", True), ("n_general__gte", 0), _connector="OR"),
                    name="declared_persons_are_not_negative",
                ),
                models.CheckConstraint(
                    condition=models.Q(("n_sensitive__isnull", True), ("n_sensitive__gte", 0), _connector="OR"),
                    name="declared_sensitive_persons_are_not_negative",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("reach", "NAMED"), models.Q(("places", []), _negated=True)),
                        models.Q(models.Q(("reach", "NAMED"), _negated=True), ("places", [])),
                        _connector="OR",
                    ),
                    name="places_are_named_where_reach_says_so",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="PropertyRegistration",
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
                        ("FIRST", "first registration"),
                        ("CHANGE", "change"),
                        ("RENEWAL", "renewal"),
                        ("TRANSFER", "transfer"),
                        ("CANCEL", "cancellation"),
                    ],
                    max_length=8,
                    verbose_name="kind",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("CONSENT", "awaiting the holder's consent"),
                        ("APPLIED", "applied for"),
                        ("NOT_ACCEPTED", "not accepted"),
                        ("ACCEPTED", "accepted"),
                        ("UNDER_REVIEW", "under review"),
                        ("SUPPLEMENT", "to be supplemented"),
                        ("PUBLICITY", "in publicity"),
                        ("OBJECTION", "objected to"),
                        ("NOTARISED", "notarised"),
                        ("CERTIFIED", "certified"),
                        ("REFUSED", "refused"),
                        ("TERMINATED", "ended before a decision"),
                        ("CARRIED_OUT", "carried out"),
                        ("CHANGED", "changed by a later entry"),
                        ("RENEWED", "renewed by a later entry"),
                        ("TRANSFERRED", "transferred to another holder"),
                        ("EXPIRED", "expired"),
                        ("CANCELLED", "cancelled"),
                    ],
                    default="APPLIED",
                    max_length=12,
                    verbose_name="state",
                ),
            ),
            (
                "rights",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[("HOLD", "hold"), ("USE", "use"), ("OPERATE", "operate")], max_length=10
                    ),
                    size=None,
                    verbose_name="rights claimed",
                ),
            ),
            ("cause", models.TextField(blank=True, max_length=2000, verbose_name="why it is applied for")),
            ("rules", models.CharField(max_length=40, verbose_name="rules")),
            ("dossier", models.JSONField(verbose_name="dossier as applied for")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the dossier")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3 of the dossier")),
            (
                "number",
                models.CharField(blank=True, max_length=15, null=True, unique=True, verbose_name="certificate number"),
            ),
            ("supplements", models.JSONField(blank=True, default=list, verbose_name="what is to be supplemented")),
            ("ground", models.CharField(blank=True, max_length=16, verbose_name="ground of refusal")),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            ("publicity_until", models.DateTimeField(blank=True, null=True, verbose_name="in publicity until")),
            ("notarised_at", models.DateTimeField(blank=True, null=True, verbose_name="notarised at")),
            ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
            (
                "applied_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="applied by",
                ),
            ),
            (
                "consented_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="consented to by, for the holder",
                ),
            ),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="decided by",
                ),
            ),
            (
                "follows",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="followed_by",
                    to="listings.propertyregistration",
                    verbose_name="follows",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="applicant",
                ),
            ),
            (
                "product",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="registrations",
                    to="listings.product",
                    verbose_name="product",
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
                "venue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.venue",
                    verbose_name="registration body",
                ),
            ),
        ],
        options={
            "verbose_name": "property registration",
            "verbose_name_plural": "property registrations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="registration_by_organization"),
                models.Index(fields=["venue", "state", "-id"], name="registration_by_venue_state"),
                models.Index(
                    condition=models.Q(("state", "CERTIFIED")), fields=["valid_until"], name="registration_by_end"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(
                        (
                            "state__in",
                            (
                                "APPLIED",
                                "ACCEPTED",
                                "UNDER_REVIEW",
                                "SUPPLEMENT",
                                "PUBLICITY",
                                "OBJECTION",
                                "NOTARISED",
                            ),
                        )
                    ),
                    fields=("product",),
                    name="one_open_registration_by_product",
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        ("state__in", ("APPLIED", "ACCEPTED", "UNDER_REVIEW", "SUPPLEMENT", "PUBLICITY", "OBJECTION"))
                    ),
                    fields=("follows",),
                    name="one_open_registration_follows_one",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "CERTIFIED")),
                    fields=("product",),
                    name="one_registration_in_force_by_product",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("follows__isnull", True), ("kind", "FIRST")),
                        models.Q(models.Q(("kind", "FIRST"), _negated=True), ("follows__isnull", False)),
                        _connector="OR",
                    ),
                    name="later_registration_follows_one",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "TRANSFER"), _negated=True),
                        ("state__in", ["CONSENT", "TERMINATED"]),
                        ("consented_by__isnull", False),
                        _connector="OR",
                    ),
                    name="transfer_has_the_holders_consent",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "CANCEL"), _negated=True),
                        models.Q(("cause", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="cancellation_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["NOTARISED", "CERTIFIED"]), _negated=True),
                        models.Q(
                            ("notarised_at__isnull", False), ("number__isnull", False), ("valid_until__isnull", False)
                        ),
                        _connector="OR",
                    ),
                    name="notarised_registration_has_number_and_term",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "REFUSED"), _negated=True),
                        models.Q(models.Q(("ground", ""), _negated=True), models.Q(("reason", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="refused_registration_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("decided_by__isnull", True),
                        models.Q(
                            models.Q(("decided_by", models.F("reviewed_by")), _negated=True),
                            models.Q(("decided_by", models.F("applied_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="registration_is_decided_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SubjectList",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("n_general", models.BigIntegerField(verbose_name="persons")),
            ("n_sensitive", models.BigIntegerField(verbose_name="persons with sensitive information")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("supplied_by", models.UUIDField(verbose_name="supplied by")),
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
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="subject_list",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "list of keyed identifiers",
            "verbose_name_plural": "lists of keyed identifiers",
        },
    ),
    migrations.CreateModel(
        name="Terms",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
            ("table_cut", models.JSONField(blank=True, default=dict, verbose_name="columns and rows of tables")),
            (
                "watermark_columns",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=200),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="columns that carry the buyer's mark",
                ),
            ),
            ("clean_room", models.JSONField(blank=True, default=dict, verbose_name="rules of the clean room")),
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
                    condition=models.Q(("term_days__isnull", True), ("term_days__range", (1, 36500)), _connector="OR"),
                    name="terms_last_between_a_day_and_a_century",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="VersionDeprecation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("ends_on", models.DateField(verbose_name="last day of orders")),
            ("reason", kernel.languages.LanguageMapField(default=dict, text_length=2000, verbose_name="reason")),
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
                "successor",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.datasetversion",
                    verbose_name="successor",
                ),
            ),
            (
                "version",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deprecation",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
        ],
        options={
            "verbose_name": "version deprecation",
            "verbose_name_plural": "version deprecations",
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("successor__isnull", True),
                        models.Q(("successor", models.F("version")), _negated=True),
                        _connector="OR",
                    ),
                    name="deprecated_version_has_another_successor",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="FilePart",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
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
        name="IdentityConsent",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("purpose", models.CharField(max_length=200, verbose_name="purpose")),
            ("subject_hash", models.CharField(max_length=64, verbose_name="hash of the ID number")),
            ("evidence_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of the signed consent")),
            ("token_sha256", models.CharField(max_length=64, unique=True, verbose_name="digest of the token")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            (
                "state",
                models.CharField(
                    choices=[("GIVEN", "given"), ("USED", "used"), ("WITHDRAWN", "withdrawn")],
                    default="GIVEN",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="client",
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.identityprogramme",
                    verbose_name="programme",
                ),
            ),
        ],
        options={
            "verbose_name": "consent to an identity check",
            "verbose_name_plural": "consents to identity checks",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "-id"], name="identity_consent_by_client")],
        },
    ),
    migrations.CreateModel(
        name="IdentityRecord",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("id_hash", models.CharField(max_length=64, verbose_name="hash of the ID number")),
            ("name_hash", models.CharField(max_length=64, verbose_name="hash of the name")),
            ("phone_hash", models.CharField(blank=True, max_length=64, verbose_name="hash of the phone number")),
            (
                "programme",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="records",
                    to="listings.identityprogramme",
                    verbose_name="programme",
                ),
            ),
        ],
        options={
            "verbose_name": "identity record",
            "verbose_name_plural": "identity records",
            "constraints": [
                models.UniqueConstraint(fields=("programme", "id_hash"), name="identity_record_is_unique_by_id")
            ],
        },
    ),
    migrations.CreateModel(
        name="Listing",
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
                        ("DRAFT", "draft"),
                        ("SUBMITTED", "submitted"),
                        ("IN_REVIEW", "completeness review"),
                        ("COMPLIANCE", "compliance review"),
                        ("COMMITTEE", "committee review"),
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
                "stage",
                models.CharField(
                    blank=True,
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    editable=False,
                    max_length=16,
                    verbose_name="stage",
                ),
            ),
            (
                "visibility",
                models.CharField(
                    choices=[("PUBLIC", "public"), ("BY_INVITATION", "by invitation"), ("PRIVATE", "private")],
                    default="PUBLIC",
                    max_length=14,
                    verbose_name="visibility",
                ),
            ),
            (
                "allowed_organizations",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.UUIDField(),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="only for organizations",
                ),
            ),
            (
                "denied_organizations",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.UUIDField(),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="not for organizations",
                ),
            ),
            (
                "allowed_places",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=6),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="only for places",
                ),
            ),
            (
                "denied_places",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=6),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="not for places",
                ),
            ),
            (
                "allowed_sectors",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("A", "agriculture, forestry, animal husbandry and fishery"),
                            ("B", "mining"),
                            ("C", "manufacturing"),
                            ("D", "electricity, heat, gas and water supply"),
                            ("E", "construction"),
                            ("F", "wholesale and retail trade"),
                            ("G", "transport, storage and post"),
                            ("H", "accommodation and catering"),
                            ("I", "information transmission, software and information technology services"),
                            ("J", "finance"),
                            ("K", "real estate"),
                            ("L", "leasing and business services"),
                            ("M", "scientific research and technical services"),
                            ("N", "water conservancy, environment and public facilities"),
                            ("O", "resident services, repair and other services"),
                            ("P", "education"),
                            ("Q", "health and social work"),
                            ("R", "culture, sports and entertainment"),
                            ("S", "public administration, social security and social organizations"),
                            ("T", "international organizations"),
                        ],
                        max_length=1,
                    ),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="only for sectors",
                ),
            ),
            (
                "denied_sectors",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("A", "agriculture, forestry, animal husbandry and fishery"),
                            ("B", "mining"),
                            ("C", "manufacturing"),
                            ("D", "electricity, heat, gas and water supply"),
                            ("E", "construction"),
                            ("F", "wholesale and retail trade"),
                            ("G", "transport, storage and post"),
                            ("H", "accommodation and catering"),
                            ("I", "information transmission, software and information technology services"),
                            ("J", "finance"),
                            ("K", "real estate"),
                            ("L", "leasing and business services"),
                            ("M", "scientific research and technical services"),
                            ("N", "water conservancy, environment and public facilities"),
                            ("O", "resident services, repair and other services"),
                            ("P", "education"),
                            ("Q", "health and social work"),
                            ("R", "culture, sports and entertainment"),
                            ("S", "public administration, social security and social organizations"),
                            ("T", "international organizations"),
                        ],
                        max_length=1,
                    ),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="not for sectors",
                ),
            ),
            ("revision", models.PositiveIntegerField(default=1, editable=False, verbose_name="revision")),
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
            ("data_until", models.DateField(editable=False, null=True, verbose_name="data until")),
            ("fresh_until", models.DateField(editable=False, null=True, verbose_name="newer data due on")),
            ("late_since", models.DateTimeField(editable=False, null=True, verbose_name="late since")),
            (
                "deliveries",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("FILE", "files"),
                            ("TABLE", "shared tables"),
                            ("API", "calls of an interface"),
                            ("SANDBOX", "sandbox"),
                            ("PRIVACY_COMPUTING", "privacy computing"),
                            ("SAAS", "service online"),
                            ("ONSITE", "work on site"),
                            ("REMOTE", "work from afar"),
                            ("COMPUTE_LEASE", "lease of compute"),
                            ("SCHEDULER", "grant of a scheduler"),
                        ],
                        max_length=20,
                    ),
                    blank=True,
                    default=list,
                    editable=False,
                    size=None,
                    verbose_name="ways of delivery",
                ),
            ),
            (
                "destinations",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=2),
                    blank=True,
                    default=list,
                    editable=False,
                    size=None,
                    verbose_name="may go to",
                ),
            ),
            ("rights_until", models.DateField(editable=False, null=True, verbose_name="right to operate until")),
            (
                "dossier_sha256",
                models.CharField(blank=True, editable=False, max_length=64, verbose_name="SHA-256 of the dossier"),
            ),
            (
                "dossier_sm3",
                models.CharField(blank=True, editable=False, max_length=64, verbose_name="SM3 of the dossier"),
            ),
            ("quality_grade", models.CharField(blank=True, editable=False, max_length=1, verbose_name="quality grade")),
            ("quality_score", models.FloatField(editable=False, null=True, verbose_name="quality score")),
            ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
            (
                "filed_under",
                models.GeneratedField(
                    db_persist=True,
                    expression=models.Func(
                        django.db.models.functions.text.Concat(models.Value("product_type:"), models.F("product_type")),
                        django.db.models.functions.text.Concat(
                            models.Value("industry:"), django.db.models.functions.text.Left("industry", 1)
                        ),
                        django.db.models.functions.text.Concat(models.Value("industry:"), models.F("industry")),
                        django.db.models.functions.text.Concat(
                            models.Value("jurisdiction:"), models.F("provider_jurisdiction")
                        ),
                        django.db.models.functions.text.Concat(models.Value("frequency:"), models.F("frequency")),
                        django.db.models.functions.text.Concat(models.Value("region_scope:"), models.F("region_scope")),
                        template="ARRAY[%(expressions)s]",
                    ),
                    output_field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None),
                    verbose_name="filed under",
                ),
            ),
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
                "assignee",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="on the desk of",
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
                    condition=models.Q(("stage", ""), _negated=True),
                    fields=["venue", "stage", "-id"],
                    name="listing_by_review_stage",
                ),
                models.Index(
                    condition=models.Q(("state", "LISTED")), fields=["-listed_at", "-id"], name="catalogue_by_date"
                ),
                models.Index(
                    condition=models.Q(("state", "LISTED")),
                    fields=["currency", "price_from_minor", "id"],
                    name="catalogue_by_price",
                ),
                models.Index(
                    condition=models.Q(("late_since__isnull", True), ("state", "LISTED")),
                    fields=["fresh_until"],
                    name="listing_fresh_by_due_day",
                ),
                models.Index(
                    condition=models.Q(("late_since__isnull", False), ("state", "LISTED")),
                    fields=["id"],
                    name="listing_late",
                ),
                models.Index(
                    condition=models.Q(("rights_until__isnull", False), ("state", "LISTED")),
                    fields=["rights_until"],
                    name="listing_by_end_of_rights",
                ),
                django.contrib.postgres.indexes.GinIndex(
                    condition=models.Q(("state", "LISTED")),
                    fields=["search", "filed_under", "formats", "deliveries", "destinations"],
                    name="catalogue_search",
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
        name="ImportedCertificate",
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
                        ("DATA_PROPERTY", "data-property registration certificate"),
                        ("SHENZHEN_PROPERTY", "Shenzhen data-property registration certificate"),
                        ("PUBLIC_DATA", "public-data resource registration"),
                    ],
                    max_length=20,
                    verbose_name="kind",
                ),
            ),
            ("number", models.CharField(max_length=40, verbose_name="certificate number")),
            ("issuer", models.CharField(max_length=200, verbose_name="issuer")),
            (
                "rights",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[("HOLD", "hold"), ("USE", "use"), ("OPERATE", "operate")], max_length=10
                    ),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="rights certified",
                ),
            ),
            ("issued_on", models.DateField(verbose_name="issued on")),
            ("valid_until", models.DateField(blank=True, null=True, verbose_name="valid until")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("SUBMITTED", "to be verified"),
                        ("VERIFIED", "verified"),
                        ("REJECTED", "rejected"),
                        ("WITHDRAWN", "withdrawn"),
                    ],
                    default="SUBMITTED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
            ("finding", models.TextField(blank=True, verbose_name="what the officer found")),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="decided by",
                ),
            ),
            (
                "document",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.RESTRICT,
                    related_name="+",
                    to="listings.document",
                    verbose_name="document",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="holder",
                ),
            ),
            (
                "product",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="imported_certificates",
                    to="listings.product",
                    verbose_name="product",
                ),
            ),
        ],
        options={
            "verbose_name": "imported certificate",
            "verbose_name_plural": "imported certificates",
            "indexes": [models.Index(fields=["organization", "-id"], name="imported_by_organization")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["SUBMITTED", "VERIFIED"])),
                    fields=("product", "kind", "number"),
                    name="certificate_is_imported_once_by_product",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("valid_until__isnull", True), ("valid_until__gt", models.F("issued_on")), _connector="OR"
                    ),
                    name="imported_certificate_runs_forward",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["VERIFIED", "REJECTED"]), _negated=True),
                        models.Q(
                            ("decided_at__isnull", False),
                            ("decided_by__isnull", False),
                            models.Q(("finding", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="decided_certificate_has_an_officer_and_a_reason",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RegistrationAnnotation",
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
                        ("AGREED", "agreed term or condition"),
                        ("SEIZURE", "judicial seizure"),
                        ("CONTROL", "temporary control"),
                        ("DISPUTE", "dispute over the rights"),
                    ],
                    max_length=8,
                    verbose_name="kind",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("PROPOSED", "proposed"),
                        ("STANDING", "standing"),
                        ("REJECTED", "rejected"),
                        ("LIFTED", "lifted"),
                    ],
                    default="PROPOSED",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            ("text", models.TextField(max_length=1000, verbose_name="what it says")),
            (
                "basis",
                models.CharField(max_length=400, verbose_name="basis: whose decision or agreement, and its number"),
            ),
            ("until", models.DateField(blank=True, null=True, verbose_name="last day")),
            ("lift_reason", models.TextField(blank=True, max_length=2000, verbose_name="why it is to be lifted")),
            (
                "confirmed_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="confirmed by",
                ),
            ),
            (
                "lift_asked_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="lifting asked by",
                ),
            ),
            (
                "lifted_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="lifted by",
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
                "registration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="annotations",
                    to="listings.propertyregistration",
                    verbose_name="registration",
                ),
            ),
            (
                "venue",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.venue",
                    verbose_name="registration body",
                ),
            ),
        ],
        options={
            "verbose_name": "annotation",
            "verbose_name_plural": "annotations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["venue", "state", "-id"], name="annotation_by_venue_state"),
                models.Index(
                    condition=models.Q(("state", "STANDING")), fields=["registration"], name="annotation_standing"
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["PROPOSED", "REJECTED"]),
                        models.Q(
                            ("confirmed_by__isnull", False),
                            models.Q(("confirmed_by", models.F("proposed_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="annotation_is_confirmed_by_another_person",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("lifted_by__isnull", True),
                        models.Q(
                            ("lift_asked_by__isnull", False),
                            models.Q(("lifted_by", models.F("lift_asked_by")), _negated=True),
                            models.Q(("lift_reason", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="annotation_is_lifted_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RegistrationClock",
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
                        ("ACCEPTANCE", "answer the application"),
                        ("DECISION", "finish the registration"),
                        ("PUBLICITY", "publicity"),
                        ("OBJECTION", "answer the objections"),
                        ("NOTICE", "tell the holder of an objection"),
                    ],
                    max_length=10,
                    verbose_name="kind",
                ),
            ),
            ("working_days", models.PositiveSmallIntegerField(verbose_name="working days")),
            ("started_at", models.DateTimeField(verbose_name="started at")),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("extended_days", models.PositiveSmallIntegerField(default=0, verbose_name="working days added")),
            (
                "days_left",
                models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="working days left when paused"),
            ),
            ("stopped_at", models.DateTimeField(blank=True, null=True, verbose_name="stopped at")),
            (
                "registration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="clocks",
                    to="listings.propertyregistration",
                    verbose_name="registration",
                ),
            ),
        ],
        options={
            "verbose_name": "registration clock",
            "verbose_name_plural": "registration clocks",
            "ordering": ["id"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("stopped_at__isnull", True)),
                    fields=("registration", "kind"),
                    name="one_registration_clock_of_a_kind_runs",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RegistrationObjection",
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
                        ("RAISED", "raised"),
                        ("UPHELD", "upheld"),
                        ("DISMISSED", "dismissed"),
                        ("LAPSED", "lapsed"),
                    ],
                    default="RAISED",
                    max_length=9,
                    verbose_name="state",
                ),
            ),
            ("grounds", models.TextField(max_length=4000, verbose_name="grounds")),
            ("raised_by", models.UUIDField(null=True, verbose_name="raised by")),
            ("notified_at", models.DateTimeField(blank=True, null=True, verbose_name="holder told at")),
            ("answer", models.TextField(blank=True, max_length=4000, verbose_name="the holder's answer")),
            ("decision", models.TextField(blank=True, verbose_name="reasons for the decision")),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="decided by",
                ),
            ),
            (
                "notified_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="holder told by",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="objecting organization",
                ),
            ),
            (
                "registration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="objections",
                    to="listings.propertyregistration",
                    verbose_name="registration",
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
            "verbose_name": "objection",
            "verbose_name_plural": "objections",
            "ordering": ["-id"],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state", "RAISED"), models.Q(("decision", ""), _negated=True), _connector="OR"),
                    name="objection_is_answered",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "RAISED")),
                    fields=("registration", "organization"),
                    name="one_open_objection_by_organization",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("decided_by__isnull", True),
                        ("notified_by__isnull", True),
                        models.Q(("decided_by", models.F("notified_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="objection_is_decided_by_another_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SubjectIdentifier",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("keyed", models.BinaryField(verbose_name="keyed identifier")),
            ("sensitive", models.BooleanField(verbose_name="something sensitive is told")),
            (
                "subject_list",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="identifiers",
                    to="listings.subjectlist",
                ),
            ),
        ],
        options={
            "verbose_name": "keyed identifier",
            "verbose_name_plural": "keyed identifiers",
            "constraints": [models.UniqueConstraint(fields=("subject_list", "keyed"), name="subject_is_listed_once")],
        },
    ),
    migrations.CreateModel(
        name="DatasetParent",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "basis",
                models.CharField(
                    choices=[("OWN", "own dataset"), ("AGREEMENT", "licensed by agreement")],
                    max_length=10,
                    verbose_name="basis",
                ),
            ),
            ("note", models.CharField(blank=True, max_length=1000, verbose_name="how it was made")),
            ("agreement_id", models.UUIDField(blank=True, db_index=True, null=True, verbose_name="agreement")),
            ("agreement_number", models.CharField(blank=True, max_length=24, verbose_name="agreement number")),
            ("licensed_until", models.DateTimeField(blank=True, null=True, verbose_name="licensed until")),
            ("licence_ended_at", models.DateTimeField(blank=True, null=True, verbose_name="licence ended at")),
            (
                "dataset",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="parents",
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
            (
                "parent",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="children",
                    to="listings.dataset",
                    verbose_name="parent dataset",
                ),
            ),
            (
                "parent_organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="parent's organization",
                ),
            ),
            (
                "terms",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.terms",
                    verbose_name="terms of the licence",
                ),
            ),
        ],
        options={
            "verbose_name": "parent dataset",
            "verbose_name_plural": "parent datasets",
            "constraints": [
                models.UniqueConstraint(fields=("dataset", "parent"), name="parent_is_unique_by_dataset"),
                models.CheckConstraint(
                    condition=models.Q(("dataset", models.F("parent")), _negated=True),
                    name="dataset_is_not_its_own_parent",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("agreement_id__isnull", True), ("basis", "OWN"), ("terms__isnull", True)),
                        models.Q(("agreement_id__isnull", False), ("basis", "AGREEMENT"), ("terms__isnull", False)),
                        _connector="OR",
                    ),
                    name="licensed_parent_has_an_agreement_and_its_terms",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="IdentityQuery",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("nonce", models.CharField(max_length=64, verbose_name="nonce")),
            (
                "result",
                models.CharField(
                    choices=[("MATCH", "match"), ("MISMATCH", "mismatch"), ("NOT_FOUND", "not found")],
                    max_length=9,
                    verbose_name="result",
                ),
            ),
            (
                "reason",
                models.CharField(
                    choices=[
                        ("ALL_AGREE", "everything presented agrees"),
                        ("NAME_DIFFERS", "the name differs"),
                        ("PHONE_DIFFERS", "the phone number differs"),
                        ("SEVERAL_DIFFER", "name and phone number differ"),
                        ("NO_RECORD", "the source has no record"),
                    ],
                    max_length=14,
                    verbose_name="reason",
                ),
            ),
            (
                "consent",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="query",
                    to="listings.identityconsent",
                    verbose_name="consent",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="client",
                ),
            ),
            (
                "programme",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.identityprogramme",
                    verbose_name="programme",
                ),
            ),
        ],
        options={
            "verbose_name": "identity query",
            "verbose_name_plural": "identity queries",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "programme", "created_at"], name="identity_query_by_client")
            ],
            "constraints": [
                models.UniqueConstraint(fields=("organization", "nonce"), name="identity_query_is_unique_by_nonce")
            ],
        },
    ),
    migrations.CreateModel(
        name="AgencyReport",
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
                "kind",
                models.CharField(
                    choices=[
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY_REPORT", "quality report"),
                        ("SECURITY_REPORT", "security report"),
                        ("VALUE_REPORT", "value report"),
                    ],
                    max_length=16,
                    verbose_name="kind",
                ),
            ),
            ("stage", models.CharField(blank=True, max_length=20, verbose_name="stage")),
            ("ordered_by_provider", models.BooleanField(default=False, verbose_name="ordered by the provider")),
            ("fee_minor", models.BigIntegerField(null=True, verbose_name="agreed fee in minor units")),
            (
                "fee_currency",
                models.CharField(
                    blank=True,
                    choices=[("CNY", "CNY"), ("HKD", "HKD"), ("MOP", "MOP")],
                    max_length=3,
                    verbose_name="currency of the fee",
                ),
            ),
            ("fee_terms", models.TextField(blank=True, max_length=1000, verbose_name="agreed terms of the fee")),
            ("fee_held_minor", models.BigIntegerField(null=True, verbose_name="held for the fee in minor units")),
            ("fee_paid_at", models.DateTimeField(null=True, verbose_name="fee paid at")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("COMMISSIONED", "commissioned"),
                        ("DECLINED", "declined"),
                        ("UNDERTAKEN", "undertaken"),
                        ("DELIVERED", "delivered"),
                        ("RECEIVED", "received by the provider"),
                        ("DISPUTED", "disputed by the provider"),
                        ("RETURNED", "returned"),
                        ("ACCEPTED", "accepted"),
                        ("CANCELLED", "cancelled"),
                        ("EXPIRED", "expired"),
                    ],
                    default="COMMISSIONED",
                    max_length=12,
                    verbose_name="state",
                ),
            ),
            ("question", models.TextField(verbose_name="what is asked")),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("receive_by", models.DateTimeField(null=True, verbose_name="received in silence at")),
            ("commissioned_by", models.UUIDField(verbose_name="commissioned by")),
            ("written_by", models.UUIDField(null=True, verbose_name="written by")),
            ("accepted_by", models.UUIDField(null=True, verbose_name="accepted by")),
            (
                "conclusion",
                models.CharField(
                    blank=True,
                    choices=[
                        ("FAVOURABLE", "favourable"),
                        ("WITH_RESERVATIONS", "with reservations"),
                        ("ADVERSE", "adverse"),
                    ],
                    max_length=20,
                    verbose_name="conclusion",
                ),
            ),
            ("findings", models.TextField(blank=True, verbose_name="findings")),
            (
                "jurisdictions",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        max_length=2,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[A-Z]{2}\\Z", "Give a jurisdiction as two capital letters (ISO 3166-1)."
                            )
                        ],
                    ),
                    default=list,
                    size=None,
                    verbose_name="jurisdictions",
                ),
            ),
            ("route", models.CharField(blank=True, max_length=30, verbose_name="route")),
            ("rule_set", models.CharField(blank=True, max_length=80, verbose_name="rule set")),
            ("opinion_on", models.DateField(null=True, verbose_name="as of")),
            ("valid_until", models.DateField(null=True, verbose_name="valid until")),
            ("note", models.TextField(blank=True, verbose_name="note")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="service agency",
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
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reports",
                    to="listings.listing",
                    verbose_name="listing",
                ),
            ),
        ],
        options={
            "verbose_name": "agency report",
            "verbose_name_plural": "agency reports",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="report_by_agency"),
                models.Index(fields=["provider", "-id"], name="report_by_provider"),
                models.Index(fields=["venue", "state", "-id"], name="report_by_venue_and_state"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("organization", models.F("provider")), _negated=True),
                    name="report_is_by_another_organization",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ordered_by_provider", True), ("stage", "")),
                        models.Q(
                            ("fee_minor__isnull", True),
                            ("fee_terms", ""),
                            ("ordered_by_provider", False),
                            models.Q(("stage", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="report_is_for_a_stage_or_for_its_provider",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("fee_currency", ""), ("fee_minor__isnull", True)),
                        models.Q(("fee_minor__gte", 0), models.Q(("fee_currency", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="report_fee_has_a_currency",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("fee_held_minor__isnull", True), ("fee_paid_at__isnull", True)),
                        models.Q(("fee_held_minor__gte", models.F("fee_minor")), ("fee_minor__gt", 0)),
                        _connector="OR",
                    ),
                    name="report_fee_is_held_whole_and_paid_once_held",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["COMMISSIONED", "UNDERTAKEN", "DELIVERED", "RETURNED"])),
                    fields=("listing", "kind", "organization"),
                    name="one_awaited_report_by_listing_kind_and_agency",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ListingEmbedding",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("slot", models.PositiveSmallIntegerField(verbose_name="slot")),
            ("vector", pgvector.django.halfvec.HalfVectorField(dimensions=256, verbose_name="vector")),
            (
                "listing",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="embeddings",
                    to="listings.listing",
                    verbose_name="listing",
                ),
            ),
        ],
        options={
            "verbose_name": "listing's embedding",
            "verbose_name_plural": "listings' embeddings",
            "indexes": [
                pgvector.django.indexes.HnswIndex(
                    condition=models.Q(("slot", 0)),
                    fields=["vector"],
                    name="embedding_nearest_0",
                    opclasses=["halfvec_cosine_ops"],
                ),
                pgvector.django.indexes.HnswIndex(
                    condition=models.Q(("slot", 1)),
                    fields=["vector"],
                    name="embedding_nearest_1",
                    opclasses=["halfvec_cosine_ops"],
                ),
            ],
            "constraints": [models.UniqueConstraint(fields=("listing", "slot"), name="embedding_is_unique_by_slot")],
        },
    ),
    migrations.CreateModel(
        name="ListingInvitation",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "state",
                models.CharField(
                    choices=[("OPEN", "open"), ("REVOKED", "revoked"), ("EXPIRED", "expired")],
                    default="OPEN",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("message", models.CharField(blank=True, max_length=1000, verbose_name="message")),
            ("expires_at", models.DateTimeField(verbose_name="expires at")),
            (
                "invitee",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="invited",
                ),
            ),
            (
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="invitations",
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
            "verbose_name": "listing invitation",
            "verbose_name_plural": "listing invitations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["invitee", "-id"], name="listing_invitation_by_invitee"),
                models.Index(
                    condition=models.Q(("state", "OPEN")), fields=["expires_at"], name="listing_invitation_by_expiry"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "OPEN")),
                    fields=("invitee", "listing"),
                    name="listing_invitation_is_unique_while_open",
                ),
                models.CheckConstraint(
                    condition=models.Q(("invitee", models.F("organization")), _negated=True),
                    name="listing_invitation_has_two_parties",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ListingRevision",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.PositiveIntegerField(verbose_name="number")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("SUBMITTED", "under review"),
                        ("APPROVED", "approved"),
                        ("REFUSED", "refused"),
                        ("WITHDRAWN", "withdrawn"),
                    ],
                    default="SUBMITTED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "dossier",
                models.JSONField(
                    default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="dossier"
                ),
            ),
            (
                "changes",
                models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changes"),
            ),
            ("rule_set", models.CharField(max_length=40, verbose_name="rule set that decided")),
            ("reason", models.TextField(verbose_name="reason")),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("edition", models.CharField(blank=True, max_length=40, verbose_name="checklist edition")),
            (
                "stages",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("COMPLETENESS", "completeness"),
                            ("SOURCE_RIGHTS", "source and rights"),
                            ("GRADE", "grade and personal information"),
                            ("LEGAL_OPINION", "legal opinion"),
                            ("QUALITY", "quality"),
                            ("PRICE", "price"),
                            ("COMMITTEE", "compliance committee"),
                            ("COMPLIANCE", "compliance"),
                            ("PUBLICATION", "publication"),
                        ],
                        max_length=16,
                    ),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="stages to decide",
                ),
            ),
            (
                "stage",
                models.CharField(
                    blank=True,
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    max_length=16,
                    verbose_name="stage",
                ),
            ),
            ("stage_due_at", models.DateTimeField(blank=True, null=True, verbose_name="stage due at")),
            ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
            ("decision_note", models.TextField(blank=True, verbose_name="note on the decision")),
            (
                "decided_by",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="decided by",
                ),
            ),
            (
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="revisions",
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
                "submitted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="submitted by",
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
                    related_name="revisions",
                    to="listings.datasetversion",
                    verbose_name="version",
                ),
            ),
            ("plans", models.ManyToManyField(related_name="revisions", to="listings.plan", verbose_name="plans")),
            (
                "terms",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="revisions",
                    to="listings.terms",
                    verbose_name="terms",
                ),
            ),
        ],
        options={
            "verbose_name": "listing revision",
            "verbose_name_plural": "listing revisions",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="revision_by_organization"),
                models.Index(fields=["venue", "state", "-id"], name="revision_by_venue_and_state"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("listing", "number"), name="revision_number_is_unique_by_listing"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "SUBMITTED")),
                    fields=("listing",),
                    name="one_revision_is_under_review_by_listing",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state__in", ["APPROVED", "REFUSED"]), _negated=True),
                        models.Q(
                            ("decided_at__isnull", False),
                            ("decided_by__isnull", False),
                            models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="revision_is_decided_by_another_person",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "REFUSED"), _negated=True),
                        models.Q(("decision_note", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="refused_revision_says_why",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "SUBMITTED"), _negated=True),
                        models.Q(
                            models.Q(("edition", ""), _negated=True),
                            models.Q(("stage", ""), _negated=True),
                            ("stage_due_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="revision_under_review_lies_at_a_stage",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReviewClock",
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
                        ("ACCEPTANCE", "take up the review"),
                        ("STAGE", "decide the stage"),
                        ("DECISION", "decide"),
                    ],
                    max_length=12,
                    verbose_name="kind",
                ),
            ),
            (
                "stage",
                models.CharField(
                    blank=True,
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    max_length=16,
                    verbose_name="stage",
                ),
            ),
            ("working_days", models.PositiveSmallIntegerField(verbose_name="working days")),
            ("started_at", models.DateTimeField(verbose_name="started at")),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("paused_at", models.DateTimeField(blank=True, null=True, verbose_name="paused at")),
            (
                "days_left",
                models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="working days left when paused"),
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
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "STAGE"), models.Q(("stage", ""), _negated=True)),
                        models.Q(models.Q(("kind", "STAGE"), _negated=True), ("stage", "")),
                        _connector="OR",
                    ),
                    name="clock_of_a_stage_names_it",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RouteCase",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            ("order_id", models.UUIDField(unique=True, verbose_name="order")),
            ("purpose", models.TextField(verbose_name="declared purpose of use")),
            (
                "onward_transfer_outside_gba",
                models.BooleanField(default=False, verbose_name="passed on outside the Greater Bay Area"),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("NEW", "to be classified"),
                        ("CLASSIFIED", "classified, to be judged by a person"),
                        ("DECIDED", "decided, route to be chosen"),
                        ("DOCS_PENDING", "papers pending"),
                        ("INTERNAL_REVIEW", "papers under review"),
                        ("EXEMPT_CONFIRMED", "confirmed, no filing needed"),
                        ("SIGNED", "contract in effect, to be filed"),
                        ("FILED", "filed"),
                        ("FILING_SUPPLEMENT", "filing to be supplemented"),
                        ("FILING_ACCEPTED", "filing accepted"),
                        ("SUBMITTED", "submitted to the authority"),
                        ("AUTH_COMPLETENESS", "completeness checked by the authority"),
                        ("RETURNED", "returned by the authority"),
                        ("ACCEPTED", "accepted"),
                        ("AUTH_REVIEW", "assessed by the authority"),
                        ("APPROVED", "approved"),
                        ("REFUSED", "refused"),
                        ("RE_REVIEW", "reviewed again by the authority"),
                        ("REFUSED_FINAL", "refused for good"),
                        ("EXPIRING", "expiring, extension open"),
                        ("EXTENDED", "extended"),
                        ("EXPIRED", "expired"),
                        ("REASSESS_REQUIRED", "to be assessed anew"),
                        ("REVOKED", "revoked"),
                        ("WITHDRAWN", "withdrawn"),
                    ],
                    default="NEW",
                    max_length=20,
                    verbose_name="state",
                ),
            ),
            ("year", models.PositiveSmallIntegerField(verbose_name="year")),
            ("route", models.CharField(blank=True, max_length=30, verbose_name="route")),
            ("n_general", models.BigIntegerField(null=True, verbose_name="persons")),
            ("n_sensitive", models.BigIntegerField(null=True, verbose_name="persons with sensitive information")),
            (
                "port",
                models.CharField(
                    blank=True,
                    choices=[("NANSHA", "Nansha"), ("QIANHAI", "Qianhai"), ("HENGQIN", "Hengqin"), ("HETAO", "Hetao")],
                    max_length=10,
                    verbose_name="port",
                ),
            ),
            ("recipient_network", models.CharField(blank=True, max_length=64, verbose_name="recipient's network")),
            ("contract_effective_on", models.DateField(null=True, verbose_name="contract in effect on")),
            ("valid_until", models.DateField(null=True, verbose_name="valid until")),
            ("submitted_by", models.UUIDField(null=True, verbose_name="submitted by")),
            ("reviewed_by", models.UUIDField(null=True, verbose_name="reviewed by")),
            ("finding", models.TextField(blank=True, verbose_name="what was found")),
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
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="exporter",
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
                "recipient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="recipient",
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
            "verbose_name": "route case",
            "verbose_name_plural": "route cases",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="route_case_by_exporter"),
                models.Index(fields=["recipient", "-id"], name="route_case_by_recipient"),
                models.Index(fields=["venue", "state", "-id"], name="route_case_by_venue_and_state"),
                models.Index(
                    condition=models.Q(("valid_until__isnull", False)),
                    fields=["valid_until"],
                    name="route_case_by_end_of_validity",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="SavedSearchHit",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="listings.listing",
                    verbose_name="listing",
                ),
            ),
            (
                "saved_search",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="hits",
                    to="listings.savedsearch",
                    verbose_name="saved search",
                ),
            ),
        ],
        options={
            "verbose_name": "hit of a saved search",
            "verbose_name_plural": "hits of saved searches",
            "indexes": [models.Index(fields=["saved_search", "-id"], name="saved_search_hit_by_search")],
            "constraints": [
                models.UniqueConstraint(fields=("saved_search", "listing"), name="saved_search_tells_of_a_listing_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="Submission",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("round", models.PositiveSmallIntegerField(verbose_name="round")),
            ("edition", models.CharField(max_length=40, verbose_name="checklist edition")),
            (
                "plan",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("COMPLETENESS", "completeness"),
                            ("SOURCE_RIGHTS", "source and rights"),
                            ("GRADE", "grade and personal information"),
                            ("LEGAL_OPINION", "legal opinion"),
                            ("QUALITY", "quality"),
                            ("PRICE", "price"),
                            ("COMMITTEE", "compliance committee"),
                            ("COMPLIANCE", "compliance"),
                            ("PUBLICATION", "publication"),
                        ],
                        max_length=16,
                    ),
                    size=None,
                    verbose_name="stages",
                ),
            ),
            (
                "stages",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(
                        choices=[
                            ("COMPLETENESS", "completeness"),
                            ("SOURCE_RIGHTS", "source and rights"),
                            ("GRADE", "grade and personal information"),
                            ("LEGAL_OPINION", "legal opinion"),
                            ("QUALITY", "quality"),
                            ("PRICE", "price"),
                            ("COMMITTEE", "compliance committee"),
                            ("COMPLIANCE", "compliance"),
                            ("PUBLICATION", "publication"),
                        ],
                        max_length=16,
                    ),
                    size=None,
                    verbose_name="stages to decide",
                ),
            ),
            ("dossier", models.JSONField(verbose_name="dossier")),
            ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the dossier")),
            ("sm3", models.CharField(blank=True, max_length=64, verbose_name="SM3 of the dossier")),
            ("changes", models.JSONField(default=dict, verbose_name="changes")),
            ("answers", models.JSONField(default=dict, verbose_name="answers to the corrections")),
            (
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="submissions",
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
                "submitted_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="submitted by",
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
            "verbose_name": "submission",
            "verbose_name_plural": "submissions",
            "constraints": [
                models.UniqueConstraint(fields=("listing", "round"), name="submission_is_unique_by_round"),
                models.CheckConstraint(
                    condition=models.Q(("stages__len__gt", 0)), name="submission_has_a_stage_to_decide"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Suggestion",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.CharField(db_collation="C", max_length=40, verbose_name="beginning")),
            (
                "listing",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="suggestions",
                    to="listings.listing",
                    verbose_name="listing",
                ),
            ),
        ],
        options={
            "verbose_name": "suggestion",
            "verbose_name_plural": "suggestions",
            "indexes": [models.Index(fields=["key", "listing"], name="suggestion_by_beginning")],
            "constraints": [models.UniqueConstraint(fields=("listing", "key"), name="suggestion_is_unique_by_listing")],
        },
    ),
    migrations.CreateModel(
        name="ReportPaper",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=200, verbose_name="file name")),
            ("media_type", models.CharField(max_length=40, verbose_name="media type")),
            ("size", models.BigIntegerField(verbose_name="bytes")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped data key")),
            ("key_id", models.CharField(db_index=True, max_length=64, verbose_name="key-encryption key")),
            ("uploaded_by", models.UUIDField(null=True, verbose_name="uploaded by")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="service agency",
                ),
            ),
            (
                "report",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="papers",
                    to="listings.agencyreport",
                    verbose_name="agency report",
                ),
            ),
        ],
        options={
            "verbose_name": "paper of an agency report",
            "verbose_name_plural": "papers of agency reports",
            "ordering": ["-id"],
        },
    ),
    migrations.CreateModel(
        name="RevisionReview",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "stage",
                models.CharField(
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    max_length=16,
                    verbose_name="stage",
                ),
            ),
            ("edition", models.CharField(max_length=40, verbose_name="checklist edition")),
            ("checklist", models.JSONField(default=dict, verbose_name="checklist")),
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
                "revision",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reviews",
                    to="listings.listingrevision",
                    verbose_name="listing revision",
                ),
            ),
        ],
        options={
            "verbose_name": "passed stage of a revision",
            "verbose_name_plural": "passed stages of revisions",
            "ordering": ["id"],
            "constraints": [
                models.UniqueConstraint(fields=("revision", "stage"), name="stage_of_a_revision_is_passed_once")
            ],
        },
    ),
    migrations.CreateModel(
        name="CustomsDeclaration",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=24, unique=True, verbose_name="number")),
            ("delivery_id", models.UUIDField(verbose_name="delivery")),
            (
                "port",
                models.CharField(
                    choices=[("NANSHA", "Nansha"), ("QIANHAI", "Qianhai"), ("HENGQIN", "Hengqin"), ("HETAO", "Hetao")],
                    max_length=10,
                    verbose_name="port",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("DECLARED", "declared"),
                        ("DOC_CHECK", "papers checked"),
                        ("CONTENT_SAMPLING", "rows sampled"),
                        ("RELEASED", "released"),
                        ("HELD", "held"),
                        ("RETURNED", "returned to the exporter"),
                        ("QUARANTINED", "quarantined"),
                        ("CLOSED", "closed, received as sent"),
                        ("DISPUTED", "received otherwise than sent"),
                    ],
                    default="DECLARED",
                    max_length=20,
                    verbose_name="state",
                ),
            ),
            ("manifest", models.JSONField(verbose_name="manifest")),
            ("payload_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what is sent")),
            ("payload_bytes", models.BigIntegerField(verbose_name="bytes")),
            ("findings", models.JSONField(default=list, verbose_name="findings of the machine checks")),
            ("low_risk", models.BooleanField(default=False, verbose_name="low risk by rule")),
            ("sampled_rows", models.JSONField(default=list, verbose_name="rows to be sampled")),
            ("release_proposed_by", models.UUIDField(null=True, verbose_name="release proposed by")),
            ("released_by", models.UUIDField(null=True, verbose_name="released by")),
            ("finding", models.TextField(blank=True, verbose_name="what was found")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="exporter",
                ),
            ),
            (
                "recipient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="recipient",
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
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="declarations",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
        ],
        options={
            "verbose_name": "customs declaration",
            "verbose_name_plural": "customs declarations",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization", "-id"], name="declaration_by_exporter"),
                models.Index(fields=["venue", "state", "-id"], name="declaration_by_venue_and_state"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["RETURNED", "QUARANTINED"]), _negated=True),
                    fields=("delivery_id",),
                    name="one_standing_declaration_by_delivery",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("released_by__isnull", True),
                        models.Q(("released_by", models.F("release_proposed_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="release_is_by_two_people",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="CasePaper",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("name", models.CharField(max_length=200, verbose_name="file name")),
            ("media_type", models.CharField(max_length=40, verbose_name="media type")),
            ("size", models.BigIntegerField(verbose_name="bytes")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
            ("wrapped_key", models.BinaryField(verbose_name="wrapped data key")),
            ("key_id", models.CharField(db_index=True, max_length=64, verbose_name="key-encryption key")),
            ("uploaded_by", models.UUIDField(null=True, verbose_name="uploaded by")),
            ("code", models.CharField(max_length=40, verbose_name="paper")),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="handed in for",
                ),
            ),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="papers",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
        ],
        options={
            "verbose_name": "paper of a route case",
            "verbose_name_plural": "papers of route cases",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["case", "-id"], name="case_paper_by_case")],
        },
    ),
    migrations.CreateModel(
        name="CaseFiling",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("authority", models.CharField(max_length=40, verbose_name="authority")),
            ("step", models.CharField(max_length=40, verbose_name="step")),
            ("number", models.CharField(blank=True, max_length=80, verbose_name="number given by the authority")),
            ("on", models.DateField(verbose_name="on")),
            ("note", models.TextField(blank=True, verbose_name="what the authority said")),
            ("entered_by", models.UUIDField(verbose_name="entered by")),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="filings",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
        ],
        options={
            "verbose_name": "filing",
            "verbose_name_plural": "filings",
            "ordering": ["-id"],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("number", ""), _negated=True),
                    fields=("authority", "number", "step"),
                    name="filing_number_is_given_once",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="RouteDecision",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("as_of", models.DateField(verbose_name="as of")),
            ("rule_set", models.CharField(max_length=80, verbose_name="rule set")),
            ("rule_set_digest", models.CharField(max_length=80, verbose_name="digest of the rule set")),
            ("route", models.CharField(max_length=30, verbose_name="route")),
            ("body", models.JSONField(verbose_name="decision")),
            ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
            ("ruled_by", models.UUIDField(null=True, verbose_name="ruled by")),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="decisions",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
        ],
        options={
            "verbose_name": "route decision",
            "verbose_name_plural": "route decisions",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["case", "-id"], name="route_decision_by_case")],
        },
    ),
    migrations.CreateModel(
        name="SplittingAlert",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "sign",
                models.CharField(
                    choices=[
                        ("AFFILIATED_EXPORTERS", "affiliated exporters"),
                        ("AFFILIATED_RECIPIENTS", "affiliated recipients"),
                        ("THIN_SLICES", "thin slices of time to one recipient"),
                    ],
                    max_length=24,
                    verbose_name="sign",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("OPEN", "to be looked at"), ("DISMISSED", "dismissed"), ("UPHELD", "upheld")],
                    default="OPEN",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("count", models.CharField(max_length=12, verbose_name="count")),
            ("line", models.BigIntegerField(verbose_name="line")),
            ("persons", models.BigIntegerField(verbose_name="persons together")),
            ("case_numbers", models.JSONField(default=list, verbose_name="route cases")),
            ("finding", models.TextField(blank=True, verbose_name="what was found")),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="splitting_alerts",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="exporter",
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
            "verbose_name": "splitting alert",
            "verbose_name_plural": "splitting alerts",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["venue", "state", "-id"], name="splitting_alert_by_venue")],
            "constraints": [
                models.UniqueConstraint(fields=("case", "sign", "count"), name="one_alert_by_case_sign_and_count")
            ],
        },
    ),
    migrations.CreateModel(
        name="StatutoryClock",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("code", models.CharField(max_length=40, verbose_name="time limit")),
            (
                "name",
                kernel.languages.LanguageMapField(default=dict, text_length=200, verbose_name="what must be done"),
            ),
            ("by", models.CharField(max_length=40, verbose_name="by whom")),
            ("calendar", models.CharField(blank=True, max_length=2, verbose_name="calendar")),
            ("count", models.PositiveSmallIntegerField(verbose_name="how many")),
            ("unit", models.CharField(max_length=12, verbose_name="unit")),
            ("started_on", models.DateField(verbose_name="started on")),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("verified", models.BooleanField(verbose_name="by published calendars")),
            ("days_left", models.PositiveSmallIntegerField(null=True, verbose_name="days left while paused")),
            ("stopped_at", models.DateTimeField(null=True, verbose_name="stopped at")),
            ("reminded_at", models.DateTimeField(null=True, verbose_name="reminded at")),
            ("overdue_at", models.DateTimeField(null=True, verbose_name="found overdue at")),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="clocks",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
        ],
        options={
            "verbose_name": "statutory clock",
            "verbose_name_plural": "statutory clocks",
            "ordering": ["due_at"],
            "indexes": [
                models.Index(
                    condition=models.Q(("stopped_at__isnull", True)),
                    fields=["due_at"],
                    name="statutory_clock_by_due_time",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("stopped_at__isnull", True)),
                    fields=("case", "code"),
                    name="one_running_clock_by_case_and_code",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ExportEntry",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("year", models.PositiveSmallIntegerField(verbose_name="year")),
            ("route", models.CharField(max_length=30, verbose_name="route")),
            ("counts", models.BooleanField(default=True, verbose_name="counts towards the legal lines")),
            ("n_general", models.BigIntegerField(verbose_name="persons")),
            ("n_sensitive", models.BigIntegerField(verbose_name="persons with sensitive information")),
            (
                "state",
                models.CharField(
                    choices=[("RESERVED", "held"), ("COMMITTED", "left the jurisdiction"), ("RELEASED", "given back")],
                    default="RESERVED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            (
                "organization",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="exporter",
                ),
            ),
            (
                "recipient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="recipient",
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
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="entries",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
            (
                "subject_list",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="listings.subjectlist",
                    verbose_name="keyed identifiers",
                ),
            ),
        ],
        options={
            "verbose_name": "entry of the export register",
            "verbose_name_plural": "export register",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["organization", "year", "state"], name="export_entry_by_exporter_year")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("n_general__gte", 0), ("n_sensitive__gte", 0)),
                    name="exported_persons_are_not_negative",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("state", "RESERVED")), fields=("case",), name="one_held_entry_by_route_case"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Review",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "stage",
                models.CharField(
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    max_length=16,
                    verbose_name="stage",
                ),
            ),
            (
                "decision",
                models.CharField(
                    choices=[
                        ("PASS", "passed"),
                        ("CORRECT", "correction requested"),
                        ("REJECT", "rejected"),
                        ("REFER", "referred to the committee"),
                    ],
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
            (
                "submission",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reviews",
                    to="listings.submission",
                    verbose_name="submission",
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
                        models.Q(("decision__in", ["REJECT", "REFER"]), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="rejection_has_a_reason",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Ballot",
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
                        ("OPEN", "open"),
                        ("PASSED", "passed"),
                        ("REFUSED", "refused"),
                        ("LAPSED", "without a quorum"),
                    ],
                    default="OPEN",
                    max_length=8,
                    verbose_name="state",
                ),
            ),
            (
                "red_items",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.CharField(max_length=40),
                    blank=True,
                    default=list,
                    size=None,
                    verbose_name="red items",
                ),
            ),
            (
                "quorum",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.PositiveSmallIntegerField(), size=2, verbose_name="quorum"
                ),
            ),
            (
                "majority",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.PositiveSmallIntegerField(), size=2, verbose_name="majority"
                ),
            ),
            ("closes_at", models.DateTimeField(verbose_name="closes at")),
            ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
            ("counts", models.JSONField(default=dict, verbose_name="votes counted")),
            ("minutes", models.TextField(blank=True, verbose_name="minutes")),
            (
                "closed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="closed by",
                ),
            ),
            ("members", models.ManyToManyField(related_name="+", to=settings.AUTH_USER_MODEL, verbose_name="members")),
            (
                "opened_by",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="opened by",
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
            (
                "listing",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="ballots",
                    to="listings.listing",
                    verbose_name="listing",
                ),
            ),
            (
                "submission",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="ballots",
                    to="listings.submission",
                    verbose_name="submission",
                ),
            ),
        ],
        options={
            "verbose_name": "committee ballot",
            "verbose_name_plural": "committee ballots",
            "indexes": [models.Index(fields=["venue", "-id"], name="ballot_by_venue")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "OPEN")), fields=("listing",), name="one_open_ballot_by_listing"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state", "OPEN"),
                        models.Q(
                            ("closed_at__isnull", False),
                            ("closed_by__isnull", False),
                            models.Q(("minutes", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="closed_ballot_has_minutes",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="TransferPermit",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("delivery_id", models.UUIDField(verbose_name="delivery")),
            ("payload_sha256", models.CharField(max_length=64, verbose_name="SHA-256 of what is sent")),
            ("byte_ceiling", models.BigIntegerField(verbose_name="bytes allowed")),
            ("bytes_used", models.BigIntegerField(default=0, verbose_name="bytes granted")),
            ("valid_from", models.DateTimeField(verbose_name="valid from")),
            ("valid_until", models.DateTimeField(verbose_name="valid until")),
            ("withdrawn_at", models.DateTimeField(null=True, verbose_name="withdrawn at")),
            (
                "case",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="permits",
                    to="listings.routecase",
                    verbose_name="route case",
                ),
            ),
            (
                "declaration",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="permits",
                    to="listings.customsdeclaration",
                    verbose_name="declaration",
                ),
            ),
            (
                "recipient",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="accounts.organization",
                    verbose_name="recipient",
                ),
            ),
        ],
        options={
            "verbose_name": "transfer permit",
            "verbose_name_plural": "transfer permits",
            "ordering": ["-id"],
            "indexes": [models.Index(fields=["delivery_id", "-id"], name="permit_by_delivery")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("bytes_used__gte", 0), ("bytes_used__lte", models.F("byte_ceiling"))),
                    name="permit_is_not_used_beyond_its_ceiling",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("withdrawn_at__isnull", True)),
                    fields=("delivery_id",),
                    name="one_standing_permit_by_delivery",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Vote",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            (
                "choice",
                models.CharField(
                    choices=[("FOR", "for"), ("AGAINST", "against"), ("ABSTAIN", "abstains"), ("RECUSED", "recused")],
                    max_length=8,
                    verbose_name="choice",
                ),
            ),
            ("reason", models.TextField(verbose_name="reason")),
            (
                "ballot",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="votes",
                    to="listings.ballot",
                    verbose_name="ballot",
                ),
            ),
            (
                "member",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                    verbose_name="member",
                ),
            ),
        ],
        options={
            "verbose_name": "committee vote",
            "verbose_name_plural": "committee votes",
            "constraints": [
                models.UniqueConstraint(fields=("ballot", "member"), name="one_vote_by_member"),
                models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="vote_has_a_reason"),
            ],
        },
    ),
    migrations.CreateModel(
        name="ArrivalReport",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("files", models.JSONField(verbose_name="files received")),
            ("matches", models.BooleanField(verbose_name="received as sent")),
            ("reported_by", models.UUIDField(null=True, verbose_name="reported by")),
            (
                "permit",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="arrivals",
                    to="listings.transferpermit",
                    verbose_name="permit",
                ),
            ),
        ],
        options={
            "verbose_name": "arrival report",
            "verbose_name_plural": "arrival reports",
            "ordering": ["-id"],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("kernel", "0001_initial"),
    ]

    operations = [pgvector.django.extensions.VectorExtension(), CreateModels(MODELS)]
