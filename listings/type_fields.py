"""The values of the fields that only products of one type have (listings/product_types.py).

Pure checks: a draft may leave gaps (`missing_type_fields`) but holds no wrong value (`type_field_errors`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from kernel.languages import check_language_map, in_language
from kernel.problems import FieldError, pointer_step
from listings.product_types import TypeField, TypeRule

Refusal = tuple[str, str]  # a stable code, and the reason in the language in force
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
LONGEST_ADDRESS = 500


def type_field_errors(rule: TypeRule, values: object) -> Iterator[FieldError]:
    """Yield what is wrong with the values that are there, each at `/type_fields/<code>`."""
    if not isinstance(values, dict):
        yield FieldError("/type_fields", "invalid", _("Give an object of field names and values."))
        return
    fields = {field.code: field for field in rule.fields}
    for code, value in values.items():
        pointer = f"/type_fields/{pointer_step(code)}"
        if code not in fields:
            message = _("Products of the type %(type)s have no such field.")
            yield FieldError(pointer, "unknown_field", message % {"type": in_language(rule.label)})
        elif (refusal := KINDS[fields[code].kind](fields[code], value)) is not None:
            yield FieldError(pointer, *refusal)


def missing_type_fields(rule: TypeRule, values: Mapping[str, Any]) -> list[FieldError]:
    """Return the fields that a registration still needs."""
    return [
        FieldError(
            f"/type_fields/{field.code}",
            "required",
            _("Products of the type %(type)s need this: %(field)s.")
            % {"type": in_language(rule.label), "field": in_language(field.label)},
        )
        for field in rule.fields
        if field.required and field.code not in values
    ]


def shown_type_fields(rule: TypeRule, values: Mapping[str, Any]) -> dict[str, str]:
    """Return the values that are there by the names of their fields, as people read them in the language in force."""
    return {
        in_language(field.label): _shown(field, values[field.code]) for field in rule.fields if field.code in values
    }


def _shown(field: TypeField, value: Any) -> str:
    labels = {choice.code: in_language(choice.label) for choice in field.choices}
    match value:
        case bool():
            return _("yes") if value else _("no")
        case dict():
            return in_language(value)
        case list():
            return ", ".join(str(labels.get(each, each)) for each in value)
    return labels.get(value, str(value))


# --- one check for each kind of field: None for a good value, or why it is not ---------------------------------------


def _text(field: TypeField, value: object) -> Refusal | None:
    if not isinstance(value, str) or not value.strip():
        return "invalid", _("Give a text.")
    if field.max_length is not None and len(value) > field.max_length:
        return "max_length", _("At most %d characters.") % field.max_length
    if not all(character.isprintable() for character in value):
        return "invalid", _("The text has characters that cannot be shown.")
    if field.pattern and not re.fullmatch(field.pattern, value, re.ASCII):
        return "invalid", in_language(field.help)
    return None


def _texts(field: TypeField, value: object) -> Refusal | None:
    try:
        check_language_map(value, max_length=field.max_length)
    except ValidationError as error:
        return error.code or "invalid", error.messages[0]
    return None


def _decimal(field: TypeField, value: object) -> Refusal | None:
    # A string, as amounts are: what is sealed and signed holds no floats.
    if not isinstance(value, str) or not DECIMAL.fullmatch(value):
        return "invalid", _('Give a decimal number in quotation marks, such as "99.9".')
    if field.places is not None and len(value.partition(".")[2]) > field.places:
        return "max_decimal_places", _("At most %d decimal places.") % field.places
    return _out_of_range(field, Decimal(value))


def _integer(field: TypeField, value: object) -> Refusal | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return "invalid", _("Give a whole number.")
    return _out_of_range(field, value)


def _out_of_range(field: TypeField, value: Decimal | int) -> Refusal | None:
    limits = {"minimum": field.minimum, "maximum": field.maximum}
    if field.minimum is not None and value < field.minimum:
        return "out_of_range", _("Give a number from %(minimum)s to %(maximum)s.") % limits
    if field.maximum is not None and value > field.maximum:
        return "out_of_range", _("Give a number from %(minimum)s to %(maximum)s.") % limits
    return None


def _boolean(_field: TypeField, value: object) -> Refusal | None:
    return None if isinstance(value, bool) else ("invalid", _("Give true or false."))


def _choice(field: TypeField, value: object) -> Refusal | None:
    known = [choice.code for choice in field.choices]
    return None if value in known else ("invalid_choice", _("Choose one of: %s.") % ", ".join(known))


def _choices(field: TypeField, value: object) -> Refusal | None:
    if not isinstance(value, list) or not value:
        return "invalid", _("Give a list of at least one value.")
    for each in value:
        if (refusal := _choice(field, each)) is not None:
            return refusal
    if len(set(value)) < len(value):
        return "repeated", _("Give each value once.")
    return None


def _date(_field: TypeField, value: object) -> Refusal | None:
    refusal = "invalid", _("Give a date such as 2026-11-24.")
    if not isinstance(value, str) or not DAY.fullmatch(value):
        return refusal
    try:
        date.fromisoformat(value)
    except ValueError:
        return refusal
    return None


def _url(_field: TypeField, value: object) -> Refusal | None:
    refusal = "invalid", _("Give an address that begins with https://, of at most %d characters.") % LONGEST_ADDRESS
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return refusal
    try:
        URLValidator(schemes=["https"])(value)
    except ValidationError:
        return refusal
    return None


KINDS: Mapping[str, Callable[[TypeField, object], Refusal | None]] = {
    "text": _text,
    "texts": _texts,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "choice": _choice,
    "choices": _choices,
    "date": _date,
    "url": _url,
}
