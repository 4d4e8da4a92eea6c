"""Marking what was found, in text that anybody may have written: escaped for HTML, and nothing else but <mark>."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape

from kernel.languages import simplified
from listings.search.question import Question, Wording
from listings.search.words import is_chinese

SHOWN = 160  # characters of a long text, around the first mark
LEAD = 40  # of which before that mark
ELLIPSIS = "…"

Span = tuple[int, int]


def highlighted(texts: Mapping[str, str], question: Question) -> dict[str, str]:
    """Return those texts of a language map in which something was found, as HTML whose only element is <mark>.

    A long text is cut to about `SHOWN` characters around the first mark.
    """
    marked = {}
    for tag, text in texts.items():
        if spans := _spans(text, question):
            marked[tag] = _marked(text, spans)
    return marked


def _spans(text: str, question: Question) -> list[Span]:
    """Return where the text says one of the wordings, in order, those that touch or overlap joined."""
    folded, places = _folded(text)
    found = sorted(
        (places[match.start()], places[match.end() - 1] + 1)
        for wish in question.wishes
        for wording in wish.wordings
        for match in _pattern(wording).finditer(folded)
    )
    joined: list[Span] = []
    for start, end in found:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=512)
def _pattern(wording: Wording) -> re.Pattern[str]:
    """Return what matches a wording in folded text: Latin words as a whole, also in the plural."""
    parts = [word if is_chinese(word) else rf"(?<![a-z0-9]){_plural(word)}(?![a-z0-9])" for word in wording]
    return re.compile(r"[\s\-_.]*".join(parts))


def _plural(word: str) -> str:
    return rf"{word[:-1]}(?:y|ies)" if word.endswith("y") else rf"{word}s?"


def _folded(text: str) -> tuple[str, list[int]]:
    """Return the text as words are compared, and for each of its characters the place in the original."""
    folded, places = [], []
    for place, character in enumerate(text):
        for part in _folded_character(character):
            folded.append(part)
            places.append(place)
    return "".join(folded), places


@lru_cache(maxsize=20_000)
def _folded_character(character: str) -> str:
    return simplified(character)


def _marked(text: str, spans: list[Span]) -> str:
    start = max(0, spans[0][0] - LEAD) if len(text) > SHOWN else 0
    end = min(len(text), start + SHOWN) if len(text) > SHOWN else len(text)
    shown = "".join(_pieces(text, [span for span in spans if span[1] <= end], start, end))
    return f"{ELLIPSIS if start else ''}{shown}{ELLIPSIS if end < len(text) else ''}"


def _pieces(text: str, spans: list[Span], start: int, end: int) -> Iterator[str]:
    for opening, closing in spans:
        yield escape(text[start:opening])
        yield f"<mark>{escape(text[opening:closing])}</mark>"
        start = closing
    yield escape(text[start:end])
