"""The catalogue: how listings are found.

A search reads one table: a listing carries its own row (listings/catalogue_rows.py). Text search works across zh-Hans,
zh-Hant and English, since index and query go through the same terms.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.contrib.postgres.search import SearchRank
from django.db.models import BigIntegerField, F, QuerySet
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from kernel.actors import NOBODY, Actor
from kernel.problems import field_problem
from listings.industries import industries, standard
from listings.models import Listing
from listings.search.question import Question, question_of, search_query

CANDIDATES = 500  # the newest hits, of which the most relevant are shown first

# What a page of the catalogue shows; the search vector is never read back.
COLUMNS = (
    "organization",
    "venue",
    "number",
    "name",
    "summary",
    "product_type",
    "industry",
    "region_scope",
    "frequency",
    "formats",
    "rows",
    "bytes",
    "currency",
    "price_from_minor",
    "listed_at",
    "data_until",
    "fresh_until",
    "late_since",
    "visibility",
    "organization__name",
    "organization__jurisdiction",
    "organization__division_code",
    "venue__code",
)

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
    free: bool | None = None
    price_max: int | None = None
    currency: str = ""
    sort: str = ""

    @cached_property
    def question(self) -> Question:
        """What the text asks for."""
        return question_of(self.text)

    @property
    def order(self) -> str:
        """The order wanted, or the most relevant first where words are given; without words, the newest."""
        wanted = self.sort or "relevance"
        return "newest" if wanted == "relevance" and not self.question.wishes else wanted


def find(wanted: Wanted, actor: Actor = NOBODY) -> QuerySet[Listing]:
    """Return the listings that are wanted and that the actor may know of; order them by `ordering(wanted)`.

    Relevance ranks the newest `CANDIDATES` hits only: ranking all hits of a common word costs a hundred times more.
    """
    hits = hits_of(wanted, actor)
    query = search_query(wanted.question)
    if query is not None and wanted.order == "relevance":
        candidates = hits.order_by("-listed_at", "-id").values("pk")[:CANDIDATES]
        # A whole number, since a page cursor must compare exactly.
        rank = Cast(SearchRank(F("search"), query) * 1_000_000, BigIntegerField())
        hits = hits.filter(pk__in=candidates).annotate(relevance=rank)
    return hits.select_related("organization", "venue").only(*COLUMNS)


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
    """Return all that a search finds for the actor, in no order; raises Problem `invalid` for an unknown industry."""
    hits = Listing.objects.sought_by(actor)
    exact = {
        "venue__code": wanted.venue,
        "product_type": wanted.product_type,
        "provider_jurisdiction": wanted.jurisdiction,
        "frequency": wanted.frequency,
        "currency": wanted.currency,
    }
    hits = hits.filter(**{column: value for column, value in exact.items() if value})
    if wanted.industry:
        hits = hits.filter(industry__in=_divisions(wanted.industry))
    if wanted.format:
        hits = hits.filter(formats__contains=[wanted.format])
    if wanted.free is not None:
        hits = hits.filter(price_from_minor=0) if wanted.free else hits.filter(price_from_minor__gt=0)
    if wanted.price_max is not None:
        hits = hits.filter(price_from_minor__lte=wanted.price_max)
    if wanted.text.strip():
        query = search_query(wanted.question)
        hits = hits.none() if query is None else hits.filter(search=query)
    return hits


def _divisions(industry: str) -> list[str]:
    """Return the codes that a section (`I`) or a division (`I65`) stands for; raises Problem `invalid` for neither."""
    codes = [code for code, entry in industries().items() if industry in (code, entry.section)]
    if not codes:
        raise field_problem("/industry", "unknown_industry", _("There is no such industry in %s.") % standard())
    return codes
