"""What a scan says: findings per column, and of about how many persons the file tells."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from listings.grading.rules import Category


@dataclass(frozen=True)
class Finding:
    """Personal data of one kind in one column.

    `position` counts from 0. `checked` values (of `values` that are not null) were judged, `hits` of them held the
    thing; `share` is hits of checked. `basis` is "content", "name", "name and content" or "table" (several columns
    together); `examples` are masked. `exact` is false where hits were scaled up from a part of the values.
    """

    position: int
    column: str
    code: str
    category: Category
    basis: str
    values: int
    checked: int
    hits: int
    share: float
    examples: list[str]
    exact: bool = True


@dataclass(frozen=True)
class Persons:
    """About how many different persons: `basis` says by which kind of number, `columns` where it stands.

    `sensitive` is of how many something sensitive is told, at most (columns are taken to be of different persons).
    """

    count: int = 0
    sensitive: int = 0
    basis: str = "none"
    columns: list[int] = field(default_factory=list)
    exact: bool = True


@dataclass(frozen=True)
class ScanResult:
    """All findings by position, and the persons."""

    rows: int
    findings: list[Finding]
    persons: Persons

    def of_column(self, position: int) -> Iterator[Finding]:
        return (finding for finding in self.findings if finding.position == position)

    def codes(self) -> set[str]:
        return {finding.code for finding in self.findings}

    @property
    def personal_information(self) -> str:
        """The highest kind found: "none", "general" or "sensitive"."""
        if any(finding.category == Category.SENSITIVE for finding in self.findings):
            return "sensitive"
        return "general" if self.findings else "none"

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
