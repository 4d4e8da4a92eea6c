"""How well a shown sample hides whom it tells of: k-anonymity and the risk of re-identification.

k is the least number of rows that share the same values of the quasi-identifiers (sex, age, place); somebody who knows
these of a person finds them with a probability of up to 1/k (Sweeney 2002; GB/T 42460-2023 asks for the same measure).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from listings.grading.masking import mask_cell
from listings.grading.result import ScanResult

# What tells persons apart without naming them: kinds that masking leaves in part, and columns by their names.
QUASI_KINDS = frozenset({"birth_date", "address", "plate", "ip_address", "landline"})
QUASI_NAMES = re.compile(
    r"(?i)性别|性別|年龄|年齡|民族|籍贯|籍貫|国籍|國籍|邮编|郵編|职业|職業|学历|學歷|婚姻|户籍|戶籍|地区|地區|城市|区县|區縣|出生"
    r"|(?:^|[^a-z])(?:sex|gender|age|birth|ethnicity|nationality|zip|postcode|occupation|education|marital|city|district"
    r"|region)(?:$|[^a-z])"
)


@dataclass(frozen=True)
class Anonymity:
    """Of `rows` shown: the least group `k` (0 without rows), `risk` 1/k, its mean over rows, and the `unique` rows."""

    rows: int
    k: int
    risk: float
    mean_risk: float
    unique: int


def k_anonymity(sample_rows: Sequence[Sequence[object]], quasi_identifier_positions: Sequence[int]) -> Anonymity:
    """Return the anonymity of the rows shown, over the columns at these positions (from 0).

    Without quasi-identifiers all rows are one group. A short row has no value where it ends.
    """
    groups = Counter(
        tuple(row[position] if position < len(row) else None for position in quasi_identifier_positions)
        for row in sample_rows
    )
    rows = len(sample_rows)
    if not rows:
        return Anonymity(rows=0, k=0, risk=0.0, mean_risk=0.0, unique=0)
    k = min(groups.values())
    # A group of n rows adds n times 1/n.
    return Anonymity(
        rows=rows,
        k=k,
        risk=round(1 / k, 6),
        mean_risk=round(len(groups) / rows, 6),
        unique=sum(size == 1 for size in groups.values()),
    )


def of_sample(columns: Sequence[str], shown: Sequence[Sequence[object]], scan: ScanResult) -> dict[str, Any] | None:
    """Return the anonymity of the masked rows that are shown, and the columns it rests on; None without persons."""
    if not scan.persons.count:
        return None
    found = {finding.position for finding in scan.findings if finding.code in QUASI_KINDS}
    positions = [n for n, name in enumerate(columns) if n in found or QUASI_NAMES.search(name)]
    return {**asdict(k_anonymity(shown, positions)), "columns": [columns[position] for position in positions]}


def masked_rows(sample_rows: Sequence[Sequence[object]], scan: ScanResult) -> list[list[object]]:
    """Return the rows with every cell of a column in which something was found masked by its kind."""
    codes: dict[int, list[str]] = {}
    for finding in scan.findings:
        if finding.code != "minor":
            codes.setdefault(finding.position, []).append(finding.code)
    return [
        [mask_cell(codes[n], str(value)) if n in codes and value is not None else value for n, value in enumerate(row)]
        for row in sample_rows
    ]
