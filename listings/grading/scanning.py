"""Looking for personal data in a table while it is profiled: Arrow finds candidates, Python checks those alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from listings.grading.detectors import ALARM, ALWAYS, DETECTORS, may_alarm
from listings.grading.distinct import MOST_KEPT, DistinctCounter, hashes_of, hashing_engine
from listings.grading.judging import judge_table
from listings.grading.looks import Batch, Columns, joined
from listings.grading.masking import mask
from listings.grading.numbers import birth_of, half_width, today
from listings.grading.phrases import CHILDHOOD, is_child
from listings.grading.result import ScanResult
from listings.grading.tallies import Column, Tally
from listings.profiling.observing import readings_of

if TYPE_CHECKING:
    import duckdb

    Texts = pa.Array[Any]

Look = tuple[Column, Batch]

SLICE_ROWS = 1 << 15
FIRST_LOOK = 5_000
FIRST_LOOK_CELLS = 200_000  # of all columns together
LEAST_FIRST_LOOK = 500
SPOT_CHECKS = 128  # of every slice after the first look
MOST_CHECKED = 1_024  # candidates of one detector in one slice
MOST_CHECKED_OF_A_KIND = 256  # the same where nearly every value is of one kind
OF_A_KIND = 0.5
REPETITIVE = 0.3
ONE_NUMBER = 24  # bytes; in a longer cell another may stand beside it
EXAMPLES = 3
LONGEST_TEXT = 20_000
# Spot checks wait until there are so many values, or so many bytes, of all columns together.
MOST_WAITING = 1 << 14
MOST_WAITING_BYTES = 1 << 22
HEAD_ROWS = 1_000
HEAD_COLUMNS = 300
HEAD_TEXT = 64
WIDE = 24
MOST_KEPT_WHEN_WIDE = 1 << 12
NUMERIC = r"^\s*[-+]?[0-9][0-9.,]*\s*$"
# What tells one person from another, hence is counted.
COUNTED = frozenset({"resident_id", "mobile", "hk_mo_phone", "email", "hkid", "taiwan_id", "bank_card", "plate"})


class FieldScanner:
    """Finds personal and sensitive data in the columns of a table; an observer of `listings.profiling.observing`.

    What is guaranteed:
    - The first 5,000 values of a column (fewer in tables of more than 40 columns, never under 500) are checked by
      every detector.
    - Every later value is matched against the forms of the detectors marked `always` (resident IDs, mobile numbers,
      +852/+853 numbers, bank cards, HKIDs, plates, e-mail addresses), so one such value in a million rows is found.
      Of 32,768 rows up to 1,024 values that match a form are checked one by one; where more match, an even choice of
      them is, and hits are scaled up (`exact` is then false). In a column that is of one such kind by more than half,
      other kinds are looked for in its longer cells only.
    - All other detectors see an even choice of at least 128 values of every further 32,768: what stands in a share s
      of the values of n such slices is missed with a probability of about (1 - s)^(128 n).
    Memory: a few tallies per column, and per kind of number at most 131,072 hashes (4,096 in tables of more than 24
    columns).
    """

    def __init__(self, *, on: date | None = None) -> None:
        self._on = on or today()
        self._rows = 0
        self._columns: list[Column] = []
        self._head: list[list[str | None]] = []
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._waiting = 0
        self._waiting_bytes = 0

    def see(self, rows: pa.Table) -> None:
        """Take the next rows; every column is text."""
        while len(self._columns) < rows.num_columns:
            self._columns.append(Column(rows=self._rows))
        self._keep_head(rows)
        readings = readings_of(rows)
        for start in range(0, rows.num_rows, SLICE_ROWS):
            length = min(SLICE_ROWS, rows.num_rows - start)
            self._rows += length
            self._look([values.slice(start, length) for values in rows.columns], readings)

    def findings(self, names: Sequence[str], *, distinct: Sequence[int | None] = ()) -> ScanResult:
        """Return what was found, by the columns' names; may be asked at any time.

        `distinct` are the profile's numbers of different values by column: of tracks they tell the different keys.
        """
        self._check_waiting()
        return judge_table(
            names=names, columns=self._columns, head=self._head, rows=self._rows, on=self._on, distinct=distinct
        )

    def _keep_head(self, rows: pa.Table) -> None:
        wanted = min(HEAD_ROWS - min(self._rows, HEAD_ROWS), rows.num_rows)
        for position, values in enumerate(rows.columns[:HEAD_COLUMNS]):
            while len(self._head) <= position:
                self._head.append([None] * min(self._rows, HEAD_ROWS))
            if wanted:
                self._head[position] += [text and text[:HEAD_TEXT] for text in values.slice(0, wanted).to_pylist()]

    def _look(self, rows: Sequence[pa.ChunkedArray[Any]], readings: Sequence[str]) -> None:
        """Look at the next slice: at the first values of a column by every detector, at later ones for alarms."""
        first_look = max(LEAST_FIRST_LOOK, min(FIRST_LOOK, FIRST_LOOK_CELLS // len(self._columns)))
        first: list[Look] = []
        later: list[Look] = []
        watched: list[Look] = []
        for column, values, reading in zip(self._columns, rows, readings, strict=False):
            column.rows += len(values)
            texts = pa.concat_arrays([chunk.drop_null() for chunk in values.chunks or [pa.array([], pa.string())]])
            if not len(texts):
                continue
            column.values += len(texts)
            batch = self._batch(column, texts)
            if column.sampled < first_look:
                first.append((column, batch.part(0, first_look - column.sampled)))
                batch = batch.part(len(first[-1][1]))
            if len(batch):
                later.append((column, batch))
                if may_alarm(batch.texts, reading):
                    watched.append((column, batch))
        self._check(first, range(len(DETECTORS)), sampled=True, counts=True)
        self._spot_check(later)
        self._answer_alarms(watched)

    def _batch(self, column: Column, texts: Texts) -> Batch:
        """Return the values, each different one once where they repeat a lot."""
        if column.repetitive is not False:
            counted = pc.value_counts(texts)
            column.repetitive = len(counted) < len(texts) * REPETITIVE
            if column.repetitive:
                return Batch(counted.field("values"), counted.field("counts"))
        return Batch(texts)

    def _spot_check(self, looks: Sequence[Look]) -> None:
        """Choose values of every column for all detectors, and check them when enough of them wait."""
        for column, batch in looks:
            chosen = batch.spread(SPOT_CHECKS)
            column.waiting.append(chosen)
            self._waiting += len(chosen)
            self._waiting_bytes += chosen.texts.nbytes
        if self._waiting >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
            self._check_waiting()

    def _check_waiting(self) -> None:
        looks = [(column, joined(column.waiting)) for column in self._columns if column.waiting]
        self._waiting = self._waiting_bytes = 0
        for column in self._columns:
            column.waiting = []
        self._check(looks, range(len(DETECTORS)), sampled=True, counts=False)

    def _answer_alarms(self, looks: Sequence[Look]) -> None:
        if not looks:
            return
        for place, alarming in Columns([batch for _column, batch in looks]).matching(ALARM).items():
            column, batch = looks[place]
            self._answer(column, batch.where(alarming))

    def _answer(self, column: Column, alarming: Batch) -> None:
        of_a_kind = [
            number
            for number in ALWAYS
            if (tally := column.tallies.get(number)) and tally.whole >= column.sampled * OF_A_KIND
        ]
        if not of_a_kind:
            self._check([(column, alarming)], ALWAYS, sampled=False, counts=True, most=MOST_CHECKED)
            return
        self._check([(column, alarming)], of_a_kind, sampled=False, counts=True, most=MOST_CHECKED_OF_A_KIND)
        longer = alarming.where(
            pc.greater(pc.binary_length(cast("pa.StringArray", alarming.texts)), pa.scalar(ONE_NUMBER))
        )
        if len(longer):
            others = [number for number in ALWAYS if number not in of_a_kind]
            self._check([(column, longer)], others, sampled=False, counts=True, most=MOST_CHECKED)
        if len(alarming) > MOST_CHECKED_OF_A_KIND:
            for number in of_a_kind:
                self._count(column.tallies[number], DETECTORS[number].code, _written(alarming.texts))

    def _check(
        self,
        looks: Sequence[Look],
        numbers: Sequence[int],
        *,
        sampled: bool,
        counts: bool,
        most: int = SLICE_ROWS,
    ) -> None:
        if not looks:
            return
        columns = Columns([batch for _column, batch in looks])
        if sampled:
            for column, batch in looks:
                column.sampled += batch.rows
            for place, numeric in columns.matching(NUMERIC).items():
                column, batch = looks[place]
                column.numeric += batch.where(numeric).rows
        for number in numbers:
            detector = DETECTORS[number]
            shaped = columns.matching(detector.shape)
            alike = columns.matching(detector.lookalike) if sampled and detector.lookalike else shaped
            for place in sorted(shaped.keys() | alike.keys()):
                column, batch = looks[place]
                tally = column.tallies.setdefault(number, Tally())
                tally.lookalikes += batch.where(alike[place]).rows if sampled and place in alike else 0
                if place in shaped:
                    candidates = batch.where(shaped[place])
                    self._check_each(column, tally, number, candidates, sampled=sampled, counts=counts, most=most)

    def _check_each(
        self,
        column: Column,
        tally: Tally,
        number: int,
        candidates: Batch,
        *,
        sampled: bool,
        counts: bool,
        most: int,
    ) -> None:
        checked = candidates.spread(most)
        column.exact = column.exact and len(checked) == len(candidates)
        scale = candidates.rows / max(1, checked.rows)
        found = self._find(tally, number, checked, sampled=sampled, counts=counts, scale=scale)
        if DETECTORS[number].code in COUNTED and counts and found:
            self._count(tally, DETECTORS[number].code, pa.array(found, pa.string()))

    def _find(
        self, tally: Tally, number: int, candidates: Batch, *, sampled: bool, counts: bool, scale: float
    ) -> list[str]:
        detector, everything = DETECTORS[number], []
        known: dict[str, list[str]] = {}
        for text, weight in zip(candidates.texts.to_pylist(), candidates.weighed(), strict=True):
            cell = half_width((text or "")[:LONGEST_TEXT])
            if cell not in known:
                known[cell] = detector.find(cell)
            found = known[cell]
            if not found:
                continue
            everything += found
            if sampled:
                tally.valid += weight
                tally.whole += weight if len(found) == 1 and len(found[0]) >= len(cell.strip()) * 0.7 else 0
                tally.children += weight if self._of_child(detector.code, found[0]) else 0
            if counts:
                tally.hits += weight * scale
            if len(tally.examples) < EXAMPLES and (example := mask(detector.code, found[0])) not in tally.examples:
                tally.examples.append(example)
        return everything

    def _of_child(self, code: str, found: str) -> bool:
        if code == "minor":
            return int(found) < CHILDHOOD
        if code == "birth_date":
            return is_child(date.fromisoformat(found), on=self._on)
        born = birth_of(found) if code == "resident_id" and len(found) == 18 else None
        return born is not None and is_child(born, on=self._on)

    def _count(self, tally: Tally, code: str, values: pa.Array[Any]) -> None:
        self._engine = self._engine or hashing_engine()
        most = MOST_KEPT if len(self._columns) <= WIDE else MOST_KEPT_WHEN_WIDE
        tally.numbers = tally.numbers or DistinctCounter(most)
        tally.numbers.add(hashes_of(self._engine, values))
        if code == "resident_id":
            born_late = values.filter(pc.match_substring_regex(values, _born_from(self._on.year - CHILDHOOD)))
            children = [text for text in born_late.to_pylist() if text and self._of_child(code, text)]
            if children:
                tally.of_children = tally.of_children or DistinctCounter(most)
                tally.of_children.add(hashes_of(self._engine, pa.array(children, pa.string())))


def _written(values: pa.Array[Any]) -> pa.Array[Any]:
    """Return numbers in their one written form, as the finders return them."""
    if pc.any(pc.match_substring_regex(values, r"[\s()（）+０-９-]|^(?:00)?861|[x]$|[A-Z].*@")).as_py():
        bare = pc.replace_substring_regex(values, r"[\s()（）+-]", "")
        bare = pc.replace_substring_regex(bare, r"^(?:00)?86(1\d{10})$", r"\1")
        with_mark = pc.match_substring(values, "@")
        written: pa.Array[Any] = pc.if_else(with_mark, pc.utf8_lower(values), pc.utf8_upper(bare))
        return written
    return values


def _born_from(year: int) -> str:
    """Return the pattern of resident IDs whose day of birth is in `year` or in the fifteen years after."""
    return "^[0-9]{6}(?:" + "|".join(str(later) for later in range(year, year + 16)) + ")[0-9]{7}[0-9X]$"
