"""The trade's words: what is a word, what says the same, and what says nothing; read from a dated data file."""

from dataclasses import dataclass
from functools import cache

from kernel.languages import simplified
from listings.editions import editions

FILES = "search/trade-words-*.json"


@dataclass(frozen=True)
class TradeWords:
    """One edition: words never to be cut, groups of terms that say the same, and words that say little or nothing."""

    edition: str
    chinese: frozenset[str]
    same: tuple[tuple[str, ...], ...]
    stop_words: frozenset[str]
    weak_words: frozenset[str]


@cache
def trade_words() -> TradeWords:
    """Return the newest edition; a change of it takes `manage.py reindex_catalogue`."""
    newest = editions(FILES)[-1]
    same = tuple(tuple(simplified(term) for term in group["terms"]) for group in newest["synonyms"])
    chinese = {simplified(word) for word in newest["words"]}
    chinese |= {term for group in same for term in group if not term.isascii()}
    return TradeWords(
        edition=newest["edition"],
        chinese=frozenset(chinese),
        same=same,
        stop_words=frozenset(newest["stop_words"]),
        weak_words=frozenset(newest["weak_words"]),
    )
