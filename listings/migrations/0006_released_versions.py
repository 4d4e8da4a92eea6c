"""What a version changes against the preceding one, the number that follows, and what its provider tells of it."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import kernel.languages
from kernel.migrations_support import run_sql_file

GUARD_OF_0003 = """
CREATE OR REPLACE FUNCTION listings_guard_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended boolean := OLD.state IN ('READY', 'REFUSED');
    findings text[] := ARRAY['state', 'profile', 'refusal', 'rows', 'bytes', 'sha256', 'sm3'];
    rewrapping text[] := ARRAY['wrapped_key', 'key_id'];
BEGIN
    IF OLD.state = 'OPEN' THEN
        RETURN COALESCE(NEW, OLD);
    END IF;
    IF TG_OP = 'DELETE'
       OR (ended AND to_jsonb(NEW) - rewrapping IS DISTINCT FROM to_jsonb(OLD) - rewrapping)
       OR to_jsonb(NEW) - rewrapping - findings IS DISTINCT FROM to_jsonb(OLD) - rewrapping - findings THEN
        PERFORM listings_refuse_sealed('row');
    END IF;
    RETURN NEW;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_guangzhou_and_shenzhen"),
        ("listings", "0005_suggestions"),
    ]

    operations = [
        migrations.AddField(
            model_name="datasetversion",
            name="declared_level",
            field=models.CharField(
                blank=True,
                choices=[("PATCH", "patch"), ("MINOR", "minor"), ("MAJOR", "major")],
                max_length=5,
                verbose_name="declared level of change",
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="level",
            field=models.CharField(
                blank=True,
                choices=[("PATCH", "patch"), ("MINOR", "minor"), ("MAJOR", "major")],
                max_length=5,
                verbose_name="level of change",
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="preceding",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="listings.datasetversion",
                verbose_name="preceding version",
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="reason",
            field=kernel.languages.LanguageMapField(
                blank=True, default=dict, text_length=4000, verbose_name="why it changed"
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="release",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(), blank=True, null=True, size=3, verbose_name="release"
            ),
        ),
        migrations.AddField(
            model_name="datasetversion",
            name="schema_changes",
            field=models.JSONField(blank=True, null=True, verbose_name="schema changes"),
        ),
        # One text in no named language becomes a text in each; nothing is deployed that would have to be kept.
        migrations.RemoveField(model_name="datasetversion", name="notes"),
        migrations.AddField(
            model_name="datasetversion",
            name="notes",
            field=kernel.languages.LanguageMapField(
                blank=True, default=dict, text_length=4000, verbose_name="what changed"
            ),
        ),
        migrations.AddConstraint(
            model_name="datasetversion",
            constraint=models.UniqueConstraint(fields=("dataset", "release"), name="release_is_unique_by_dataset"),
        ),
        run_sql_file("listings", "described_versions.sql", reverse=GUARD_OF_0003),
    ]
