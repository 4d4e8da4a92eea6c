"""Matching wishes with what is offered, in both directions, with the reasons: the same pair scores the same either way.

A wish is a demand or an entry of the scenario list. Every reason has a code, a number of points, and the words or
values behind it; the score is their sum, between 0 and 100. Nothing here is learned or random: the same rows give the
same answer.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Func, Q, QuerySet, TextField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kernel.actors import Actor
from kernel.money import Currency, Money
from listings.industries import industries
from listings.models import Listing, PersonalData
from listings.search.question import CONFIG
from listings.search.trade import trade_words
from listings.search.words import words
from marketplace.models import Demand, Scenario

LOOKED_AT = 200  # the newest candidates
SHOWN = 20
LEAST_SCORE = 20
MOST_WORDS = 40  # of a wish
WORDS_TOLD = 8
GRAVITY = [PersonalData.NONE.value, PersonalData.GENERAL.value, PersonalData.SENSITIVE.value]

# What speaks for a pair, and what against it. Points are whole numbers; fields and words earn them by share.
TEXTS: Mapping[str, str | Promise] = {
    "fields_offered": _("It has %(found)d of %(wanted)d wanted fields: %(values)s."),
    "words_in_common": _("Words in common: %(values)s."),
    "same_industry": _("The same industry, %(values)s."),
    "same_section": _("The same section of industries, %(values)s."),
    "wanted_type": _("It is of the wanted type."),
    "within_budget": _("Its price, from %(values)s, is within the budget."),
    "destination_allowed": _("It may be used at the destination, %(values)s."),
    "other_type": _("It is of another type than wanted."),
    "above_budget": _("Its price, from %(values)s, is above the budget."),
    "destination_not_allowed": _("Its provider lets it go nowhere but %(values)s."),
    "more_personal_data": _("It holds graver personal data than is wanted."),
}
POINTS: Mapping[str, int] = {
    "fields_offered": 30,
    "words_in_common": 30,
    "same_industry": 20,
    "same_section": 8,
    "wanted_type": 10,
    "within_budget": 10,
    "destination_allowed": 5,
    "other_type": -10,
    "above_budget": -15,
    "destination_not_allowed": -40,
    "more_personal_data": -15,
}
ABOUT = frozenset({"fields_offered", "words_in_common", "same_industry"})  # without one of these it is no match

Row = TypeVar("Row", Listing, Demand, Scenario)


@dataclass(frozen=True)
class Reason:
    """Why two belong together, or do not: a code of `TEXTS`, its points, and what is behind it."""

    code: str
    points: int
    values: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The reason in the language in force."""
        return str(TEXTS[self.code]) % {"values": ", ".join(self.values), **self.params}


@dataclass(frozen=True)
class Match(Generic[Row]):
    """A row that belongs to what was asked about, with a score from 0 to 100 and its reasons, the weightiest first."""

    row: Row
    score: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Wish:
    """What a demand or a scenario asks for, as far as matching goes. Prices are in minor units of `currency`."""

    words: tuple[str, ...]
    fields: tuple[str, ...]
    industry: str
    product_type: str = ""
    budget: Money | None = None
    destination: str = ""
    personal_data: str = ""


def listings_for(wish: Wish, actor: Actor, *, venue_id: UUID | None = None) -> list[Match[Listing]]:
    """Return the listings that answer a wish, of those that the actor may know and read; two queries."""
    about = Q(industry=wish.industry)
    if terms := [term for term in wish.words if term.isalnum()]:
        about |= Q(search=reduce(or_, (SearchQuery(f"'{term}'", search_type="raw", config=CONFIG) for term in terms)))
    candidates = offered_listings(Listing.objects.sought_by(actor).filter(about, Q(refusal="")))
    if venue_id is not None:
        candidates = candidates.filter(venue=venue_id)
    newest = candidates.order_by("-listed_at", "-id")[:LOOKED_AT]
    return _best((listing, judge(wish, listing)) for listing in newest)


def demands_for(listing: Listing, actor: Actor) -> list[Match[Demand]]:
    """Return the demands on the board that a listing answers; `listing` comes from `offered_listing`."""
    board = Demand.objects.on_board(actor).filter(venue=listing.venue_id).select_related("venue", "buyer")
    newest = board.order_by("-published_at", "-id")[:LOOKED_AT]
    return _best((demand, judge(wish_of_demand(demand), listing)) for demand in newest)


def scenarios_for(listing: Listing) -> list[Match[Scenario]]:
    """Return the published scenarios that a listing serves; `listing` comes from `offered_listing`."""
    published = Scenario.objects.filter(state=Scenario.State.PUBLISHED).select_related("venue", "owner")
    newest = published.order_by("-id")[:LOOKED_AT]
    return _best((scenario, judge(wish_of_scenario(scenario), listing)) for scenario in newest)


