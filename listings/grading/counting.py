"""Of about how many persons a table tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from listings.grading.distinct import DistinctCounter
from listings.grading.result import Finding, Persons
from listings.grading.rules import Category
from listings.grading.tallies import Tally

# The strongest first. Of identity numbers every one is a person, in whichever column; of two columns of telephone
# numbers the fuller one is taken, since both may be the same person's.
IDENTITY = ("resident_id", "hkid", "taiwan_id", "macao_bir", "passport")
OTHERS = ("mobile", "hk_mo_phone", "email", "bank_card", "person_name", "device_id", "plate", "landline")
ALIKE = 0.5


def count_persons(
    findings: Sequence[Finding],
    tallies: Mapping[tuple[int, str], Tally],
    *,
    rows: int,
    key: int | None,
    distinct: Sequence[int | None],
) -> Persons:
    """Return about how many persons the findings tell of, and by what that was counted.

    Different numbers of the strongest kind that is about as frequent as the most frequent one; else rows with a name;
    else the different keys of a track (`distinct`, from the profile), else the rows with any finding.
    """
    if not findings:
        return Persons()
    hits = {code: sum(_rows_of(f) for f in findings if f.code == code) for code in (*IDENTITY, *OTHERS)}
    most = max(hits.values())
    if most == 0:
        return _by_rows(findings, tallies, rows=rows, key=key, distinct=distinct)
    code = next(code for code in (*IDENTITY, *OTHERS) if hits[code] >= most * ALIKE)
    columns = [finding for finding in findings if finding.code == code]
    count, exact = _count(code, columns, tallies)
    if key is not None and code in ("person_name", "device_id") and key < len(distinct):
        count = min(count, distinct[key] or count)
    persons = [finding.position for finding in columns]
    return Persons(count, _sensitive(findings, tallies, count, hits[code]), code, persons, exact)


def _count(code: str, columns: Sequence[Finding], tallies: Mapping[tuple[int, str], Tally]) -> tuple[int, bool]:
    counters = [tallies[f.position, code].numbers for f in columns if (f.position, code) in tallies]
    known = [counter for counter in counters if counter is not None]
    if not known:
        return max(_rows_of(finding) for finding in columns), False
    if code in IDENTITY:
        together = DistinctCounter()
        for counter in known:
            together.absorb(counter)
        known = [together]
    best = max(known, key=DistinctCounter.count)
    return best.count(), best.exact and all(finding.exact for finding in columns)


def _by_rows(
    findings: Sequence[Finding],
    tallies: Mapping[tuple[int, str], Tally],
    *,
    rows: int,
    key: int | None,
    distinct: Sequence[int | None],
) -> Persons:
    of_key = distinct[key] if key is not None and key < len(distinct) else None
    count = of_key or min(rows, max(_rows_of(finding) for finding in findings))
    columns = [key] if of_key and key is not None else sorted({finding.position for finding in findings})
    sensitive = _sensitive(findings, tallies, count, rows)
    return Persons(count, sensitive, "key" if of_key else "rows", columns, exact=False)


def _sensitive(findings: Sequence[Finding], tallies: Mapping[tuple[int, str], Tally], count: int, rows: int) -> int:
    """Return of how many persons something sensitive is told: the shares of rows added up, at most all of them."""
    total = 0.0
    for code in {finding.code for finding in findings if finding.category == Category.SENSITIVE}:
        columns = [finding for finding in findings if finding.code == code]
        share = max(_rows_of(finding) for finding in columns) / max(1, rows)
        counters = [tally.of_children for (_, _code), tally in tallies.items() if tally.of_children]
        if code == "minor" and counters:
            total += max(counter.count() for counter in counters)
        else:
            total += max(1.0, share * count)
    return min(count, round(total))


def _rows_of(finding: Finding) -> int:
    """Return of how many values of the whole column a finding speaks."""
    return max(1, round(finding.share * finding.values)) if finding.hits else 0
