"""Sources that are harvested, and what they lack now."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_organization_sector"),
        ("listings", "0015_corpora"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HarvestSource",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("CKAN", "CKAN catalogue"), ("DCAT", "DCAT catalogue")],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("address", models.CharField(max_length=1000, verbose_name="address")),
                (
                    "frequency",
                    models.CharField(
                        choices=[("MANUAL", "when asked"), ("DAY", "daily"), ("WEEK", "weekly"), ("MONTH", "monthly")],
                        default="MANUAL",
                        max_length=10,
                        verbose_name="how often it is read",
                    ),
                ),
                ("defaults", models.JSONField(blank=True, default=dict, verbose_name="dossier of new products")),
                (
                    "withdraw_percent",
                    models.PositiveSmallIntegerField(
                        default=20,
                        help_text="A run that misses more of what the source had before stops and asks a person.",
                        verbose_name="most withdrawn at once, in percent",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("ACTIVE", "active"), ("PAUSED", "paused"), ("CLOSED", "closed")],
                        default="ACTIVE",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("next_run_at", models.DateTimeField(blank=True, null=True, verbose_name="next read at")),
            ],
            options={
                "verbose_name": "harvest source",
                "verbose_name_plural": "harvest sources",
            },
        ),
        migrations.RemoveConstraint(
            model_name="harvestedproduct",
            name="harvested_product_is_unique_by_source_id",
        ),
        migrations.AddField(
            model_name="harvestedproduct",
            name="described",
            field=models.JSONField(blank=True, default=dict, verbose_name="what else the source says"),
        ),
        migrations.AddField(
            model_name="harvestedproduct",
            name="gone_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="gone from its source since"),
        ),
        migrations.AddField(
            model_name="harvestrun",
            name="bytes",
            field=models.BigIntegerField(default=0, verbose_name="bytes read"),
        ),
        migrations.AddField(
            model_name="harvestrun",
            name="cursor",
            field=models.JSONField(blank=True, null=True, verbose_name="place in the source"),
        ),
        migrations.AddField(
            model_name="harvestrun",
            name="declared",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="records that the source says it has"
            ),
        ),
        migrations.AddField(
            model_name="harvestrun",
            name="pages",
            field=models.PositiveIntegerField(default=0, verbose_name="pages read"),
        ),
        migrations.AlterField(
            model_name="harvestrecord",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("PENDING", "pending"),
                    ("CREATED", "created"),
                    ("UPDATED", "updated"),
                    ("UNCHANGED", "unchanged"),
                    ("REFUSED", "refused"),
                    ("GONE", "gone from its source"),
                ],
                default="PENDING",
                max_length=10,
                verbose_name="outcome",
            ),
        ),
        migrations.AlterField(
            model_name="harvestrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("CSV", "CSV manifest"),
                    ("JSON", "JSON manifest"),
                    ("DATA_PACKAGE", "data package"),
                    ("CKAN", "CKAN catalogue"),
                    ("DCAT", "DCAT catalogue"),
                ],
                max_length=12,
                verbose_name="kind",
            ),
        ),
        migrations.AlterField(
            model_name="harvestrun",
            name="state",
            field=models.CharField(
                choices=[
                    ("READING", "being read"),
                    ("HELD", "held for a person"),
                    ("APPLYING", "being applied"),
                    ("DONE", "done"),
                    ("FAILED", "failed"),
                    ("CANCELLED", "cancelled"),
                ],
                default="READING",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.AddField(
            model_name="harvestsource",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="responsible person",
            ),
        ),
        migrations.AddField(
            model_name="harvestsource",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="provider",
            ),
        ),
        migrations.AddField(
            model_name="harvestedproduct",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="listings.harvestsource",
                verbose_name="harvest source",
            ),
        ),
        migrations.AddField(
            model_name="harvestrun",
            name="origin",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="listings.harvestsource",
                verbose_name="harvest source",
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestedproduct",
            constraint=models.UniqueConstraint(
                fields=("organization", "origin", "source_id"),
                name="harvested_product_is_unique_by_source_id",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["READING", "HELD", "APPLYING"])),
                fields=("origin",),
                name="one_harvest_run_at_a_time_by_source",
            ),
        ),
        migrations.AddIndex(
            model_name="harvestsource",
            index=models.Index(fields=["organization", "-id"], name="harvest_source_by_organization"),
        ),
        migrations.AddConstraint(
            model_name="harvestsource",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "CLOSED"), _negated=True),
                fields=("organization", "kind", "address"),
                name="harvest_source_is_unique_by_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="harvestsource",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdraw_percent__lte", 100)), name="harvest_withdraws_at_most_everything"
            ),
        ),
    ]
