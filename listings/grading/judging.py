"""From tallies to findings: which columns hold personal data, judged by content, by name and by the columns beside it.

The same value may or may not be personal: an address beside a shelter's name is the shelter's, beside a resident's
name it is where somebody lives. So columns are judged first by themselves, then once more in their table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from listings.grading import names as of
from listings.grading.counting import count_persons
from listings.grading.detectors import DETECTORS, Detector
from listings.grading.masking import mask
from listings.grading.names import TableNames, is_blank
from listings.grading.result import Finding, ScanResult
from listings.grading.rules import category_of
from listings.grading.tallies import Column, Tally
from listings.grading.tracks import track_columns
from listings.grading.words import folded_name

IDENTITY = frozenset({"resident_id", "hkid", "taiwan_id", "macao_bir", "passport"})
DIRECT = IDENTITY | {"mobile", "hk_mo_phone", "email", "person_name", "bank_card"}
# One such value is enough: its form does not come about by chance.
ONE_IS_ENOUGH = frozenset({"resident_id", "email", "plate", "hk_mo_phone"})
# Form and check digit may be any number's: a column of order numbers is not believed.
NUMBER_OF_A_THING = frozenset({"bank_card", "device_id", "hkid", "taiwan_id", "macao_bir"})
JUDGED_IN_TABLE = frozenset({"person_name", "address", "birth_date", "minor", "biometric", "health", "religion"})
SURE = 0.95
FEW = 20
TEMPLATE_LENGTH = 32


@dataclass(frozen=True)
class Held:
    """A column with what one detector saw in it."""

    position: int
    folded: str
    column: Column
    detector: Detector
    tally: Tally

    @property
    def share(self) -> float:
        return self.tally.valid / max(1, self.column.sampled)

    @property
    def valid_share(self) -> float:
        """The share of look-alikes that are valid; hits outside the sample count too."""
        lookalikes = self.tally.lookalikes * self.column.values / max(1, self.column.sampled)
        valid = (
            self.tally.hits
            if self.detector.always
            else self.tally.valid * self.column.values / max(1, self.column.sampled)
        )
        return valid / max(valid, lookalikes, 1)

    @property
    def mostly_whole(self) -> bool:
        return self.tally.whole * 2 > self.tally.valid


def judge_table(
    *,
    names: Sequence[str],
    columns: Sequence[Column],
    head: Sequence[Sequence[str | None]],
    rows: int,
    on: date,
    distinct: Sequence[int | None],
) -> ScanResult:
    """Return the findings of a table and the persons it tells of."""
    folded = [folded_name(names[position] if position < len(names) else "") for position in range(len(columns))]
    table = TableNames(folded)
    held = [
        Held(position, folded[position], column, DETECTORS[number], tally)
        for position, column in enumerate(columns)
        for number, tally in sorted(column.tallies.items())
    ]
    found: dict[tuple[int, str], tuple[Held, str]] = {}

    def keep(one: Held, basis: str) -> None:
        key = (one.position, one.detector.code)
        if basis and (key not in found or found[key][0].tally.valid < one.tally.valid):
            found[key] = (one, basis)

    for one in held:
        if one.detector.code not in JUDGED_IN_TABLE:
            keep(one, judge_by_itself(one))
    for one in held:
        if one.detector.code == "person_name":
            keep(one, judge_name(one, identified=any(code in DIRECT for _, code in found)))
    subject = _Subject.of(table, found)
    for one in held:
        keep(one, judge_in_table(one, subject)) if one.detector.code in JUDGED_IN_TABLE - {"person_name"} else None
    for key in [key for key, (one, _) in found.items() if key[1] == "landline" and not _is_a_persons(one, subject)]:
        del found[key]

    findings = [
        _finding(one, basis, names=names, on=on) for one, basis in found.values() if one.detector.code != "minor"
    ]
    findings += _sensitive_by_name(folded, names, columns, head, subject, findings, on=on)
    findings += _minors(found, names=names, on=on)
    tracks = track_columns(folded, head, findings)
    findings += [_of_table(position, "location_track", names, columns, on=on) for position in tracks.positions]
    findings.sort(key=lambda finding: (finding.position, finding.code))
    tallies = {key: one.tally for key, (one, _) in found.items()}
    persons = count_persons(findings, tallies, rows=rows, key=tracks.key, distinct=distinct)
    return ScanResult(rows=rows, findings=findings, persons=persons)


def judge_by_itself(one: Held) -> str:
    """Return the basis on which a column is believed to hold a kind of number or address, "" when it is not."""
    detector, tally, code = one.detector, one.tally, one.detector.code
    if not (tally.valid or tally.hits):
        return ""
    if detector.hint and re.search(detector.hint, one.folded):
        enough = tally.hits > 0 if detector.always else one.share >= detector.hinted_share
        return "name and content" if enough and one.valid_share >= min(0.2, detector.valid_share) else ""
    if detector.needs_hint or one.valid_share < detector.valid_share:
        return ""
    if code == "ip_address" and of.VERSION.search(one.folded):
        return ""
    rare_among_numbers = one.column.numeric * 2 > one.column.sampled and one.share < 0.05
    if code not in ONE_IS_ENOUGH and (rare_among_numbers or _is_of_a_thing(one)):
        return ""
    return "content"


def _is_of_a_thing(one: Held) -> bool:
    """Tell whether the column's name says that its numbers are quantities or the numbers of things."""
    if not one.mostly_whole:
        return False
    if of.QUANTITY.search(one.folded):
        return True
    if not of.CODE_OF_THING.search(one.folded):
        return False
    return one.detector.code in NUMBER_OF_A_THING or one.valid_share < SURE or one.tally.valid < FEW


