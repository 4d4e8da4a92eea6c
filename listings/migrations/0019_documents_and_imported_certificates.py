"""Papers of a dossier, which are never changed, and certificates that other registries gave."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_statistician"),
        ("listings", "0018_dataset_parents"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("evidence", models.CharField(blank=True, max_length=40, verbose_name="proves")),
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
            },
        ),
        migrations.CreateModel(
            name="ImportedCertificate",
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
            },
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organization", "-id"], name="document_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="document",
            constraint=models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="document_has_bytes"),
        ),
        migrations.AddIndex(
            model_name="importedcertificate",
            index=models.Index(fields=["organization", "-id"], name="imported_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="importedcertificate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["SUBMITTED", "VERIFIED"])),
                fields=("product", "kind", "number"),
                name="certificate_is_imported_once_by_product",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedcertificate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_until__isnull", True), ("valid_until__gt", models.F("issued_on")), _connector="OR"
                ),
                name="imported_certificate_runs_forward",
            ),
        ),
        migrations.AddConstraint(
            model_name="importedcertificate",
            constraint=models.CheckConstraint(
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
        ),
        run_sql_file(
            "listings",
            "documents_are_frozen.sql",
            reverse="""
                DROP TRIGGER document_is_frozen ON listings_document;
                DROP FUNCTION listings_guard_document();
            """,
        ),
    ]
