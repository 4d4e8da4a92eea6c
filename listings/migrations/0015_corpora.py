"""Licence chains of corpora, and samples of them that people read; what was declared or judged stays."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_statistician"),
        ("listings", "0014_property_register"),
    ]

    operations = [
        migrations.CreateModel(
            name="CorpusSampling",
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
            name="LicenceChain",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
        run_sql_file(
            "listings",
            "corpus_evidence.sql",
            reverse="""
                DROP TRIGGER corpus_sampling_is_never_truncated ON listings_corpussampling;
                DROP TRIGGER corpus_sampling_is_judged_once ON listings_corpussampling;
                DROP FUNCTION listings_refuse_change_of_sampling();
                DROP TRIGGER licence_chain_is_never_truncated ON listings_licencechain;
                DROP TRIGGER licence_chain_is_append_only ON listings_licencechain;
            """,
        ),
    ]
