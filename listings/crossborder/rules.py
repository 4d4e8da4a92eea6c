"""Rule sets: dated data files in listings/data/crossborder, each a whole law of the day or an amendment to one.

A file either stands alone or `amends` an earlier one: rows and overlays with the same id are replaced, those named
in `repeals` fall away, named conditions, lists, parameters and route sheets are replaced one by one. What results is
checked whole. Nothing here knows what the law says.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from kernel.digests import canonical_json
from kernel.languages import LANGUAGE_TAGS
from listings.crossborder.conditions import BadRuleSet, Scope, Test, read_condition
from listings.crossborder.facts import Facts
from listings.crossborder.pattern import Pattern, bounds_of, pattern_reader
from listings.crossborder.severity import SEVERITY

FOLDER = Path(__file__).parent.parent / "data" / "crossborder"
GBA_VOLUME_POLICY = "gba_volume_policy"
KEYED = ("parameters", "lists", "conditions", "sheets")
LISTED = ("rows", "overlays")
ABOUT = ("rule_set", "effective_from", "source", "verified", "counts_from_years_back")


@dataclass(frozen=True, eq=False)
class Choice:
    """A route that a row leads to, the sheet that says what it takes, and when it is open."""

    route: str
    sheet: Mapping[str, Any]
    is_open: Test


@dataclass(frozen=True, eq=False)
class Row:
    """One row of the table: what is recorded of a hit, when it holds, and the routes it leads to in their order."""

    hit: Mapping[str, Any]
    holds: Test
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The law of a day as the engine uses it. `source` is the resolved text; `digest` is the SHA-256 over it.

    `rows` are asked in order and the first one decides; `otherwise` decides when none holds.
    """

    name: str
    digest: str
    effective_from: date
    counts_from_years_back: int
    source: Mapping[str, Any]
    rows: tuple[Row, ...]
    otherwise: Row
    overlays: tuple[Row, ...]
    bounds: Mapping[str, tuple[int, ...]]
    pattern_of: Callable[[Facts], Pattern]


def rules_on(day: date) -> RuleSet:
    """Return the rule set in force on `day` (of Asia/Shanghai). Raises LookupError for a day before the first."""
    in_force = [rules for rules in rule_sets() if rules.effective_from <= day]
    if not in_force:
        raise LookupError(f"no rule set is in force on {day}")
    return in_force[-1]


def rules_named(name: str) -> RuleSet:
    """Return the rule set that a decision names. Raises LookupError when there is no such file."""
    for rules in rule_sets():
        if rules.name == name:
            return rules
    raise LookupError(f"there is no rule set {name}")


@cache
def rule_sets() -> tuple[RuleSet, ...]:
    """Return every rule set of the data folder, oldest first. Raises BadRuleSet when one cannot be used."""
    return tuple(read_rule_set(source) for source in resolved(read_files(FOLDER)))


def read_files(folder: Path) -> list[dict[str, Any]]:
    """Return the files of a folder as they are written, in the order of their days."""
    files = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(files, key=lambda file: str(file["effective_from"]))


