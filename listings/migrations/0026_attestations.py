"""Attestations of documents, each node's log of them, signed batches, and verifications that holders authorise."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
import kernel.languages
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_interests_and_ties"),
        ("listings", "0025_crossing_the_border"),
    ]

    operations = [
        migrations.CreateModel(
            name="TrustNode",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
            name="AttestationEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
        run_sql_file(
            "listings",
            "attestation_logs.sql",
            reverse="""
                DROP TRIGGER attestation_entry_is_append_only ON listings_attestationentry;
                DROP TRIGGER attestation_batch_is_append_only ON listings_attestationbatch;
            """,
        ),
    ]
