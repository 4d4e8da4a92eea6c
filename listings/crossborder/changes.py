"""Which open cases a new rule set would decide otherwise, so that staff know before they switch it on.

Nothing is written: decisions that were made keep the rule set that made them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from listings.crossborder.facts import Facts
from listings.crossborder.route import Decision, decide_route
from listings.crossborder.rules import RuleSet

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


def _value(decision: Decision, name: str) -> Any:
    return decision.outcome.members[name]
