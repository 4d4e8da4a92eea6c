"""What a version of a dataset changes for those who read the preceding one, and the number that follows from it.

    major   programs that read the preceding version may break
    minor   something is there that was not; nobody breaks
    patch   other rows in the same form

The level is computed from the schemas of both (listings/profiling/schema_changes.py). A provider may declare more,
where the meaning changed and the form did not, but never less. The first version is 1.0.0.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from listings.models import DataFile, Dataset, DatasetVersion
from listings.profiling.schema_changes import SchemaChange, schema_changes

Level = DatasetVersion.Level
FIRST = (1, 0, 0)
_RISING = (Level.PATCH, Level.MINOR, Level.MAJOR)


@dataclass(frozen=True)
class FileSchema:
    """A file as far as its readers' programs depend on it; `columns` as the profile has them."""

    name: str
    format: str
    columns: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class FileChange:
    """A change of one file: of a column, or `file_added`, `file_removed`, `format_changed` (`before`, `after`)."""

    file: str
    kind: str
    column: str = ""
    before: str = ""
    after: str = ""
    breaking: bool = False


@dataclass(frozen=True)
class Comparison:
    """What a version changes against another one; against None there is nothing to change."""

    version_id: UUID
    against_id: UUID | None
    changes: tuple[FileChange, ...]

    @property
    def level(self) -> str | None:
        return proposed_level(self.changes) if self.against_id else None

    @property
    def breaking(self) -> bool:
        return any(change.breaking for change in self.changes)


@dataclass(frozen=True)
class Release:
    """What follows for a version that has just become ready."""

    preceding: DatasetVersion | None
    changes: tuple[FileChange, ...]
    level: str
    number: tuple[int, int, int]


def next_release(version: DatasetVersion) -> Release:
    """Compare a version with the one that was ready last, and return the number it gets.

    Locks the dataset, so that of two versions that become ready at once one follows the other. Must run inside a
    transaction, after the files' profiles are stored.
    """
    Dataset.objects.select_for_update(no_key=True).get(pk=version.dataset_id)
    ready = DatasetVersion.objects.filter(dataset=version.dataset_id, state=DatasetVersion.State.READY)
    last_first = ready.exclude(pk=version.pk).order_by(F("release").desc(nulls_last=True), "-number")
    preceding = last_first.defer("profile").first()
    if preceding is None:
        return Release(None, (), "", FIRST)
    changes = tuple(compared(preceding, version))
    level = max(proposed_level(changes), version.declared_level or Level.PATCH, key=_RISING.index)
    return Release(preceding, changes, level, _following(preceding.release or FIRST, level))


def compared(earlier: DatasetVersion, later: DatasetVersion) -> list[FileChange]:
    """Return what changed from one version's files to the other's, file by file in the order of their names."""
    return file_changes(_schemas(earlier), _schemas(later))


def comparison(version: DatasetVersion, *, against_id: UUID | None = None) -> Comparison:
    """Compare a version that is ready with another one of its dataset; without one, say what was found at its release.

    Raises Problem `illegal_state` while either is not ready.
    """
    if version.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only versions that are ready are compared."), state=version.state)
    if against_id is None:
        stored = tuple(FileChange(**change) for change in version.schema_changes or ())
        return Comparison(version.pk, version.preceding_id, stored)
    against = DatasetVersion.objects.only("state").get(pk=against_id)
    if against.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only versions that are ready are compared."), state=against.state)
    return Comparison(version.pk, against.pk, tuple(compared(against, version)))


def file_changes(earlier: Sequence[FileSchema], later: Sequence[FileSchema]) -> list[FileChange]:
    """Return what changed between two sets of files; a single file is the same one whatever it is called."""
    before = {file.name: file for file in earlier}
    if len(earlier) == len(later) == 1:
        before = {later[0].name: earlier[0]}
    changes: list[FileChange] = []
    for file in later:
        if file.name not in before:
            changes.append(FileChange(file.name, "file_added", after=file.format))
            continue
        changes.extend(_changes_of(before[file.name], file))
    names = {file.name for file in later}
    gone = (file for name, file in before.items() if name not in names)
    changes.extend(FileChange(file.name, "file_removed", before=file.format, breaking=True) for file in gone)
    return changes


def proposed_level(changes: Iterable[FileChange]) -> Level:
    """Return the level that these changes make at least."""
    found = list(changes)
    if any(change.breaking for change in found):
        return Level.MAJOR
    return Level.MINOR if found else Level.PATCH


@transaction.atomic
def describe_version(
    *,
    version_id: UUID,
    notes: Mapping[str, str] | None = None,
    reason: Mapping[str, str] | None = None,
    declared_level: str | None = None,
    actor: Actor,
) -> DatasetVersion:
    """Say what a version changes and why; what is None stays. The level is declared while the version is open only.

    Raises Problem `not_found`, `forbidden`, or `illegal_state`: the version was refused, or is no longer open.
    """
    visible = DatasetVersion.objects.visible_to(actor).defer("profile")
    version = find(visible.select_for_update(of=("self",)), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    if version.state == DatasetVersion.State.REFUSED:
        raise Problem("illegal_state", _("A refused version changes no more."), state=version.state)
    if declared_level is not None and version.state != DatasetVersion.State.OPEN:
        raise Problem("illegal_state", _("The level is declared before the version is sealed."), state=version.state)

    given = {"notes": notes, "reason": reason, "declared_level": declared_level}
    changes = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in given.items() if value is not None
    }
    before = {name: getattr(version, name) for name in changes}
    for name, value in changes.items():
        setattr(version, name, value)
    version.save(update_fields=list(changes))
    audit.record("datasetversion.described", subject=version, actor=actor, details={"before": before, "after": changes})
    return version


def release_fields(release: Release) -> dict[str, Any]:
    """Return a release as the columns of its version."""
    return {
        "preceding_id": release.preceding.pk if release.preceding else None,
        "level": release.level,
        "release": list(release.number),
        "schema_changes": [asdict(change) for change in release.changes],
    }


def _schemas(version: DatasetVersion) -> list[FileSchema]:
    files = DataFile.objects.filter(version=version).order_by("name", "id")
    return [FileSchema(*row) for row in files.values_list("name", "format", "profile__columns")]


def _changes_of(before: FileSchema, after: FileSchema) -> list[FileChange]:
    if before.format != after.format:
        return [FileChange(after.name, "format_changed", before=before.format, after=after.format, breaking=True)]
    return [
        _of_column(after.name, each) for each in schema_changes({"columns": before.columns}, {"columns": after.columns})
    ]


def _of_column(file: str, change: SchemaChange) -> FileChange:
    return FileChange(file, change.kind, change.column, change.before, change.after, change.breaking)


def _following(number: Sequence[int], level: str) -> tuple[int, int, int]:
    major, minor, patch = number
    if level == Level.MAJOR:
        return major + 1, 0, 0
    return (major, minor + 1, 0) if level == Level.MINOR else (major, minor, patch + 1)
