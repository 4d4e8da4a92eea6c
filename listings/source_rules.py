"""Which rights a provider may claim over data of which origin, and what evidence that takes.

The table is a dated data file (listings/data/sources); this module only looks rows up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from listings.editions import Edition, edition_on


@dataclass(frozen=True)
class SourceRule:
    """The row of the table for one source kind (and, where it matters, one kind of processing)."""

    rule_set: str
    registrable: bool
    rights: frozenset[str]
    evidence: frozenset[str]
    evidence_by_right: Mapping[str, frozenset[str]]

    def evidence_for(self, rights: frozenset[str]) -> frozenset[str]:
        """Return the codes of all evidence that is needed to claim `rights`."""
        return self.evidence.union(*(self.evidence_by_right.get(right, frozenset()) for right in rights))


def rule_for(*, source_kind: str, processing: str, on: date) -> SourceRule:
    """Return the rule for data of that origin as of the day `on`. Raises LookupError when the table has no row."""
    edition = rules_on(on)
    for row in edition["rows"]:
        if row["source_kind"] == source_kind and row.get("processing", processing) == processing:
            return SourceRule(
                rule_set=edition["rule_set"],
                registrable=row["registrable"],
                rights=frozenset(row["rights"]),
                evidence=frozenset(row["evidence"]),
                evidence_by_right={k: frozenset(v) for k, v in row.get("evidence_by_right", {}).items()},
            )
    raise LookupError(f"no row for {source_kind} {processing} in {edition['rule_set']}")


def rules_on(day: date) -> Edition:
    """Return the whole rule set in force on `day`, with the labels of its evidence codes."""
    return edition_on("sources/source-rights-*.json", day)
