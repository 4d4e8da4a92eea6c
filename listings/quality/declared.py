"""What a provider declares of a file, against which its quality is judged; also as a frictionless Table Schema."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TYPES = frozenset({"any", "string", "integer", "number", "boolean", "date", "datetime", "time", "year", "yearmonth"})
CONSTRAINTS = frozenset({"required", "unique", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength"})
LONGEST_PATTERN = 500
MOST_ALLOWED = 10_000
# What describes a field or a table to people, and what changes nothing that is checked here.
_FIELD_MEMBERS = frozenset({"name", "type", "format", "title", "description", "example", "rdfType", "constraints"})
_SCHEMA_MEMBERS = frozenset({"fields", "primaryKey", "name", "title", "description", "$schema", "missingValues"})

REASONS: Mapping[str, Promise] = {
    "not_a_schema": _("A Table Schema is an object with a list of fields, each with a name of its own."),
    "unknown_type": _("Field %(field)s: the type %(value)s is not understood."),
    "unknown_constraint": _("Field %(field)s: the constraint %(value)s is not understood."),
    "unknown_member": _("%(field)s: the property %(value)s is not understood."),
    "wrong_value": _("Field %(field)s: the constraint %(value)s has a value that it cannot have."),
    "unknown_key": _("The primary key names %(value)s, which is no field."),
}


class SchemaRefused(ValueError):
    """A declared schema that is not taken: a code of `REASONS` and what its sentence needs."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return str(REASONS[self.code]) % self.params


@dataclass(frozen=True)
class Field:
    """What is declared of a column; ranges are numbers for numbers, ISO 8601 text for times, lengths in characters."""

    name: str
    type: str = "any"
    required: bool = False
    unique: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | str | None = None
    maximum: float | str | None = None
    shortest: int | None = None
    longest: int | None = None


@dataclass(frozen=True)
class Schema:
    """The declared columns, in the order of the file."""

    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Declared:
    """Facts that the provider declares and the day as of which they are judged.

    Without `on` and `update_frequency` (DAY, WEEK, MONTH, QUARTER, YEAR, REALTIME; others have no due day) timeliness
    is not judged. `period_end` is the last day that the data cover; without it, the last time in the data counts.
    """

    on: date | None = None
    update_frequency: str = ""
    period_end: date | None = None
    format: str = ""
    schema: Schema | None = None


def schema_from_table_schema(document: Any) -> Schema:
    """Read a frictionless Table Schema (version 1 or 2) of the types and constraints that can be checked.

    Raises SchemaRefused for anything else, since a rule that is not checked must not look as if it were.
    """
    fields = document.get("fields") if isinstance(document, dict) else None
    if not isinstance(fields, list) or not fields:
        raise SchemaRefused("not_a_schema")
    for member in document:
        if member not in _SCHEMA_MEMBERS or (member == "missingValues" and document[member] != [""]):
            raise SchemaRefused("unknown_member", field="schema", value=str(member))
    read = [_field(each) for each in fields]
    names = [each.name for each in read]
    if len(set(names)) < len(names):
        raise SchemaRefused("not_a_schema")
    key = document.get("primaryKey", [])
    key = [key] if isinstance(key, str) else key
    if not isinstance(key, list):
        raise SchemaRefused("unknown_key", value=str(key))
    for name in key:
        if not isinstance(name, str) or name not in names:
            raise SchemaRefused("unknown_key", value=str(name))
    # A key of several columns is not unique in each of them.
    return Schema(tuple(_keyed(each, key) for each in read))


def _keyed(each: Field, key: list[str]) -> Field:
    if each.name not in key:
        return each
    return Field(**{**each.__dict__, "required": True, "unique": each.unique or len(key) == 1})


def _field(document: Any) -> Field:
    if not isinstance(document, dict) or not isinstance(document.get("name"), str) or not document["name"]:
        raise SchemaRefused("not_a_schema")
    name = document["name"]
    kind = document.get("type", "any")
    if not isinstance(kind, str) or kind not in TYPES:
        raise SchemaRefused("unknown_type", field=name, value=str(kind))
    for member in document:
        known = member in _FIELD_MEMBERS and (member != "format" or document[member] in ("default", "any"))
        if not known:
            raise SchemaRefused("unknown_member", field=name, value=str(member))
    constraints = document.get("constraints", {})
    if not isinstance(constraints, dict):
        raise SchemaRefused("not_a_schema")
    for constraint, value in constraints.items():
        if constraint not in CONSTRAINTS:
            raise SchemaRefused("unknown_constraint", field=name, value=str(constraint))
        if not _is_possible(constraint, value, kind):
            raise SchemaRefused("wrong_value", field=name, value=constraint)
    return Field(
        name=name,
        type=kind,
        required=constraints.get("required", False),
        unique=constraints.get("unique", False),
        allowed=tuple(map(_text, constraints.get("enum", ()))),
        pattern=constraints.get("pattern", ""),
        minimum=constraints.get("minimum"),
        maximum=constraints.get("maximum"),
        shortest=constraints.get("minLength"),
        longest=constraints.get("maxLength"),
    )


def _is_possible(constraint: str, value: Any, kind: str) -> bool:
    if constraint in ("required", "unique"):
        return isinstance(value, bool)
    if constraint == "enum":
        plain = isinstance(value, list) and all(isinstance(each, str | int | float) for each in value)
        return plain and 0 < len(value) <= MOST_ALLOWED
    if constraint == "pattern":
        return isinstance(value, str) and 0 < len(value) <= LONGEST_PATTERN and _compiles(value)
    if constraint in ("minLength", "maxLength"):
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind in ("integer", "number"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind in ("date", "datetime") and isinstance(value, str) and _is_iso(value)


def _compiles(pattern: str) -> bool:
    import pyarrow as pa  # noqa: PLC0415 - a schema can be read without loading Arrow
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        re.compile(pattern)
        pc.match_substring_regex(pa.array([""]), pattern)
    except (re.error, pa.ArrowInvalid):
        return False
    return True


def _is_iso(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