def judge_name(one: Held, *, identified: bool) -> str:
    """Return the basis on which a column is believed to hold persons' names, "" when it is not.

    A name of the column that asks for persons needs half of the values to be names; "name" alone, or no name, needs
    frequent surnames, which names of goods and places seldom begin with. Authors and artists are never taken.
    """
    if of.PUBLIC_NAME.search(one.folded):
        return ""
    if of.NAME_OF_PERSON.search(one.folded):
        return "name and content" if one.detector.needs_hint and one.share >= 0.4 else ""
    if one.detector.needs_hint or one.tally.valid < 2:
        return ""
    if of.PERHAPS_A_NAME.search(one.folded):
        return "name and content" if one.share >= 0.6 else ""
    if of.NAME_OF_THING.search(one.folded):
        return ""
    sure = one.share >= (0.65 if identified else 0.75) and (identified or one.tally.valid >= FEW)
    return "content" if sure and (identified or is_blank(one.folded)) else ""


@dataclass(frozen=True)
class _Subject:
    """Whose rows a table's are."""

    table: TableNames
    identified: bool
    named: bool
    rows_are_persons: bool

    @classmethod
    def of(cls, table: TableNames, found: dict[tuple[int, str], tuple[Held, str]]) -> _Subject:
        identified = any(code in DIRECT for _, code in found)
        named = any(code == "person_name" for _, code in found)
        by_name = any(
            code == "person_name" and not of.CONTACT.search(one.folded) for (_, code), (one, _) in found.items()
        )
        by_number = any(code in IDENTITY and one.mostly_whole for (_, code), (one, _) in found.items())
        described = (table.has_person_attribute or table.has_person_key) and (identified or not table.is_aggregate)
        return cls(table, identified, named, by_number or by_name or described)


def _is_a_persons(landline: Held, subject: _Subject) -> bool:
    """Tell whether a landline is a person's: an office's stands beside no person, or somewhere in a text."""
    hinted = re.search(landline.detector.hint, landline.folded) is not None
    return subject.rows_are_persons or (hinted and (subject.named or not subject.table.has_facility))


def judge_in_table(one: Held, subject: _Subject) -> str:
    """Return the basis of what is personal only beside a person: addresses, birth days, health, faith, biometrics."""
    judge = {
        "address": _address,
        "birth_date": _birth_date,
        "minor": _birth_date,
        "biometric": _biometric,
        "health": _health,
        "religion": _religion,
    }
    return judge[one.detector.code](one, subject)


def _address(one: Held, subject: _Subject) -> str:
    if one.share < 0.3 or of.FACILITY_ADDRESS.search(one.folded):
        return ""
    if of.HOME_ADDRESS.search(one.folded):
        return "name and content"
    of_person = subject.rows_are_persons or (subject.identified and not subject.table.has_facility)
    if re.search(one.detector.hint, one.folded):
        return "name and content" if of_person else ""
    sure = one.share >= 0.6 and subject.rows_are_persons and not of.NAME_OF_THING.search(one.folded)
    return "content" if sure else ""