def resolved(files: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each file with what it amends filled in. Raises BadRuleSet for an amendment to nothing."""
    whole: dict[str, dict[str, Any]] = {}
    for file in files:
        if "amends" in file and file["amends"] not in whole:
            raise BadRuleSet(f"{file['rule_set']}: amends {file['amends']}, which is no earlier rule set")
        whole[file["rule_set"]] = amended(whole[file["amends"]], file) if "amends" in file else file
    return list(whole.values())


def amended(before: Mapping[str, Any], amendment: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule set with an amendment made to it. Raises BadRuleSet when it repeals a row that is not there."""
    after: dict[str, Any] = {**before, **{name: amendment[name] for name in ABOUT if name in amendment}}
    for name in KEYED:
        after[name] = {**before.get(name, {}), **amendment.get(name, {})}
    repealed = set(amendment.get("repeals", []))
    if missing := repealed - {row["id"] for name in LISTED for row in before[name]}:
        raise BadRuleSet(f"{amendment['rule_set']}: repeals {sorted(missing)}, which the earlier one has not")
    for name in LISTED:
        rows = {row["id"]: row for row in before[name] if row["id"] not in repealed}
        rows.update({row["id"]: row for row in amendment.get(name, [])})
        after[name] = sorted(rows.values(), key=lambda row: int(row["order"]))
    if "otherwise" in amendment:
        after["otherwise"] = amendment["otherwise"]
    return after


@lru_cache(maxsize=64)
def with_parameter(rules: RuleSet, name: str, value: str) -> RuleSet:
    """Return the rule set with a parameter set otherwise; its name and digest say so. Raises BadRuleSet."""
    parameters = rules.source["parameters"]
    if name not in parameters or value not in parameters[name]["allowed"]:
        raise BadRuleSet(f"{rules.name}: {name} cannot be {value!r}")
    if parameters[name]["value"] == value:
        return rules
    changed = {
        "rule_set": f"{rules.name}+{name}={value}",
        "parameters": {name: {**parameters[name], "value": value}},
    }
    return read_rule_set(amended(rules.source, changed))


def read_rule_set(source: Mapping[str, Any]) -> RuleSet:
    """Return a resolved rule set, checked whole. Raises BadRuleSet with the place that is wrong."""
    where = str(source["rule_set"])
    scope = Scope(source["lists"], source["parameters"], source["conditions"])
    for name, parameter in source["parameters"].items():
        if parameter["value"] not in parameter["allowed"]:
            raise BadRuleSet(f"{where}: parameter {name} cannot be {parameter['value']!r}")
    for name in source["conditions"]:
        scope.condition(name, where)
    for name, sheet in source["sheets"].items():
        _check_sheet(sheet, f"{where} sheet {name}")
    ids = [row["id"] for kind in LISTED for row in source[kind]]
    if len(ids) != len(set(ids)):
        raise BadRuleSet(f"{where}: two rows have the same id")
    for kind in LISTED:
        orders = [row["order"] for row in source[kind]]
        if orders != sorted(set(orders)):
            raise BadRuleSet(f"{where}: {kind} must stand in their order, no two at one place")
    rows = tuple(_read_row(row, source, scope) for row in source["rows"])
    otherwise = _read_row(source["otherwise"], source, scope)
    overlays = tuple(_read_overlay(row, source, scope) for row in source["overlays"])
    return RuleSet(
        name=where,
        digest=f"sha256:{hashlib.sha256(canonical_json(source)).hexdigest()}",
        effective_from=date.fromisoformat(source["effective_from"]),
        counts_from_years_back=int(source["counts_from_years_back"]),
        source=source,
        rows=rows,
        otherwise=otherwise,
        overlays=overlays,
        bounds=bounds_of(scope),
        pattern_of=pattern_reader(scope),
    )


def _read_row(row: Mapping[str, Any], source: Mapping[str, Any], scope: Scope) -> Row:
    where = f"{source['rule_set']} row {row['id']}"
    choices = []
    for choice in row["routes"]:
        route, sheet = choice["route"], choice.get("sheet", choice["route"])
        if route not in SEVERITY:
            raise BadRuleSet(f"{where}: there is no route {route!r}")
        if sheet not in source["sheets"]:
            raise BadRuleSet(f"{where}: there is no sheet {sheet!r}")
        is_open = read_condition(choice["when"], scope, where) if "when" in choice else _always
        choices.append(Choice(route, source["sheets"][sheet], is_open))
    if all("when" in choice for choice in row["routes"]):
        raise BadRuleSet(f"{where}: one route must be open without a condition")
    hit = {**_read_hit(row, where), "routes": list(dict.fromkeys(choice.route for choice in choices))}
    holds = read_condition(row["when"], scope, where) if "when" in row else _always
    return Row(hit, holds, tuple(choices))


def _read_overlay(row: Mapping[str, Any], source: Mapping[str, Any], scope: Scope) -> Row:
    where = f"{source['rule_set']} overlay {row['id']}"
    for paper in row["documents"]:
        _check_texts(paper["name"], where)
    hit = {**_read_hit(row, where), "overlay": row["overlay"], "documents": row["documents"]}
    return Row(hit, read_condition(row["when"], scope, where))


def _always(_facts: object) -> bool:
    return True


def _read_hit(row: Mapping[str, Any], where: str) -> dict[str, Any]:
    _check_texts(row["reason"], where)
    _check_origin(row, where)
    return {name: row[name] for name in ("row", "reason", "citation", "marks", "verified")}


def _check_sheet(sheet: Mapping[str, Any], where: str) -> None:
    _check_origin(sheet, where)
    named = [*sheet["documents"], *sheet["authority"], *sheet["deadlines"]]
    for item in named:
        _check_texts(item["name"], f"{where} {item['code']}")
    if sheet["valid_for"] is not None:
        _check_texts(sheet["valid_for"]["name"], f"{where} valid_for")


def _check_texts(texts: Mapping[str, str], where: str) -> None:
    if set(texts) != set(LANGUAGE_TAGS) or not all(text.strip() for text in texts.values()):
        raise BadRuleSet(f"{where}: give the text in {', '.join(LANGUAGE_TAGS)}")


def _check_origin(entry: Mapping[str, Any], where: str) -> None:
    if not entry["citation"] or not entry["marks"] or not isinstance(entry["verified"], bool):
        raise BadRuleSet(f"{where}: say where it comes from: citation, marks, verified")
