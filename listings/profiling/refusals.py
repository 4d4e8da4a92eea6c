"""Why a file is refused and what is worth a warning: stable codes, places, and sentences in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Placeholders are filled from the parameters that are stored with the code.
REFUSALS: Mapping[str, Promise] = {
    "empty_file": _("The file has no content."),
    "binary_content": _("There is a NUL byte at offset %(offset)s: this is not text."),
    "wrong_container": _("The file is %(container)s, not %(format)s. Archives and other containers are not opened."),
    "encoding_unknown": _(
        "The text is not UTF-8, UTF-16 with a byte order mark, GB18030 or Big5 (first seen at offset %(offset)s)."
    ),
    "encoding_mismatch": _("The file is declared as %(declared)s but is not (see offset %(offset)s): %(detected)s."),
    "mixed_encodings": _("The text begins in %(encoding)s, but the bytes at offset %(offset)s are not %(encoding)s."),
    "line_too_long": _("The line at offset %(offset)s is longer than %(limit)s bytes."),
    "record_too_long": _("A record is longer than %(limit)s bytes; perhaps a quotation mark is never closed."),
    "unterminated_quote": _("A quotation mark is opened in the last record and never closed."),
    "too_many_columns": _("There are %(columns)s columns; at most %(limit)s are taken."),
    "ragged_rows": _("Rows must have %(expected)s values as the first row has; these have not: %(rows)s."),
    "malformed_csv": _("The table could not be read: %(reason)s"),
    "not_json_lines": _("The file is one JSON document. Write its objects one by one, each on a line of its own."),
    "malformed_json": _("Line %(line)s is not one JSON object: %(reason)s"),
    "malformed_document": _("The JSON document is wrong in line %(line)s: %(reason)s"),
    "no_records": _("The document has no records: write it as an array of objects."),
    "several_tables": _("The document has several arrays of objects (%(names)s); give each a file of its own."),
    "not_feature_collection": _("The document is not a GeoJSON feature collection."),
    "malformed_feature": _("Feature %(feature)s is not as GeoJSON has it: %(reason)s"),
    "no_table": _("No sheet of the workbook has a filled row."),
    "old_or_locked_workbook": _(
        "The workbook is in the old format of Excel, or needs a password: save it as .xlsx without one."
    ),
    "workbook_with_macros": _("The workbook carries macros: save it as .xlsx without them."),
    "corrupt_workbook": _("The workbook could not be read: %(reason)s"),
    "workbook_bomb": _(
        "The workbook of %(size)s bytes says that its %(parts)s parts unpack to %(unpacked)s bytes: more than is taken."
    ),
    "corrupt_parquet": _("The Parquet file could not be read: %(reason)s"),
    "not_openapi": _("The document does not describe an API: it has no member openapi."),
    "openapi_version": _("The description is of version %(version)s; OpenAPI 3.0 and 3.1 are taken."),
    "malformed_openapi": _("At %(place)s the description is not as OpenAPI has it: %(reason)s"),
    "broken_reference": _("The reference %(reference)s leads nowhere."),
    "no_operations": _("The description has no operation."),
    "document_too_large": _("The document has more than %(limit)s bytes."),
    "not_an_archive": _("The file is not a ZIP archive, a tar archive, or a tar archive packed by gzip."),
    "corrupt_archive": _("The archive could not be read: %(reason)s"),
    "empty_archive": _("There is no file in the archive."),
    "encrypted_archive": _("%(member)s in the archive needs a password: pack it without one."),
    "archive_method": _("%(member)s is packed in a way that is not read: use the usual one (deflate)."),
    "nested_archive": _("%(member)s is an archive within the archive: put its files beside the others."),
    "unsafe_member": _("%(member)s in the archive is not taken: %(reason)s."),
    "too_many_members": _("The archive has more than %(limit)s members: divide it."),
    "archive_bomb": _("The archive of %(size)s bytes unpacks to %(unpacked)s bytes or more: more than is taken."),
    "image_bomb": _("The image %(member)s says that it has more than 350 million pixels: more than is taken."),
    "malformed_geoparquet": _("The metadata of the geometry (GeoParquet) does not hold: %(reason)s."),
    "decompression_bomb": _("The file of %(size)s bytes says that it unpacks to %(unpacked)s bytes and %(rows)s rows."),
    "digest_mismatch": _("The file's SHA-256 is %(actual)s, not the announced %(declared)s."),
}

WARNINGS: Mapping[str, Promise] = {
    "no_rows": _("There is a header but no row."),
    "duplicate_columns": _("Column names are used more than once: %(names)s."),
    "blank_columns": _("Columns without a name: %(positions)s."),
    "no_header": _("The first row looks like data, so the columns have no names."),
    "encoding_uncertain": _("There is too little text to tell the encoding for certain; %(encoding)s was assumed."),
    "mixed_types": _("Values of different types share these columns: %(names)s."),
    "error_cells": _("Cells that show an error instead of a value: %(cells)s."),
    "merged_cells": _("%(areas)s areas of merged cells among the rows: only the first cell of each has the value."),
    "other_sheets": _("These sheets have rows too and are not examined; give each a file of its own: %(names)s."),
    "empty_columns": _("Columns without any value: %(names)s."),
    "geometry_types_differ": _("Geometries are of other types than announced in these columns: %(names)s."),
    "external_references": _("References to other documents were not followed: %(names)s."),
    "operations_without_auth": _("%(operations)s operations ask for no credentials."),
    "servers_without_tls": _("Servers without encryption: %(names)s."),
    "images_tell_places": _("%(images)s images tell where they were taken (Exif)."),
    "images_tell_persons": _("%(images)s images name a person or a camera (Exif)."),
    "unreadable_media": _("%(members)s images have a header that cannot be read: %(names)s."),
    "misnamed_members": _("The contents of %(members)s members are not what their names say: %(names)s."),
    "repeated_members": _("%(members)s members have the same contents as another one: %(names)s."),
    "unexamined_members": _(
        "%(members)s members are not examined for personal data: %(names)s. Give tables and texts files of their own."
    ),
}


@dataclass
class Refusal(Exception):
    """A file that is not taken: a code of `REFUSALS`, where it went wrong, and what the sentence needs."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {sentence(REFUSALS, self.code, self.params)}"

    @property
    def position(self) -> dict[str, int]:
        """Where in the file it went wrong: {"byte": offset}, {"line": from 1} or {"row": from 1}, or nothing."""
        if "offset" in self.params:
            return {"byte": self.params["offset"]}
        if "line" in self.params:
            return {"line": self.params["line"]}
        rows = self.params.get("rows")
        return {"row": rows[0]} if isinstance(rows, list) and rows else {}


def refuse(code: str, **params: Any) -> Refusal:
    """Return the refusal to raise; parameters are whole numbers, lists of them, or short text."""
    return Refusal(code, params)


def warning(code: str, **params: Any) -> dict[str, Any]:
    """Return a warning as profiles keep it."""
    return {"code": code, "params": params}


def sentence(table: Mapping[str, Promise], code: str, params: Mapping[str, Any]) -> str:
    """Return the sentence of a code in the language in force."""
    return str(table[code]) % {name: _shown(name, value) for name, value in params.items()}


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    # Stored in English where they are raised; what a decoder said by itself has no translation and stays.
    return gettext(value) if name in {"container", "reason"} and value else value
