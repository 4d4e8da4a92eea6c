"""Addresses below /api/v1/."""

from django.urls import URLPattern, path

from listings.api import (
    agency_reports,
    audiences,
    catalogue,
    committee,
    credit_reports,
    datasets,
    deprecations,
    documents,
    harvests,
    identity,
    lineage,
    listings,
    metadata,
    price_ceilings,
    products,
    quality,
    reviews,
    revisions,
    saved_searches,
    trust,
)
from listings.api import corpora as corpora_api
from listings.registry_urls import property_register

bytes_in: list[URLPattern] = [
    path("datasets", datasets.DatasetList.as_view(), name="datasets"),
    path("datasets/<uuid:dataset_id>", datasets.DatasetDetail.as_view(), name="dataset"),
    path("datasets/<uuid:dataset_id>/quality-trend", quality.QualityTrend.as_view(), name="dataset-quality-trend"),
    path("datasets/<uuid:dataset_id>/versions", datasets.VersionList.as_view(), name="dataset-versions"),
    path("datasets/<uuid:dataset_id>/lineage", lineage.DatasetLineage.as_view(), name="dataset-lineage"),
    path("datasets/<uuid:dataset_id>/parents", lineage.DatasetParents.as_view(), name="dataset-parents"),
    path(
        "datasets/<uuid:dataset_id>/parents/<uuid:parent_id>/remove",
        lineage.DatasetParentRemove.as_view(),
        name="dataset-parent-remove",
    ),
    path("dataset-versions/<uuid:version_id>", datasets.VersionDetail.as_view(), name="dataset-version"),
    path("dataset-versions/<uuid:version_id>/files", datasets.FileList.as_view(), name="dataset-version-files"),
    path(
        "dataset-versions/<uuid:version_id>/grade-confirmations",
        datasets.VersionGradeConfirmations.as_view(),
        name="dataset-version-grade-confirmations",
    ),
    path(
        "dataset-versions/<uuid:version_id>/deprecation",
        deprecations.VersionDeprecationDetail.as_view(),
        name="dataset-version-deprecation",
    ),
    path(
        "dataset-versions/<uuid:version_id>/schema-changes",
        datasets.VersionSchemaChanges.as_view(),
        name="dataset-version-schema-changes",
    ),
    path("dataset-versions/<uuid:version_id>/scans", quality.VersionScans.as_view(), name="dataset-version-scans"),
    path("dataset-versions/<uuid:version_id>/seal", datasets.VersionSeal.as_view(), name="dataset-version-seal"),
    path("files/<uuid:file_id>", datasets.FileDetail.as_view(), name="file"),
    path(
        "files/<uuid:file_id>/deductions/<int:number>/rows", quality.DeductionRows.as_view(), name="file-deduction-rows"
    ),
    path("files/<uuid:file_id>/parts/<int:number>", datasets.FilePartDetail.as_view(), name="file-part"),
    path("files/<uuid:file_id>/complete", datasets.FileComplete.as_view(), name="file-complete"),
]

corpora: list[URLPattern] = [
    path(
        "dataset-versions/<uuid:version_id>/licence-chains",
        corpora_api.VersionLicenceChains.as_view(),
        name="dataset-version-licence-chains",
    ),
    path(
        "dataset-versions/<uuid:version_id>/corpus-samplings",
        corpora_api.VersionCorpusSamplings.as_view(),
        name="dataset-version-corpus-samplings",
    ),
    path("corpus-samplings/<uuid:sampling_id>", corpora_api.CorpusSamplingDetail.as_view(), name="corpus-sampling"),
    path(
        "corpus-samplings/<uuid:sampling_id>/sheet",
        corpora_api.CorpusSamplingSheet.as_view(),
        name="corpus-sampling-sheet",
    ),
    path(
        "corpus-samplings/<uuid:sampling_id>/judgement",
        corpora_api.CorpusSamplingJudgement.as_view(),
        name="corpus-sampling-judgement",
    ),
]

