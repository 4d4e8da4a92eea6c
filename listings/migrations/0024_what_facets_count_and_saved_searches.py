"""What facets count (delivery, destination, quality), and searches that somebody keeps with what they found."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_statistician"),
        ("listings", "0023_meaning_of_listings"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="deliveries",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("FILE", "files"),
                        ("API", "calls of an interface"),
                        ("SANDBOX", "sandbox"),
                        ("PRIVACY_COMPUTING", "privacy computing"),
                        ("SAAS", "service online"),
                        ("ONSITE", "work on site"),
                        ("REMOTE", "work from afar"),
                        ("COMPUTE_LEASE", "lease of compute"),
                        ("SCHEDULER", "grant of a scheduler"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                editable=False,
                size=None,
                verbose_name="ways of delivery",
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="destinations",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=2),
                blank=True,
                default=list,
                editable=False,
                size=None,
                verbose_name="may go to",
            ),
        ),
        migrations.AddField(
            model_name="listing",
            name="quality_grade",
            field=models.CharField(blank=True, editable=False, max_length=1, verbose_name="quality grade"),
        ),
        migrations.AddField(
            model_name="listing",
            name="quality_score",
            field=models.FloatField(editable=False, null=True, verbose_name="quality score"),
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("parameters", models.JSONField(verbose_name="parameters")),
                ("alerts", models.BooleanField(default=True, verbose_name="alerts")),
                (
                    "every",
                    models.CharField(
                        choices=[("HOUR", "hourly"), ("DAY", "daily"), ("WEEK", "weekly")],
                        default="DAY",
                        max_length=4,
                        verbose_name="every",
                    ),
                ),
                ("searched_at", models.DateTimeField(verbose_name="last searched")),
                ("seen_at", models.DateTimeField(verbose_name="last seen")),
                (
                    "stopped_because",
                    models.CharField(blank=True, max_length=200, verbose_name="alerts stopped because"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="accounts.organization",
                        verbose_name="organization",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "saved search",
                "verbose_name_plural": "saved searches",
            },
        ),
        migrations.CreateModel(
            name="SavedSearchHit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="listings.listing",
                        verbose_name="listing",
                    ),
                ),
                (
                    "saved_search",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hits",
                        to="listings.savedsearch",
                        verbose_name="saved search",
                    ),
                ),
            ],
            options={
                "verbose_name": "hit of a saved search",
                "verbose_name_plural": "hits of saved searches",
            },
        ),
        migrations.AddIndex(
            model_name="savedsearch",
            index=models.Index(fields=["organization", "-id"], name="saved_search_by_organization"),
        ),
        migrations.AddIndex(
            model_name="savedsearchhit",
            index=models.Index(fields=["saved_search", "-id"], name="saved_search_hit_by_search"),
        ),
        migrations.AddConstraint(
            model_name="savedsearchhit",
            constraint=models.UniqueConstraint(
                fields=("saved_search", "listing"), name="saved_search_tells_of_a_listing_once"
            ),
        ),
    ]
