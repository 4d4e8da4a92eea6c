"""What is used under an entitlement, to be billed by its plan."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_customs_officer"),
        ("marketplace", "0007_permits_of_grants"),
    ]

    operations = [
        migrations.CreateModel(
            name="UsageRecord",
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
                        choices=[("IDENTITY_QUERY", "identity query")], max_length=20, verbose_name="kind"
                    ),
                ),
                ("nonce", models.CharField(max_length=64, verbose_name="nonce")),
                ("subject_id", models.UUIDField(verbose_name="what was used")),
                ("units", models.PositiveIntegerField(default=1, verbose_name="units")),
                (
                    "entitlement",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="usage",
                        to="marketplace.entitlement",
                        verbose_name="entitlement",
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
                "verbose_name": "usage record",
                "verbose_name_plural": "usage records",
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["entitlement", "-id"], name="usage_by_entitlement")],
                "constraints": [
                    models.UniqueConstraint(fields=("entitlement", "nonce"), name="usage_is_counted_once_by_nonce")
                ],
            },
        ),
        run_sql_file(
            "marketplace",
            "usage_records.sql",
            reverse="DROP TRIGGER usage_record_is_append_only ON marketplace_usagerecord;",
        ),
    ]
