"""What a dataset was made from; no dataset is its own ancestor."""

import django.db.models.deletion
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_organization_sector"),
        ("listings", "0017_committee_ballots"),
    ]

    operations = [
        migrations.CreateModel(
            name="DatasetParent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "basis",
                    models.CharField(
                        choices=[("OWN", "own dataset"), ("AGREEMENT", "licensed by agreement")],
                        max_length=10,
                        verbose_name="basis",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000, verbose_name="how it was made")),
                ("agreement_id", models.UUIDField(blank=True, db_index=True, null=True, verbose_name="agreement")),
                ("agreement_number", models.CharField(blank=True, max_length=24, verbose_name="agreement number")),
                ("licensed_until", models.DateTimeField(blank=True, null=True, verbose_name="licensed until")),
                ("licence_ended_at", models.DateTimeField(blank=True, null=True, verbose_name="licence ended at")),
                (
                    "dataset",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parents",
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
                        verbose_name="organization",
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="listings.dataset",
                        verbose_name="parent dataset",
                    ),
                ),
                (
                    "parent_organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="parent's organization",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="listings.terms",
                        verbose_name="terms of the licence",
                    ),
                ),
            ],
            options={
                "verbose_name": "parent dataset",
                "verbose_name_plural": "parent datasets",
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "parent"), name="parent_is_unique_by_dataset"),
                    models.CheckConstraint(
                        condition=models.Q(("dataset", models.F("parent")), _negated=True),
                        name="dataset_is_not_its_own_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("agreement_id__isnull", True), ("basis", "OWN"), ("terms__isnull", True)),
                            models.Q(("agreement_id__isnull", False), ("basis", "AGREEMENT"), ("terms__isnull", False)),
                            _connector="OR",
                        ),
                        name="licensed_parent_has_an_agreement_and_its_terms",
                    ),
                ],
            },
        ),
        run_sql_file(
            "listings",
            "lineage_has_no_cycle.sql",
            reverse="""
                DROP TRIGGER lineage_has_no_cycle ON listings_datasetparent;
                DROP FUNCTION listings_refuse_cycle();
            """,
        ),
    ]
