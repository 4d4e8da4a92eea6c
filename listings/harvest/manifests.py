"""Manifests: a CSV table, a JSON document of records or a data package; what is unreadable is refused whole."""

import codecs
import csv
import io
import json
from collections.abc import Iterator
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from kernel.languages import simplified
from kernel.problems import Problem
from listings.harvest import problems  # noqa: F401 - registers the code raised here
from listings.harvest.codes import code_of, day_of
from listings.harvest.headers import HEADERS
from listings.harvest.packages import entry_of, is_package
from listings.models import HarvestRun
from listings.profiling.containers import refuse_container
from listings.profiling.dialect import HEAD_BYTES, sniff
from listings.profiling.encoding import CODECS, detect
from listings.profiling.refusals import REFUSALS, Refusal, refuse, sentence

LARGEST_MANIFEST = 16 * 1024 * 1024  # bytes
MOST_RECORDS = 20_000
MOST_COLUMNS = 200
WEIGHED_BYTES = 1024 * 1024  # by which the encoding is told
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

LISTS = ("rights", "buyer_kinds", "buyer_regions", "purposes", "territories")
FLAGS = (
    "resale_allowed",
    "export_allowed",
    "sample_rows_public",
    "derivatives_allowed",
    "attribution_required",
    "deletion_required",
)
YES, NO = ("true", "yes", "y", "1", "是", "允许"), ("false", "no", "n", "0", "否", "不允许")
_SEPARATORS = str.maketrans(dict.fromkeys(";；、|,，", "\n"))


def read_manifest(content: bytes) -> tuple[str, list[Any]]:
    """Return what kind of manifest it is and its records as JSON, in the order they stand in it.

    Raises Problem `manifest_unreadable` with the reason and place, or `too_large` for more than MOST_RECORDS.
    """
    # No table's first cell begins with a bracket.
    if content[:256].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"[", b"{"):
        kind, records = _json_records(_decoded(content, "JSON"))
    else:
        kind, records = HarvestRun.Kind.CSV, list(_csv_records(_decoded(content, "CSV")))
    if not records:
        raise unreadable(_("The manifest has no records."))
    if len(records) > MOST_RECORDS:
        raise Problem("too_large", _("A manifest has at most %d records.") % MOST_RECORDS)
    return kind, records


def unreadable(reason: str) -> Problem:
    return Problem("manifest_unreadable", reason)


def _decoded(content: bytes, kind: str) -> str:
    """Return the text, whatever encoding spreadsheets in the Bay saved it in."""
    try:
        refuse_container(content[:HEAD_BYTES], wanted=kind)
        text = content.decode(_codec(content))
        if "\0" in text:
            raise refuse("binary_content", offset=content.find(b"\0"))
    except Refusal as refusal:
        raise unreadable(sentence(REFUSALS, refusal.code, refusal.params)) from refusal
    except UnicodeDecodeError as error:
        raise unreadable(sentence(REFUSALS, "encoding_unknown", {"offset": error.start})) from error
    return text


def _codec(content: bytes) -> str:
    for mark, codec in MARKS:
        if content.startswith(mark):
            return codec
    if content.isascii():
        return "ascii"
    return CODECS[detect(content[:WEIGHED_BYTES], complete=len(content) <= WEIGHED_BYTES).encoding]


# --- JSON -----------------------------------------------------------------------------------------------------------


def _json_records(text: str) -> tuple[str, list[Any]]:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno, "reason": error.msg}
        raise unreadable(_("Not JSON at line %(line)s, column %(column)s: %(reason)s.") % where) from error
    except (ValueError, RecursionError) as error:
        raise unreadable(_("The JSON holds what no record can: %s.") % error) from error
    if is_package(document):
        document = [document]
    records = document.get("records") if isinstance(document, dict) and set(document) == {"records"} else document
    if not isinstance(records, list):
        raise unreadable(_("Give an array of records, an object with the one member “records”, or a data package."))
    if records and all(is_package(each) for each in records):
        return HarvestRun.Kind.DATA_PACKAGE, [entry_of(each) for each in records]
    return HarvestRun.Kind.JSON, records


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


# --- CSV ------------------------------------------------------------------------------------------------------------


def _csv_records(text: str) -> Iterator[dict[str, Any]]:
    head = text[:HEAD_BYTES].encode()
    dialect, _rows = sniff(head, complete=len(text) <= HEAD_BYTES)
    csv.field_size_limit(LARGEST_MANIFEST)
    rows = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape or None,
        doublequote=not dialect.escape,
        strict=True,
    )
    try:
        columns = _columns(next(rows, []))
        for row in rows:
            if any(cell.strip() for cell in row):
                yield _record(columns, row)
    except csv.Error as error:
        where = {"line": rows.line_num, "reason": error}
        raise unreadable(_("The table is malformed at line %(line)s: %(reason)s.") % where) from error


def _columns(header: list[str]) -> list[tuple[str, ...]]:
    """Return the field, and within maps the key, that each column gives; raises for what is unknown or repeated."""
    if len(header) > MOST_COLUMNS:
        raise unreadable(_("A table has at most %d columns.") % MOST_COLUMNS)
    columns = [_column(cell) for cell in header]
    if ("source_id",) not in columns:
        raise unreadable(_("The table has no column source_id."))
    if repeated := sorted({".".join(column) for column in columns if columns.count(column) > 1}):
        raise unreadable(_("These columns stand twice: %s.") % ", ".join(repeated))
    return columns


def _column(cell: str) -> tuple[str, ...]:
    name = HEADERS.get(simplified(cell).strip("* ").replace(" ", ""), cell.strip())
    return tuple(name.split(".", 2))


def _record(columns: list[tuple[str, ...]], row: list[str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for column, cell in zip(columns, row, strict=False):
        if text := cell.strip():
            held = record
            for step in column[:-1]:
                held = held.setdefault(step, {})
            held[column[-1]] = _value(column, text)
    if any(cell.strip() for cell in row[len(columns) :]):
        record["?"] = row[len(columns) :]  # refused as an unknown field, in the record's own outcome
    return record


def _value(column: tuple[str, ...], text: str) -> Any:
    """Return a cell as JSON; a text within a map of languages or of evidence stays as it is."""
    field = column[-1]
    if column[0] not in (field, "terms") or len(column) > 2:
        return text
    if field in LISTS:
        parts = [part.strip() for part in text.translate(_SEPARATORS).split("\n") if part.strip()]
        return [code_of(field, part) for part in parts]
    if field in FLAGS:
        return True if text.lower() in YES else False if text.lower() in NO else text
    if field in ("time_from", "time_to"):
        return day_of(text)
    return code_of(field, text)
