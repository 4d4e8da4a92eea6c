"""Text search in Chinese of either script and in English: how a listing is indexed and how a question is asked.

Both sides go through the same terms (kernel.languages.search_terms): Chinese as bigrams with Traditional characters
made Simplified, Latin words in lower case. PostgreSQL only stores and compares them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from itertools import pairwise
from operator import add

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Expression, Value

from kernel.languages import search_terms

CONFIG = "simple"  # the terms are made by us; PostgreSQL neither stems them nor drops any
MOST_WORDS = 4000  # of one weight: a table may have thousands of columns
LONGEST_QUERY = 24  # terms; more add nothing to what is found
LONGEST_UNINFLECTED = 3  # letters: gas, bus


def words(text: str) -> list[str]:
    """Return the search terms of a text, hyphenated Latin words as their parts and all of them in the singular."""
    return [_singular(part) for term in search_terms(text) for part in re.split(r"[-_.]", term)]


def _singular(word: str) -> str:
    """Fold the regular English plural, the only inflection that a catalogue of nouns needs."""
    if not word.isascii() or len(word) <= LONGEST_UNINFLECTED:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def search_vector(texts_by_weight: Mapping[str, Iterable[str]]) -> Expression:
    """Return the value of a search column; the weights are A (most) to D."""
    vectors = [
        SearchVector(Value(" ".join(words(" ".join(texts))[:MOST_WORDS])), weight=weight, config=CONFIG)
        for weight, texts in texts_by_weight.items()
    ]
    return reduce(add, vectors)


def search_query(text: str) -> SearchQuery | None:
    """Return the query that asks for every word of `text`, or None when it has none."""
    conditions = [
        condition for part in text.split() for run in _runs(words(part)[:LONGEST_QUERY]) for condition in _asked(run)
    ]
    asked = list(dict.fromkeys(conditions))[:LONGEST_QUERY]
    return SearchQuery(" & ".join(asked), search_type="raw", config=CONFIG) if asked else None


def _runs(terms: list[str]) -> Iterator[list[str]]:
    """Yield the bigrams of one unbroken piece of Chinese together, and every other term alone."""
    run: list[str] = []
    for term in terms:
        if run and not (_is_bigram(term) and run[-1][-1] == term[0]):
            yield run
            run = []
        run.append(term)
        if not _is_bigram(term):
            yield run
            run = []
    if run:
        yield run


def _asked(run: list[str]) -> Iterator[str]:
    """Yield the conditions for a run of terms.

    Chinese is written without spaces: 广东街道 asks for 广东 and 街道, and a text that says 广东省街道 lacks 东街.
    A bigram that straddles two words may be absent, and since words have two characters or more, never two in a row,
    nor the first or the last.
    """
    yield f"'{run[0]}'"
    for left, right in pairwise(run[1:-1]):
        yield f"('{left}' | '{right}')"
    if len(run) > 1:
        yield f"'{run[-1]}'"


def _is_bigram(term: str) -> bool:
    return len(term) == 2 and not term.isascii()
