"""The small language in which rule sets say when a row holds; it is read and checked once, when they are loaded.

    {"all": [...]}  {"any": [...]}  {"not": ...}           combine conditions
    {"condition": "gba_hk"}                                 one that the rule set names
    {"parameter": "gba_volume_policy", "equals": "waived"}  a setting of the rule set
    {"field": "n_general", "at_least": 1000000}             a fact: 以上 is at_least, 不满 is below
    {"field": "exporter.city", "in": "gba_cities"}          a list written out, or one that the rule set names

Comparisons are equals, in, contains, at_least, above, at_most, below and missing: true. A missing fact is neither
equal, nor in a list, nor above or below anything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter, ge, gt, le, lt
from typing import Any

from listings.crossborder.facts import DIRECTIONS, GRADES, IMPORTANT_BASES, RESTRICTIONS, SCENARIOS, Facts

Test = Callable[[Facts], bool]


class BadRuleSet(Exception):
    """A rule set that cannot be used, with the place in it that is wrong."""


@dataclass(frozen=True)
class Field:
    """A fact that conditions may name: how to get it, of what kind it is, which values it can have (none: any)."""

    get: Callable[[Facts], Any]
    kind: type
    values: frozenset[str] = frozenset()


def _city(party: str) -> Callable[[Facts], str | None]:
    region_of = attrgetter(f"{party}.region")
    jurisdiction_of = attrgetter(f"{party}.jurisdiction")

    def city(facts: Facts) -> str | None:
        region = region_of(facts)
        return region[:4] if region and jurisdiction_of(facts) == "CN" else None

    return city


FIELDS: Mapping[str, Field] = {
    "direction": Field(attrgetter("direction"), str, DIRECTIONS),
    "exporter.jurisdiction": Field(attrgetter("exporter.jurisdiction"), str),
    "exporter.city": Field(_city("exporter"), str),
    "exporter.ciio": Field(attrgetter("exporter.ciio"), bool),
    "exporter.small": Field(attrgetter("exporter.small"), bool),
    "exporter.ftz": Field(attrgetter("exporter.ftz"), object),
    "recipient.jurisdiction": Field(attrgetter("recipient.jurisdiction"), str),
    "recipient.city": Field(_city("recipient"), str),
    "grade": Field(attrgetter("grade"), str, GRADES),
    "important_basis": Field(attrgetter("important_basis"), str, IMPORTANT_BASES),
    "n_general": Field(attrgetter("n_general"), int),
    "n_sensitive": Field(attrgetter("n_sensitive"), int),
    "scenario": Field(attrgetter("scenario"), str, SCENARIOS),
    "mixes_domestic_pi": Field(attrgetter("mixes_domestic_pi"), bool),
    "hgr": Field(attrgetter("hgr"), bool),
    "sector": Field(attrgetter("sector"), str),
    "onward_transfer_outside_gba": Field(attrgetter("onward_transfer_outside_gba"), bool),
    "restrictions": Field(attrgetter("restrictions"), tuple, RESTRICTIONS),
    "classification_age": Field(attrgetter("classification_age"), int),
}
ORDERINGS: Mapping[str, Callable[[Any, Any], bool]] = {"at_least": ge, "above": gt, "at_most": le, "below": lt}


@dataclass(frozen=True)
class Scope:
    """What conditions of a rule set may refer to by name. Named conditions are read when they are first asked for."""

    lists: Mapping[str, list[str]]
    parameters: Mapping[str, Any]
    conditions: Mapping[str, Any]
    # What comparisons tell apart, collected while they are read: see `Pattern`.
    bounds: dict[str, set[int]] = field(default_factory=dict)
    texts: dict[str, set[str]] = field(default_factory=dict)
    _read: dict[str, Test | None] = field(default_factory=dict)

    def condition(self, name: Any, where: str) -> Test:
        source = _named(self.conditions, name, f"{where}: condition")
        if name not in self._read:
            self._read[name] = None
            self._read[name] = read_condition(source, self, f"condition {name}")
        if (test := self._read[name]) is None:
            raise BadRuleSet(f"{where}: condition {name} refers to itself")
        return test


def read_condition(source: Any, scope: Scope, where: str) -> Test:
    """Return the test that a condition describes. `where` names its place for complaints. Raises BadRuleSet."""
    if not isinstance(source, dict) or not source:
        raise BadRuleSet(f"{where}: a condition is a JSON object with members")
    members = set(source)
    if members in ({"all"}, {"any"}):
        return _combined(source, scope, where)
    if members == {"not"}:
        inner = read_condition(source["not"], scope, where)
        return lambda facts: not inner(facts)
    if members == {"condition"}:
        return scope.condition(source["condition"], where)
    if "parameter" in members:
        return _parameter(source, scope, where)
    return _comparison(source, scope, where)


def _combined(source: dict[str, Any], scope: Scope, where: str) -> Test:
    ((how, parts),) = source.items()
    if not isinstance(parts, list) or not parts:
        raise BadRuleSet(f"{where}: {how} needs a list of conditions")
    tests = tuple(read_condition(part, scope, where) for part in parts)
    # Loops, because all() and any() over a generator cost twice as much.
    stop = how == "any"

    def combined(facts: Facts) -> bool:
        for test in tests:
            if test(facts) is stop:
                return stop
        return not stop

    return combined


def _named(table: Mapping[str, Any], name: Any, where: str) -> Any:
    if not isinstance(name, str) or name not in table:
        raise BadRuleSet(f"{where}: {name!r} is not defined")
    return table[name]


def _parameter(source: dict[str, Any], scope: Scope, where: str) -> Test:
    if set(source) != {"parameter", "equals"}:
        raise BadRuleSet(f"{where}: a parameter is compared with equals")
    parameter = _named(scope.parameters, source["parameter"], f"{where}: parameter")
    if source["equals"] not in parameter["allowed"]:
        raise BadRuleSet(f"{where}: {source['parameter']} cannot be {source['equals']!r}")
    holds = bool(parameter["value"] == source["equals"])
    return lambda _facts: holds


def _comparison(source: dict[str, Any], scope: Scope, where: str) -> Test:
    comparisons = set(source) - {"field"}
    if "field" not in source or len(comparisons) != 1:
        raise BadRuleSet(f"{where}: a comparison names one field and one operator")
    fact: Field = _named(FIELDS, source["field"], f"{where}: field")
    (operator,) = comparisons
    operand = source[operator]
    get = fact.get
    if operator in ORDERINGS:
        if fact.kind is not int or type(operand) is not int:
            raise BadRuleSet(f"{where}: {operator} compares whole numbers")
        scope.bounds.setdefault(source["field"], set()).add(operand + (operator in {"above", "at_most"}))
        return _ordering(get, ORDERINGS[operator], operand)
    if operator == "missing" and operand is True:
        return lambda facts: get(facts) is None
    if operator == "equals":
        _check_value(fact, operand, where)
        _note(source["field"], fact, [operand], scope)
        return lambda facts: get(facts) == operand
    if operator == "contains" and fact.kind is tuple:
        _check_value(fact, operand, where)
        return lambda facts: operand in get(facts)
    if operator == "in":
        choices = _named(scope.lists, operand, f"{where}: list") if isinstance(operand, str) else operand
        if not isinstance(choices, list) or not choices:
            raise BadRuleSet(f"{where}: in needs a list of values")
        for choice in choices:
            _check_value(fact, choice, where)
        _note(source["field"], fact, choices, scope)
        choices = frozenset(choices)
        return lambda facts: get(facts) in choices
    raise BadRuleSet(f"{where}: {operator} does not suit {source['field']}")


def _ordering(get: Callable[[Facts], Any], compare: Callable[[Any, Any], bool], operand: int) -> Test:
    def holds(facts: Facts) -> bool:
        value = get(facts)
        return value is not None and compare(value, operand)

    return holds


def _check_value(fact: Field, value: Any, where: str) -> None:
    """Refuse a value that the fact can never have: a misspelt code would make a row that never holds."""
    kind = str if fact.kind is tuple else fact.kind
    if kind is object:
        suits = isinstance(value, str | bool)
    else:
        suits = type(value) is kind and (not fact.values or value in fact.values)
    if not suits:
        raise BadRuleSet(f"{where}: {value!r} is no value of this fact")


def _note(name: str, fact: Field, operands: list[Any], scope: Scope) -> None:
    """Note which numbers and texts a comparison for equality tells from all others."""
    for operand in operands:
        if fact.kind is int:
            scope.bounds.setdefault(name, set()).update({operand, operand + 1})
        elif isinstance(operand, str):
            scope.texts.setdefault(name, set()).add(operand)
