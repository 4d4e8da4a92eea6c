"""A sealed version, its files and their parts cannot be changed."""

from django.db import migrations

from kernel.migrations_support import run_sql_file


class Migration(migrations.Migration):
    dependencies = [("listings", "0002_frozen_terms_and_reviews")]

    operations = [
        run_sql_file(
            "listings",
            "sealed_versions.sql",
            reverse="""
                DROP TRIGGER parts_of_a_complete_file_are_immutable ON listings_filepart;
                DROP TRIGGER files_of_a_sealed_version_are_immutable ON listings_datafile;
                DROP TRIGGER sealed_version_is_immutable ON listings_datasetversion;
                DROP FUNCTION listings_guard_part();
                DROP FUNCTION listings_guard_file();
                DROP FUNCTION listings_guard_version();
                DROP FUNCTION listings_refuse_sealed(text);
            """,
        ),
    ]
