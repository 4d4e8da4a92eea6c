"""Bulk registration: runs, their records, and what stands for which id of a provider."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0009_product_types"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HarvestRun",
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
                        choices=[("CSV", "CSV manifest"), ("JSON", "JSON manifest")], max_length=12, verbose_name="kind"
                    ),
                ),
                ("dry_run", models.BooleanField(default=False, verbose_name="dry run")),
                ("language", models.CharField(max_length=10, verbose_name="language of its reasons")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("READING", "being read"),
                            ("APPLYING", "being applied"),
                            ("DONE", "done"),
                            ("FAILED", "failed"),
                        ],
                        default="READING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("sha256", models.CharField(blank=True, max_length=64, verbose_name="SHA-256 of the manifest")),
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
            ],
            options={
                "verbose_name": "bulk registration",
                "verbose_name_plural": "bulk registrations",
            },
        ),
        migrations.CreateModel(
            name="HarvestRecord",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
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
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="records",
                        to="listings.harvestrun",
                        verbose_name="bulk registration",
                    ),
                ),
            ],
            options={
                "verbose_name": "record of a bulk registration",
                "verbose_name_plural": "records of bulk registrations",
            },
        ),
        migrations.CreateModel(
            name="HarvestedProduct",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("source_id", models.CharField(max_length=200, verbose_name="id at its source")),
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
                (
                    "last_run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.harvestrun",
                        verbose_name="last bulk registration",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk-registered product",
                "verbose_name_plural": "bulk-registered products",
            },
        ),
        migrations.AddIndex(
            model_name="harvestrun",
            index=models.Index(fields=["organization", "-id"], name="harvest_run_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="harvestrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "FAILED"), _negated=True), ("failure__isnull", False), _connector="OR"
                ),
                name="failed_harvest_run_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="harvestrecord",
            index=models.Index(fields=["organization", "-id"], name="harvest_record_by_organization"),
        ),
        migrations.AddIndex(
            model_name="harvestrecord",
            index=models.Index(fields=["run", "outcome", "number"], name="harvest_record_by_outcome"),
        ),
        migrations.AddConstraint(
            model_name="harvestrecord",
            constraint=models.UniqueConstraint(fields=("run", "number"), name="harvest_record_number_is_unique_by_run"),
        ),
        migrations.AddConstraint(
            model_name="harvestrecord",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "REFUSED"), _negated=True),
                fields=("run", "source_id"),
                name="harvest_record_source_id_is_unique_by_run",
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "REFUSED"), models.Q(("reasons", []), _negated=True)),
                    models.Q(("reasons", []), models.Q(("outcome", "REFUSED"), _negated=True)),
                    _connector="OR",
                ),
                name="refused_harvest_record_says_why",
            ),
        ),
        migrations.AddIndex(
            model_name="harvestedproduct",
            index=models.Index(fields=["organization", "-id"], name="harvested_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="harvestedproduct",
            constraint=models.UniqueConstraint(
                fields=("organization", "source_id"), name="harvested_product_is_unique_by_source_id"
            ),
        ),
    ]
