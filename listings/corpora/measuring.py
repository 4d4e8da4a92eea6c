"""Measuring a corpus while its file is read: languages, tokens, repetitions and personal data, document by document."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from listings.corpora.languages import CHINESE, HANS, HANT, LANGUAGES, languages_of
from listings.corpora.near_duplicates import THRESHOLD, NearDuplicates
from listings.grading.detectors import ALARM, ALWAYS, DETECTORS
from listings.profiling.arrow import compute as pc
from listings.profiling.plain_text import TOKEN_METHOD, TOKENS_PER_WORD
from listings.profiling.seen_before import SeenBefore

if TYPE_CHECKING:
    Texts = pa.Array[Any]

CORPUS_FORMATS = frozenset({"TEXT", "JSONL", "JSON", "PARQUET", "CSV"})
HEAD_ROWS = 200
LEAST_MEAN = 40  # characters; what is shorter on average are names and codes
LEAST_MEAN_ALONE = 4  # of a file that has nothing but one column
LEAST_LINE = 8  # lists of names have shorter ones
SLICE_ROWS = 4_096
SLICE_BYTES = 8 * 1024**2
MOST_CHECKED = 1_024  # documents of a slice that look as if they held a person's number
LONGEST_CHECKED = 20_000
CLEAR_MAJORITY = 0.95
ONE_WORD = r"^[\x{21}-\x{7e}]*$"  # identifiers, addresses of the web, digests
ONE_TOKEN = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{P}\p{S}]"  # noqa: S105 - of text
WORD = r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Arabic}\p{Thai}\p{N}]+"


class CorpusMeter:
    """Measures the documents of a table that has running text in it; an Observer.

    A row is a document: what stands in its columns of text. Which those are is judged by the first rows; a table
    without any is not looked at further.
    """

    def __init__(self) -> None:
        self._head: list[pa.Table] = []
        self._columns: list[int] | None = None
        self._documents = 0
        self._found = np.zeros((len(LANGUAGES), 3))  # documents, characters and tokens by language
        self._seen = SeenBefore()
        self._near = NearDuplicates()
        self._numbered = 0.0
        self._kinds: dict[str, float] = {}
        self._all_checked = True

    def see(self, rows: pa.Table) -> None:
        """Take the next rows: every column is text, null where there is no value."""
        if self._columns is None:
            self._head.append(rows)
            if sum(head.num_rows for head in self._head) >= HEAD_ROWS:
                self._begin()
        elif self._columns:
            self._measure(rows)

    def _begin(self) -> None:
        """Decide which columns are text, and measure the rows that have waited for it."""
        waiting, self._head = self._head, []
        first = pa.concat_tables(waiting, promote_options="default").slice(0, HEAD_ROWS) if waiting else pa.table({})
        self._columns = [n for n, values in enumerate(first.columns) if _is_text(values, alone=first.num_columns == 1)]
        for rows in waiting if self._columns else ():
            self._measure(rows)

    def _measure(self, rows: pa.Table) -> None:
        for start in range(0, rows.num_rows, SLICE_ROWS):
            part = rows.slice(start, SLICE_ROWS)
            texts = _documents([part.column(n) for n in self._columns or () if n < part.num_columns])
            step = max(1, SLICE_ROWS * SLICE_BYTES // max(part.nbytes, SLICE_BYTES))
            for first in range(0, len(texts), step):
                self._take(texts[first : first + step])

    def _take(self, documents: list[str]) -> None:
        texts = pa.array(documents, pa.string())
        self._documents += len(texts)
        self._seen.add(documents)
        self._near.add(documents)
        characters = pc.utf8_length(texts).to_numpy(zero_copy_only=False)
        single, words = (
            pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False) for pattern in (ONE_TOKEN, WORD)
        )
        languages = languages_of(texts)
        for column, amounts in enumerate((np.ones(len(texts)), characters, single + TOKENS_PER_WORD * words)):
            self._found[:, column] += np.bincount(languages, weights=amounts, minlength=len(LANGUAGES))
        self._check(texts)

    def _check(self, texts: Texts) -> None:
        """Count the documents that hold a number by which a person is known."""
        alarming = texts.filter(pc.match_substring_regex(texts, ALARM))
        checked = alarming.to_pylist()[:: -(-len(alarming) // MOST_CHECKED) or 1]
        weight = len(alarming) / len(checked) if checked else 1.0
        self._all_checked &= weight == 1
        for text in filter(None, checked):
            kinds = {DETECTORS[number].code for number in ALWAYS if DETECTORS[number].find(text[:LONGEST_CHECKED])}
            self._numbered += weight * bool(kinds)
            for kind in kinds:
                self._kinds[kind] = self._kinds.get(kind, 0.0) + weight

    def result(self, names: Sequence[str], *, format: str) -> dict[str, Any] | None:  # noqa: A002 - the domain's word
        """Return what was measured, JSON-ready, or None for what is no corpus.

        "languages" has for each language that was met (`languages.LANGUAGES`) "documents", "characters", "tokens" and
        "share" (of the characters), "duplicates" has "exact_share", "near_share" and how they were found, and
        "personal_data" how many documents, which share, and how many of each kind.
        """
        if self._columns is None:
            self._begin()
        if not self._columns or not self._documents or format not in CORPUS_FORMATS:
            return None
        found = _with_script(self._found)
        characters = found[:, 1].sum()
        return {
            "documents": self._documents,
            "text_columns": [names[position] for position in self._columns],
            "characters": int(characters),
            "tokens": round(found[:, 2].sum()),
            "token_method": TOKEN_METHOD,
            "languages": {
                language: {
                    "documents": int(row[0]),
                    "characters": int(row[1]),
                    "tokens": round(row[2]),
                    "share": round(row[1] / characters, 6) if characters else 0.0,
                }
                for language, row in zip(LANGUAGES, found.tolist(), strict=True)
                if row[0]
            },
            "duplicates": {
                "exact_share": self._seen.share,
                "threshold": THRESHOLD,
                **self._near.result(),
            },
            "personal_data": {
                "documents": round(self._numbered),
                "share": round(self._numbered / self._documents, 6),
                "kinds": {kind: round(count) for kind, count in sorted(self._kinds.items())},
                "exact": self._all_checked,
            },
        }


def _is_text(values: pa.ChunkedArray[Any], *, alone: bool) -> bool:
    texts = pa.array([_running(value) for value in values.drop_null().to_pylist()], pa.string())
    characters = pc.sum(pc.utf8_length(texts)).as_py() or 0
    lines = pc.sum(pc.count_substring(texts, "\n")).as_py() or 0
    least = len(texts) * (LEAST_MEAN_ALONE if alone else LEAST_MEAN)
    if characters < max(least, LEAST_LINE * (lines + len(texts)), 1):
        return False
    return bool(pc.sum(pc.match_substring_regex(texts, ONE_WORD)).as_py() * 2 < len(texts))


def _documents(columns: Sequence[pa.ChunkedArray[Any]]) -> list[str]:
    """Return the rows' texts, those of several columns one below the other; rows without any text are no documents."""
    rows = zip(*(map(_running, column.to_pylist()) for column in columns), strict=True)
    texts = ("\n".join(filter(None, row)) for row in rows)
    return [text for text in texts if text and not text.isspace()]


def _running(value: str | None) -> str:
    """Return a value as running text: lists of paragraphs come as JSON."""
    if value is None or not value.startswith(("[", "{")):
        return value or ""
    try:
        return "\n".join(_strings(json.loads(value)))
    except (ValueError, RecursionError):
        return value


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return [text for each in inner for text in _strings(each)]


def _with_script(found: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Count Chinese whose characters are of both scripts with the one that nearly all the rest is in."""
    hans, hant, chinese = (LANGUAGES.index(each) for each in (HANS, HANT, CHINESE))
    known = found[hans, 1] + found[hant, 1]
    for script in (hans, hant):
        if known and found[script, 1] >= CLEAR_MAJORITY * known:
            found = found.copy()
            found[script] += found[chinese]
            found[chinese] = 0
            break
    return found