def offered_listings(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """Return listings with what `judge` reads: the product, and `lexemes`, all words that they are found by."""
    lexemes = Func(F("search"), function="tsvector_to_array", output_field=ArrayField(TextField()))
    return listings.annotate(lexemes=lexemes).select_related("product", "venue", "organization").defer("search")


def wish_of_demand(demand: Demand, *, for_buyer: bool = False) -> Wish:
    """Return what a demand asks for; a budget that is not published is told to its buyer only."""
    return Wish(
        words=_words_of(demand.title, demand.description),
        fields=tuple(demand.wanted_fields),
        industry=demand.industry,
        product_type=demand.product_type,
        budget=demand.budget if demand.budget_public or for_buyer else None,
        destination=demand.destination,
        personal_data=demand.personal_data,
    )


def wish_of_listing(listing: Listing) -> Wish:
    """Return what somebody asks for who looks for something like this listing."""
    return Wish(
        words=_words_of(listing.name, listing.summary),
        fields=(),
        industry=listing.industry,
        product_type=listing.product_type,
    )


def wish_of_scenario(scenario: Scenario) -> Wish:
    """Return what an entry of the scenario list asks for."""
    return Wish(
        words=_words_of(scenario.title, scenario.data_needed),
        fields=tuple(scenario.wanted_fields),
        industry=scenario.industry,
        product_type=scenario.product_type,
    )


def judge(wish: Wish, listing: Listing) -> tuple[Reason, ...]:
    """Return all that speaks for and against a pair, in the order of `TEXTS`; pure but for reading the rows."""
    return (*_about(wish, listing), *_conditions(wish, listing))


def _about(wish: Wish, listing: Listing) -> Iterator[Reason]:
    lexemes = frozenset(vars(listing)["lexemes"] or ())
    having = tuple(name for name in wish.fields if (parts := words(name)) and lexemes.issuperset(parts))
    if having:
        points = POINTS["fields_offered"] * len(having) // len(wish.fields)
        counts = {"found": len(having), "wanted": len(wish.fields)}
        yield Reason("fields_offered", points, having[:WORDS_TOLD], counts)
    if common := tuple(word for word in wish.words if word in lexemes):
        points = min(POINTS["words_in_common"], 6 * len(common))
        yield Reason("words_in_common", points, common[:WORDS_TOLD])
    wanted, offered = industries().get(wish.industry), industries().get(listing.industry)
    if wish.industry == listing.industry:
        yield _reason("same_industry", wish.industry)
    elif wanted and offered and wanted.section == offered.section:
        yield _reason("same_section", wanted.section)


def _conditions(wish: Wish, listing: Listing) -> Iterator[Reason]:
    product = listing.product
    if wish.product_type:
        yield _reason("wanted_type" if wish.product_type == listing.product_type else "other_type")
    if wish.budget and listing.price_from_minor is not None and listing.currency == wish.budget.currency:
        price = Money(listing.price_from_minor, Currency(listing.currency))
        yield _reason("within_budget" if price.minor <= wish.budget.minor else "above_budget", price.plain())
    if wish.destination:
        home = listing.provider_jurisdiction
        regions = product.buyer_regions or [wish.destination]
        leaves = wish.destination != home
        if wish.destination in regions and (product.export_allowed or not leaves):
            yield _reason("destination_allowed", wish.destination)
        else:
            yield _reason("destination_not_allowed", *(product.buyer_regions or [home]))
    if wish.personal_data and GRAVITY.index(product.personal_data) > GRAVITY.index(wish.personal_data):
        yield _reason("more_personal_data")


def _reason(code: str, *values: str) -> Reason:
    return Reason(code, POINTS[code], values)


def _best(judged: Iterable[tuple[Row, tuple[Reason, ...]]]) -> list[Match[Row]]:
    """Return the best matches, the highest score first; equals keep the order in which they came: the newest first."""
    found = [
        Match(row, max(0, min(100, sum(reason.points for reason in reasons))), _ordered(reasons))
        for row, reasons in judged
        if any(reason.code in ABOUT for reason in reasons)
    ]
    good = [match for match in found if match.score >= LEAST_SCORE]
    return sorted(good, key=lambda match: -match.score)[:SHOWN]


def _ordered(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(sorted(reasons, key=lambda reason: -reason.points))


def _words_of(*texts: Mapping[str, str]) -> tuple[str, ...]:
    """Return the telling words of a wish in its languages, in their order, without repetition."""
    found = (word for text in texts for each in text.values() for word in words(each))
    told = (word for word in found if len(word) > 1 and word not in _saying_nothing())
    return tuple(list(dict.fromkeys(told))[:MOST_WORDS])


def _saying_nothing() -> frozenset[str]:
    return trade_words().stop_words | trade_words().weak_words | SAID_BY_ALL


SAID_BY_ALL = frozenset({"求购", "需要", "用于", "wanted", "needed"})  # every wish says that it is one
