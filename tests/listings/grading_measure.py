"""Precision and recall of the detectors on labelled tables and values, per class."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from listings.grading import numbers, phrases
from listings.grading.result import ScanResult
from listings.grading.scanning import FieldScanner
from tests.listings.grading_people import (
    Inventor,
    LabelledTable,
    table_of_persons,
    table_of_things,
    written_otherwise,
)

DATA = Path(__file__).parent.parent / "data"
SEEDS = range(40)


@dataclass
class Score:
    """Right, wrong and missed claims of one class."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0


Scores = dict[str, Score]


def scan(names: list[str], columns: list[list[str]]) -> ScanResult:
    """Return what the scanner finds in a table, shown in batches."""
    scanner = FieldScanner()
    arrays = [pa.array([value or None for value in column], pa.string()) for column in columns]
    table = pa.Table.from_arrays(arrays, names=[f"c{n}" for n in range(len(arrays))])
    for batch in table.to_batches(1000):
        scanner.see(pa.Table.from_batches([batch]))
    return scanner.findings(names)


def real_tables() -> Iterator[LabelledTable]:
    """Yield the real tables of tests/data with the labels of tests/data/grading/labels.json, given by hand."""
    for entry in json.loads((DATA / "grading" / "labels.json").read_text(encoding="utf-8"))["tables"]:
        raw = (DATA / entry["file"]).read_bytes()
        if entry["file"].endswith(".json"):
            records = json.loads(raw)
            names = list(dict.fromkeys(key for record in records for key in record))
            rows = [[_text(record.get(name)) for name in names] for record in records]
        else:
            rows = list(csv.reader(io.StringIO(raw.decode(entry.get("encoding", "utf-8-sig"), "replace"))))
            names = [""] * len(rows[0]) if entry.get("no_header") else rows.pop(0)
        columns = [[row[n] if n < len(row) else "" for row in rows] for n in range(len(names))]
        labels = frozenset((position, code) for position, code in entry["labels"])
        yield LabelledTable(entry["file"], names, columns, labels)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value is not None else ""


def field_scores(tables: Iterable[LabelledTable]) -> Scores:
    """Return the scores per class of claims (table, column, code)."""
    scores: Scores = defaultdict(Score)
    for table in tables:
        found = {(finding.position, finding.code) for finding in scan(table.names, table.columns).findings}
        for _position, code in found & table.labels:
            scores[code].right += 1
        for _position, code in found - table.labels:
            scores[code].wrong += 1
        for _position, code in table.labels - found:
            scores[code].missed += 1
    return scores


def all_tables() -> list[LabelledTable]:
    invented = [make(seed) for seed in SEEDS for make in (table_of_persons, table_of_things)]
    return [*invented, *real_tables()]


FINDERS = {
    "resident_id": numbers.find_resident_ids,
    "mobile": numbers.find_mobiles,
    "hk_mo_phone": numbers.find_prefixed_phones,
    "landline": numbers.find_landlines,
    "bank_card": numbers.find_cards,
    "hkid": numbers.find_hkids,
    "macao_bir": numbers.find_macao_birs,
    "plate": numbers.find_plates,
    "email": numbers.find_emails,
    "ip_address": numbers.find_ip_addresses,
    "device_id": numbers.find_plain_device_ids,
    "person_name": phrases.find_names,
    "address": phrases.find_addresses,
    "health": phrases.find_health_terms,
    "religion": phrases.find_religions,
}


def labelled_values(seed: int = 7, each: int = 300) -> Iterator[tuple[str, str]]:
    """Yield (value, code), the code "" for values of things; numbers are written in many ways."""
    inventor = Inventor(seed)
    made = {
        "resident_id": lambda: inventor.pick(inventor.resident_id(), f"身份证号{inventor.resident_id()}。"),
        "mobile": lambda: written_otherwise(inventor, inventor.mobile()),
        "hk_mo_phone": inventor.hong_kong_phone,
        "landline": inventor.landline,
        "bank_card": inventor.bank_card,
        "hkid": inventor.hkid,
        "macao_bir": inventor.macao_bir,
        "plate": inventor.plate,
        "email": inventor.email,
        "ip_address": inventor.ip,
        "device_id": lambda: inventor.pick(inventor.imei(), inventor.mac()),
        "person_name": lambda: inventor.pick(inventor.name(), inventor.traditional_name(), "里長" + inventor.name()),
        "address": inventor.address,
        "health": inventor.diagnosis,
        "religion": lambda: inventor.pick("佛教", "道教", "基督教", "天主教", "回教", "伊斯蘭教"),
    }
    for code, make in made.items():
        for _ in range(each):
            yield make(), code
    for make in (
        inventor.order_number,
        inventor.eighteen_digits,
        inventor.amount,
        inventor.company,
        inventor.uscc,
        inventor.version,
        inventor.moment,
        inventor.milliseconds,
        inventor.decimal,
        inventor.remark,
    ):
        for _ in range(each):
            yield make(), ""


def value_scores(values: Iterable[tuple[str, str]]) -> Scores:
    """Return the scores per class of claims (value, code)."""
    scores: Scores = {code: Score() for code in FINDERS}
    for value, label in values:
        text = numbers.half_width(value)
        for code, find in FINDERS.items():
            claimed = bool(find(text))
            scores[code].right += claimed and code == label
            scores[code].wrong += claimed and code != label
            scores[code].missed += not claimed and code == label
    return scores


def report(scores: Scores) -> str:
    """Return the scores as a table in Markdown."""
    lines = ["| class | right | wrong | missed | precision | recall |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {code} | {s.right} | {s.wrong} | {s.missed} | {s.precision:.3f} | {s.recall:.3f} |"
        for code, s in sorted(scores.items())
    ]
    return "\n".join(lines)
