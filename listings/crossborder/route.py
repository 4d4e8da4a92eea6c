"""The decision by which route a transfer may cross the border, if any: facts and a rule set in, a decision out.

A pure function: no database, no clock, and no law, which stands in the rule set. The same facts and the same rule set
give the same bytes at any time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from kernel.digests import Json, canonical_json
from listings.crossborder.facts import Facts
from listings.crossborder.pattern import Pattern
from listings.crossborder.rules import Choice, Row, RuleSet
from listings.crossborder.severity import BLOCKED


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a rule set answers to one pattern of hits, whoever asks: everything of a decision but its facts."""

    members: Mapping[str, Any]

    @cached_property
    def canonical_parts(self) -> tuple[bytes, bytes, bytes]:
        """The canonical bytes before, between and after the two members that hang on the facts."""
        names = sorted(self.members)
        before = [name for name in names if name < "counted_from"]
        between = [name for name in names if "counted_from" < name < "facts"]
        after = [name for name in names if name > "facts"]
        first, second, third = (
            canonical_json({name: self.members[name] for name in part})[1:-1] for part in (before, between, after)
        )
        return b"{" + first + b',"counted_from":', b"," + second + b',"facts":', b"," + third + b"}"


@dataclass(frozen=True)
class Decision:
    """A route and why. `as_json` has every member; the ones that callers ask for most are properties."""

    facts: Facts
    counted_from: date
    outcome: Outcome

    @property
    def route(self) -> str:
        return str(self.outcome.members["route"])

    @property
    def alternatives(self) -> tuple[str, ...]:
        """Other routes that the exporter may choose instead."""
        return tuple(self.outcome.members["alternatives"])

    @property
    def overlays(self) -> tuple[str, ...]:
        """Duties that stand beside the route and never replace it."""
        return tuple(self.outcome.members["overlays"])

    @property
    def hits(self) -> list[dict[str, Any]]:
        """Every row that holds, the deciding one first, then those of the overlays."""
        return list(self.outcome.members["hits"])

    @property
    def documents(self) -> list[dict[str, Any]]:
        return list(self.outcome.members["documents"])

    @property
    def authority(self) -> list[dict[str, Any]]:
        return list(self.outcome.members["authority"])

    @property
    def deadlines(self) -> list[dict[str, Any]]:
        return list(self.outcome.members["deadlines"])

    @property
    def valid_for(self) -> dict[str, Any] | None:
        return self.outcome.members["valid_for"]  # type: ignore[no-any-return]

    @property
    def blocked(self) -> bool:
        """Whether nothing may leave before somebody has acted: classified, reviewed, or lifted what forbids it."""
        return bool(self.outcome.members["blocked"])

    @property
    def rule_set(self) -> str:
        return str(self.outcome.members["rule_set"])

    @property
    def rule_set_digest(self) -> str:
        return str(self.outcome.members["rule_set_digest"])

    def as_json(self) -> dict[str, Json]:
        """Return the decision as it is stored and shown."""
        return {
            **self.outcome.members,
            "counted_from": self.counted_from.isoformat(),
            "facts": self.facts.as_json(),
        }

    def canonical(self) -> bytes:
        """Return `as_json` in its one byte form (RFC 8785)."""
        before, between, after = self.outcome.canonical_parts
        return before + f'"{self.counted_from}"'.encode() + between + self.facts.canonical() + after


def decide_route(facts: Facts, rules: RuleSet) -> Decision:
    """Decide the route of a transfer: the first row that holds decides, all others that hold are recorded."""
    first_year = facts.effective_date.year - rules.counts_from_years_back
    return Decision(facts, date(first_year, 1, 1), _found(facts, rules))


@dataclass(frozen=True)
class Headroom:
    """How many more persons fit before the route changes, and to which: `field` is n_general or n_sensitive."""

    field: str
    persons: int
    next_route: str


def headroom(facts: Facts, rules: RuleSet) -> list[Headroom]:
    """Return how far each count is from the next route; nothing for a count that changes the route no more.

    Facts without counts have no headroom.
    """
    here = decide_route(facts, rules).route
    left = []
    for field, count in (("n_general", facts.n_general), ("n_sensitive", facts.n_sensitive)):
        ahead = [bound for bound in rules.bounds.get(field, ()) if count is not None and bound > count]
        routes = ((bound, decide_route(with_count(facts, field, bound), rules).route) for bound in ahead)
        if found := next(((bound, route) for bound, route in routes if route != here), None):
            left.append(Headroom(field, found[0] - 1 - (count or 0), found[1]))
    return left


def with_count(facts: Facts, field: str, count: int) -> Facts:
    """Return the same facts with another number of persons; `field` is n_general or n_sensitive."""
    return replace(facts, n_general=count) if field == "n_general" else replace(facts, n_sensitive=count)


# The answers found so far, by rule set and pattern.
_ANSWERS: dict[tuple[int, Pattern], tuple[RuleSet, Outcome]] = {}
MOST_ANSWERS = 4096


def _found(facts: Facts, rules: RuleSet) -> Outcome:
    key = (id(rules), rules.pattern_of(facts))
    answer = _ANSWERS.get(key)
    if answer is None:
        if len(_ANSWERS) >= MOST_ANSWERS:
            _ANSWERS.clear()
        answer = _ANSWERS[key] = rules, _find(facts, rules)  # the rule set is kept, so that its id stays its own
    return answer[1]


def _find(facts: Facts, rules: RuleSet) -> Outcome:
    hits = tuple(row for row in rules.rows if row.holds(facts)) or (rules.otherwise,)
    choices = tuple(choice for choice in hits[0].choices if choice.is_open(facts))
    overlays = tuple(row for row in rules.overlays if row.holds(facts))
    return _outcome(rules, hits, choices, overlays)


# Many patterns share an outcome; its texts, the bulk of a decision, are put together and encoded once.
@lru_cache(maxsize=1024)
def _outcome(rules: RuleSet, hits: tuple[Row, ...], choices: tuple[Choice, ...], overlays: tuple[Row, ...]) -> Outcome:
    route, sheet = choices[0].route, choices[0].sheet
    others = {choice.route: _papers_of(choice.sheet) for choice in choices[1:] if choice.route != route}
    overlay_hits = [{name: part for name, part in row.hit.items() if name != "documents"} for row in overlays]
    overlay_papers = [{**paper, "overlay": row.hit["overlay"]} for row in overlays for paper in row.hit["documents"]]
    return Outcome(
        {
            "route": route,
            "alternatives": list(others),
            "alternative_sheets": others,
            "overlays": [row.hit["overlay"] for row in overlays],
            "hits": [{**row.hit, "decides": row is hits[0]} for row in hits] + overlay_hits,
            **_papers_of(sheet),
            "documents": [*sheet["documents"], *overlay_papers],
            "blocked": route in BLOCKED,
            "rule_set": rules.name,
            "rule_set_digest": rules.digest,
        }
    )


def _papers_of(sheet: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a route takes, and by which law and how surely we know it."""
    taken = {name: sheet[name] for name in ("documents", "authority", "deadlines", "valid_for")}
    return taken | {"sheet": {name: sheet[name] for name in ("citation", "marks", "verified")}}
