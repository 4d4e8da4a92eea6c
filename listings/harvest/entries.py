"""One record of a bulk registration: its form, which is the dossier's of the API, and what may be staged as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from kernel.api import refuse_what_cannot_be_kept
from kernel.languages import LanguageMapSerializerField
from kernel.money import Money, MoneyField
from kernel.problems import FieldError, Problem, field_errors
from listings.api.product_serializers import (
    DossierSerializer,
)
from listings.api.terms_serializers import (
    NewTermsSerializer,
)
from listings.models.harvests import SOURCE_ID_LENGTH

MOST_CHARACTERS = 64 * 1024  # of one record's texts: the dossier's own limits add up to about a quarter of it


class EntrySerializer(DossierSerializer):
    """A dataset, its product and its offer, as a manifest's record says them; gaps stay gaps of the draft."""

    source_id = serializers.CharField(max_length=SOURCE_ID_LENGTH)
    title = LanguageMapSerializerField(text_length=200)
    description = LanguageMapSerializerField(text_length=4000, required=False)
    price = MoneyField(required=False)
    terms = NewTermsSerializer(required=False)
    venue = serializers.SlugField(max_length=20, required=False)
    described = serializers.DictField(
        required=False,
        help_text="What a source says beyond the dossier: licences, sources, resources with their fields.",
    )


@dataclass(frozen=True)
class Entry:
    """A record whose form is right; `dossier` holds the fields of the product that it names."""

    source_id: str
    title: dict[str, str]
    description: dict[str, str] | None
    described: dict[str, Any] | None
    price: Money | None
    terms: dict[str, Any] | None
    venue: str
    dossier: dict[str, Any]


@dataclass(frozen=True)
class Unusable:
    """What its reader could make no record of, with the reasons, and its id as far as it has one."""

    source_id: str
    errors: list[FieldError]


def checked(entry: Mapping[str, Any]) -> Entry:
    """Return the record in its right types; raises Problem `invalid` with a pointer for every wrong value."""
    form = EntrySerializer(data=dict(entry))
    try:
        form.is_valid(raise_exception=True)
    except serializers.ValidationError as error:
        raise Problem("invalid", errors=field_errors(error.get_full_details())) from error
    given = dict(form.validated_data)
    return Entry(
        source_id=given.pop("source_id"),
        title=given.pop("title"),
        description=given.pop("description", None),
        described=given.pop("described", None),
        price=given.pop("price", None),
        terms=given.pop("terms", None),
        venue=given.pop("venue", ""),
        dossier=given,
    )


def source_id_of(entry: Any) -> str:
    """Return the id by which a record is known at its source, or "" where it has none that can be one."""
    given = entry.get("source_id") if isinstance(entry, dict) else None
    # A spreadsheet's key may well be a number.
    text = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    return text if len(text) <= SOURCE_ID_LENGTH and text.isprintable() else ""


def staging_errors(entry: Any) -> list[FieldError]:
    """Return why a record cannot even be staged: no object, no id, too long, or nothing that can be stored."""
    if not isinstance(entry, dict):
        return [FieldError("", "not_an_object", _("A record is an object of fields."))]
    try:
        refuse_what_cannot_be_kept(entry)
    except ParseError as error:
        return [FieldError("", "malformed", str(error.detail))]
    if len(str(entry)) > MOST_CHARACTERS:
        return [FieldError("", "too_large", _("A record has at most %d characters.") % MOST_CHARACTERS)]
    if not source_id_of(entry):
        message = _("Give each record an id of 1 to %d characters, by which it is known again.")
        return [FieldError("/source_id", "required", message % SOURCE_ID_LENGTH)]
    return []
