"""How the quality of a dataset went from version to version, and what got better or worse each time."""

from typing import Any

from django.db.models import F, QuerySet

from listings.models import DatasetVersion
from listings.quality.trend import Change, compare


def judged_versions(versions: QuerySet[DatasetVersion]) -> QuerySet[DatasetVersion]:
    """Return those of the versions that were judged, each with its report and the preceding one's, in one query."""
    return (
        versions.filter(state=DatasetVersion.State.READY, profile__quality__isnull=False)
        .annotate(report=F("profile__quality"), report_before=F("preceding__profile__quality"))
        .defer("profile", "wrapped_key", "refusal", "schema_changes")
    )


def what_changed(version: Any) -> list[Change]:
    """Return what got better or worse against the preceding version, nothing where either was not judged in detail.

    `version` comes from `judged_versions`.
    """
    reports = (version.report_before, version.report)
    if not all(report and report.get("dimensions") for report in reports):
        return []
    return compare(*reports)
