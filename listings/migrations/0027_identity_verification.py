"""Identity verification: programmes, hashed identifiers, consents and answered queries."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_customs_officer"),
        ("listings", "0026_attestations"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdentityProgramme",
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
                        choices=[("OPEN", "open"), ("CLOSED", "closed")],
                        default="OPEN",
                        max_length=6,
                        verbose_name="state",
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
            },
        ),
        migrations.CreateModel(
            name="IdentityConsent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
            },
        ),
        migrations.CreateModel(
            name="IdentityQuery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
            },
        ),
        migrations.CreateModel(
            name="IdentityRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
            },
        ),
        migrations.AddIndex(
            model_name="identityprogramme",
            index=models.Index(fields=["organization", "-id"], name="identity_programme_by_source"),
        ),
        migrations.AddIndex(
            model_name="identityconsent",
            index=models.Index(fields=["organization", "-id"], name="identity_consent_by_client"),
        ),
        migrations.AddIndex(
            model_name="identityquery",
            index=models.Index(fields=["organization", "programme", "created_at"], name="identity_query_by_client"),
        ),
        migrations.AddConstraint(
            model_name="identityquery",
            constraint=models.UniqueConstraint(
                fields=("organization", "nonce"), name="identity_query_is_unique_by_nonce"
            ),
        ),
        migrations.AddConstraint(
            model_name="identityrecord",
            constraint=models.UniqueConstraint(fields=("programme", "id_hash"), name="identity_record_is_unique_by_id"),
        ),
        run_sql_file(
            "listings",
            "identity_queries.sql",
            reverse="DROP TRIGGER identity_query_is_append_only ON listings_identityquery;",
        ),
    ]
