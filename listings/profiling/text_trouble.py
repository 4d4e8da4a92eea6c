"""What is wrong with text as text: odd spaces, full-width digits, invisible, lost and garbled characters, stand-ins.

Batches are first searched as bytes for what trouble is made of, which nearly all of them have not; only then are values
looked at one by one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from listings.profiling.arrow import compute as pc
from listings.profiling.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Texts = pa.Array[Any]
    Bytes = NDArray[np.uint8]

# The bytes 80 to BF as Latin-1 and as Windows-1252 read them.
_CONTINUED = r"[\x{80}-\x{bf}‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"


@dataclass(frozen=True)
class _Trouble:
    """The pattern of a value in trouble, and the bytes (UTF-8) that a batch has if one of its values may be."""

    pattern: str
    in_bytes: re.Pattern[bytes]
    first: tuple[bytes, ...]


_TROUBLES: dict[str, _Trouble] = {
    "replacement_characters": _Trouble(
        "\ufffd|锟斤拷", re.compile(b"\xef\xbf\xbd|" + "锟斤拷".encode()), (b"\xef\xbf\xbd", "锟斤拷".encode())
    ),
    "fullwidth_characters": _Trouble(
        "[０-９Ａ-Ｚａ-ｚ]", re.compile(rb"\xef(?:\xbc[\x90-\x99\xa1-\xba]|\xbd[\x81-\x9a])"), (b"\xef",)
    ),
    "invisible_characters": _Trouble(
        r"[\x{a0}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{2064}\x{feff}]",
        re.compile(rb"\xe2\x80[\x8b-\x8f\xaa-\xae]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf|\xc2[\xa0\xad]"),
        (b"\xe2\x80", b"\xe2\x81", b"\xef\xbb\xbf", b"\xc2"),
    ),
    # UTF-8 that was read as Latin: each character became two or three.
    "garbled": _Trouble(
        rf"[ÃÂ]{_CONTINUED}|â€|ï»¿|[äåæçèéïã]{_CONTINUED}{_CONTINUED}",
        re.compile(rb"\xc3[\x82\x83\xa2-\xa9\xaf]"),
        (b"\xc3",),
    ),
}
STAND_INS = (
    "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "Null", "None", "none", "nil", "-", "--", "---", "—",
    "——", "－", "/", "\\", "?", "??", "？", ".", "*", "unknown", "Unknown", "UNKNOWN", "TBD", "无", "無",
    "空", "未知", "不详", "不詳", "暂无", "暫無", "待定", "缺失", "未填",
)  # fmt: skip
MOST_READ_BACK = 2_000
_LEAST_GARBLED = 3


@dataclass
class TextTrouble:
    """The troubles of one column; feed it every batch in order."""

    found: dict[str, Evidence] = field(default_factory=dict)

    def add(self, values: Texts, offset: int, content: Bytes, *, ascii_only: bool, shortest: int, longest: int) -> None:
        """Take the next values, whose bytes are `content`; `shortest` and `longest` are characters of all so far."""
        if not ascii_only or _has_space(content):
            self._look_for_space(values, offset, ascii_only=ascii_only)
        if shortest <= 7 and not (shortest == longest and ascii_only and longest > 1):
            # In a column of codes of one length, "NA" is Namibia.
            self._take("stand_ins", pc.is_in(values, value_set=_stand_ins()), values, offset)
        if not ascii_only:
            self._search(values, offset, content.tobytes())

    def _look_for_space(self, values: Texts, offset: int, *, ascii_only: bool) -> None:
        trim = pc.ascii_trim_whitespace if ascii_only else pc.utf8_trim_whitespace
        trimmed = trim(values)
        if pc.sum(pc.binary_length(trimmed)).as_py() != pc.sum(pc.binary_length(values)).as_py():
            spaced = pc.not_equal(pc.binary_length(trimmed), pc.binary_length(values))
            self._take("surrounding_space", spaced, values, offset)

    def _search(self, values: Texts, offset: int, content: bytes) -> None:
        for name, trouble in _TROUBLES.items():
            # Looking for few bytes is far faster than any pattern.
            if any(first in content for first in trouble.first) and trouble.in_bytes.search(content):
                self._take(name, pc.match_substring_regex(values, trouble.pattern), values, offset)

    def _take(self, name: str, mask: pa.Array[Any], values: Texts, offset: int) -> None:
        if pc.any(mask).as_py():
            self.found.setdefault(name, Evidence()).take(mask, values, offset)


@cache
def _stand_ins() -> Texts:
    return pa.array(STAND_INS)  # only when needed: the first array of a process makes Arrow import pandas


def content_of(values: Texts) -> Bytes:
    """Return the bytes of all values, end to end."""
    buffers: list[Any] = values.buffers()  # the stubs do not say that they are buffers to others too
    _valid, starts, data = buffers
    if starts is None or data is None or not len(values):
        return np.empty(0, np.uint8)
    ends = np.frombuffer(starts, np.int32)
    return np.frombuffer(data, np.uint8)[ends[values.offset] : ends[values.offset + len(values)]]


def is_ascii(content: Bytes) -> bool:
    return not len(content) or int(content.max()) < 0x80


def _has_space(content: Bytes) -> bool:
    return bool(np.any((content == 0x20) | ((content >= 0x09) & (content <= 0x0D))))


def misread(sample: Iterable[tuple[str, int]]) -> tuple[Evidence, int]:
    """Find values in a sample of (value, row) that are UTF-8 read as GBK; return them and how many were looked at."""
    evidence = Evidence()
    looked_at = 0
    for text, row in sample:
        if looked_at >= MOST_READ_BACK:
            break
        looked_at += 1
        if len(text) >= _LEAST_GARBLED and not text.isascii() and reads_back(text):
            evidence.count += 1
            evidence.add(row, text)
    return evidence, looked_at


def reads_back(text: str) -> bool:
    """Tell whether a text is UTF-8 that was read as GBK: written as GB18030 again, its bytes are Chinese in UTF-8."""
    try:
        original = text.encode("gb18030").decode("utf-8")
    except UnicodeError:
        return False
    return len(original) < len(text) and any("\u4e00" <= character <= "\u9fff" for character in original)
