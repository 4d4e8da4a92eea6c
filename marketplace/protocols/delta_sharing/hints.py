"""Predicate hints: which files surely hold no row that is asked for. Best effort; they are never a matter of rights.

A hint that is not understood leaves everything in. Conditions are those of `jsonPredicateHints` (PROTOCOL.md, "JSON
predicates for filtering"): a tree of {"op", "children"} with columns and literals as leaves.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from marketplace.models import SharedFile

MOST_DEPTH = 60
MOST_LENGTH = 100_000


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "bool": lambda text: {"true": True, "false": False}[text.lower()],
    "int": int,
    "long": int,
    "string": str,
    "date": date.fromisoformat,
    "float": Decimal,
    "double": Decimal,
    "timestamp": _moment,
}
# Which type of value a column's values are compared as. Not "float": its values are not what their literals say.
COMPARED: Mapping[str, str] = {
    "boolean": "bool",
    "byte": "long",
    "short": "long",
    "integer": "long",
    "long": "long",
    "double": "double",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
}
SAME = {"int": "long", "float": "double"}
FLIPPED = {
    "equal": "equal",
    "lessThan": "greaterThan",
    "lessThanOrEqual": "greaterThanOrEqual",
    "greaterThan": "lessThan",
    "greaterThanOrEqual": "lessThanOrEqual",
}


class NotUnderstood(Exception):
    """A hint that this server does not follow."""


@dataclass(frozen=True)
class Bounds:
    """What is known of a column in one file: the least and greatest value (None: unknown), and its empty values."""

    low: Any
    high: Any
    has_nulls: bool
    has_values: bool


def pruned(files: Sequence[SharedFile], hint: object, types: Mapping[str, str]) -> tuple[list[SharedFile], bool]:
    """Return the files that may hold rows of the hint, and whether it was followed; `types` are Delta's, by column."""
    try:
        tree = _parse(hint)
        lowered = {name.lower(): name for name in types}
        return [file for file in files if _may_hold(tree, file, types, lowered, 0)], True
    except (NotUnderstood, ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return list(files), False


def limited(files: Sequence[SharedFile], limit: object) -> tuple[list[SharedFile], bool]:
    """Return the first files that hold so many rows together, and whether the limit was followed."""
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        return list(files), False
    kept: list[SharedFile] = []
    rows = 0
    for file in files:
        if rows >= limit:
            break
        kept.append(file)
        rows += file.rows
    return kept, True


def _parse(hint: object) -> Any:
    if not isinstance(hint, str) or not hint or len(hint) > MOST_LENGTH:
        raise NotUnderstood
    return json.loads(hint)


def _may_hold(node: Any, file: SharedFile, types: Mapping[str, str], lowered: Mapping[str, str], depth: int) -> bool:
    """Tell whether a row of the file may satisfy the node; raises where the node is not understood."""
    if depth > MOST_DEPTH:
        raise NotUnderstood
    op, children = node["op"], node.get("children", [])
    if op in ("and", "or"):
        told = [_may_hold(child, file, types, lowered, depth + 1) for child in children]
        return all(told) if op == "and" else any(told)
    if op == "not":
        return _may_fail(children[0], file, types, lowered)
    if op == "isNull":
        return _bounds(children[0], file, types, lowered).has_nulls
    column, literal, op = _sides(op, children)
    bounds = _bounds(column, file, types, lowered)
    if not bounds.has_values:
        return False
    compared = _compared(column, types, lowered)
    value = _literal(literal, compared)
    low, high = bounds.low, bounds.high
    if low is None or high is None:
        return True
    if compared == "double":
        high = Decimal("Infinity")  # statistics pass over NaN, which some readers hold greater than any number
    told_by: Mapping[str, bool] = {
        "equal": low <= value <= high,
        "lessThan": low < value,
        "lessThanOrEqual": low <= value,
        "greaterThan": high > value,
        "greaterThanOrEqual": high >= value,
    }
    return told_by[op]


def _may_fail(node: Any, file: SharedFile, types: Mapping[str, str], lowered: Mapping[str, str]) -> bool:
    """Tell whether a row of the file may satisfy the negation; only of an empty value is that told."""
    if node["op"] == "isNull":
        return _bounds(node["children"][0], file, types, lowered).has_values
    return True


def _sides(op: str, children: Sequence[Any]) -> tuple[Any, Any, str]:
    left, right = children
    if left["op"] == "column" and right["op"] == "literal":
        return left, right, op
    if left["op"] == "literal" and right["op"] == "column":
        return right, left, FLIPPED[op]
    raise NotUnderstood


def _compared(column: Any, types: Mapping[str, str], lowered: Mapping[str, str]) -> str:
    return COMPARED[types[lowered[column["name"].lower()]]]


def _literal(node: Any, compared: str) -> Any:
    given = SAME.get(node["valueType"], node["valueType"])
    if given != compared and not {given, compared} <= {"long", "double"}:
        raise NotUnderstood
    return PARSERS["double" if compared == "double" else given](str(node["value"]))


def _bounds(node: Any, file: SharedFile, types: Mapping[str, str], lowered: Mapping[str, str]) -> Bounds:
    if node["op"] != "column":
        raise NotUnderstood
    name = lowered[node["name"].lower()]
    if name in file.partition:
        text = file.partition[name]
        value = None if text == "" else _read(text, types[name])
        return Bounds(value, value, has_nulls=text == "", has_values=text != "")
    nulls = file.stats["nullCount"].get(name)
    low, high = (file.stats[side].get(name) for side in ("minValues", "maxValues"))
    return Bounds(
        None if low is None else _read(low, types[name]),
        None if high is None else _read(high, types[name]),
        has_nulls=nulls != 0,
        has_values=nulls is None or nulls < file.rows,
    )


def _read(value: Any, kind: str) -> Any:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return PARSERS[COMPARED[kind]](text)