def _birth_date(one: Held, subject: _Subject) -> str:
    if not re.search(one.detector.hint, one.folded) or one.share < 0.3:
        return ""
    return "name and content" if subject.identified or not subject.table.is_aggregate else ""


def _biometric(one: Held, subject: _Subject) -> str:
    if not subject.rows_are_persons or one.share < 0.1:
        return ""
    return "name and content" if of.BIOMETRIC.search(one.folded) else "content"


def _health(one: Held, subject: _Subject) -> str:
    if of.HEALTH_OF_A_PERSON.search(one.folded) and one.share >= 0.2 and not subject.table.is_aggregate:
        return "name and content"
    if not subject.rows_are_persons:
        return ""
    if of.HEALTH.search(one.folded):
        return "name and content" if one.share >= 0.05 else ""
    return "content" if one.share >= 0.2 and not of.NAME_OF_THING.search(one.folded) else ""


def _religion(one: Held, subject: _Subject) -> str:
    if of.RELIGION_OF_A_PERSON.search(one.folded):
        counted = subject.table.is_aggregate and not subject.identified
        return "name and content" if one.share >= 0.05 and not counted else ""
    if not subject.rows_are_persons:
        return ""
    if of.RELIGION.search(one.folded):
        return "name and content" if one.share >= 0.05 and not subject.table.has_facility else ""
    return "content" if one.share >= 0.5 else ""


def _sensitive_by_name(
    folded: Sequence[str],
    names: Sequence[str],
    columns: Sequence[Column],
    head: Sequence[Sequence[str | None]],
    subject: _Subject,
    findings: Sequence[Finding],
    *,
    on: date,
) -> list[Finding]:
    """Return columns whose name alone tells: a fingerprint template is no word, a blood type is one letter."""
    known = {(finding.position, finding.code) for finding in findings}
    added = []
    for position, (name, column) in enumerate(zip(folded, columns, strict=True)):
        if not column.values or of.NAME_OF_THING.search(name):
            continue
        biometric = of.BIOMETRIC.search(name) and (subject.rows_are_persons or _holds_templates(head, position))
        health = of.HEALTH_OF_A_PERSON.search(name) and subject.rows_are_persons
        for code in [code for code, told in (("biometric", biometric), ("health", health)) if told]:
            if (position, code) not in known:
                added.append(_of_table(position, code, names, columns, basis="name", on=on))
    return added


def _holds_templates(head: Sequence[Sequence[str | None]], position: int) -> bool:
    shown = [text for text in head[position] if text] if position < len(head) else []
    return bool(shown) and sum(len(text) >= TEMPLATE_LENGTH for text in shown) * 2 > len(shown)


def _minors(found: dict[tuple[int, str], tuple[Held, str]], *, names: Sequence[str], on: date) -> list[Finding]:
    """Return a finding for every column that tells of persons under 14 by number, day of birth or age."""
    minors: dict[int, Finding] = {}
    for one, basis in found.values():
        born = one.detector.code in ("resident_id", "birth_date", "minor")
        if born and (one.tally.children or one.tally.of_children) and one.position not in minors:
            minors[one.position] = _finding(one, basis, names=names, on=on, children=True)
    return list(minors.values())


def _finding(one: Held, basis: str, *, names: Sequence[str], on: date, children: bool = False) -> Finding:
    code = "minor" if children else one.detector.code
    counted = one.detector.always and not children
    checked = one.column.values if counted else one.column.sampled
    hits = round(one.tally.hits) if counted else (one.tally.children or 1) if children else one.tally.valid
    hits = min(hits, checked)
    return Finding(
        position=one.position,
        column=_name(names, one.position),
        code=code,
        category=category_of(code, on=on),
        basis=basis,
        values=one.column.values,
        checked=checked,
        hits=hits,
        share=round(hits / max(1, checked), 6),
        examples=[] if children else list(one.tally.examples),
        exact=one.column.exact if counted else one.column.sampled == one.column.values,
    )


def _of_table(
    position: int,
    code: str,
    names: Sequence[str],
    columns: Sequence[Column],
    *,
    basis: str = "table",
    on: date,
) -> Finding:
    values = columns[position].values
    return Finding(
        position=position,
        column=_name(names, position),
        code=code,
        category=category_of(code, on=on),
        basis=basis,
        values=values,
        checked=values,
        hits=values,
        share=1.0 if values else 0.0,
        examples=[mask(code, "x")],
    )


def _name(names: Sequence[str], position: int) -> str:
    return names[position] if position < len(names) else ""