registration: list[URLPattern] = [
    path("industries", products.IndustryList.as_view(), name="industries"),
    path("product-types", products.ProductTypeList.as_view(), name="product-types"),
    path("products", products.ProductList.as_view(), name="products"),
    path("products/<uuid:product_id>", products.ProductDetail.as_view(), name="product"),
    path("source-kinds", products.SourceKindList.as_view(), name="source-kinds"),
    path("products/<uuid:product_id>/documents", documents.ProductDocuments.as_view(), name="product-documents"),
    path("documents/<uuid:document_id>/content", documents.DocumentContent.as_view(), name="document-content"),
    path(
        "products/<uuid:product_id>/imported-certificates",
        documents.ProductImportCertificate.as_view(),
        name="product-imported-certificates",
    ),
    path("imported-certificates", documents.ImportedCertificateList.as_view(), name="imported-certificates"),
    path(
        "imported-certificates/<uuid:certificate_id>",
        documents.ImportedCertificateDetail.as_view(),
        name="imported-certificate",
    ),
    path(
        "imported-certificates/<uuid:certificate_id>/verify",
        documents.ImportedCertificateVerify.as_view(),
        name="imported-certificate-verify",
    ),
    path(
        "imported-certificates/<uuid:certificate_id>/reject",
        documents.ImportedCertificateReject.as_view(),
        name="imported-certificate-reject",
    ),
    path(
        "imported-certificates/<uuid:certificate_id>/withdraw",
        documents.ImportedCertificateWithdraw.as_view(),
        name="imported-certificate-withdraw",
    ),
    path("products/<uuid:product_id>/register", products.ProductRegister.as_view(), name="product-register"),
    path("products/<uuid:product_id>/retire", products.ProductRetire.as_view(), name="product-retire"),
    path("products/<uuid:product_id>/plans", products.PlanList.as_view(), name="product-plans"),
    path("products/<uuid:product_id>/terms", products.TermsList.as_view(), name="product-terms"),
    path("plans/<uuid:plan_id>", products.PlanDetail.as_view(), name="plan"),
    path("terms/<uuid:terms_id>", products.TermsDetail.as_view(), name="terms"),
]

offering: list[URLPattern] = [
    path("listings", listings.ListingList.as_view(), name="listings"),
    path("listings/<uuid:listing_id>", listings.ListingDetail.as_view(), name="listing"),
    path("listings/<uuid:listing_id>/edit", revisions.ListingEdit.as_view(), name="listing-edit"),
    path("listing-revisions", revisions.RevisionList.as_view(), name="listing-revisions"),
    path("listing-revisions/<uuid:revision_id>", revisions.RevisionDetail.as_view(), name="listing-revision"),
    path(
        "listing-revisions/<uuid:revision_id>/pass-stage",
        revisions.RevisionPassStage.as_view(),
        name="listing-revision-pass-stage",
    ),
    path(
        "listing-revisions/<uuid:revision_id>/approve",
        revisions.RevisionApprove.as_view(),
        name="listing-revision-approve",
    ),
    path(
        "listing-revisions/<uuid:revision_id>/refuse",
        revisions.RevisionRefuse.as_view(),
        name="listing-revision-refuse",
    ),
    path(
        "listing-revisions/<uuid:revision_id>/withdraw",
        revisions.RevisionWithdraw.as_view(),
        name="listing-revision-withdraw",
    ),
    path("listings/<uuid:listing_id>/suspend", listings.ListingSuspend.as_view(), name="listing-suspend"),
    path("listings/<uuid:listing_id>/relist", listings.ListingRelist.as_view(), name="listing-relist"),
    path("listings/<uuid:listing_id>/delist", listings.ListingDelist.as_view(), name="listing-delist"),
    path("listings/<uuid:listing_id>/audience", audiences.ListingAudience.as_view(), name="listing-audience"),
    path("listings/<uuid:listing_id>/invitations", audiences.ListingInvite.as_view(), name="listing-invite"),
    path("listing-invitations", audiences.ListingInvitationList.as_view(), name="listing-invitations"),
    path(
        "listing-invitations/<uuid:listing_invitation_id>",
        audiences.ListingInvitationDetail.as_view(),
        name="listing-invitation",
    ),
    path(
        "listing-invitations/<uuid:listing_invitation_id>/revoke",
        audiences.ListingInvitationRevoke.as_view(),
        name="listing-invitation-revoke",
    ),
    path("catalogue", catalogue.Catalogue.as_view(), name="catalogue"),
    path("catalogue/suggestions", catalogue.CatalogueSuggestions.as_view(), name="catalogue-suggestions"),
    path("catalogue/facets", catalogue.CatalogueFacets.as_view(), name="catalogue-facets"),
    path("catalogue/<uuid:listing_id>", catalogue.CatalogueDetail.as_view(), name="catalogue-detail"),
    path("catalogue/<uuid:listing_id>/similar", catalogue.CatalogueSimilar.as_view(), name="catalogue-similar"),
    path("saved-searches", saved_searches.SavedSearchList.as_view(), name="saved-searches"),
    path("saved-searches/<uuid:saved_search_id>", saved_searches.SavedSearchDetail.as_view(), name="saved-search"),
    path(
        "saved-searches/<uuid:saved_search_id>/hits",
        saved_searches.SavedSearchHits.as_view(),
        name="saved-search-hits",
    ),
    path(
        "saved-searches/<uuid:saved_search_id>/seen",
        saved_searches.SavedSearchSeen.as_view(),
        name="saved-search-seen",
    ),
]

