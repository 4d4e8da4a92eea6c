"""Profiling plain text: one column, one row for every line that is not blank, and what buyers of a corpus ask first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from listings.profiling.ahead import ahead
from listings.profiling.columns import TextColumn, shown
from listings.profiling.counting import count_columns
from listings.profiling.decoding import TextStream, within_line_limit
from listings.profiling.observing import Observer, show
from listings.profiling.profile import SAMPLE_ROWS, TableProfile, column_json
from listings.profiling.refusals import warning
from listings.profiling.seen_before import SeenBefore

COLUMN = "text"
TOKENS_PER_WORD = 4 / 3
TOKEN_METHOD = "one per Han, kana or Hangul character, 4/3 per other word or number, one per other mark"  # noqa: S105
PATTERNS = {
    "han": r"\p{Han}",
    "kana": r"[\p{Hiragana}\p{Katakana}]",
    "hangul": r"\p{Hangul}",
    "letters": r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Arabic}\p{Thai}]",
    "latin": r"\p{Latin}",
    "words": r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Arabic}\p{Thai}\p{N}]+",
    "marks": r"[\p{P}\p{S}]",
    "english": r"(?i)\b(?:the|of|and|to|in|is|that|for|with)\b",
    # The same frequent characters as either script writes them.
    "simplified": "[这们来国说时会对为发学过还没边东车门马风见长书问间无与]",
    "traditional": "[這們來國說時會對為發學過還沒邊東車門馬風見長書問間無與]",
}


def profile_plain_text(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a text from its bytes, and let the observers see its lines; raises Refusal.

    `details` has "lines" (blank ones too), "characters" (without line ends), "han_share" (of the characters),
    "language" (BCP 47, a guess; "und" where there is none), "tokens" with their "token_method" (an estimate; every
    model counts by itself), and "duplicate_line_share" (lines that stood there before, of all that are not blank).
    """
    stream = TextStream(chunks, declared=declared_encoding, wanted="text")
    text = _Text(observers)
    distinct = count_columns(_SCHEMA, text.passing(_blocks(ahead(within_line_limit(iter(stream))))))
    return TableProfile(
        format="TEXT",
        encoding=stream.encoding.value,
        dialect={"bom": stream.bom},
        rows=text.rows,
        columns=[column_json(text.column, rows=text.rows, distinct=distinct[0])],
        sample=text.sample,
        warnings=[] if stream.certain else [warning("encoding_uncertain", encoding=stream.encoding.value)],
        details=text.details,
    )


_SCHEMA = pa.schema([(COLUMN, pa.string())])


def _blocks(chunks: Iterator[bytes]) -> Iterator[list[str]]:
    """Cut the text at line ends of any kind, in blocks of whole lines."""
    held = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n" if b"\n" in chunk else b"\r")
        if end < 0:
            held += chunk
            continue
        yield _lines(held + chunk[:end])
        held = chunk[end + 1 :]
    if held:
        yield _lines(held)


def _lines(text: bytes) -> list[str]:
    return text.decode().replace("\r\n", "\n").replace("\r", "\n").split("\n")


class _Text:
    """What is gathered from the lines as they pass."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.column = TextColumn(COLUMN, readings=())
        self.rows = 0
        self.sample: list[list[Any]] = []
        self._observers = observers
        self._lines = 0
        self._characters = 0
        self._found = dict.fromkeys(PATTERNS, 0)
        self._repeats = SeenBefore()

    def passing(self, blocks: Iterator[list[str]]) -> Iterator[pa.RecordBatch]:
        """Look at the lines of each block and pass on those that are not blank."""
        for block in blocks:
            lines = [line for line in block if line.strip()]
            values = pa.array(lines, pa.string())
            self.rows += len(lines)
            self._lines += len(block)
            self.sample.extend([shown(line)] for line in lines[: SAMPLE_ROWS - len(self.sample)])
            self.column.add(values)
            self._characters += sum(map(len, block))
            for name, pattern in PATTERNS.items():
                self._found[name] += pc.sum(pc.count_substring_regex(values, pattern)).as_py() or 0
            self._repeats.add(lines)
            show(self._observers, [values])
            yield pa.record_batch([values], schema=_SCHEMA)

    @property
    def details(self) -> dict[str, Any]:
        found = self._found
        one_each = found["han"] + found["kana"] + found["hangul"] + found["marks"]
        return {
            "lines": self._lines,
            "characters": self._characters,
            "han_share": round(found["han"] / self._characters, 6) if self._characters else 0.0,
            "language": _language(found),
            "tokens": round(one_each + TOKENS_PER_WORD * found["words"]),
            "token_method": TOKEN_METHOD,
            "duplicate_line_share": self._repeats.share,
        }


def _language(found: dict[str, int]) -> str:
    """Guess the language that most of the text is in, by scripts, frequent characters and frequent words."""
    letters = found["han"] + found["kana"] + found["hangul"] + found["letters"]
    if not letters:
        return "und"
    if found["hangul"] > 0.3 * letters:
        return "ko"
    if found["kana"] > 0.1 * letters:
        return "ja"
    if found["han"] > 0.3 * letters:
        either = found["simplified"] + found["traditional"]
        share = found["simplified"] / either if either else 0.5
        return "zh-Hans" if share > 0.8 else "zh-Hant" if share < 0.2 else "zh"
    return "en" if found["latin"] > 0.9 * letters and found["english"] > 0.05 * found["words"] else "und"
