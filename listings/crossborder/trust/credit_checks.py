"""Checks a credit report that is in common fields already, as another system hands it over. Pure."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from kernel.problems import FieldError, pointer_step
from listings.crossborder.trust.credit_reports import MOST_MEMBERS, Report
from listings.crossborder.trust.credit_schema import ReportField, ReportSchema
from listings.crossborder.trust.credit_values import LONGEST_TEXT

AMOUNT = re.compile(r"-?\d{1,20}\.\d{2}", re.ASCII)
SHARE = re.compile(r"\d{1,3}(?:\.\d{1,6})?", re.ASCII)
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def check_report(report: Report, schema: ReportSchema) -> list[FieldError]:
    """Return what is wrong with a report in common fields, at its members; an empty list if nothing is."""
    return list(_check_members(schema.fields, report, "", schema))


def _check_members(
    fields: Sequence[ReportField], given: Report, pointer: str, schema: ReportSchema
) -> Iterator[FieldError]:
    known = {wanted.code: wanted for wanted in fields}
    for code in given.keys() - known.keys():
        yield FieldError(f"{pointer}/{pointer_step(code)}", "unknown_field", _("There is no such field."))
    for code, wanted in known.items():
        at = f"{pointer}/{code}"
        if code not in given:
            if wanted.required:
                yield FieldError(at, "required", _("A report says this."))
        elif wanted.kind == "list":
            yield from _check_list(wanted, given[code], at, schema)
        elif not CHECKS[wanted.kind](given[code], wanted, schema):
            yield FieldError(at, "wrong_value", _("This is not a value of the field's kind."))


def _check_list(wanted: ReportField, value: object, pointer: str, schema: ReportSchema) -> Iterator[FieldError]:
    rows = value if isinstance(value, list) else [None]
    if len(rows) > MOST_MEMBERS or not all(isinstance(row, dict) for row in rows):
        yield FieldError(pointer, "wrong_type", _("Give a list of at most %d objects.") % MOST_MEMBERS)
        return
    for at, row in enumerate(rows):
        yield from _check_members(wanted.fields, row, f"{pointer}/{at}", schema)


def _is_text(value: object, _field: ReportField, _schema: ReportSchema) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST_TEXT


def _is_day(value: object, _field: ReportField, _schema: ReportSchema) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_code(value: object, field: ReportField, schema: ReportSchema) -> bool:
    return isinstance(value, str) and value in schema.codes[field.codes]


def _is_count(value: object, _field: ReportField, _schema: ReportSchema) -> bool:
    return type(value) is int and value >= 0


def _is_share(value: object, _field: ReportField, _schema: ReportSchema) -> bool:
    return isinstance(value, str) and SHARE.fullmatch(value) is not None and Decimal(value) <= 100


def _is_money(value: object, field: ReportField, _schema: ReportSchema) -> bool:
    if not isinstance(value, dict) or value.keys() != {"amount", "currency"}:
        return False
    amount, currency = value["amount"], value["currency"]
    if not (isinstance(amount, str) and AMOUNT.fullmatch(amount)):
        return False
    return isinstance(currency, str) and CURRENCY.fullmatch(currency) is not None and (field.signed or amount[0] != "-")


CHECKS: Mapping[str, Callable[[object, ReportField, ReportSchema], bool]] = {
    "text": _is_text,
    "identifier": _is_text,
    "date": _is_day,
    "code": _is_code,
    "integer": _is_count,
    "percent": _is_share,
    "money": _is_money,
}