# The ends of these addresses name the form, as clients that cannot send Accept expect.
described: list[URLPattern] = [
    path("catalogue/dcat.jsonld", metadata.DcatJsonLd.as_view(), name="dcat-jsonld"),
    path("catalogue/dcat.ttl", metadata.DcatTurtle.as_view(), name="dcat-turtle"),
    path("catalogue/export.jsonl", metadata.ExportJsonLines.as_view(), name="catalogue-export-jsonl"),
    path("catalogue/export.ttl", metadata.ExportTurtle.as_view(), name="catalogue-export-turtle"),
    path("catalogue/newest.atom", metadata.NewestFeed.as_view(), name="catalogue-newest"),
    path("catalogue/<uuid:listing_id>/dcat.jsonld", metadata.ListingDcatJsonLd.as_view(), name="listing-dcat-jsonld"),
    path("catalogue/<uuid:listing_id>/dcat.ttl", metadata.ListingDcatTurtle.as_view(), name="listing-dcat-turtle"),
    path(
        "catalogue/<uuid:listing_id>/schema-org.jsonld", metadata.ListingSchemaOrg.as_view(), name="listing-schema-org"
    ),
    path("catalogue/<uuid:listing_id>/croissant.json", metadata.ListingCroissant.as_view(), name="listing-croissant"),
    path(
        "catalogue/<uuid:listing_id>/datapackage.json",
        metadata.ListingDataPackage.as_view(),
        name="listing-data-package",
    ),
    path(
        "listings/<uuid:listing_id>/metadata-check",
        metadata.ListingMetadataCheck.as_view(),
        name="listing-metadata-check",
    ),
]

review: list[URLPattern] = [
    path("review-checklists/<slug:venue_code>", reviews.VenueChecklist.as_view(), name="review-checklist"),
    path("listings/<uuid:listing_id>/reviews", reviews.ReviewList.as_view(), name="listing-reviews"),
    path("listings/<uuid:listing_id>/submit", reviews.ListingSubmit.as_view(), name="listing-submit"),
    path("listings/<uuid:listing_id>/start-review", reviews.ListingStartReview.as_view(), name="listing-start-review"),
    path("listings/<uuid:listing_id>/submissions", reviews.SubmissionList.as_view(), name="listing-submissions"),
    path("listings/<uuid:listing_id>/refer", committee.ListingRefer.as_view(), name="listing-refer"),
    path("listings/<uuid:listing_id>/open-ballot", committee.ListingOpenBallot.as_view(), name="listing-open-ballot"),
    path("ballots", committee.BallotList.as_view(), name="ballots"),
    path("ballots/<uuid:ballot_id>/votes", committee.VoteList.as_view(), name="ballot-votes"),
    path("ballots/<uuid:ballot_id>/close", committee.BallotClose.as_view(), name="ballot-close"),
    path("listings/<uuid:listing_id>/claim", reviews.ListingClaim.as_view(), name="listing-claim"),
    path("listings/<uuid:listing_id>/assign", reviews.ListingAssign.as_view(), name="listing-assign"),
    path("listings/<uuid:listing_id>/release", reviews.ListingRelease.as_view(), name="listing-release"),
    path("listings/<uuid:listing_id>/pass-stage", reviews.ListingPassStage.as_view(), name="listing-pass-stage"),
    path("listings/<uuid:listing_id>/approve", reviews.ListingApprove.as_view(), name="listing-approve"),
    path(
        "listings/<uuid:listing_id>/request-correction",
        reviews.ListingRequestCorrection.as_view(),
        name="listing-request-correction",
    ),
    path("listings/<uuid:listing_id>/reject", reviews.ListingReject.as_view(), name="listing-reject"),
]

