"""The tables of the kernel: jobs, audit events and tree heads, answers kept by key, numbers."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.serializers.json
import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import CreateModels

MODELS = [
    migrations.CreateModel(
        name="AuditEvent",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("occurred_at", models.DateTimeField(verbose_name="occurred at")),
            ("action", models.CharField(max_length=80, verbose_name="action")),
            ("subject_type", models.CharField(max_length=60, verbose_name="subject type")),
            ("subject_id", models.CharField(max_length=60, verbose_name="subject")),
            ("actor_kind", models.CharField(max_length=10, verbose_name="actor kind")),
            ("actor_id", models.UUIDField(null=True, verbose_name="actor")),
            ("person_id", models.UUIDField(null=True, verbose_name="responsible person")),
            ("organization_id", models.UUIDField(null=True, verbose_name="organization")),
            ("venue_id", models.UUIDField(null=True, verbose_name="venue")),
            ("reason", models.TextField(blank=True, verbose_name="reason")),
            (
                "details",
                models.JSONField(
                    default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="details"
                ),
            ),
            ("trace_id", models.CharField(blank=True, max_length=32, verbose_name="trace id")),
        ],
        options={
            "verbose_name": "audit event",
            "verbose_name_plural": "audit events",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["subject_type", "subject_id", "id"], name="event_by_subject"),
                models.Index(fields=["venue_id", "-id"], name="event_by_venue"),
                models.Index(fields=["organization_id", "-id"], name="event_by_organization"),
            ],
        },
    ),
    migrations.CreateModel(
        name="Job",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("kind", models.CharField(max_length=60, verbose_name="kind")),
            ("key", models.CharField(max_length=120, verbose_name="key")),
            ("subject_id", models.UUIDField(null=True, verbose_name="subject")),
            ("payload", models.JSONField(default=dict, verbose_name="payload")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("WAITING", "waiting"),
                        ("RUNNING", "running"),
                        ("DONE", "done"),
                        ("FAILED", "failed"),
                        ("CANCELLED", "cancelled"),
                    ],
                    default="WAITING",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("due_at", models.DateTimeField(verbose_name="due at")),
            ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
            ("leased_until", models.DateTimeField(null=True, verbose_name="leased until")),
            ("progress", models.PositiveSmallIntegerField(default=0, verbose_name="progress in percent")),
            ("last_error", models.TextField(blank=True, verbose_name="last error")),
            ("finished_at", models.DateTimeField(null=True, verbose_name="finished at")),
            ("organization_id", models.UUIDField(null=True, verbose_name="organization")),
            ("venue_id", models.UUIDField(null=True, verbose_name="venue")),
            ("trace_id", models.CharField(blank=True, max_length=32, verbose_name="trace id")),
            ("expected_at", models.DateTimeField(null=True, verbose_name="expected to end at")),
        ],
        options={
            "verbose_name": "job",
            "verbose_name_plural": "jobs",
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "WAITING")), fields=["due_at"], name="job_waiting_by_due_time"
                ),
                models.Index(
                    condition=models.Q(("state", "RUNNING")), fields=["leased_until"], name="job_running_by_lease"
                ),
                models.Index(fields=["subject_id"], name="job_by_subject"),
                models.Index(condition=models.Q(("state", "FAILED")), fields=["venue_id"], name="job_failed_by_venue"),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("kind", "key"), name="job_is_unique_by_kind_and_key"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "RUNNING"), _negated=True),
                        ("leased_until__isnull", False),
                        _connector="OR",
                    ),
                    name="running_job_has_a_lease",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="IdempotencyRecord",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("owner_id", models.UUIDField(verbose_name="owner")),
            ("key", models.CharField(max_length=255, verbose_name="key")),
            ("route", models.CharField(max_length=255, verbose_name="route")),
            ("fingerprint", models.CharField(max_length=64, verbose_name="fingerprint")),
            ("status", models.PositiveSmallIntegerField(verbose_name="status")),
            ("body", models.JSONField(null=True, verbose_name="body")),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
        ],
        options={
            "verbose_name": "stored answer",
            "verbose_name_plural": "stored answers",
            "indexes": [models.Index(fields=["created_at"], name="stored_answer_by_age")],
            "constraints": [
                models.UniqueConstraint(fields=("owner_id", "key"), name="stored_answer_is_unique_by_owner_and_key")
            ],
        },
    ),
    migrations.CreateModel(
        name="UnsealedEvent",
        fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            (
                "event",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="kernel.auditevent",
                    verbose_name="event",
                ),
            ),
        ],
        options={
            "verbose_name": "unsealed event",
            "verbose_name_plural": "unsealed events",
        },
    ),
    migrations.CreateModel(
        name="SealedEvent",
        fields=[
            (
                "leaf_index",
                models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name="leaf index"),
            ),
            ("sha256", models.BinaryField(max_length=32, verbose_name="leaf hash (SHA-256)")),
            ("sm3", models.BinaryField(max_length=32, verbose_name="SM3 digest")),
            (
                "event",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="sealed",
                    to="kernel.auditevent",
                    verbose_name="event",
                ),
            ),
        ],
        options={
            "verbose_name": "sealed event",
            "verbose_name_plural": "sealed events",
        },
    ),
    migrations.CreateModel(
        name="MerkleNode",
        fields=[
            (
                "pk",
                models.CompositePrimaryKey(
                    "level", "position", blank=True, editable=False, primary_key=True, serialize=False
                ),
            ),
            ("level", models.PositiveSmallIntegerField(verbose_name="level")),
            ("position", models.PositiveBigIntegerField(verbose_name="position")),
            ("hash", models.BinaryField(max_length=32, verbose_name="hash")),
        ],
        options={
            "verbose_name": "tree node",
            "verbose_name_plural": "tree nodes",
        },
    ),
    migrations.CreateModel(
        name="LogKey",
        fields=[
            ("key_id", models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name="key id")),
            ("public_key", models.TextField(verbose_name="public key (PEM)")),
            ("first_used_at", models.DateTimeField(verbose_name="first used at")),
        ],
        options={
            "verbose_name": "log key",
            "verbose_name_plural": "log keys",
        },
    ),
    migrations.CreateModel(
        name="TreeHead",
        fields=[
            ("size", models.PositiveBigIntegerField(primary_key=True, serialize=False, verbose_name="size")),
            ("root_sha256", models.CharField(max_length=64, verbose_name="root (SHA-256)")),
            ("sealed_at", models.DateTimeField(verbose_name="sealed at")),
            ("statement", models.JSONField(verbose_name="signed statement")),
            ("signature", models.CharField(max_length=88, verbose_name="signature (Base64)")),
            (
                "key",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="heads",
                    to="kernel.logkey",
                    verbose_name="key",
                ),
            ),
        ],
        options={
            "verbose_name": "tree head",
            "verbose_name_plural": "tree heads",
            "ordering": ["-size"],
            "constraints": [models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="tree_head_has_leaves")],
        },
    ),
    migrations.CreateModel(
        name="Certificate",
        fields=[
            (
                "id",
                models.UUIDField(default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ("number", models.CharField(max_length=40, unique=True, verbose_name="number")),
            ("kind", models.CharField(max_length=40, verbose_name="kind")),
            ("subject_type", models.CharField(max_length=60, verbose_name="subject type")),
            ("subject_id", models.CharField(max_length=60, verbose_name="subject")),
            (
                "state",
                models.CharField(
                    choices=[("STATED", "stated"), ("ISSUED", "issued"), ("REVOKED", "revoked")],
                    default="STATED",
                    max_length=10,
                    verbose_name="state",
                ),
            ),
            ("organization_id", models.UUIDField(null=True, verbose_name="organization")),
            ("venue_id", models.UUIDField(null=True, verbose_name="venue")),
            (
                "holder_ids",
                django.contrib.postgres.fields.ArrayField(
                    base_field=models.UUIDField(), default=list, size=None, verbose_name="other holders"
                ),
            ),
            ("statement", models.JSONField(verbose_name="statement")),
            ("statement_sha256", models.CharField(max_length=64, verbose_name="statement digest (SHA-256)")),
            ("statement_sm3", models.CharField(max_length=64, verbose_name="statement digest (SM3)")),
            ("file", models.TextField(blank=True, verbose_name="certificate file")),
            ("issued_at", models.DateTimeField(null=True, verbose_name="issued at")),
            ("revoked_at", models.DateTimeField(null=True, verbose_name="revoked at")),
            ("revocation_reason", models.TextField(blank=True, verbose_name="reason of revocation")),
            (
                "event",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="certificate",
                    to="kernel.auditevent",
                    verbose_name="event of the statement",
                ),
            ),
        ],
        options={
            "verbose_name": "certificate",
            "verbose_name_plural": "certificates",
            "ordering": ["-id"],
            "indexes": [
                models.Index(fields=["organization_id", "-id"], name="certificate_by_organization"),
                models.Index(fields=["venue_id", "-id"], name="certificate_by_venue"),
                django.contrib.postgres.indexes.GinIndex(fields=["holder_ids"], name="certificate_by_holder"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state", "REVOKED"), _negated=True),
                    fields=("kind", "subject_type", "subject_id"),
                    name="certificate_is_unique_by_kind_and_subject",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "ISSUED"), _negated=True),
                        models.Q(models.Q(("file", ""), _negated=True), ("issued_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="issued_certificate_has_a_file",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "REVOKED"), _negated=True),
                        models.Q(models.Q(("revocation_reason", ""), _negated=True), ("revoked_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="revoked_certificate_has_a_reason",
                ),
            ],
        },
    ),
]


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [CreateModels(MODELS)]
