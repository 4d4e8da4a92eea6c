"""Terms and reviews stay as they were written."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("listings", "0001_initial"), ("kernel", "0002_evidence_triggers")]

    operations = [
        run_sql_file(
            "listings",
            "frozen_terms_and_reviews.sql",
            reverse="""
                DROP TRIGGER review_is_append_only ON listings_review;
                DROP TRIGGER terms_are_frozen ON listings_terms;
            """,
        ),
    ]
