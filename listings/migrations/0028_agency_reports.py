"""Reports of service agencies, and their papers."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file

UNDO = """
DROP TRIGGER report_paper_is_frozen ON listings_reportpaper;
DROP TRIGGER report_paper_is_never_deleted ON listings_reportpaper;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_customs_officer"),
        ("listings", "0027_identity_verification"),
    ]

    operations = [
        migrations.CreateModel(
            name="AgencyReport",
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
                            ("LEGAL_OPINION", "legal opinion"),
                            ("QUALITY_REPORT", "quality report"),
                            ("SECURITY_REPORT", "security report"),
                            ("VALUE_REPORT", "value report"),
                        ],
                        max_length=16,
                        verbose_name="kind",
                    ),
                ),
                ("stage", models.CharField(max_length=20, verbose_name="stage")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("COMMISSIONED", "commissioned"),
                            ("DECLINED", "declined"),
                            ("UNDERTAKEN", "undertaken"),
                            ("DELIVERED", "delivered"),
                            ("RETURNED", "returned"),
                            ("ACCEPTED", "accepted"),
                            ("CANCELLED", "cancelled"),
                        ],
                        default="COMMISSIONED",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("question", models.TextField(verbose_name="what is asked")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
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
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
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
            ],
            options={
                "verbose_name": "agency report",
                "verbose_name_plural": "agency reports",
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="ReportPaper",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
        migrations.AddIndex(
            model_name="agencyreport",
            index=models.Index(fields=["organization", "-id"], name="report_by_agency"),
        ),
        migrations.AddIndex(
            model_name="agencyreport",
            index=models.Index(fields=["provider", "-id"], name="report_by_provider"),
        ),
        migrations.AddIndex(
            model_name="agencyreport",
            index=models.Index(fields=["venue", "state", "-id"], name="report_by_venue_and_state"),
        ),
        migrations.AddConstraint(
            model_name="agencyreport",
            constraint=models.CheckConstraint(
                condition=models.Q(("organization", models.F("provider")), _negated=True),
                name="report_is_by_another_organization",
            ),
        ),
        migrations.AddConstraint(
            model_name="agencyreport",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["COMMISSIONED", "UNDERTAKEN", "DELIVERED", "RETURNED"])),
                fields=("listing", "kind", "organization"),
                name="one_awaited_report_by_listing_kind_and_agency",
            ),
        ),
        run_sql_file("listings", "agency_reports.sql", reverse=UNDO),
    ]
