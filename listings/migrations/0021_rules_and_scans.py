"""Rules that a provider sets for a file, and what later scans of a version find; scans only grow."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_statistician"),
        ("listings", "0020_deprecations_and_freshness"),
    ]

    operations = [
        migrations.AddField(
            model_name="datafile",
            name="table_schema",
            field=models.JSONField(blank=True, null=True, verbose_name="rules of the provider (Table Schema)"),
        ),
        migrations.CreateModel(
            name="GradeScan",
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
        run_sql_file(
            "listings",
            "grade_scans.sql",
            reverse="""
                DROP TRIGGER grade_scan_is_never_truncated ON listings_gradescan;
                DROP TRIGGER grade_scan_is_append_only ON listings_gradescan;
            """,
        ),
    ]