identified: list[URLPattern] = [
    path("identity-programmes", identity.IdentityProgrammeList.as_view(), name="identity-programmes"),
    path(
        "identity-programmes/<uuid:programme_id>", identity.IdentityProgrammeDetail.as_view(), name="identity-programme"
    ),
    path(
        "identity-programmes/<uuid:programme_id>/key",
        identity.IdentityProgrammeKey.as_view(),
        name="identity-programme-key",
    ),
    path(
        "identity-programmes/<uuid:programme_id>/records",
        identity.IdentityProgrammeRecords.as_view(),
        name="identity-programme-records",
    ),
    path(
        "identity-programmes/<uuid:programme_id>/records/remove",
        identity.IdentityProgrammeRecordsRemove.as_view(),
        name="identity-programme-records-remove",
    ),
    path(
        "identity-programmes/<uuid:programme_id>/close",
        identity.IdentityProgrammeClose.as_view(),
        name="identity-programme-close",
    ),
    path("identity-consents", identity.IdentityConsentList.as_view(), name="identity-consents"),
    path(
        "identity-consents/<uuid:identity_consent_id>/withdraw",
        identity.IdentityConsentWithdraw.as_view(),
        name="identity-consent-withdraw",
    ),
]

credit: list[URLPattern] = [
    path("credit-report-schema", credit_reports.CreditReportSchema.as_view(), name="credit-report-schema"),
    path("credit-reports/map", credit_reports.CreditReportMap.as_view(), name="credit-report-map"),
    path("credit-reports/check", credit_reports.CreditReportCheck.as_view(), name="credit-report-check"),
]

attested: list[URLPattern] = [
    path("document-types", trust.DocumentTypeList.as_view(), name="document-types"),
    path("attestations", trust.AttestationList.as_view(), name="attestations"),
    path("attestations/verify", trust.Verify.as_view(), name="attestation-verify"),
    path("attestations/verify-file", trust.VerifyFile.as_view(), name="attestation-verify-file"),
    path("attestations/<uuid:attestation_id>", trust.AttestationDetail.as_view(), name="attestation"),
    path("attestations/<uuid:attestation_id>/revoke", trust.AttestationRevocation.as_view(), name="attestation-revoke"),
    path("verification-requests", trust.VerificationRequestList.as_view(), name="verification-requests"),
    path("verification-requests/for-holder", trust.VerificationForHolder.as_view(), name="verification-for-holder"),
    path("verification-requests/authorise", trust.VerificationAuthorise.as_view(), name="verification-authorise"),
    path("verification-requests/withdraw", trust.VerificationWithdraw.as_view(), name="verification-withdraw"),
    path(
        "verification-requests/<uuid:verification_id>",
        trust.VerificationRequestDetail.as_view(),
        name="verification-request",
    ),
    path(
        "verification-requests/<uuid:verification_id>/submit",
        trust.VerificationRequestSubmit.as_view(),
        name="verification-request-submit",
    ),
]

