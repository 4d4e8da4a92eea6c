"""Reads the values of a place's credit report: its days, sums, codes and numbers, into the common form. Pure.

Common form: days as YYYY-MM-DD, sums as {"amount": "1200.00", "currency": "HKD"}, percentages as decimal texts.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from accounts.identifiers import KIND_OF_JURISDICTION, RULES, WrongIdentifier
from kernel.digests import Json
from listings.crossborder.trust.credit_schema import ReportField, ReportSchema

LONGEST_TEXT = 2000
NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,6})?", re.ASCII)


class Unreadable(ValueError):
    """A value that cannot be read; `code` names the rule, the message says what is wanted."""

    def __init__(self, code: str, words: object) -> None:
        self.code = code
        super().__init__(str(words))


def read_value(field: ReportField, value: object, place: str, schema: ReportSchema) -> Json:
    """Return a single value in the common form; raises Unreadable."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise Unreadable("wrong_type", _("Write a text or a whole number."))
    text = str(value).strip()
    if len(text) > LONGEST_TEXT or not text.replace("\n", " ").isprintable():
        raise Unreadable("unprintable", _("The text is too long or has control characters."))
    return READERS[field.kind](text, field, place, schema)


def _text(text: str, _field: ReportField, _place: str, _schema: ReportSchema) -> Json:
    return text


def _identifier(text: str, _field: ReportField, place: str, _schema: ReportSchema) -> Json:
    try:
        return RULES[KIND_OF_JURISDICTION[place]](text)
    except WrongIdentifier as wrong:
        raise Unreadable(wrong.code, wrong.reason) from wrong


def _day(text: str, _field: ReportField, place: str, schema: ReportSchema) -> Json:
    for form in schema.places[place].dates:
        try:
            return _as_day(text, form).isoformat()
        except ValueError:
            continue
    raise Unreadable("impossible_date", _("This is no day as reports of this place write it."))


def _as_day(text: str, form: str) -> date:
    return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone


def _code(text: str, field: ReportField, place: str, schema: ReportSchema) -> Json:
    for code, written in schema.codes[field.codes].items():
        if text.casefold() in {each.casefold() for each in written[place]}:
            return code
    raise Unreadable("unknown_value", _("Reports of this place do not use this value here."))


def _integer(text: str, _field: ReportField, _place: str, _schema: ReportSchema) -> Json:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Unreadable("not_a_number", _("Write a whole number."))
    return int(text)


def _percent(text: str, _field: ReportField, _place: str, _schema: ReportSchema) -> Json:
    number = _number(text.removesuffix("%").strip())
    if not 0 <= number <= 100:
        raise Unreadable("out_of_range", _("A share is from 0 to 100 per cent."))
    return format(number.normalize(), "f")


def _money(text: str, field: ReportField, place: str, schema: ReportSchema) -> Json:
    how = schema.places[place]
    rest, currency = _taken(text, how.currencies)
    rest, unit = _taken(rest, how.units)
    amount = _number(rest.strip()) * Decimal(unit or "1")
    if amount < 0 and not field.signed:
        raise Unreadable("negative", _("This sum cannot be negative."))
    if amount != round(amount, 2):
        raise Unreadable("too_precise", _("A sum has at most two decimals."))
    return {"amount": f"{amount:.2f}", "currency": currency or how.currency}


def _taken(text: str, words: Mapping[str, str]) -> tuple[str, str]:
    """Take the longest of the words out of the text; return what is left, and what the word stands for."""
    found = max((word for word in words if word in text), key=len, default="")
    return (text.replace(found, "", 1), words[found]) if found else (text, "")


def _number(text: str) -> Decimal:
    if NUMBER.fullmatch(text) is None:
        raise Unreadable("not_a_number", _("Write a number; thousands may be set off by commas."))
    return Decimal(text.replace(",", ""))


READERS: Mapping[str, Callable[[str, ReportField, str, ReportSchema], Json]] = {
    "text": _text,
    "identifier": _identifier,
    "date": _day,
    "code": _code,
    "integer": _integer,
    "percent": _percent,
    "money": _money,
}
