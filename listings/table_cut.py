"""What of a dataset's tables an agreement lets its buyer read: a part of the terms, frozen with them.

`{"columns": […], "rows": [{"column": …, "values": […]} or {"column": …, "least": …, "greatest": …}],
"partition_by": […]}`, each member optional. No columns: all of them; a row is delivered where every condition holds,
limits included, and an empty value satisfies none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import FieldError

MOST_COLUMNS = 4096
MOST_CONDITIONS = 20
MOST_VALUES = 1_000
MOST_PARTITIONS = 3  # columns
LONGEST = 255
MEMBERS = frozenset({"columns", "rows", "partition_by"})


def cut_errors(cut: Mapping[str, Any]) -> Iterator[FieldError]:
    """Yield what is wrong with a cut's form, with pointers below /table_cut."""
    if unknown := sorted(cut.keys() - MEMBERS):
        yield FieldError(f"/table_cut/{unknown[0]}", "unknown_field", _("There is no such field."))
    columns, rows, partitions = (cut.get(name, []) for name in ("columns", "rows", "partition_by"))
    for name, texts, most in (("columns", columns, MOST_COLUMNS), ("partition_by", partitions, MOST_PARTITIONS)):
        if not _are_texts(texts, most) or len(set(texts)) < len(texts):
            message = _("Give a list of at most %d different names.") % most
            yield FieldError(f"/table_cut/{name}", "invalid", message)
            return
    if columns and not set(partitions) <= set(columns):
        yield FieldError("/table_cut/partition_by", "not_among_columns", _("Only what is delivered can divide it."))
    if columns and set(columns) == set(partitions):
        yield FieldError("/table_cut/partition_by", "nothing_left", _("A column must remain within the parts."))
    if not isinstance(rows, list) or len(rows) > MOST_CONDITIONS:
        yield FieldError("/table_cut/rows", "invalid", _("Give a list of at most %d conditions.") % MOST_CONDITIONS)
        return
    for number, row in enumerate(rows):
        if not _is_condition(row):
            message = _("A condition has a column, and either values or a least or a greatest one, all as text.")
            yield FieldError(f"/table_cut/rows/{number}", "invalid", message)


def _is_condition(row: Any) -> bool:
    if not isinstance(row, dict) or not _is_text(row.get("column")):
        return False
    given = row.keys() - {"column"}
    if given == {"values"}:
        return bool(row["values"]) and _are_texts(row["values"], MOST_VALUES)
    return bool(given) and given <= {"least", "greatest"} and all(_is_text(row[name]) for name in given)


def _are_texts(value: Any, most: int) -> bool:
    return isinstance(value, list) and len(value) <= most and all(_is_text(each) for each in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= LONGEST and "\x00" not in value
