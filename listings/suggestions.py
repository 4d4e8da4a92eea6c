"""Completing a half-typed wish: by the characters of either script, by pinyin, by its initials, or in English.

`广东省`, `街道`, `廣東`, `guangdong`, `gdsjd` and `jied` all lead to 广东省街道名录. A listing's keys are
written when it is approved; only listings in the catalogue are suggested.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from kernel.actors import NOBODY, Actor
from kernel.languages import simplified
from listings.models import Listing, Suggestion
from listings.models.audience import known_to, seeker_of
from listings.models.suggestions import KEY_LENGTH

SUGGESTED = 10
LOOKED_AT = 200  # keys, which may belong to fewer listings
BEGINNINGS = 12  # of a name: one may begin to type at a later word
LAST_CHARACTER = "\U0010ffff"


@dataclass(frozen=True)
class Suggested:
    """A listing that completes what was typed; `name` is a language map."""

    id: UUID
    number: str
    name: dict[str, str]


def suggested(typed: str, actor: Actor = NOBODY) -> list[Suggested]:
    """Return the listings whose names go on as typed, the shortest way first, with one query."""
    beginning = _folded(typed)[:KEY_LENGTH]
    if not beginning:
        return []
    keys = (
        Suggestion.objects.filter(
            known_to(actor, seeker_of(actor), prefix="listing__"),
            # A range and not LIKE, which no prepared plan can look up in an index.
            key__gte=beginning,
            key__lt=beginning + LAST_CHARACTER,
            listing__state=Listing.State.LISTED,
        )
        .order_by("key", "listing")
        .values_list("listing_id", "listing__number", "listing__name")[:LOOKED_AT]
    )
    found = {listing_id: Suggested(listing_id, number or "", name) for listing_id, number, name in keys}
    return list(islice(found.values(), SUGGESTED))


def write_suggestions(listing: Listing) -> None:
    """Write the keys of a listing that enters the catalogue, in the place of those it had."""
    keys = {key for name in listing.name.values() for key in keys_of(name)}
    listing.suggestions.all().delete()
    Suggestion.objects.bulk_create([Suggestion(listing=listing, key=key) for key in sorted(keys)])


def keys_of(name: str) -> set[str]:
    """Return what one may type for a name: each of its beginnings as written, in pinyin, and by initials."""
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - its dictionary takes half a second to load

    keys = set()
    for beginning in islice(_beginnings(name), BEGINNINGS):
        keys.add(_folded(beginning))
        if not beginning.isascii():
            keys.add(_folded("".join(lazy_pinyin(beginning))))
            keys.add(_folded("".join(lazy_pinyin(beginning, style=Style.FIRST_LETTER))))
    return {key[:KEY_LENGTH] for key in keys if key}


def _beginnings(name: str) -> Iterator[str]:
    """Yield the name from each Chinese character and each other word on."""
    text = simplified(name)
    for position, character in enumerate(text):
        starts_word = position == 0 or not text[position - 1].isalnum() or not text[position - 1].isascii()
        if character.isalnum() and (not character.isascii() or starts_word):
            yield text[position : position + KEY_LENGTH]


def _folded(text: str) -> str:
    return "".join(character for character in simplified(text) if character.isalnum())
