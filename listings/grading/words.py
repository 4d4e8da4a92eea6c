"""The words that tell persons and their affairs, in Simplified and Traditional, from a dated data file."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache

from opencc import OpenCC

from listings.editions import edition_on

EDITION_DAY = date(2026, 11, 24)
# One script has several Traditional forms: the standard one, Taiwan's and Hong Kong's.
TRADITIONAL = ("s2t", "s2tw", "s2hk")


@dataclass(frozen=True)
class Words:
    """Word lists, each in both scripts; `common_surnames` are the hundred that most people bear."""

    common_surnames: frozenset[str]
    surnames: frozenset[str]
    compound_surnames: frozenset[str]
    roman_surnames: frozenset[str]
    titles: tuple[str, ...]
    things: tuple[str, ...]
    health: tuple[str, ...]
    religions: tuple[str, ...]
    biometric: tuple[str, ...]


@cache
def words() -> Words:
    """Return the word lists in force."""
    edition = edition_on("grading/words-*.json", EDITION_DAY)
    traditional = edition["traditional_surnames"]
    return Words(
        common_surnames=frozenset(_both(edition["common_surnames"])),
        surnames=frozenset(_both(edition["common_surnames"] + edition["other_surnames"] + traditional)),
        compound_surnames=frozenset(_both(edition["compound_surnames"])),
        roman_surnames=frozenset(edition["roman_surnames"]),
        titles=_both(edition["titles"]),
        things=_both(edition["things"]),
        health=_both(edition["health"]),
        religions=_both(edition["religions"]),
        biometric=_both(edition["biometric"]),
    )


def alternation(terms: Iterable[str]) -> str:
    """Return a pattern, for RE2 and for Python, that finds any of the terms; the longest first."""
    return "(?:" + "|".join(re.escape(term) for term in sorted(terms, key=len, reverse=True)) + ")"


@cache
def _converter(kind: str) -> OpenCC:
    return OpenCC(kind)


def _both(terms: Iterable[str]) -> tuple[str, ...]:
    listed = list(terms)
    return tuple(dict.fromkeys(listed + [_converter(kind).convert(term) for kind in TRADITIONAL for term in listed]))


def folded_name(name: str) -> str:
    """Return a column name as hints are matched against it: Simplified, lower case, parts between underscores.

    "ContactPhone" and "contact-phone" become "_contact_phone_", "聯絡電話(日)" becomes "_联络电话_日_".
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    parts = re.findall(r"[a-z]+|[0-9]+|[一-鿿]+", _converter("t2s").convert(spaced).lower())
    return "_" + "_".join(parts) + "_"
