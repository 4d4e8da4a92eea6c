"""The search column of a listing: its terms by weight, from A (most) to D."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

from django.contrib.postgres.search import SearchVector
from django.db.models import Expression, Value

from listings.search.question import CONFIG, concept_terms
from listings.search.words import index_terms

MOST_TERMS = 4000  # of one weight: a table may have thousands of columns


def terms_of(text: str) -> list[str]:
    """Return all terms that a text is found by: words, parts, pairs and concepts of the trade."""
    terms = index_terms(text)
    return [*concept_terms(text, terms), *terms][:MOST_TERMS]


def search_vector(texts_by_weight: Mapping[str, Iterable[str]]) -> Expression:
    """Return the value of a search column, computed by PostgreSQL from our terms."""
    vectors = [
        SearchVector(Value(" ".join(terms_of(" ".join(texts)))), weight=weight, config=CONFIG)
        for weight, texts in texts_by_weight.items()
    ]
    return reduce(add, vectors)
