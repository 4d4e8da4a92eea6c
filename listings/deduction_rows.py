"""The rows behind a deduction of quality, read again from the file and masked: what a provider needs to repair them."""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, BinaryIO, cast
from uuid import UUID

import pyarrow as pa
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import find
from kernel import audit
from kernel.actors import Actor
from kernel.problems import Problem
from kernel.spreadsheets import plain_cell
from listings.grading.anonymity import masked_rows
from listings.grading.result import Finding, Persons, ScanResult
from listings.models import DataFile
from listings.profiling.reading import profile_file
from listings.storage import DecryptingReader, read_range, stored_file


class _Enough(Exception):
    """All wanted rows have passed."""


class _Picker:
    """Keeps the wanted rows, numbered from 1, as they pass; an Observer that ends the reading after the last one."""

    def __init__(self, wanted: Sequence[int]) -> None:
        self.rows: dict[int, list[str | None]] = {}
        self._wanted = sorted(wanted)
        self._seen = 0

    def see(self, rows: pa.Table) -> None:
        for number in self._wanted:
            if self._seen < number <= self._seen + rows.num_rows:
                place = number - self._seen - 1
                self.rows[number] = [column[place].as_py() for column in rows.columns]
        self._seen += rows.num_rows
        if self._seen >= self._wanted[-1]:
            raise _Enough


def deduction_rows(*, file_id: UUID, number: int, actor: Actor) -> str:
    """Return as CSV the rows that stand behind the file's deduction of this number, counted from 1 as the report has
    them: the row's number, then its cells, with personal data masked and formulas made harmless.

    Raises Problem `not_found`, also where there is no such deduction, or `no_rows_behind_it` for one about the whole.
    """
    file = find(DataFile.objects.visible_to(actor).select_related("version"), pk=file_id)
    deductions = ((file.profile or {}).get("quality") or {}).get("deductions", [])
    if not 1 <= number <= len(deductions):
        raise Problem("not_found")
    deduction = deductions[number - 1]
    if not deduction["rows"]:
        raise Problem("no_rows_behind_it", rule=deduction["code"])

    with transaction.atomic():
        details = {"rule": deduction["code"], "rows": deduction["rows"]}
        audit.record("datafile.rows_read", subject=file, actor=actor, details=details)
    return rows_as_csv(file, picked_rows(file, deduction["rows"]))


def picked_rows(file: DataFile, wanted: Sequence[int]) -> dict[int, list[str | None]]:
    """Read a file again as far as needed and return the wanted rows, numbered from 1."""
    picker, stored = _Picker(wanted), stored_file(file)
    with suppress(_Enough):
        profile_file(
            file.format,
            chunks=read_range(stored, 0, stored.size),
            open_seekable=lambda: cast(BinaryIO, DecryptingReader(stored)),
            size=stored.size,
            declared_encoding=file.declared_encoding,
            observers=[picker],
        )
    return picker.rows


def rows_as_csv(file: DataFile, rows: dict[int, list[str | None]]) -> str:
    """Return rows as CSV with their numbers, personal data masked and formulas made harmless."""
    profile: dict[str, Any] = file.profile or {}
    scan = ScanResult(profile["rows"], [Finding(**each) for each in profile.get("findings", [])], Persons())
    masked = masked_rows(list(rows.values()), scan)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([_("row"), *(plain_cell(column["name"]) for column in profile["columns"])])
    for number, cells in zip(rows, masked, strict=True):
        writer.writerow([number, *(plain_cell("" if cell is None else str(cell)) for cell in cells)])
    return text.getvalue()
