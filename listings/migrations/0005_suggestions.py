"""What the catalogue completes a half-typed wish with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0004_grade_confirmations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(db_collation="C", max_length=40, verbose_name="beginning")),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suggestions",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggestion",
                "verbose_name_plural": "suggestions",
                "indexes": [models.Index(fields=["key", "listing"], name="suggestion_by_beginning")],
                "constraints": [
                    models.UniqueConstraint(fields=("listing", "key"), name="suggestion_is_unique_by_listing")
                ],
            },
        ),
    ]
