"""Addresses of the evidence log, the certificates and the jobs, below /api/v1/."""

from django.urls import path

from kernel import evidence_api, jobs_api

urlpatterns = [
    path("log/tree-heads", evidence_api.TreeHeads.as_view(), name="log-tree-heads"),
    path("log/public-keys", evidence_api.PublicKeys.as_view(), name="log-public-keys"),
    path("log/events/<uuid:event_id>/inclusion", evidence_api.Inclusion.as_view(), name="log-inclusion"),
    path("log/consistency", evidence_api.Consistency.as_view(), name="log-consistency"),
    path("certificates", evidence_api.CertificateList.as_view(), name="certificates"),
    path("certificates/<str:reference>", evidence_api.CertificateDetail.as_view(), name="certificate"),
    path("certificates/<str:reference>/file", evidence_api.CertificateFile.as_view(), name="certificate-file"),
    path(
        "certificates/<str:reference>/revoke", evidence_api.CertificateRevocation.as_view(), name="certificate-revoke"
    ),
    path("certificates/<str:reference>/status", evidence_api.CertificateStatus.as_view(), name="certificate-status"),
    path("jobs", jobs_api.JobList.as_view(), name="jobs"),
    path("jobs/<uuid:job_id>", jobs_api.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:job_id>/retry", jobs_api.JobRetry.as_view(), name="job-retry"),
]
