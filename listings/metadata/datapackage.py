"""A listing as a Frictionless data package: https://specs.frictionlessdata.io/data-package/ (v1, read by v2 tools)

Once the files are delivered into one folder, the package describes and checks them where they are.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from kernel.languages import in_language
from listings.metadata import addresses, vocabulary
from listings.metadata.dcat import TERMS, keywords
from listings.metadata.fields import Field, fields_of, typed_as
from listings.metadata.vocabulary import TABLES
from listings.models import DataFile, Listing
from listings.profiling.encoding import CODECS, Encoding

Document = dict[str, Any]
TYPES: Mapping[str, str] = {
    "integer": "integer",
    "decimal": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
    "time": "time",
    "text": "string",
}
# A profile says that a column holds days, not how they are written; `any` lets the reader find out.
WRITTEN_FREELY = ("date", "datetime", "time")
# How readers call what begins with a byte order mark, which is then no part of the first name.
WITH_MARK = {Encoding.UTF_8: "utf-8-sig", Encoding.UTF_16_LE: "utf-16", Encoding.UTF_16_BE: "utf-16"}


def data_package(listing: Listing) -> Document:
    """Return the package in the language of the request; paths are the names that the files are delivered under."""
    terms = {
        "name": f"dawan-terms-{listing.terms_id}",
        "path": addresses.listing_page(listing.pk),
        "title": f"{in_language(TERMS)} v{listing.terms.version}",
    }
    files = list(listing.version.files.all())
    found: Document = {
        "profile": "tabular-data-package" if all(file.format in TABLES for file in files) else "data-package",
        "name": f"listing-{listing.pk}",
        "id": addresses.dataset_iri(listing.pk),
        "title": in_language(listing.name),
        "description": in_language(listing.summary),
        "homepage": addresses.listing_page(listing.pk),
        "version": f"{listing.version.number}.0.0",
        "created": listing.listed_at.isoformat() if listing.listed_at else "",
        "keywords": [in_language(words) for words in keywords(listing)],
        "licenses": [terms],
        "contributors": [{"title": in_language(listing.organization.name), "role": "publisher"}],
        "resources": [_resource(number, file) for number, file in enumerate(files, 1)],
    }
    return {key: held for key, held in found.items() if held != ""}


def _resource(number: int, file: DataFile) -> Document:
    profile: Mapping[str, Any] = file.profile or {}
    is_table = file.format in TABLES
    found: Document = {
        "profile": "tabular-data-resource" if is_table else "data-resource",
        "name": f"{number}-{slug}" if (slug := _slug(file.name)) else f"{number}",
        "title": file.name,
        "path": file.name,
        "format": _suffix(file),
        "mediatype": vocabulary.media_type(file.format),
        "bytes": file.size,
        "hash": f"sha256:{file.sha256}" if file.sha256 else None,
        "schema": {"fields": [_field(field) for field in fields_of(file)]} if is_table else None,
    }
    if encoding := profile.get("encoding"):
        found["encoding"] = _encoding(encoding, bom=bool(profile.get("dialect", {}).get("bom")))
    if file.format == DataFile.Format.CSV:
        found["dialect"] = _dialect(profile.get("dialect", {}))
    return {key: held for key, held in found.items() if held is not None}


def _dialect(dialect: Mapping[str, Any]) -> Document:
    """Return a CSV dialect (https://specs.frictionlessdata.io/csv-dialect/) from the profile's."""
    escape = dialect.get("escape", "")
    found: Document = {
        "delimiter": dialect.get("delimiter", ","),
        "quoteChar": dialect.get("quote", '"'),
        "doubleQuote": not escape,
        "header": dialect.get("header", True),
    }
    return found | ({"escapeChar": escape} if escape else {})


def _field(field: Field) -> Document:
    kind = typed_as(field, TYPES, "any")
    found: Document = {"name": field.name, "type": kind}
    if kind in WRITTEN_FREELY:
        found["format"] = "any"
    if field.name != field.column:
        found["title"] = field.column
    return found


def _encoding(name: str, *, bom: bool) -> str:
    encoding = Encoding(name)
    return WITH_MARK.get(encoding, CODECS[encoding]) if bom else CODECS[encoding]


def _suffix(file: DataFile) -> str:
    return PurePosixPath(file.name).suffix.removeprefix(".").lower() or file.format.lower()


def _slug(name: str) -> str:
    """Return what is left of a name in the letters that a resource's name may have."""
    return re.sub(r"[^a-z0-9._]+", "-", name.lower()).strip("-.")
