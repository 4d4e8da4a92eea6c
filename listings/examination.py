"""Examining a file in one reading: what it holds, whom it tells of, how good it is, and the grade that follows."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from listings.corpora.measuring import CorpusMeter
from listings.grading.anonymity import masked_rows, of_sample
from listings.grading.grade import Facts, GradeProposal, propose_grade
from listings.grading.result import ScanResult
from listings.grading.scanning import FieldScanner
from listings.profiling.aside import aside
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile
from listings.profiling.statistics import Statistics, add_to_profile
from listings.quality.schema_checks import SchemaChecks
from listings.quality.score import Declared, QualityReport, score_quality

Reader = Callable[[Sequence[Observer]], TableProfile]


@dataclass(frozen=True)
class Examination:
    """Everything that one reading of a file told."""

    profile: TableProfile
    statistics: dict[str, Any]
    scan: ScanResult
    grade: GradeProposal
    quality: QualityReport
    rules: dict[str, Any] | None
    corpus: dict[str, Any] | None

    def as_json(self) -> dict[str, Any]:
        """Return the profile as it is kept, with what else was found; `masked_sample` is what others may see."""
        shown = masked_rows(self.profile.sample, self.scan)
        return {
            **add_to_profile(self.profile.as_json(), self.statistics),
            "findings": [asdict(finding) for finding in self.scan.findings],
            "persons": asdict(self.scan.persons),
            "grade": self.grade.as_json(),
            "quality": self.quality.as_json(),
            **({"rules": self.rules} if self.rules else {}),
            **({"corpus": self.corpus} if self.corpus else {}),
            "masked_sample": shown,
            "anonymity": of_sample([column["name"] for column in self.profile.columns], shown, self.scan),
        }


def examine(read: Reader, *, declared: Declared, facts: Facts, columns: Sequence[str] = ()) -> Examination:
    """Let `read` profile a file under the eyes of scanner, statistics and corpus meter, and judge what they saw.

    `declared` and `facts` are what the provider says of quality and of grade; `columns` are the file's where they are
    known before, for rules that name some of them only. Raises what `read` raises: Refusal.
    """
    scanner, statistics, meter = FieldScanner(), Statistics(), CorpusMeter()
    checks = [SchemaChecks(declared.schema, names=columns)] if declared.schema else []
    with aside([scanner, statistics, meter, *checks]) as observers:
        profile = read(observers)
    names = [column["name"] for column in profile.columns]
    scan = scanner.findings(names, distinct=[column["distinct"] for column in profile.columns])
    found = statistics.result(names)
    rules = checks[0].result(names) if checks else None
    if rules:
        found = {**found, "declared": rules}
    return Examination(
        profile=profile,
        statistics=found,
        scan=scan,
        grade=propose_grade(scan, facts=facts),
        quality=score_quality(profile.as_json(), found, declared=declared),
        rules=rules,
        corpus=meter.result(names, format=profile.format),
    )