in_bulk: list[URLPattern] = [
    path("manifests", harvests.ManifestList.as_view(), name="manifests"),
    path("harvest-sources", harvests.HarvestSourceList.as_view(), name="harvest-sources"),
    path("harvest-sources/<uuid:origin_id>", harvests.HarvestSourceDetail.as_view(), name="harvest-source"),
    path(
        "harvest-sources/<uuid:origin_id>/harvest",
        harvests.HarvestSourceHarvest.as_view(),
        name="harvest-source-harvest",
    ),
    path("harvest-sources/<uuid:origin_id>/pause", harvests.HarvestSourcePause.as_view(), name="harvest-source-pause"),
    path(
        "harvest-sources/<uuid:origin_id>/resume", harvests.HarvestSourceResume.as_view(), name="harvest-source-resume"
    ),
    path("harvest-sources/<uuid:origin_id>/close", harvests.HarvestSourceClose.as_view(), name="harvest-source-close"),
    path("harvest-runs", harvests.HarvestRunList.as_view(), name="harvest-runs"),
    path("harvest-runs/<uuid:run_id>", harvests.HarvestRunDetail.as_view(), name="harvest-run"),
    path("harvest-runs/<uuid:run_id>/records", harvests.HarvestRecordList.as_view(), name="harvest-run-records"),
    path("harvest-runs/<uuid:run_id>/report.csv", harvests.HarvestReport.as_view(), name="harvest-run-report"),
    path("harvest-runs/<uuid:run_id>/release", harvests.HarvestRunRelease.as_view(), name="harvest-run-release"),
    path("harvest-runs/<uuid:run_id>/cancel", harvests.HarvestRunCancel.as_view(), name="harvest-run-cancel"),
    path("harvested-products", harvests.HarvestedProductList.as_view(), name="harvested-products"),
    path("harvested-products/<uuid:harvested_id>", harvests.HarvestedProductDetail.as_view(), name="harvested-product"),
]

reports: list[URLPattern] = [
    path("listings/<uuid:listing_id>/reports", agency_reports.ListingReports.as_view(), name="listing-reports"),
    path("agency-reports", agency_reports.ReportList.as_view(), name="agency-reports"),
    path("agency-reports/<uuid:report_id>", agency_reports.ReportDetail.as_view(), name="agency-report"),
    path(
        "agency-reports/<uuid:report_id>/undertake",
        agency_reports.ReportUndertake.as_view(),
        name="agency-report-undertake",
    ),
    path("agency-reports/<uuid:report_id>/papers", agency_reports.ReportPapers.as_view(), name="agency-report-papers"),
    path(
        "agency-reports/<uuid:report_id>/deliver", agency_reports.ReportDeliver.as_view(), name="agency-report-deliver"
    ),
    path("agency-reports/<uuid:report_id>/accept", agency_reports.ReportAccept.as_view(), name="agency-report-accept"),
    path("agency-reports/<uuid:report_id>/return", agency_reports.ReportReturn.as_view(), name="agency-report-return"),
    path("agency-reports/<uuid:report_id>/cancel", agency_reports.ReportCancel.as_view(), name="agency-report-cancel"),
    path(
        "report-papers/<uuid:report_paper_id>/content",
        agency_reports.ReportPaperContent.as_view(),
        name="report-paper-content",
    ),
]

guided: list[URLPattern] = [
    path("price-ceilings", price_ceilings.PriceCeilingList.as_view(), name="price-ceilings"),
    path(
        "price-ceilings/<uuid:ceiling_id>/confirm",
        price_ceilings.PriceCeilingConfirm.as_view(),
        name="price-ceiling-confirm",
    ),
    path(
        "price-ceilings/<uuid:ceiling_id>/withdraw",
        price_ceilings.PriceCeilingWithdraw.as_view(),
        name="price-ceiling-withdraw",
    ),
    path("price-ceilings/<uuid:ceiling_id>/end", price_ceilings.PriceCeilingEnd.as_view(), name="price-ceiling-end"),
]

urlpatterns = [
    *reports,
    *property_register,
    *bytes_in,
    *corpora,
    *registration,
    *offering,
    *described,
    *review,
    *attested,
    *identified,
    *credit,
    *in_bulk,
    *guided,
]
