"""A file's quality from 0 to 100, by the six dimensions of GB/T 36344-2018, with the reason for every point taken.

A dimension starts at 100. A rule about columns takes `most × min(1, share / full_at)` points from it, divided by the
number of columns; a rule about the table takes them undivided. The score is the weighted mean of the dimensions that
could be judged. The same file, declared facts and rule set give the same report, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kernel.digests import canonical_json
from listings.editions import Edition
from listings.quality.declared import Declared
from listings.quality.findings import Finding, findings, is_dated
from listings.quality.rules import DIMENSIONS, SENTENCES, grade_of, rule, rules_on

__all__ = ["Declared", "Deduction", "Dimension", "QualityReport", "score_quality"]

DIGITS = 2


@dataclass(frozen=True)
class Deduction:
    """Points taken off the score (`points`) and off the dimension (`of_dimension`), the rule, and what is behind it.

    `rows` are the first rows concerned, numbered from 1 without the header; `examples` show the shape of values (#
    for a digit, a or A for a letter, 字 for a Han character), not the values. `exact` is false for what was estimated
    from a sample.
    """

    code: str
    dimension: str
    points: float
    of_dimension: float
    params: dict[str, Any]
    position: int | None
    rows: list[int]
    examples: list[str]
    exact: bool

    @property
    def sentence(self) -> str:
        """The reason in the language in force."""
        return str(SENTENCES[self.code]) % self.params


@dataclass(frozen=True)
class Dimension:
    """A dimension's points, or None where nothing was declared that it could be judged by."""

    name: str
    score: float | None
    weight: float


@dataclass(frozen=True)
class QualityReport:
    """The score with its parts and reasons, and the rule set that decided; `on` is the day it was judged for."""

    score: float
    grade: str
    dimensions: tuple[Dimension, ...]
    deductions: tuple[Deduction, ...]
    rule_set: str
    verified: bool
    on: str | None

    def as_json(self) -> dict[str, Any]:
        """Return the report as it is kept; sentences are made again from code and params in each reader's language."""
        return {
            **asdict(self),
            "dimensions": [asdict(each) for each in self.dimensions],
            "deductions": [asdict(each) for each in self.deductions],
        }

    def as_bytes(self) -> bytes:
        """Return the report as canonical JSON (RFC 8785), the same for the same file, declared facts and rules."""
        return canonical_json(self.as_json())


def score_quality(profile: Mapping[str, Any], statistics: Mapping[str, Any], *, declared: Declared) -> QualityReport:
    """Judge a file by its profile (as JSON), its statistics, and what its provider declares.

    The rule set is the one in force on the day `declared.on`, or the newest. `statistics` may have "declared", the
    result of `listings.quality.schema_checks.SchemaChecks`.
    """
    edition = rules_on(declared.on)
    left_out = frozenset(edition["unfit_for_text"]) if profile["format"] in edition["not_tables"] else frozenset()
    found = [each for each in findings(profile, statistics, declared) if each.code not in left_out]
    taken = [(each, rule(edition, each.code).dimension, _points(edition, each, profile)) for each in found]
    judged = _dimensions(edition, taken, dated=is_dated(statistics, declared))
    score = _score(judged)
    return QualityReport(
        score=score,
        grade=grade_of(edition, score),
        dimensions=judged,
        deductions=_deductions(taken, judged),
        rule_set=edition["rule_set"],
        verified=edition["verified"],
        on=declared.on.isoformat() if declared.on else None,
    )


Taken = tuple[Finding, str, float]


def _points(edition: Edition, finding: Finding, profile: Mapping[str, Any]) -> float:
    points = rule(edition, finding.code).points(finding.share)
    return points / len(profile["columns"]) if finding.code in edition["column_rules"] else points


def _dimensions(edition: Edition, taken: Iterable[Taken], *, dated: bool) -> tuple[Dimension, ...]:
    sums = dict.fromkeys(DIMENSIONS, 0.0)
    for _finding, dimension, points in taken:
        sums[dimension] += points
    return tuple(
        Dimension(
            name=name,
            score=round(max(0.0, 100.0 - sums[name]), DIGITS) if name != "timeliness" or dated else None,
            weight=float(edition["dimensions"][name]["weight"]),
        )
        for name in DIMENSIONS
    )


def _score(dimensions: Iterable[Dimension]) -> float:
    judged = [(each.score, each.weight) for each in dimensions if each.score is not None]
    return round(sum(score * weight for score, weight in judged) / sum(weight for _score, weight in judged), DIGITS)


def _deductions(taken: Iterable[Taken], dimensions: Iterable[Dimension]) -> tuple[Deduction, ...]:
    """Return the deductions, dearest first; what a dimension cannot lose any more costs nothing of the score."""
    taken = list(taken)
    judged = {each.name: each for each in dimensions if each.score is not None}
    weights = sum(each.weight for each in judged.values())
    sums: dict[str, float] = {}
    for _finding, dimension, points in taken:
        sums[dimension] = sums.get(dimension, 0.0) + points
    deductions = [
        Deduction(
            code=finding.code,
            dimension=dimension,
            points=round(points * min(1.0, 100.0 / sums[dimension]) * judged[dimension].weight / weights, DIGITS),
            of_dimension=round(points, DIGITS),
            params=finding.params,
            position=finding.position,
            rows=finding.rows,
            examples=finding.examples,
            exact=finding.exact,
        )
        for finding, dimension, points in taken
        if points > 0
    ]
    return tuple(sorted(deductions, key=lambda each: (-each.points, -each.of_dimension, each.code, each.position or 0)))
