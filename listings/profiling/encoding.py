"""Telling UTF-8, UTF-16, GB18030 and Big5 apart by their bytes.

UTF-8 proves itself: other text is hardly ever valid UTF-8. Nearly all Big5 text, however, is also valid GB18030, and
some GB18030 is valid Big5, so those two are weighed by how plausible their characters are. A right reading consists of
common characters; a wrong one is full of rare ones, kana and line drawings (GB 2312 and Big5 both put common characters
into a first level of their own: leads B0–D7 and A4–C6).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from listings.profiling.common_characters import COMMON
from listings.profiling.refusals import Refusal, refuse


class Encoding(StrEnum):
    UTF_8 = "UTF-8"
    UTF_16_LE = "UTF-16LE"
    UTF_16_BE = "UTF-16BE"
    GB18030 = "GB18030"
    BIG5 = "Big5"


# Big5 is read with the Hong Kong supplementary characters, a superset of what Taiwan and Hong Kong write.
CODECS = {
    Encoding.UTF_8: "utf-8",
    Encoding.UTF_16_LE: "utf-16-le",
    Encoding.UTF_16_BE: "utf-16-be",
    Encoding.GB18030: "gb18030",
    Encoding.BIG5: "big5hkscs",
}
LEGACY = (Encoding.GB18030, Encoding.BIG5)

# What a provider may declare; GB 2312 and GBK are subsets of GB18030.
DECLARABLE: dict[str, tuple[Encoding, ...]] = {
    "utf-8": (Encoding.UTF_8,),
    "utf8": (Encoding.UTF_8,),
    "utf-8-sig": (Encoding.UTF_8,),
    "us-ascii": (Encoding.UTF_8,),
    "utf-16": (Encoding.UTF_16_LE, Encoding.UTF_16_BE),
    "utf-16le": (Encoding.UTF_16_LE,),
    "utf-16be": (Encoding.UTF_16_BE,),
    "gb18030": (Encoding.GB18030,),
    "gbk": (Encoding.GB18030,),
    "gb2312": (Encoding.GB18030,),
    "cp936": (Encoding.GB18030,),
    "big5": (Encoding.BIG5,),
    "big5-hkscs": (Encoding.BIG5,),
    "cp950": (Encoding.BIG5,),
}

WEIGHED_RUNS = 4_000
LONGEST_RUN = 64
LEAST_PLAUSIBLE = 0.35
SURE_LEAD = 0.12
PLAIN_LEAD = 0.35
DOUBTFUL = 0.9
_LEVEL_ONE = {Encoding.GB18030: (0xB0, 0xD7), Encoding.BIG5: (0xA4, 0xC6)}
_PUNCTUATION = re.compile(r"[\u3000-\u303f\uff01-\uff65·—–…‘’“”℃㎡×÷°±]")


@dataclass(frozen=True)
class Verdict:
    """The encoding that was found, and whether the evidence leaves no doubt."""

    encoding: Encoding
    certain: bool


def detect(sample: bytes, *, offset: int = 0, complete: bool = True, declared: str = "") -> Verdict:
    """Tell a sample's encoding; it begins at `offset` of the file, at a character, and has a byte above 127.

    `complete` says that the sample ends where the file does; otherwise its last character may be cut off.
    Raises Refusal `mixed_encodings`, `encoding_mismatch` or `encoding_unknown`.
    """
    verdict = _weigh(sample, offset=offset, complete=complete, wanted=DECLARABLE.get(declared.lower(), ()))
    if declared and verdict.encoding not in DECLARABLE[declared.lower()]:
        raise refuse(
            "encoding_mismatch", declared=declared, detected=verdict.encoding.value, offset=offset + first_high(sample)
        )
    return verdict


def _weigh(sample: bytes, *, offset: int, complete: bool, wanted: tuple[Encoding, ...]) -> Verdict:
    broken_utf8 = broken_at(sample, Encoding.UTF_8, complete=complete)
    if broken_utf8 is None:
        return _utf8_or_wanted(sample, complete=complete, wanted=wanted)
    if (mixed := _utf8_lines_among_others(sample, broken_utf8)) is not None:
        raise refuse("mixed_encodings", encoding=mixed[0].value, offset=offset + mixed[1])
    broken = {encoding: broken_at(sample, encoding, complete=complete) for encoding in LEGACY}
    readable = {encoding: plausibility(sample, encoding) for encoding in LEGACY if broken[encoding] is None}
    ranked = sorted(readable, key=lambda encoding: (-readable[encoding], encoding != Encoding.GB18030))
    if not ranked or readable[ranked[0]] < LEAST_PLAUSIBLE:
        raise _unreadable(sample, {e: at for e, at in broken.items() if at is not None}, offset)
    best = ranked[0]
    lead = readable[best] - readable[ranked[1]] if len(ranked) > 1 else 1.0
    if lead < PLAIN_LEAD:  # open to being told
        best = next((encoding for encoding in ranked if encoding in wanted), best)
    if readable[best] < DOUBTFUL and (change := change_of_encoding(sample)) is not None:
        raise refuse("mixed_encodings", encoding=change[0].value, offset=offset + change[1])
    needed = SURE_LEAD if len(_high_runs(sample)) >= 12 else PLAIN_LEAD
    return Verdict(best, certain=lead >= needed or bool(wanted))


def broken_at(data: bytes, encoding: Encoding, *, complete: bool = True) -> int | None:
    """Return the offset of the first bytes that are not of the encoding, or None."""
    try:
        data.decode(CODECS[encoding], "strict")
    except UnicodeDecodeError as error:
        # A character that the sample's end cuts off is no fault.
        cut_off = not complete and error.end == len(data) and len(data) - error.start < 4
        return None if cut_off else error.start
    return None


def plausibility(data: bytes, encoding: Encoding) -> float:
    """Return how likely the bytes above 127 are text of the encoding: 0 (noise) to 1 (only common characters)."""
    high = _high_runs(data)
    text = high.decode(CODECS[encoding], "replace")
    characters = [character for character in text if character > "\x7f"]
    if not characters:
        return 1.0
    return sum(_weight(character, encoding) for character in characters) / len(characters)


def change_of_encoding(data: bytes) -> tuple[Encoding, int] | None:
    """Return the first legacy encoding and where the other one begins, if lines are plainly of both."""
    first: Encoding | None = None
    for start, line in lines_with_high_bytes(data):
        plain = plainly(line)
        if first is not None and plain not in (first, None):
            return first, start + first_high(line)
        first = first or plain
    return None


def plainly(line: bytes) -> Encoding | None:
    """Return the legacy encoding that a line is in beyond doubt, or None."""
    if len(_high_runs(line)) < 6:
        return None
    likely = {encoding: plausibility(line, encoding) for encoding in LEGACY}
    best = max(LEGACY, key=lambda encoding: likely[encoding])
    doubtful = max(likely.values()) - min(likely.values()) < PLAIN_LEAD
    return None if doubtful or broken_at(line, best, complete=False) is not None else best


def reads_as_utf8(line: bytes) -> bool:
    """Tell whether a line in other company is plainly UTF-8: valid, and mostly Chinese, with two characters or more.

    A few characters of GB18030 are now and then valid UTF-8, but then they read as Latin, Greek, Cyrillic or Arabic
    letters, or as a single Chinese character (鍋爐, 雲圖).
    """
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    high = [character for character in text if character > "\x7f"]
    chinese = sum("\u2e80" <= character <= "\uffee" for character in high)
    return chinese >= 2 and 2 * chinese > len(high)


def first_high(data: bytes) -> int:
    """Return the offset of the first byte above 127, or 0."""
    found = _HIGH.search(data)
    return found.start() if found else 0


_HIGH = re.compile(rb"[\x80-\xff]")
# A legacy character is a high byte and the byte after it; four-byte GB18030 (high, digit, high, digit) looks like two.
# Written out, the first byte lets the search skip ASCII quickly.
_RUNS = re.compile(rb"[\x80-\xff][\x30-\xff](?:[\x80-\xff][\x30-\xff])*")
_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")


def lines_with_high_bytes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield offset and bytes of each line that is not plain ASCII."""
    return ((match.start(), match.group()) for match in _LINES.finditer(data))


