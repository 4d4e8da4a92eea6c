"""Of how many persons a version tells, and how many persons an exporter group has exported in a year.

Persons are counted once where the exporter supplies keyed identifiers, and in full otherwise: never too few.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q, Sum, Value

from listings.grade_confirmation import grading_of
from listings.models import BorderDossier, DatasetVersion, ExportEntry, PersonalData


@dataclass(frozen=True)
class Persons:
    """Persons of whom nothing sensitive is told, and persons of whom something is."""

    general: int = 0
    sensitive: int = 0

    def __add__(self, other: "Persons") -> "Persons":
        return Persons(self.general + other.general, self.sensitive + other.sensitive)


def persons_in(version: DatasetVersion, dossier: BorderDossier) -> Persons | None:
    """Return the persons of whom a version tells: what the scan found, or what is declared where that is more.

    None where the version tells of persons and nobody knows of how many.
    """
    found = found_persons(version)
    general = max(found.general, dossier.n_general or 0)
    sensitive = max(found.sensitive, dossier.n_sensitive or 0)
    if not general and not sensitive and grading_of(version).personal_data != PersonalData.NONE:
        return None
    return Persons(general, sensitive)


def found_persons(version: DatasetVersion) -> Persons:
    """Return the persons that the last scan of a version counted."""
    if (scan := version.grade_scans.order_by("-id").first()) is not None:
        return Persons(scan.persons - scan.sensitive_persons, scan.sensitive_persons)
    found: dict[str, Any] = (version.profile or {}).get("grading") or {}
    sensitive = int(found.get("sensitive_persons", 0))
    return Persons(int(found.get("persons", 0)) - sensitive, sensitive)


# One person of several lists counts once, and as sensitive if something sensitive is told in any of them.
DISTINCT = """
SELECT count(*) FILTER (WHERE NOT told), count(*) FILTER (WHERE told)
  FROM (SELECT bool_or(sensitive) AS told FROM listings_subjectidentifier
         WHERE subject_list_id = ANY(%s) GROUP BY keyed) AS person
"""


def exported(
    group: Collection[UUID], year: int, *, with_list: UUID | None = None, without: UUID | None = None
) -> Persons:
    """Return the persons that count for a group's year: held and gone, not those of exempt scenarios.

    `without` leaves a case's own entries out; `with_list` adds the persons of one more list of keyed identifiers.
    """
    entries = ExportEntry.objects.counting().filter(organization__in=group, year=year)
    if without is not None:
        entries = entries.exclude(case=without)
    plain = Q(subject_list__isnull=True)
    found = entries.aggregate(
        general=Sum("n_general", filter=plain),
        sensitive=Sum("n_sensitive", filter=plain),
        lists=ArrayAgg("subject_list", filter=~plain, distinct=True, default=Value([])),
    )
    in_full = Persons(found["general"] or 0, found["sensitive"] or 0)
    lists = set(found["lists"])
    if with_list is not None:
        lists.add(with_list)
    return in_full + _distinct(lists)


def _distinct(lists: Collection[UUID]) -> Persons:
    if not lists:
        return Persons()
    with connection.cursor() as cursor:
        cursor.execute(DISTINCT, [sorted(lists)])
        return Persons(*cursor.fetchone())
