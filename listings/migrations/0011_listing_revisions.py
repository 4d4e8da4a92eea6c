"""Material edits of offered listings, reviewed beside them, and which revision a listing is."""

import django.core.serializers.json
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0010_harvests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="listing",
            name="revision",
            field=models.PositiveIntegerField(default=1, editable=False, verbose_name="revision"),
        ),
        migrations.CreateModel(
            name="ListingRevision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("SUBMITTED", "under review"),
                            ("APPROVED", "approved"),
                            ("REFUSED", "refused"),
                            ("WITHDRAWN", "withdrawn"),
                        ],
                        default="SUBMITTED",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "dossier",
                    models.JSONField(
                        default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="dossier"
                    ),
                ),
                (
                    "changes",
                    models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder, verbose_name="changes"),
                ),
                ("rule_set", models.CharField(max_length=40, verbose_name="rule set that decided")),
                ("reason", models.TextField(verbose_name="reason")),
                ("due_at", models.DateTimeField(verbose_name="due at")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided at")),
                ("decision_note", models.TextField(blank=True, verbose_name="note on the decision")),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="decided by",
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="listings.listing",
                        verbose_name="listing",
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
                ("plans", models.ManyToManyField(related_name="revisions", to="listings.plan", verbose_name="plans")),
                (
                    "submitted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="submitted by",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="listings.terms",
                        verbose_name="terms",
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
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="listings.datasetversion",
                        verbose_name="version",
                    ),
                ),
            ],
            options={
                "verbose_name": "listing revision",
                "verbose_name_plural": "listing revisions",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["organization", "-id"], name="revision_by_organization"),
                    models.Index(fields=["venue", "state", "-id"], name="revision_by_venue_and_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("listing", "number"), name="revision_number_is_unique_by_listing"),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "SUBMITTED")),
                        fields=("listing",),
                        name="one_revision_is_under_review_by_listing",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["APPROVED", "REFUSED"]), _negated=True),
                            models.Q(
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                                models.Q(("decided_by", models.F("submitted_by")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="revision_is_decided_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "REFUSED"), _negated=True),
                            models.Q(("decision_note", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="refused_revision_says_why",
                    ),
                ],
            },
        ),
    ]
