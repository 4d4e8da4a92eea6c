"""Texts of other catalogues as ours: language maps, plain text out of markup, and what is too long made short."""

import re
import unicodedata
from collections.abc import Mapping
from html import unescape
from typing import Any

from django.utils.html import strip_tags

from kernel.languages import LANGUAGE_TAGS, simplified

_HAN = re.compile(r"[㐀-鿿豈-﫿𠀀-𲎯]")
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")
_EMPTY_LINES = re.compile(r"\n\s*\n\s*")
# The tags of CKAN's translations and of RDF, in lower case with hyphens.
_TAGS: Mapping[str, str] = {
    **{tag.lower(): tag for tag in LANGUAGE_TAGS},
    **dict.fromkeys(("zh", "zh-cn", "zh-sg", "zh-hans-cn", "cmn-hans", "sc"), "zh-Hans"),
    **dict.fromkeys(("zh-tw", "zh-hk", "zh-mo", "zh-hant-hk", "zh-hant-tw", "zh-hant-mo", "tc"), "zh-Hant"),
}


def language_of(text: str) -> str:
    """Return the language that a text without a tag is taken to be in."""
    if not _HAN.search(text):
        return "en"
    return "zh-Hans" if simplified(text) == unicodedata.normalize("NFKC", text).lower() else "zh-Hant"


def known_tag(tag: str) -> str:
    """Return which of our languages a tag means, or ""."""
    plain = tag.strip().lower().replace("_", "-")
    return _TAGS.get(plain) or ("en" if plain.split("-")[0] == "en" else "")


def texts(value: Any, limit: int, *, language: str = "") -> dict[str, str]:
    """Return a text, or a map of them by language tag, as a language map of plain texts of at most `limit` characters.

    Languages that are not ours are left out unless there is no other; `language` is what a bare text is in.
    """
    if isinstance(value, str):
        plain = plain_text(value)
        return {known_tag(language) or language_of(plain): shortened(plain, limit)} if plain else {}
    if not isinstance(value, dict):
        return {}
    told = {str(tag): plain_text(text) for tag, text in value.items() if isinstance(text, str) and plain_text(text)}
    found = {known_tag(tag): shortened(text, limit) for tag, text in told.items() if known_tag(tag)}
    return found or next((texts(text, limit) for text in told.values()), {})


def plain_text(text: str) -> str:
    """Return what a reader sees of HTML or of plain text; no tag of a stranger's comes further than this."""
    lines = _BLANKS.sub(" ", unescape(strip_tags(text))).strip()
    return _EMPTY_LINES.sub("\n\n", lines)


def shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
