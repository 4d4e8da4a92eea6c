"""What people confirm about the grade of a version; it only grows."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0003_sealed_versions"),
        ("kernel", "0002_evidence_triggers"),
    ]

    operations = [
        migrations.CreateModel(
            name="GradeConfirmation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
        run_sql_file(
            "listings",
            "grade_confirmations.sql",
            reverse="""
                DROP TRIGGER grade_confirmation_is_never_truncated ON listings_gradeconfirmation;
                DROP TRIGGER grade_confirmation_is_append_only ON listings_gradeconfirmation;
            """,
        ),
    ]
