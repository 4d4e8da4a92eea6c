"""What a listing's description lacks for other catalogues: cheap checks of structure that need no validator.

The real validators (SHACL, mlcroissant, frictionless) run in our tests over what the builders write; these checks are
about what only the provider can add.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from kernel.languages import LANGUAGE_TAGS
from listings.industries import industries
from listings.metadata.fields import UNTYPED, Field, fields_of
from listings.models import DataFile, Listing

MOST_NAMED = 10  # fields in one sentence


class Level(StrEnum):
    """How bad it is: the description is refused by validators, or is accepted and worse than it could be."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class MetadataProblem:
    """One thing to mend. `pointer` is a JSON pointer into the listing's product, version or terms."""

    code: str
    level: Level
    pointer: str
    detail: str


def check_metadata(listing: Listing) -> list[MetadataProblem]:
    """Return what is missing, the refused before the merely worse; reads product, terms, provider and files."""
    found = [*_mandatory(listing), *_recommended(listing), *_languages(listing), *_files(listing)]
    return sorted(found, key=lambda problem: problem.level)


def _mandatory(listing: Listing) -> Iterator[MetadataProblem]:
    """Yield what DCAT-AP 3.0.1 demands: title, description, a named publisher, and a place to get each file."""
    product = listing.product
    if not product.name:
        yield _error("title_missing", "/product/name", _("The product has no name."))
    if not product.summary:
        yield _error("description_missing", "/product/summary", _("The product has no summary."))
    if not listing.organization.name:
        yield _error("publisher_missing", "/organization/name", _("The provider has no name."))
    files = listing.version.files.all()
    if not files:
        yield _error("distribution_missing", "/version/files", _("The version has no files."))
    for number, file in enumerate(files):
        if not file.sha256 or file.size is None:
            detail = _("“%s” has no digest yet.") % file.name
            yield _error("digest_missing", f"/version/files/{number}", detail)


def _recommended(listing: Listing) -> Iterator[MetadataProblem]:
    product = listing.product
    if product.industry not in industries():
        yield _warning("theme_missing", "/product/industry", _("Without an industry nobody finds it by theme."))
    if not product.language:
        yield _warning("language_missing", "/product/language", _("The language of the data is not told."))
    if product.time_from is None and product.time_to is None:
        yield _warning("temporal_missing", "/product/time_from", _("The time that the data cover is not told."))
    if not product.region_scope:
        yield _warning("spatial_missing", "/product/region_scope", _("The region that the data cover is not told."))
    if not product.frequency:
        yield _warning("frequency_missing", "/product/frequency", _("It is not told how often the data are updated."))


def _languages(listing: Listing) -> Iterator[MetadataProblem]:
    product, terms = listing.product, listing.terms
    held = {"/product/name": product.name, "/product/summary": product.summary, "/terms/text": terms.text}
    for pointer, text in held.items():
        missing = [tag for tag in LANGUAGE_TAGS if not text.get(tag)]
        if text and missing:
            detail = _("There is no text in %s.") % ", ".join(missing)
            yield _warning("translation_missing", pointer, detail)


def _files(listing: Listing) -> Iterator[MetadataProblem]:
    for number, file in enumerate(listing.version.files.all()):
        yield from _fields(file, f"/version/files/{number}")


def _fields(file: DataFile, pointer: str) -> Iterator[MetadataProblem]:
    fields = fields_of(file)
    if not fields:
        yield _warning("fields_missing", pointer, _("Nothing is known of the fields of “%s”.") % file.name)
    if untyped := [field for field in fields if field.type in UNTYPED]:
        detail = _("Fields of “%(file)s” without one type: %(fields)s.")
        yield _warning("field_without_type", pointer, detail % {"file": file.name, "fields": _named(untyped)})
    if unnamed := [field for field in fields if field.name != field.column]:
        detail = _("Fields of “%(file)s” whose name is blank or repeated, told as: %(fields)s.")
        yield _warning("field_without_own_name", pointer, detail % {"file": file.name, "fields": _named(unnamed)})


def _named(fields: list[Field]) -> str:
    names = ", ".join(field.name for field in fields[:MOST_NAMED])
    return names if len(fields) <= MOST_NAMED else f"{names}, …"


def _error(code: str, pointer: str, detail: str) -> MetadataProblem:
    return MetadataProblem(code, Level.ERROR, pointer, detail)


def _warning(code: str, pointer: str, detail: str) -> MetadataProblem:
    return MetadataProblem(code, Level.WARNING, pointer, detail)
