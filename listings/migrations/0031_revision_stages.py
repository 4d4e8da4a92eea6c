"""A material edit is reviewed by the stages of its venue, which it passes one by one."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.identifiers
from kernel.migrations_support import run_sql_file

# What was under review before there were stages is decided by the last one.
AT_THE_LAST_STAGE = """
UPDATE listings_listingrevision AS revision
SET edition = venue.code || '-2026-11-01', stages = '{PUBLICATION}', stage = 'PUBLICATION', stage_due_at = due_at
FROM accounts_venue AS venue WHERE venue.id = revision.venue_id AND revision.state = 'SUBMITTED'
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_customs_officer"),
        ("listings", "0030_rights_matrix_and_digests"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RevisionReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.identifiers.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("COMPLETENESS", "completeness"),
                            ("SOURCE_RIGHTS", "source and rights"),
                            ("GRADE", "grade and personal information"),
                            ("LEGAL_OPINION", "legal opinion"),
                            ("QUALITY", "quality"),
                            ("PRICE", "price"),
                            ("COMMITTEE", "compliance committee"),
                            ("COMPLIANCE", "compliance"),
                            ("PUBLICATION", "publication"),
                        ],
                        max_length=16,
                        verbose_name="stage",
                    ),
                ),
                ("edition", models.CharField(max_length=40, verbose_name="checklist edition")),
                ("checklist", models.JSONField(default=dict, verbose_name="checklist")),
            ],
            options={
                "verbose_name": "passed stage of a revision",
                "verbose_name_plural": "passed stages of revisions",
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="listingrevision",
            name="edition",
            field=models.CharField(blank=True, max_length=40, verbose_name="checklist edition"),
        ),
        migrations.AddField(
            model_name="listingrevision",
            name="stage",
            field=models.CharField(
                blank=True,
                choices=[
                    ("COMPLETENESS", "completeness"),
                    ("SOURCE_RIGHTS", "source and rights"),
                    ("GRADE", "grade and personal information"),
                    ("LEGAL_OPINION", "legal opinion"),
                    ("QUALITY", "quality"),
                    ("PRICE", "price"),
                    ("COMMITTEE", "compliance committee"),
                    ("COMPLIANCE", "compliance"),
                    ("PUBLICATION", "publication"),
                ],
                max_length=16,
                verbose_name="stage",
            ),
        ),
        migrations.AddField(
            model_name="listingrevision",
            name="stage_due_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="stage due at"),
        ),
        migrations.AddField(
            model_name="listingrevision",
            name="stages",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("COMPLETENESS", "completeness"),
                        ("SOURCE_RIGHTS", "source and rights"),
                        ("GRADE", "grade and personal information"),
                        ("LEGAL_OPINION", "legal opinion"),
                        ("QUALITY", "quality"),
                        ("PRICE", "price"),
                        ("COMMITTEE", "compliance committee"),
                        ("COMPLIANCE", "compliance"),
                        ("PUBLICATION", "publication"),
                    ],
                    max_length=16,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="stages to decide",
            ),
        ),
        migrations.RunSQL(AT_THE_LAST_STAGE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="listingrevision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "SUBMITTED"), _negated=True),
                    models.Q(
                        models.Q(("edition", ""), _negated=True),
                        models.Q(("stage", ""), _negated=True),
                        ("stage_due_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="revision_under_review_lies_at_a_stage",
            ),
        ),
        migrations.AddField(
            model_name="revisionreview",
            name="reviewer",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="reviewer",
            ),
        ),
        migrations.AddField(
            model_name="revisionreview",
            name="revision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reviews",
                to="listings.listingrevision",
                verbose_name="listing revision",
            ),
        ),
        migrations.AddConstraint(
            model_name="revisionreview",
            constraint=models.UniqueConstraint(fields=("revision", "stage"), name="stage_of_a_revision_is_passed_once"),
        ),
        run_sql_file(
            "listings",
            "revision_reviews.sql",
            reverse="DROP TRIGGER revision_review_is_append_only ON listings_revisionreview;",
        ),
    ]
