"""What a new rule set says otherwise and which open cases it would change, so that staff know before they switch it on.

Nothing is written: decisions that were made keep the rule set that made them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from listings.crossborder.facts import Facts
from listings.crossborder.route import Decision, decide_route
from listings.crossborder.rules import KEYED, LISTED, RuleSet

# What a case hangs on. Reasons and citations may be worded anew without changing a case.
COMPARED = ("route", "alternatives", "overlays", "blocked", "documents", "authority", "deadlines", "valid_for")
Case = TypeVar("Case")


@dataclass(frozen=True)
class Change(Generic[Case]):
    """One open case before and after; `members` names what differs, of `COMPARED` and `counted_from`."""

    case: Case
    before: Decision
    after: Decision
    members: tuple[str, ...]


def changed_by(
    open_facts: Iterable[tuple[Case, Facts]], old_rules: RuleSet, new_rules: RuleSet
) -> Iterator[Change[Case]]:
    """Yield the open cases that `new_rules` would decide otherwise than `old_rules`.

    `open_facts` are pairs of whatever names a case and its facts; they are taken one by one.
    """
    for case, facts in open_facts:
        before, after = decide_route(facts, old_rules), decide_route(facts, new_rules)
        members = tuple(name for name in COMPARED if _value(before, name) != _value(after, name))
        if before.counted_from != after.counted_from:
            members += ("counted_from",)
        if members:
            yield Change(case, before, after, members)


@dataclass(frozen=True)
class Difference:
    """One part of two rule sets that is not the same; None where it is only in the other."""

    part: str  # rows, overlays, sheets, …
    name: str
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs in the text of two whole rule sets, part by part; what only tells about them is left out."""
    found = []
    for part in (*LISTED, *KEYED, "otherwise", "counts_from_years_back"):
        old, new = _by_name(before.get(part), part), _by_name(after.get(part), part)
        names = [*old, *(name for name in new if name not in old)]
        found += [
            Difference(part, name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
        ]
    return found


def _by_name(value: Any, part: str) -> dict[str, Any]:
    if value is None:
        return {}
    if part in LISTED:
        return {row["id"]: row for row in value}
    return dict(value) if part in KEYED else {part: value}


def _value(decision: Decision, name: str) -> Any:
    return decision.outcome.members[name]
