"""What of a dataset's tables an agreement lets its buyer read: a part of the terms, frozen with them.

`{"columns": […], "rows": [{"column": …, "values": […]} or {"column": …, "least": …, "greatest": …}],
"partition_by": […]}`, each member optional. No columns: all of them; a row is delivered where every condition holds,
limits included, and an empty value satisfies none.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.models import DatasetVersion, Product, Terms

MOST_COLUMNS = 4096
MOST_CONDITIONS = 20
MOST_VALUES = 1_000
MOST_PARTITIONS = 3  # columns
LONGEST = 255
# Formats whose files are tables.
TABULAR = frozenset({"CSV", "JSONL", "JSON", "GEOJSON", "EXCEL", "PARQUET"})
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


def sharing_errors(product: Product, version: DatasetVersion, terms: Terms) -> Iterator[FieldError]:
    """Yield what keeps a version from being delivered as shared tables, or cut as its terms say."""
    files = version.files.filter(format__in=TABULAR).values_list("profile__columns", flat=True)
    if "TABLE" in product.deliveries and not files:
        yield FieldError("/version_id", "no_tables", _("The version holds no table to share."))
    if "TABLE" in product.deliveries and terms.watermark_columns:
        message = _("Shared tables carry no buyer's mark; deliver files where the terms ask for one.")
        yield FieldError("/terms_id", "tables_carry_no_mark", message)
    if not terms.table_cut:
        return
    if "TABLE" not in product.deliveries or "FILE" in product.deliveries:
        message = _("Some columns or rows can be given of shared tables only, and not beside the whole files.")
        yield FieldError("/terms_id", "cut_needs_shared_tables", message)
        return
    wanted = columns_of_cut(terms.table_cut)
    names = [set(unique_names(column["name"] for column in columns or ())) for columns in files]
    if not any(wanted <= each for each in names):
        yield FieldError("/terms_id", "cut_names_no_column", _("No table of the version has all agreed columns."))


def columns_of_cut(cut: Mapping[str, Any]) -> set[str]:
    """Return every column that a cut names."""
    conditions = {row["column"] for row in cut.get("rows", [])}
    return conditions | set(cut.get("columns", [])) | set(cut.get("partition_by", []))


def unique_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of which no two differ by case alone and none is blank, as Delta tables want them."""
    found: list[str] = []
    taken: set[str] = set()
    for number, given in enumerate(names, start=1):
        base = name = given.strip() or f"column_{number}"
        again = 2
        while name.casefold() in taken:
            name, again = f"{base}_{again}", again + 1
        taken.add(name.casefold())
        found.append(name)
    return tuple(found)


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
