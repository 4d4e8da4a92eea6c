"""How good data are on a later day than the one they were judged on: only their timeliness changes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from listings.quality.freshness import freshness
from listings.quality.rules import grade_of, rule, rules_on


def as_of(report: Mapping[str, Any], *, frequency: str, data_until: date | None, on: date) -> dict[str, Any]:
    """Return score, grade and dimensions of a report as of the day `on`, by the rule `late` of that day's edition.

    `data_until` is the last day that the data cover. Where no due day follows, nothing changes. A report without
    dimensions keeps its score.
    """
    edition = rules_on(on)
    told = {name: report.get(name) for name in ("score", "grade", "dimensions")}
    state = freshness(frequency, data_until, on) if data_until else None
    if state is None or not report.get("dimensions"):
        return told | {"on": on, "rule_set": edition["rule_set"]}
    points = rule(edition, "late").points(state.periods_late)
    dimensions = [
        {**each, "score": round(max(0.0, 100.0 - points), 2)} if each["name"] == "timeliness" else dict(each)
        for each in report["dimensions"]
    ]
    judged = [each for each in dimensions if each["score"] is not None]
    score = round(sum(e["score"] * e["weight"] for e in judged) / sum(e["weight"] for e in judged), 2)
    return {
        "score": score,
        "grade": grade_of(edition, score),
        "dimensions": dimensions,
        "on": on,
        "rule_set": edition["rule_set"],
    }
