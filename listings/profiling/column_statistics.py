"""What a column's values are like, gathered batch by batch: formats, numbers, times, lengths, troubles, repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.evidence import Evidence
from listings.profiling.moments import LOOKS_LIKE_NUMBERS, Moments, looks_like_time, shapes_of
from listings.profiling.numbers_seen import Numbers, as_numbers
from listings.profiling.repeats import Repeats
from listings.profiling.text_trouble import TextTrouble, content_of, is_ascii, misread
from listings.profiling.top_values import TopValues, top_json
from listings.profiling.value_formats import FORMATS, coordinate_named, fits, is_named, may_fit
from listings.profiling.writing import scripts, variants

if TYPE_CHECKING:
    Texts = pa.Array[Any]

FIRST_VALUES = 1_000
# Arrow reads a pattern anew at each call, which is dear for thousands of columns; a few values rule most formats out.
PICKED_VALUES = 20
# A format is counted when so many of the first values fit it, and named when so many of all values do.
LIKELY_SHARE = 0.5
NAMED_SHARE = 0.8
# A column of which more than one value in fifty came again is no key that went wrong.
MOST_REPEATED = 0.02
REPEATS_IN_ANY_KEY = 50


@dataclass
class FormatCount:
    """How many values have a format's pattern, how many of those pass its check, and the others."""

    fits: int = 0
    passes: int = 0
    misfits: Evidence = field(default_factory=Evidence)
    fails: Evidence = field(default_factory=Evidence)


