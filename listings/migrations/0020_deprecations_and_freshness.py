"""The end of a version's sale, and how fresh the data of each listing are."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
import kernel.languages


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_statistician"),
        ("listings", "0019_documents_and_imported_certificates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VersionDeprecation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("ends_on", models.DateField(verbose_name="last day of orders")),
                ("reason", kernel.languages.LanguageMapField(default=dict, text_length=2000, verbose_name="reason")),
            ],
            options={
                "verbose_name": "version deprecation",
                "verbose_name_plural": "version deprecations",
            },
        ),
        migrations.AddField(
            model_name="listing",
            name="data_until",
            field=models.DateField(editable=False, null=True, verbose_name="data until"),
        ),
        migrations.AddField(
            model_name="listing",
            name="fresh_until",
            field=models.DateField(editable=False, null=True, verbose_name="newer data due on"),
        ),
        migrations.AddField(
            model_name="listing",
            name="late_since",
            field=models.DateTimeField(editable=False, null=True, verbose_name="late since"),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("late_since__isnull", True), ("state", "LISTED")),
                fields=["fresh_until"],
                name="listing_fresh_by_due_day",
            ),
        ),
        migrations.AddIndex(
            model_name="listing",
            index=models.Index(
                condition=models.Q(("late_since__isnull", False), ("state", "LISTED")),
                fields=["id"],
                name="listing_late",
            ),
        ),
        migrations.AddField(
            model_name="versiondeprecation",
            name="organization",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.organization",
                verbose_name="organization",
            ),
        ),
        migrations.AddField(
            model_name="versiondeprecation",
            name="successor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="listings.datasetversion",
                verbose_name="successor",
            ),
        ),
        migrations.AddField(
            model_name="versiondeprecation",
            name="version",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deprecation",
                to="listings.datasetversion",
                verbose_name="version",
            ),
        ),
        migrations.AddConstraint(
            model_name="versiondeprecation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("successor__isnull", True),
                    models.Q(("successor", models.F("version")), _negated=True),
                    _connector="OR",
                ),
                name="deprecated_version_has_another_successor",
            ),
        ),
    ]
