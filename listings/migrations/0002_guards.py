"""What the database itself guards in the tables of listings: what was sealed, confirmed, decided or handed in stays.

And one function of search, which needs a setting of its own.
"""

from django.db import migrations

from kernel.migrations_support import run_sql_file

# Each file of listings/sql, in the order in which they build on each other, and how it is undone.
GUARDS = (
    (
        "frozen_terms_and_reviews.sql",
        """
            DROP TRIGGER review_is_append_only ON listings_review;
            DROP TRIGGER terms_are_frozen ON listings_terms;
        """,
    ),
    (
        "sealed_versions.sql",
        """
            DROP TRIGGER parts_of_a_complete_file_are_immutable ON listings_filepart;
            DROP TRIGGER files_of_a_sealed_version_are_immutable ON listings_datafile;
            DROP TRIGGER sealed_version_is_immutable ON listings_datasetversion;
            DROP FUNCTION listings_guard_part();
            DROP FUNCTION listings_guard_file();
            DROP FUNCTION listings_guard_version();
            DROP FUNCTION listings_refuse_sealed(text);
        """,
    ),
    (
        "grade_confirmations.sql",
        """
            DROP TRIGGER grade_confirmation_is_never_truncated ON listings_gradeconfirmation;
            DROP TRIGGER grade_confirmation_is_append_only ON listings_gradeconfirmation;
        """,
    ),
    ("submissions.sql", "DROP TRIGGER submission_is_append_only ON listings_submission;"),
    (
        "corpus_evidence.sql",
        """
            DROP TRIGGER corpus_sampling_is_never_truncated ON listings_corpussampling;
            DROP TRIGGER corpus_sampling_is_judged_once ON listings_corpussampling;
            DROP FUNCTION listings_refuse_change_of_sampling();
            DROP TRIGGER licence_chain_is_never_truncated ON listings_licencechain;
            DROP TRIGGER licence_chain_is_append_only ON listings_licencechain;
        """,
    ),
    (
        "committee.sql",
        """
            DROP TRIGGER closed_ballot_is_frozen ON listings_ballot;
            DROP TRIGGER vote_is_append_only ON listings_vote;
        """,
    ),
    (
        "lineage_has_no_cycle.sql",
        """
            DROP TRIGGER lineage_has_no_cycle ON listings_datasetparent;
            DROP FUNCTION listings_refuse_cycle();
        """,
    ),
    (
        "documents_are_frozen.sql",
        """
            DROP TRIGGER document_is_frozen ON listings_document;
            DROP FUNCTION listings_guard_document();
        """,
    ),
    (
        "grade_scans.sql",
        """
            DROP TRIGGER grade_scan_is_never_truncated ON listings_gradescan;
            DROP TRIGGER grade_scan_is_append_only ON listings_gradescan;
        """,
    ),
    (
        "border_evidence.sql",
        """
            DROP TRIGGER route_decision_is_append_only ON listings_routedecision;
            DROP TRIGGER route_decision_is_never_truncated ON listings_routedecision;
            DROP TRIGGER case_filing_is_append_only ON listings_casefiling;
            DROP TRIGGER case_filing_is_never_truncated ON listings_casefiling;
            DROP TRIGGER arrival_report_is_append_only ON listings_arrivalreport;
            DROP TRIGGER arrival_report_is_never_truncated ON listings_arrivalreport;
            DROP TRIGGER case_paper_is_frozen ON listings_casepaper;
            DROP TRIGGER case_paper_is_never_deleted ON listings_casepaper;
            DROP TRIGGER export_entry_is_not_rewritten ON listings_exportentry;
            DROP TRIGGER export_entry_is_never_deleted ON listings_exportentry;
            DROP FUNCTION listings_guard_export_entry();
            DROP TRIGGER permit_is_not_rewritten ON listings_transferpermit;
            DROP TRIGGER permit_is_never_deleted ON listings_transferpermit;
            DROP FUNCTION listings_guard_permit();
        """,
    ),
    (
        "attestation_logs.sql",
        """
            DROP TRIGGER attestation_entry_is_append_only ON listings_attestationentry;
            DROP TRIGGER attestation_batch_is_append_only ON listings_attestationbatch;
        """,
    ),
    ("identity_queries.sql", "DROP TRIGGER identity_query_is_append_only ON listings_identityquery;"),
    (
        "agency_reports.sql",
        """
            DROP TRIGGER report_paper_is_frozen ON listings_reportpaper;
            DROP TRIGGER report_paper_is_never_deleted ON listings_reportpaper;
        """,
    ),
    (
        "rule_sets.sql",
        """
            DROP TRIGGER rule_set_in_use_is_frozen ON listings_routeruleset;
            DROP FUNCTION listings_guard_rule_set();
        """,
    ),
    ("revision_reviews.sql", "DROP TRIGGER revision_review_is_append_only ON listings_revisionreview;"),
    (
        "price_ceilings.sql",
        """
            DROP TRIGGER price_ceiling_is_not_rewritten ON listings_priceceiling;
            DROP FUNCTION listings_guard_price_ceiling();
        """,
    ),
    ("nearest.sql", "DROP FUNCTION listings_nearest;"),
)


class Migration(migrations.Migration):
    dependencies = [("listings", "0001_initial"), ("kernel", "0002_evidence")]

    operations = [run_sql_file("listings", name, reverse=reverse) for name, reverse in GUARDS]