class ColumnStatistics:
    """One column; feed it every batch in order. `share` is its part (0-1) of the memory for all columns."""

    def __init__(self, *, share: float) -> None:
        self.values = 0
        self.missing = Evidence()
        self.trouble = TextTrouble()
        self.numbers: Numbers | None = None
        self.moments: Moments | None = None
        self.formats: dict[str, FormatCount] = {}
        self.top = TopValues(most=max(20, min(1_000, int(100_000 * share))), most_bytes=int(4_000_000 * share) + 4_096)
        self.repeats: Repeats | None = Repeats(max(256, min(32_768, int(131_072 * share))))
        self._waiting: list[tuple[Texts, int, str]] | None = []
        self._waiting_values = 0
        self._characters = 0
        self._ascii = True
        self._shortest: int | None = None
        self._longest = 0

    def add(self, values: Texts, offset: int, *, reading: str = "") -> None:
        """Take the next values (text, null where there is none); `offset` rows come before them.

        `reading` says as what all of them read (`columns.PLAIN`), "" if that is unknown.
        """
        present = len(values) - values.null_count
        if values.null_count:
            self.missing.take(pc.is_null(values), values, offset)
        if not present:
            return
        self.values += present
        self._measure(values, offset, plain=bool(reading))
        self.top.add(values, offset)
        if self._waiting is None:
            self._count_formats(values, offset, reading)
            return
        # Formats are chosen by the first values, so these wait until there are enough of them.
        self._waiting.append((values, offset, reading))
        self._waiting_values += present
        if self._waiting_values >= FIRST_VALUES:
            self.decide()

    def decide(self) -> None:
        """Choose the formats to count by the values so far, and count those."""
        waiting, self._waiting = self._waiting or [], None
        if not waiting:
            return
        first = pa.concat_arrays([values for values, _offset, _reading in waiting]).drop_null()[:FIRST_VALUES]
        picked: list[Any] = first.take(pa.array(range(0, len(first), max(1, len(first) // PICKED_VALUES)))).to_pylist()
        shapes = shapes_of(first) if any(looks_like_time(text) for text in picked) else []
        if shapes:
            self.moments = Moments(shapes)
        for name in FORMATS:
            if may_fit(picked, name) and _fitting(first, name) >= LIKELY_SHARE * len(first):
                self.formats[name] = FormatCount()
        codes = pc.match_substring_regex(first, r"^(?:\+|0\d)")
        counted = self.moments is None or self.moments.shapes != [LOOKS_LIKE_NUMBERS]
        if self.formats.pop("number", None) and counted and not pc.any(codes).as_py():
            self.numbers = Numbers()
        for values, offset, reading in waiting:
            self._count_formats(values, offset, reading)

    def _measure(self, values: Texts, offset: int, *, plain: bool) -> None:
        content = content_of(values)
        ascii_only = plain or is_ascii(content)
        lengths = pc.binary_length(values) if ascii_only else pc.utf8_length(values)
        bounds = pc.min_max(lengths)
        shortest = bounds["min"].as_py()
        self._shortest = shortest if self._shortest is None else min(self._shortest, shortest)
        self._longest = max(self._longest, bounds["max"].as_py())
        self._characters += pc.sum(lengths).as_py()
        self._ascii = self._ascii and ascii_only
        if not plain:
            self.trouble.add(
                values, offset, content, ascii_only=ascii_only, shortest=self._shortest, longest=self._longest
            )

    def key_values(self, values: Texts) -> Texts | None:
        """Return those of the next values that are to be hashed: all, as long as the column may be a key."""
        if self.repeats is None or values.null_count == len(values):
            return None
        kept = values.drop_null()
        # Most columns repeat themselves at once; those need no hashing.
        first = kept[:FIRST_VALUES]
        if len(first) - len(pc.unique(first)) > MOST_REPEATED * len(first) + 1:
            self.repeats = None
            return None
        return kept

    def take_hashes(self, hashes: pa.Array[Any], values: Texts, offset: int) -> None:
        """Take the hashes of what `key_values` returned of these values."""
        if self.repeats is None:
            return
        rows = pc.add(pc.indices_nonzero(pc.is_valid(values)), pa.scalar(offset + 1, pa.uint64()))
        self.repeats.add(hashes, rows)
        if self.repeats.count > MOST_REPEATED * self.repeats.seen + REPEATS_IN_ANY_KEY:
            self.repeats = None

    def _count_formats(self, values: Texts, offset: int, reading: str) -> None:
        if self.numbers is not None:
            self.numbers.add(values, offset)
        if self.moments is not None:
            self.moments.add(values, offset, reading=reading)
        present = len(values) - values.null_count
        for name, count in self.formats.items():
            mask = fits(values, name)
            found = pc.sum(mask).as_py() or 0
            count.fits += found
            if found < present:
                count.misfits.take(pc.invert(mask), values, offset)
            check = FORMATS[name].check
            if check and found:
                rows = pc.indices_nonzero(mask)
                having = values.take(rows)
                passed = check(having)
                count.passes += pc.sum(passed).as_py() or 0
                failed = having.filter(pc.invert(passed))
                if len(failed):
                    _take_rows(count.fails, rows.filter(pc.invert(passed)), failed, offset)

    def result(self, name: str, sample: Sequence[tuple[str, int]]) -> dict[str, Any]:
        """Return all figures of the column called `name`; `sample` holds some of its values with their rows."""
        if self._waiting is not None:
            self.decide()
        found: dict[str, Any] = {
            "values": self.values,
            "missing": self.missing.as_json(),
            "format": self._format(name),
            "trouble": {code: {**each.as_json(), "exact": True} for code, each in sorted(self.trouble.found.items())},
        }
        if not self.values:
            return found
        counts = self.top.or_of(sample)
        found["top"] = top_json(counts, exact=self.top.exact, sampled=len(sample))
        found["constant"] = self.top.exact and len(counts) == 1
        found["length"] = {
            "min": self._shortest,
            "mean": round(self._characters / self.values, 2),
            "max": self._longest,
            "exact": True,
        }
        if self.numbers is not None:
            texts = pa.array([text for text, _row in sample], pa.string())
            read = zip(as_numbers(texts).to_pylist(), (row for _text, row in sample), strict=True)
            found["numbers"] = self.numbers.as_json([(number, row) for number, row in read if number is not None])
            found["beyond"] = {
                "90": self.numbers.beyond_90.as_json(),
                "180": self.numbers.beyond_180.as_json(),
            }
        if self.moments is not None:
            found["times"] = _times_json(self.moments)
        if self.repeats is not None:
            found["repeats"] = self.repeats.as_json()
        if self.numbers is None and self.moments is None:
            found["variants"] = {**variants(counts), "exact": self.top.exact, "sampled": len(sample)}
        if not self._ascii:
            found["scripts"] = scripts(text for text, _row in sample)
            evidence, looked_at = misread(sample)
            if evidence.count:
                about = round(evidence.count * self.values / looked_at)
                figures = {"count": about, "exact": looked_at == self.values, "sampled": looked_at}
                found["trouble"]["misread"] = {**evidence.as_json(), **figures}
        return found

    def _format(self, name: str) -> dict[str, Any] | None:
        """Return the format that tells most about the column."""
        if self.moments is not None:
            kind = self.moments.kind
            fitting = sum(self.moments.counts.values())
            if fitting >= NAMED_SHARE * self.values:
                return _format_json(kind, fitting, self.values, self.moments.misfits)
        for format_name, count in self.formats.items():
            known = count.passes if FORMATS[format_name].check else count.fits
            if known >= NAMED_SHARE * self.values and is_named(format_name, name):
                found = _format_json(format_name, count.fits, self.values, count.misfits)
                if FORMATS[format_name].check:
                    found["fails"] = count.fails.as_json()
                return found
        if self.numbers is not None and self.numbers.count >= NAMED_SHARE * self.values:
            if kind := coordinate_named(name):
                beyond = self.numbers.beyond_180 if kind == "longitude" else self.numbers.beyond_90
                if beyond.count <= LIKELY_SHARE * self.values:
                    return _format_json(kind, self.numbers.count - beyond.count, self.values, beyond)
            return _format_json("number", self.numbers.count, self.values, self.numbers.misfits)
        return None


def _fitting(values: Texts, name: str) -> int:
    having = values.filter(fits(values, name))
    check = FORMATS[name].check
    return (pc.sum(check(having)).as_py() or 0) if check and len(having) else len(having)


def _take_rows(evidence: Evidence, rows: pa.Array[Any], values: Texts, offset: int) -> None:
    evidence.count += len(rows)
    numbers: Any = rows[:10].to_pylist()
    for row, value in zip(numbers, values[:10].to_pylist(), strict=True):
        evidence.add(offset + row + 1, value)


def _format_json(name: str, fitting: int, values: int, misfits: Evidence) -> dict[str, Any]:
    share = round(fitting / values, 6) if values else 0.0
    return {"name": name, "fits": fitting, "share": share, "misfits": misfits.as_json(), "exact": True}


def _times_json(moments: Moments) -> dict[str, Any]:
    return {
        "first": moments.first.isoformat() if moments.first else None,
        "last": moments.last.isoformat() if moments.last else None,
        "shapes": moments.counts,
        "impossible": moments.impossible.as_json(),
        "other_shapes": moments.unusual.as_json(),
        "exact": True,
    }
