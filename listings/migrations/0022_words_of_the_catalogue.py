"""The words that listings say, found by what mistyping leaves of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("listings", "0021_rules_and_scans"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "word",
                    models.CharField(
                        db_collation="C", max_length=40, primary_key=True, serialize=False, verbose_name="word"
                    ),
                ),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        size=None,
                        verbose_name="what mistyping leaves of it",
                    ),
                ),
                ("listings", models.PositiveIntegerField(default=1, verbose_name="listings that say it")),
            ],
            options={
                "verbose_name": "word of the catalogue",
                "verbose_name_plural": "words of the catalogue",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["keys"], name="search_word_by_key"
                    )
                ],
            },
        ),
    ]
