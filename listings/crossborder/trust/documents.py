"""The kinds of documents that are attested, and the reasons for which an attestation is revoked: a dated data file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from kernel.problems import field_problem
from listings.editions import edition_on

PATTERN = "trust/document-types-*.json"


@dataclass(frozen=True)
class DocumentType:
    """A kind of document: whether its holder must authorise each verification, and how long it is attested at most."""

    code: str
    label: Mapping[str, str]
    consent: bool
    longest_days: int


@dataclass(frozen=True)
class DocumentTypes:
    """One edition of the file."""

    edition: str
    types: Mapping[str, DocumentType]
    reasons: Mapping[str, Mapping[str, str]]

    def named(self, code: str) -> DocumentType:
        """Return the type of that code; raises Problem `invalid` at `/document_type`."""
        if code not in self.types:
            raise field_problem("/document_type", "unknown", _("There is no such type of document."))
        return self.types[code]

    def needs_consent(self, code: str) -> bool:
        """Tell whether the holder must authorise; of a type that only the other side knows we ask for it."""
        return code not in self.types or self.types[code].consent


def document_types_on(day: date) -> DocumentTypes:
    """Return the edition in force on `day`."""
    content = edition_on(PATTERN, day)
    types = {each["code"]: DocumentType(**each) for each in content["types"]}
    return DocumentTypes(content["edition"], types, {each["code"]: each["label"] for each in content["reasons"]})
