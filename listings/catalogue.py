"""The catalogue: how listings are found.

A search reads one table: a listing carries its own row (listings/catalogue_rows.py). Text search works across zh-Hans,
zh-Hant and English, since index and query go through the same terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from kernel.actors import NOBODY, Actor
from kernel.money import LARGEST_MINOR
from kernel.problems import field_problem
from listings.catalogue_rows import ANYWHERE
from listings.industries import industries, standard
from listings.models import Listing
from listings.models.listings import FILED_UNDER
from listings.search.meaning import Meaning, meaning_of, nearest
from listings.search.question import Question, question_of, search_query
from listings.search.ranking import ranked
from listings.search.spelling import corrected

CANDIDATES = 500  # the newest hits, which are ranked: ranking all hits of a common word costs a hundred times more

# Lowest and highest price of a band, in minor units.
PRICE_BANDS: Mapping[str, tuple[int, int]] = {
    "free": (0, 0),
    "under-1000": (1, 999_99),
    "1000-10000": (1_000_00, 9_999_99),
    "10000-100000": (10_000_00, 99_999_99),
    "100000-up": (100_000_00, LARGEST_MINOR),
}

SORTS: Mapping[str, tuple[str, ...]] = {
    "newest": ("-listed_at", "-id"),
    "price": ("price_from_minor", "id"),
    "-price": ("-price_from_minor", "-id"),
    "relevance": ("-relevance", "-id"),
}


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for; an empty member does not restrict. Prices are minor units of `currency`."""

    text: str = ""
    venue: str = ""
    product_type: str = ""
    industry: str = ""
    jurisdiction: str = ""
    format: str = ""
    frequency: str = ""
    region_scope: str = ""
    quality_grade: str = ""
    delivery: str = ""
    destination: str = ""
    price_band: str = ""
    free: bool | None = None
    price_max: int | None = None
    currency: str = ""
    sort: str = ""

    @cached_property
    def question(self) -> Question:
        """What the text asks for, and what its mistyped words may have meant."""
        return corrected(question_of(self.text))

    @cached_property
    def meaning(self) -> Meaning | None:
        """What the text means, as far as that is known."""
        return meaning_of(self.question.meant(self.text)) if self.question.wishes else None

    @property
    def order(self) -> str:
        """The order wanted, or the most relevant first where words are given; without words, the newest."""
        wanted = self.sort or "relevance"
        return "newest" if wanted == "relevance" and not self.question.wishes else wanted


@dataclass(frozen=True)
class Searched:
    """What a search looks at: all that the actor may know of, what says the words, and what is near in meaning."""

    shelf: QuerySet[Listing]
    saying: QuerySet[Listing]
    near: list[UUID]


def searched(wanted: Wanted, actor: Actor = NOBODY) -> Searched:
    """Return what a search finds, within its filters and in no order; near is nothing unless it is for relevance.

    Raises Problem `invalid` for an unknown industry.
    """
    shelf = Listing.objects.sought_by(actor)
    filtered = _filtered(shelf, wanted)
    meaning = wanted.meaning if wanted.order == "relevance" else None
    return Searched(shelf, _saying(filtered, wanted), list(nearest(meaning, filtered)) if meaning else [])


def find(wanted: Wanted, actor: Actor = NOBODY) -> QuerySet[Listing]:
    """Return the listings that are wanted and that the actor may know of; order them by `ordering(wanted)`.

    For relevance these are the newest that say the words and what is near to them in meaning, ranked.
    """
    found = searched(wanted, actor)
    if wanted.order != "relevance":
        return found.saying
    newest = found.saying.order_by("-listed_at", "-id").values("pk")[:CANDIDATES]
    sql, parameters = newest.query.sql_with_params()
    either = RawSQL(f"({sql}) UNION SELECT unnest(%s::uuid[])", (*parameters, found.near))  # noqa: S611 - values apart
    return ranked(found.shelf.filter(pk__in=either), wanted.question, wanted.meaning)


def ordering(wanted: Wanted) -> tuple[str, ...]:
    """Return the order of a search; without a text nothing is more relevant than anything else, and the newest lead."""
    return SORTS[wanted.order]


def in_detail(actor: Actor = NOBODY) -> QuerySet[Listing]:
    """Return what the actor may know of with all that its own page shows, in three queries."""
    related = ("organization", "venue", "product", "terms", "version__deprecation")
    return (
        Listing.objects.sought_by(actor)
        .select_related(*related)
        .prefetch_related("plans", "version__files")
        .defer("search")
    )


def hits_of(wanted: Wanted, actor: Actor = NOBODY) -> QuerySet[Listing]:
    """Return all that a search finds by its words for the actor, in no order.

    Raises Problem `invalid` for an unknown industry.
    """
    return _saying(_filtered(Listing.objects.sought_by(actor), wanted), wanted)


def _saying(listings: QuerySet[Listing], wanted: Wanted) -> QuerySet[Listing]:
    if not wanted.text.strip():
        return listings
    query = search_query(wanted.question)
    return listings.none() if query is None else listings.filter(search=query)


def _filtered(hits: QuerySet[Listing], wanted: Wanted) -> QuerySet[Listing]:
    exact = {"venue__code": wanted.venue, "quality_grade": wanted.quality_grade, "currency": wanted.currency}
    hits = hits.filter(**{column: value for column, value in exact.items() if value})
    if filed_under := _filed_under(wanted):
        hits = hits.filter(filed_under__contains=filed_under)
    if wanted.format:
        hits = hits.filter(formats__contains=[wanted.format])
    if wanted.delivery:
        hits = hits.filter(deliveries__contains=[wanted.delivery])
    if wanted.destination:
        hits = hits.filter(destinations__overlap=[wanted.destination, ANYWHERE])
    if wanted.price_band:
        hits = hits.filter(price_from_minor__range=PRICE_BANDS[wanted.price_band])
    if wanted.free is not None:
        hits = hits.filter(price_from_minor=0) if wanted.free else hits.filter(price_from_minor__gt=0)
    if wanted.price_max is not None:
        hits = hits.filter(price_from_minor__lte=wanted.price_max)
    return hits


def _filed_under(wanted: Wanted) -> list[str]:
    """Return the terms of the index that stand for what is wanted; raises Problem `invalid` for an unknown industry."""
    if wanted.industry and not any(wanted.industry in (code, entry.section) for code, entry in industries().items()):
        raise field_problem("/industry", "unknown_industry", _("There is no such industry in %s.") % standard())
    facets = dict.fromkeys(facet for facet, _column in FILED_UNDER)
    return [f"{facet}:{value}" for facet in facets if (value := getattr(wanted, facet))]
