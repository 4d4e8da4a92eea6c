"""Words of a text in Simplified, Traditional and English: what a listing is indexed by, and what a question asks for.

Chinese is segmented by jieba with the trade's own words; Traditional characters are made Simplified first. The index
holds the words, the words within them, and every pair of characters, so that a question that is cut otherwise still
finds. jieba's guessing of unknown words is off: one text is always cut in one way.
"""

import logging
import re
from collections.abc import Iterator
from functools import cache

import jieba
from django.conf import settings

from kernel.languages import simplified
from listings.search.trade import trade_words

LONGEST_UNINFLECTED = 3  # letters: gas, bus
TRADE_FREQUENCY = 100_000  # of a trade word in jieba's sense: above whatever its parts would win with

_RUNS = re.compile(r"[㐀-鿿豈-﫿𠀀-𲎯]+|[a-z0-9]+(?:[-_.][a-z0-9]+)*", re.ASCII | re.IGNORECASE)


def words(text: str) -> list[str]:
    """Return the words of a text in their order: Chinese ones Simplified, Latin ones in lower case and singular.

    Characters of a Chinese name that no dictionary knows stay together as one word.
    """
    return [word for run in _RUNS.findall(simplified(text)) for word in _words_of(run)]


def index_terms(text: str) -> list[str]:
    """Return the terms that a text is found by: its words, the words within them, and every pair of characters."""
    terms: list[str] = []
    for run in _RUNS.findall(simplified(text)):
        terms += (run[place : place + 2] for place in range(len(run) - 1) if not run.isascii())
        terms += (word for word in _words_within(run) if run.isascii() or len(word) != 2)
    return terms


def words_and_parts(text: str) -> list[str]:
    """Return the words of a text and the words within them, without single characters: all are index terms."""
    runs = _RUNS.findall(simplified(text))
    return [word for run in runs for word in _words_within(run) if len(word) > 1]


def is_chinese(word: str) -> bool:
    return not word.isascii()


def singular(word: str) -> str:
    """Fold the regular English plural, the only inflection that a catalogue of nouns needs."""
    if not word.isascii() or len(word) <= LONGEST_UNINFLECTED:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _words_within(run: str) -> Iterator[str]:
    words_of = list(_words_of(run))
    yield from words_of
    if not run.isascii():
        yield from (word for word in _segmenter().cut_for_search(run, HMM=False) if word not in words_of)


def _words_of(run: str) -> Iterator[str]:
    if run.isascii():
        yield from _latin(run)
        return
    unknown = ""
    for word in _segmenter().cut(run, HMM=False):
        if len(word) == 1 and word not in trade_words().stop_words:
            unknown += word
            continue
        if unknown:
            yield unknown
        unknown = ""
        yield word
    if unknown:
        yield unknown


def _latin(run: str) -> list[str]:
    return [singular(part) for part in re.split(r"[-_.]", run)]


@cache
def _segmenter() -> jieba.Tokenizer:
    """Return jieba with its own dictionary and the trade's words; it takes a second, once in a process."""
    jieba.setLogLevel(logging.WARNING)
    segmenter = jieba.Tokenizer()
    # Its cache is a marshalled file, which must not be read from a folder where others write.
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    segmenter.tmp_dir = str(settings.STATE_DIR)
    segmenter.initialize()
    for word in trade_words().chinese:
        segmenter.add_word(word, TRADE_FREQUENCY)
    return segmenter
