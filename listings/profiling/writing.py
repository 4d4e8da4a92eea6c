"""In which script and form a column's texts are written, and values that differ in nothing but form."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from opencc import OpenCC

MOST_TEXTS = 2_000
MOST_CHARACTERS = 100
MOST_VARIANTS = 10
_TO_SIMPLIFIED, _TO_TRADITIONAL = OpenCC("t2s"), OpenCC("s2t")
_SPACES = re.compile(r"\s+")


@lru_cache(maxsize=20_000)
def simplified(character: str) -> str:
    """Return a Han character as mainland China writes it."""
    return str(_TO_SIMPLIFIED.convert(character))


@lru_cache(maxsize=20_000)
def script_of(character: str) -> str:
    """Return "latin", "digit", "other", or for Han characters "simplified", "traditional" or "common" to both."""
    if not character.isalpha():
        return "digit" if character.isdecimal() else "other"
    if "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff":
        if simplified(character) != character:
            return "traditional"
        return "simplified" if _TO_TRADITIONAL.convert(character) != character and not _in_big5(character) else "common"
    return "latin" if unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN")) else "other"


def _in_big5(character: str) -> bool:
    """Tell whether Traditional text uses the character too, as it does 里 and 台."""
    try:
        return bool(character.encode("big5"))
    except UnicodeEncodeError:
        return False


def scripts(texts: Iterable[str]) -> dict[str, Any]:
    """Return the shares (0-1) of values by script, from the first texts.

    A value is Simplified or Traditional by the characters that only one of the two uses; "han" counts all values with
    Han characters, "both" those that use characters of both.
    """
    found: Counter[str] = Counter()
    looked_at = 0
    for text in texts:
        if looked_at >= MOST_TEXTS:
            break
        looked_at += 1
        used = {script_of(character) for character in set(text[:MOST_CHARACTERS])}
        found["latin"] += "latin" in used
        found["han"] += not used.isdisjoint({"simplified", "traditional", "common"})
        both = "simplified" in used and "traditional" in used
        found["both"] += both
        found["simplified"] += "simplified" in used and not both
        found["traditional"] += "traditional" in used and not both
    shares = {name: round(found[name] / looked_at, 4) if looked_at else 0.0 for name in NAMES}
    return {**shares, "sampled": looked_at}


NAMES = ("han", "simplified", "traditional", "both", "latin")


def folded(text: str) -> str:
    """Return a value without its form: width, case, spaces and script (Traditional as Simplified)."""
    plain = _SPACES.sub(" ", unicodedata.normalize("NFKC", text)).strip().casefold()
    # Between Latin words a space means something, between Han characters it does not.
    return plain if plain.isascii() else "".join(map(simplified, plain.replace(" ", "")))


def variants(counts: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the groups of values that differ only in form, from counts of (times, first row).

    "count" is the number of rows that hold another form than their group's most frequent one.
    """
    groups: dict[str, list[str]] = {}
    for value in counts:
        groups.setdefault(folded(value), []).append(value)
    count = 0
    rows: list[int] = []
    shown: list[list[dict[str, object]]] = []
    for key in sorted(key for key, values in groups.items() if len(values) > 1 and key):
        values = sorted(groups[key], key=lambda value: (-counts[value][0], value))
        count += sum(counts[value][0] for value in values[1:])
        rows.extend(counts[value][1] for value in values[1:])
        shown.append([{"value": value, "count": counts[value][0]} for value in values])
    return {"count": count, "rows": sorted(rows)[:MOST_VARIANTS], "groups": shown[:MOST_VARIANTS]}
