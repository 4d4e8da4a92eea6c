"""How quality changes from one version to the next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """What got better (points above zero) or worse: the whole score, a dimension, or one deduction.

    `kind` is "score", "dimension" or "deduction"; `subject` names the dimension or the rule, `column` the column.
    """

    kind: str
    subject: str
    column: str
    points: float

    @property
    def better(self) -> bool:
        return self.points > 0


def compare(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[Change]:
    """Return what changed between two reports (as JSON), the greatest changes first within each kind."""
    changes = [Change("score", "", "", round(later["score"] - earlier["score"], 2))]
    before = {each["name"]: each["score"] for each in earlier["dimensions"]}
    for each in later["dimensions"]:
        was = before.get(each["name"])
        if was is not None and each["score"] is not None:
            changes.append(Change("dimension", each["name"], "", round(each["score"] - was, 2)))
    old, new = _taken(earlier), _taken(later)
    for code, column in sorted(old.keys() | new.keys()):
        points = old.get((code, column), 0.0) - new.get((code, column), 0.0)
        changes.append(Change("deduction", code, column, round(points, 2)))
    kinds = ("score", "dimension", "deduction")
    return sorted(
        (each for each in changes if each.points),
        key=lambda each: (kinds.index(each.kind), -abs(each.points), each.subject),
    )


def _taken(report: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    """Return the points of the dimension by rule and column; columns may share a name."""
    taken: dict[tuple[str, str], float] = {}
    for each in report["deductions"]:
        key = (each["code"], str(each["params"].get("column", "")))
        taken[key] = taken.get(key, 0.0) + each["of_dimension"]
    return taken
