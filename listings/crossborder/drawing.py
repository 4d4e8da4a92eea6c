"""A rule set as tables for people: what docs/crossborder.md shows, drawn from the data itself."""

from collections.abc import Iterator, Mapping
from typing import Any

from listings.crossborder.rules import RuleSet, rule_sets
from listings.crossborder.severity import SEVERITY

SIGNS = {"at_least": "≥", "above": ">", "at_most": "≤", "below": "<", "equals": "=", "contains": "has"}


def draw_rules(rules: RuleSet) -> str:
    """Return the Markdown of a rule set: rows, overlays, named conditions, route sheets, parameters."""
    source = rules.source
    sections = [
        (f"Rows of `{rules.name}`", _rows(source)),
        ("Overlays", _overlays(source)),
        ("Named conditions and lists", _names(source)),
        ("Route sheets", _sheets(source)),
        ("Parameters", _parameters(source)),
        ("Severity", _severity()),
        ("Rule sets so far", _history()),
    ]
    return "\n".join(f"### {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections)


def in_words(condition: Mapping[str, Any]) -> str:
    """Return a condition of the rule language as one readable line."""
    if "all" in condition:
        return " and ".join(_bracketed(part) for part in condition["all"])
    if "any" in condition:
        return " or ".join(_bracketed(part) for part in condition["any"])
    if "not" in condition:
        return f"not {_bracketed(condition['not'])}"
    if "condition" in condition:
        return f"*{condition['condition']}*"
    name = condition.get("field", condition.get("parameter"))
    ((operator, operand),) = ((key, value) for key, value in condition.items() if key not in {"field", "parameter"})
    if operator == "missing":
        return f"`{name}` is missing"
    if operator == "in":
        shown = f"*{operand}*" if isinstance(operand, str) else "{" + ", ".join(map(_value, operand)) + "}"
        return f"`{name}` in {shown}"
    return f"`{name}` {SIGNS[operator]} {_value(operand)}"


def _bracketed(condition: Mapping[str, Any]) -> str:
    words = in_words(condition)
    return f"({words})" if len(condition.get("all", condition.get("any", ()))) > 1 else words


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


def _table(*columns: str) -> str:
    return f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}"


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _origin(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["citation"], ", ".join(entry["marks"]) + ("" if entry["verified"] else " · **unverified**")


def _routes(row: Mapping[str, Any]) -> str:
    return ", ".join(
        f"`{choice['route']}`" + (f" if {in_words(choice['when'])}" if "when" in choice else "")
        for choice in row["routes"]
    )


def _rows(source: Mapping[str, Any]) -> Iterator[str]:
    yield _table("row", "holds when", "route, then alternatives", "in words", "citation", "marks")
    for row in [*source["rows"], source["otherwise"]]:
        when = in_words(row["when"]) if "when" in row else "no other row holds"
        yield _line(row["row"], when, _routes(row), row["reason"]["en"], *_origin(row))


def _overlays(source: Mapping[str, Any]) -> Iterator[str]:
    yield _table("row", "holds when", "overlay", "in words", "citation", "marks")
    for row in source["overlays"]:
        yield _line(row["row"], in_words(row["when"]), f"`{row['overlay']}`", row["reason"]["en"], *_origin(row))


def _names(source: Mapping[str, Any]) -> Iterator[str]:
    yield _table("name", "means")
    for name, condition in source["conditions"].items():
        yield _line(f"*{name}*", in_words(condition))
    for name, values in source["lists"].items():
        yield _line(f"*{name}*", ", ".join(values))


def _sheets(source: Mapping[str, Any]) -> Iterator[str]:
    yield _table("sheet", "documents", "authority", "clocks", "valid for", "citation", "marks")
    for name, sheet in source["sheets"].items():
        cells = [
            "; ".join(item["name"]["en"] for item in sheet[kind]) for kind in ("documents", "authority", "deadlines")
        ]
        valid_for = sheet["valid_for"]["name"]["en"] if sheet["valid_for"] else ""
        yield _line(f"`{name}`", *cells, valid_for, *_origin(sheet))


def _parameters(source: Mapping[str, Any]) -> Iterator[str]:
    yield _table("parameter", "value", "allowed", "why")
    for name, parameter in source["parameters"].items():
        yield _line(f"`{name}`", parameter["value"], ", ".join(parameter["allowed"]), parameter["reason"]["en"])


def _severity() -> Iterator[str]:
    yield _table("rank", "routes")
    for rank in sorted(set(SEVERITY.values())):
        yield _line(str(rank), ", ".join(f"`{route}`" for route, other in SEVERITY.items() if other == rank))


def _history() -> Iterator[str]:
    yield _table("rule set", "from", "source")
    for rules in rule_sets():
        yield _line(f"`{rules.name}`", rules.effective_from.isoformat(), rules.source["source"])
