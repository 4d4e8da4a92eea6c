"""The search column of a listing: its terms by weight, from A (most) to D."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import add

from django.contrib.postgres.search import SearchVector
from django.db.models import Expression, Value

from listings.search.question import CONFIG
from listings.search.words import index_terms

MOST_TERMS = 4000  # of one weight: a table may have thousands of columns


def search_vector(texts_by_weight: Mapping[str, Iterable[str]]) -> Expression:
    """Return the value of a search column, computed by PostgreSQL from our terms."""
    vectors = [
        SearchVector(Value(" ".join(index_terms(" ".join(texts))[:MOST_TERMS])), weight=weight, config=CONFIG)
        for weight, texts in texts_by_weight.items()
    ]
    return reduce(add, vectors)