def _high_runs(data: bytes) -> bytes:
    """Return some runs of legacy characters, taken evenly from all over the data."""
    runs = _RUNS.findall(data)
    return b"\n".join(run[:LONGEST_RUN] for run in runs[:: len(runs) // WEIGHED_RUNS + 1])


def _weight(character: str, encoding: Encoding) -> float:
    if character in COMMON or _PUNCTUATION.match(character):
        return 1.0
    if _is_level_one(character, encoding):
        return 0.6
    # Traditional text in GB18030 lies outside GB 2312; it is told by the characters that Big5 holds common.
    if encoding is Encoding.GB18030 and _is_level_one(character, Encoding.BIG5):
        return 0.4
    return 0.25 if "\u4e00" <= character <= "\u9fff" else 0.0


@lru_cache(maxsize=30_000)
def _is_level_one(character: str, encoding: Encoding) -> bool:
    try:
        raw = character.encode(CODECS[encoding])
    except UnicodeEncodeError:
        return False
    low, high = _LEVEL_ONE[encoding]
    # GB 2312 never has a trail byte below A1; the extension GBK put its rarer characters there.
    return len(raw) == 2 and low <= raw[0] <= high and (encoding is Encoding.BIG5 or raw[1] >= 0xA1)


def _utf8_or_wanted(sample: bytes, *, complete: bool, wanted: tuple[Encoding, ...]) -> Verdict:
    # A few characters of GB18030 can be valid UTF-8 by chance; then the declaration decides.
    short = len(_high_runs(sample)) <= 16 and not reads_as_utf8(sample)
    for encoding in set(wanted) & set(LEGACY) if short else ():
        if broken_at(sample, encoding, complete=complete) is None and plausibility(sample, encoding) > 0.8:
            return Verdict(encoding, certain=True)
    return Verdict(Encoding.UTF_8, certain=True)


def _utf8_lines_among_others(sample: bytes, broken_utf8: int) -> tuple[Encoding, int] | None:
    """Return the first encoding and where it changes, when UTF-8 lines stand among lines of another encoding."""
    utf8_lines = [start + first_high(line) for start, line in lines_with_high_bytes(sample) if reads_as_utf8(line)]
    if not utf8_lines:
        return None
    if utf8_lines[0] < broken_utf8:
        return Encoding.UTF_8, broken_utf8
    rest = sample[: utf8_lines[0]]
    return max(LEGACY, key=lambda encoding: plausibility(rest, encoding)), utf8_lines[0]


def _unreadable(sample: bytes, broken: dict[Encoding, int], offset: int) -> Refusal:
    """Tell text that goes wrong somewhere from text that never was in an encoding we read."""
    if broken:
        furthest = max(broken, key=lambda encoding: broken[encoding])
        before = sample[: broken[furthest]]
        if len(_high_runs(before)) >= 6 and plausibility(before, furthest) >= LEAST_PLAUSIBLE:
            return refuse("mixed_encodings", encoding=furthest.value, offset=offset + broken[furthest])
    return refuse("encoding_unknown", offset=offset + first_high(sample))
