"""The copies of sold files that carry one buyer's mark."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0007_watermark_columns"),
        ("marketplace", "0004_gateway"),
    ]

    operations = [
        migrations.CreateModel(
            name="MarkedFile",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("anchor", models.CharField(max_length=200, verbose_name="column by which rows are known")),
                ("carriers", models.JSONField(default=list, verbose_name="columns that carry the mark")),
                ("every", models.PositiveIntegerField(verbose_name="one row is marked of")),
                ("storage_name", models.CharField(max_length=255, unique=True, verbose_name="stored object")),
                ("size", models.BigIntegerField(verbose_name="bytes")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                ("sm3", models.CharField(max_length=64, verbose_name="SM3")),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="marked_files",
                        to="marketplace.delivery",
                        verbose_name="delivery",
                    ),
                ),
                (
                    "file",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.datafile",
                        verbose_name="file",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="buyer",
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
                "verbose_name": "marked copy",
                "verbose_name_plural": "marked copies",
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("delivery", "file"), name="one_marked_copy_by_delivery_and_file")
                ],
            },
        ),
    ]
