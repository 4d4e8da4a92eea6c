"""Writing records down as rows before anything is done with them: a row for each, the unusable ones refused at once."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.harvest.entries import Unusable, source_id_of, staging_errors
from listings.models import HarvestRecord, HarvestRun

AT_A_TIME = 1000
Outcome = HarvestRecord.Outcome


def stage(run: HarvestRun, records: Iterable[tuple[int, Any]], *, seen: set[str]) -> None:
    """Write numbered records down as rows; `seen` are the ids already staged, and takes up those of these records."""
    rows = list(_staged(run, records, seen))
    for start in range(0, len(rows), AT_A_TIME):
        HarvestRecord.objects.bulk_create(rows[start : start + AT_A_TIME])


def _staged(run: HarvestRun, records: Iterable[tuple[int, Any]], seen: set[str]) -> Iterator[HarvestRecord]:
    for number, entry in records:
        unusable = entry if isinstance(entry, Unusable) else Unusable(source_id_of(entry), staging_errors(entry))
        source_id, errors = unusable.source_id, unusable.errors
        if not errors and source_id in seen:
            errors = [FieldError("/source_id", "duplicate", _("An earlier record of this run has the same id."))]
        if source_id:
            seen.add(source_id)
        yield HarvestRecord(
            run=run,
            organization_id=run.organization_id,
            number=number,
            source_id=source_id,
            entry={} if errors else {**entry, "source_id": source_id},
            outcome=Outcome.REFUSED if errors else Outcome.PENDING,
            reasons=[error.as_json() for error in errors],
        )
