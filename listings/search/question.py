"""What somebody asks for: a text cut into wishes, each with the other ways of saying it.

Every wish must be met, by its own words or by a synonym of the trade, which the answer tells. Words that say nothing
(的, of) are left out, and so are words that every product of data says (数据, dataset) where another is left.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.contrib.postgres.search import SearchQuery

from listings.search.trade import trade_words
from listings.search.words import is_chinese, words, words_and_parts

CONFIG = "simple"  # the terms are made by us; PostgreSQL neither stems them nor drops any
CONCEPT = "cc"  # before the index term of a group of synonyms; no word begins so
MOST_WISHES = 24  # more add nothing to what is found
MOST_SYNONYMS = 8  # of one wish

Wording = tuple[str, ...]


@dataclass(frozen=True)
class Wish:
    """One thing that is asked for: its own words, synonyms of the trade, and what was meant if it is mistyped."""

    asked: Wording
    synonyms: tuple[Wording, ...] = ()
    corrections: tuple[Wording, ...] = ()
    concepts: tuple[str, ...] = ()

    @property
    def wordings(self) -> tuple[Wording, ...]:
        return (self.asked, *self.synonyms, *self.corrections)

    def condition(self) -> str:
        """Return the condition in PostgreSQL's raw form; words hold letters, digits and characters only.

        Synonyms are met by the term of their concept, which is in the index: asking for each of them costs thrice. What
        says a word that is one term has the word's concept too, which then is all that need be asked for.
        """
        own = (self.asked, *self.corrections)
        if self.concepts and len(_terms(self.asked)) == 1:
            own = self.corrections
        return _any_of(own, self.concepts)

    def said(self) -> str:
        """Return the condition by which it counts how often and where a wish is met: by its own words too."""
        return _any_of((self.asked, *self.corrections), self.concepts)


@dataclass(frozen=True)
class Question:
    """A text that was asked; without wishes it says nothing that could be looked for."""

    wishes: tuple[Wish, ...]

    @property
    def also_searched(self) -> Mapping[str, list[str]]:
        """What was looked for beside each wish, as it is shown to whoever asked."""
        return {shown(wish.asked): [shown(each) for each in wish.synonyms] for wish in self.wishes if wish.synonyms}

    @property
    def corrected(self) -> Mapping[str, list[str]]:
        """What was taken for mistyped, and the words that were looked for beside it."""
        return {
            shown(wish.asked): [shown(each) for each in wish.corrections] for wish in self.wishes if wish.corrections
        }

    def condition(self) -> str:
        """Return the condition that every wish is met."""
        return " & ".join(f"({wish.condition()})" for wish in self.wishes)

    def meant(self, text: str) -> str:
        """Return the text as it was typed, and what its mistyped words may have meant."""
        return " ".join((text, *(word for words_of in self.corrected.values() for word in words_of)))

    def any_condition(self) -> str:
        """Return the condition that some wish is met, for ranking."""
        return " | ".join(f"({wish.said()})" for wish in self.wishes)


def question_of(text: str) -> Question:
    """Cut a text into its wishes; the longest synonym that begins at a word is one wish."""
    wishes = [
        Wish(wording, _synonyms().get(wording, ()), concepts=_concepts().get(wording, ()))
        for wording in dict.fromkeys(_wordings(words(text)))
    ]
    return Question(tuple(_telling(wishes)[:MOST_WISHES]))


def search_query(question: Question) -> SearchQuery | None:
    """Return the query that asks for every wish, or None when there is none."""
    return SearchQuery(question.condition(), search_type="raw", config=CONFIG) if question.wishes else None


def concept_terms(text: str, more: Iterable[str] = ()) -> list[str]:
    """Return an index term for every concept of the trade that a text names, whichever of its synonyms it uses.

    `more`: other terms by which the text is found, which name concepts too.
    """
    named = [*_wordings(words(text)), *((part,) for part in (*words_and_parts(text), *more))]
    return [concept for wording in dict.fromkeys(named) for concept in _concepts().get(wording, ())]


def shown(wording: Wording) -> str:
    """Return a wording as one reads it."""
    return "".join(wording) if all(is_chinese(word) for word in wording) else " ".join(wording)


def _wordings(found: list[str]) -> Iterator[Wording]:
    """Yield the longest known terms and the words between them."""
    place = 0
    while place < len(found):
        for length in range(min(_longest(), len(found) - place), 0, -1):
            wording = tuple(found[place : place + length])
            if length == 1 or wording in _synonyms():
                yield wording
                place += length
                break


def _telling(wishes: list[Wish]) -> list[Wish]:
    """Leave out what says nothing, unless nothing else is said."""
    spoken = [wish for wish in wishes if not set(wish.asked) <= trade_words().stop_words]
    return [wish for wish in spoken if not _says_little(wish)] or spoken or wishes


def _says_little(wish: Wish) -> bool:
    """Tell what is left out beside better words: a word of every product, or a single character left by the cutting."""
    (first, *more) = wish.asked
    return set(wish.asked) <= trade_words().weak_words or (not more and is_chinese(first) and len(first) == 1)


def _any_of(wordings: Iterable[Wording], concepts: Iterable[str]) -> str:
    said = [" & ".join(f"'{term}'" for term in _terms(wording)) for wording in wordings]
    return " | ".join([*(f"({each})" for each in said), *(f"'{concept}'" for concept in concepts)])


def _terms(wording: Wording) -> list[str]:
    return [term for word in wording for term in _terms_to_meet(word)]


def _terms_to_meet(word: str) -> list[str]:
    """Return pairs of characters that cover a Chinese word: a text may have it cut or written otherwise.

    企业信用 asks for 企业 and 信用, so it also finds 企业的信用.
    """
    if word.isascii() or len(word) <= 2:
        return [word]
    pairs = [word[place : place + 2] for place in range(0, len(word) - 1, 2)]
    return pairs if len(word) % 2 == 0 else [*pairs, word[-2:]]


@cache
def _synonyms() -> Mapping[Wording, tuple[Wording, ...]]:
    """Return the other wordings of each that has any, in both directions."""
    others: dict[Wording, dict[Wording, None]] = {}
    for group in trade_words().same:
        wordings = [tuple(words(term)) for term in group]
        for wording in wordings:
            others.setdefault(wording, {}).update(dict.fromkeys(each for each in wordings if each != wording))
    return {wording: tuple(found)[:MOST_SYNONYMS] for wording, found in others.items()}


@cache
def _concepts() -> Mapping[Wording, tuple[str, ...]]:
    """Return the index terms of the groups of synonyms that a wording belongs to."""
    found: dict[Wording, tuple[str, ...]] = {}
    for group in trade_words().same:
        wordings = [tuple(words(term)) for term in group]
        concept = CONCEPT + "".join(wordings[0])
        for wording in wordings:
            found[wording] = (*found.get(wording, ()), concept)
    return found


@cache
def _longest() -> int:
    return max(len(wording) for wording in _synonyms())
