"""What is most relevant: words, meaning and quality in one number.

A weighted sum, each part of it the row's own: fusing ranks instead would let a new listing change the number of every
other, and a page would repeat or lose what moved.
"""

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import BigIntegerField, Expression, F, FloatField, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce

from listings.models import Listing
from listings.search.meaning import Meaning
from listings.search.question import CONFIG, Question

# How much each says, tuned on labelled queries (bench/relevance.py).
BY_WORDS = 1.0
BY_MEANING = 1.0
BY_QUALITY = 0.05  # of the best quality: it decides between what is about as near
WEIGHTS = [0.1, 0.2, 0.4, 1.0]  # of a word in D, C, B and A

PARTS = 1_000_000  # the number is whole, since a page's cursor must compare exactly


def ranked(listings: QuerySet[Listing], question: Question, meaning: Meaning | None) -> QuerySet[Listing]:
    """Annotate listings with their relevance to a question."""
    score: Expression = BY_WORDS * _by_words(question) + Coalesce(F("quality_score") / 100, 0.0) * BY_QUALITY
    if meaning is not None:
        score = score + BY_MEANING * _by_meaning(meaning)
    return listings.annotate(relevance=Cast(score * PARTS, BigIntegerField()))


def _by_words(question: Question) -> SearchRank:
    """How strongly a listing says what is asked for, whether or not it says all of it."""
    any_of_them = SearchQuery(question.any_condition(), search_type="raw", config=CONFIG)
    return SearchRank(F("search"), any_of_them, weights=WEIGHTS)


def _by_meaning(meaning: Meaning) -> RawSQL:
    """How near a listing is to the question, from -1 to 1; what has no vector is as good as far."""
    return RawSQL(
        "coalesce((SELECT 1 - (own.vector <=> %s::halfvec) FROM listings_listingembedding own"
        " WHERE own.listing_id = listings_listing.id AND own.slot = %s), 0)",
        (meaning.half, meaning.slot),
        output_field=FloatField(),
    )
