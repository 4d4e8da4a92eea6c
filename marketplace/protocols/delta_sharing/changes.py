"""The change data feed: which rows each version added and removed, by the files that a job compared beforehand.

Where two versions were not compared (too many rows, other columns, or bought in another order) all rows of the one
count as removed and all of the other as added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from kernel.problems import Problem
from marketplace.models import SharedFile, TableChange
from marketplace.protocols.delta_sharing.shares import Table, Version

Kind = SharedFile.Kind
ACTIONS = {Kind.ADDED.value: "add", Kind.REMOVED.value: "remove"}


@dataclass(frozen=True)
class Change:
    """What a version changed: the files of rows that it added and removed, each with its action."""

    version: Version
    actions: tuple[tuple[str, SharedFile], ...]

    @property
    def files(self) -> list[SharedFile]:
        return [file for _action, file in self.actions]


def changes_between(
    table: Table,
    *,
    starting: int | None,
    ending: int | None,
    since: datetime | None,
    until: datetime | None,
) -> list[Change]:
    """Return the changes of each readable version in a range, both ends included; at least one.

    Raises Problem `invalid` without a beginning, or where the range holds no version that the reader has a right to.
    """
    if starting is None and since is None:
        raise Problem("invalid", _("Say from where: startingVersion or startingTimestamp."))
    first = starting if starting is not None else table.from_moment(since or table.newest.sealed_at).number
    if first < table.versions[0].number:
        oldest = table.versions[0].number
        raise Problem("invalid", _("You have no right to a version before %d.") % oldest)
    last = ending if ending is not None else table.at(number=None, moment=until).number
    wanted = [index for index, version in enumerate(table.versions) if first <= version.number <= last]
    if not wanted:
        raise Problem("invalid", _("You have no right to such a version of the table."))
    found = []
    for index in wanted:
        before = table.versions[index - 1] if index else None
        found.append(Change(table.versions[index], tuple(_actions(before, table.versions[index]))))
    return found


def _actions(before: Version | None, after: Version) -> Iterator[tuple[str, SharedFile]]:
    if before is not None and TableChange.objects.filter(table=after.table, since=before.table).exists():
        for file in after.table.files.filter(since=before.table):
            yield ACTIONS[file.kind], file
        return
    if before is not None:
        for file in before.table.files.filter(kind=Kind.ROWS):
            yield "remove", file
    for file in after.table.files.filter(kind=Kind.ROWS):
        yield "add", file
