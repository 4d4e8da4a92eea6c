"""Which rights a provider may claim over data of which origin, on which basis, and what evidence that takes.

The table is a dated data file (listings/data/sources); this module only looks rows up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from listings.editions import Edition, edition_on


@dataclass(frozen=True)
class SourceRule:
    """The row of the table for one source kind (and, where it matters, one kind of processing).

    `bases` says which rights each basis gives, and what evidence that takes beside `evidence`; the first one is the
    usual one. `sublicence` is whether buyers may license on where a claim to operate does not say.
    """

    rule_set: str
    registrable: bool
    evidence: frozenset[str]
    sublicence: bool
    bases: Mapping[str, Mapping[str, frozenset[str]]]

    @property
    def rights(self) -> frozenset[str]:
        """All rights that may be claimed, on whichever basis."""
        return frozenset(right for rights in self.bases.values() for right in rights)

    def usual_basis(self, right: str) -> str:
        """Return the first basis that gives a right, or "" where none does."""
        return next((basis for basis, rights in self.bases.items() if right in rights), "")

    def evidence_for(self, claimed: Iterable[tuple[str, str]]) -> frozenset[str]:
        """Return the codes of all evidence that is needed to claim these rights, each with its basis."""
        wanted = (self.bases.get(basis, {}).get(right, frozenset()) for right, basis in claimed)
        return self.evidence.union(*wanted)


def rule_for(*, source_kind: str, processing: str, on: date) -> SourceRule:
    """Return the rule for data of that origin as of the day `on`. Raises LookupError when the table has no row."""
    edition = rules_on(on)
    for row in edition["rows"]:
        if row["source_kind"] == source_kind and row.get("processing", processing) == processing:
            return SourceRule(
                rule_set=edition["rule_set"],
                registrable=row["registrable"],
                evidence=frozenset(row["evidence"]),
                sublicence=row["sublicence"],
                bases={
                    basis: {right: frozenset(codes) for right, codes in rights.items()}
                    for basis, rights in row["bases"].items()
                },
            )
    raise LookupError(f"no row for {source_kind} {processing} in {edition['rule_set']}")


def rules_on(day: date) -> Edition:
    """Return the whole rule set in force on `day`, with the labels of its evidence codes and bases."""
    return edition_on("sources/source-rights-*.json", day)
