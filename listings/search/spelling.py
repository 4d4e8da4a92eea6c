"""Mistyped words: what somebody may have meant by a word that no listing says.

Latin words are compared by the Damerau-Levenshtein distance, Chinese ones by their sound (广洲 or guangzou for
广州; z and zh, n and ng sound alike) and, from three characters on, by one that is wrong, missing or swapped.
Candidates are found through what deletions leave of a word, written beside it in the vocabulary: no scan, whatever its
size. What was typed is looked for all the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations

from listings.models import SearchWord
from listings.search.question import Question, Wish
from listings.search.words import is_chinese

SHORTEST_LATIN = 4  # letters; shorter words are too near to each other
SHORTEST_CHINESE = 3  # characters of which one may be wrong; two are compared by sound only
LONG = 8  # letters, from which two may be wrong, and beyond which keys do not look
CANDIDATES = 200
MOST_CORRECTIONS = 3  # of one word
SOUND = "~"  # before a key of sound, which no word contains

# Sounds that speakers of southern Mandarin mix up, and the one that stands for both.
_MIXED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))


def corrected(question: Question) -> Question:
    """Return the question with what its unknown words may have meant; one query, a second if a word is unknown."""
    words = {word for wish in question.wishes for word in wish.asked}
    if not words:
        return question
    known = set(SearchWord.objects.filter(word__in=words).values_list("word", flat=True))
    meant = _meant(words - known)
    return Question(tuple(_corrected(wish, meant) for wish in question.wishes))


def keys_of(word: str) -> set[str]:
    """Return what is left of a word by deletions, and its sound: two words with a key in common may be meant alike."""
    if not is_chinese(word):
        return _deletions(word[:LONG], 2 if len(word) >= LONG else 1) if len(word) >= SHORTEST_LATIN else {word}
    by_characters = _deletions(word[:LONG], 1) if len(word) >= SHORTEST_CHINESE else set()
    return by_characters | {SOUND + _sound(word)}


def distance(one: str, other: str) -> int:
    """Return the Damerau-Levenshtein distance (adjacent letters swapped count once) of two short words."""
    two_above: list[int] = []
    above: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        two_above, above, row = above, row, [i]
        for j, against in enumerate(other, 1):
            steps = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                steps = min(steps, two_above[j - 2] + 1)
            row.append(steps)
    return row[-1]


def _meant(unknown: Iterable[str]) -> Mapping[str, list[str]]:
    asked = {word: _asked_keys(word) for word in unknown}
    keys = sorted(set().union(*asked.values()))
    if not keys:
        return {}
    found = SearchWord.objects.filter(keys__overlap=keys).order_by("-listings", "word")
    candidates = list(found.values_list("word", "listings")[:CANDIDATES])
    return {word: _nearest(word, candidates) for word in asked}


def _asked_keys(word: str) -> set[str]:
    """Return the keys to look up: a Latin word may also be the sound of a Chinese one."""
    if word.isdigit():
        return set()
    return keys_of(word) | ({SOUND + _mixed(word)} if word.isalpha() and word.isascii() else set())


def _nearest(word: str, candidates: Iterable[tuple[str, int]]) -> list[str]:
    near = sorted((steps, -count, other) for other, count in candidates if (steps := _steps(word, other)) is not None)
    return [other for steps, _count, other in near if steps == near[0][0]][:MOST_CORRECTIONS]


def _steps(word: str, other: str) -> int | None:
    """Return how far a word is from another that may be meant by it, or None if it is not."""
    if is_chinese(other) and _sound_of_typed(word) == _sound(other):
        return 0
    if is_chinese(word) != is_chinese(other) or min(len(word), len(other)) < SHORTEST_CHINESE:
        return None
    allowed = 1 if is_chinese(word) or len(word) < LONG else 2
    steps = distance(word, other)
    return steps if steps <= allowed else None


def _corrected(wish: Wish, meant: Mapping[str, list[str]]) -> Wish:
    """Put one meant word at a time in the place of the mistyped one."""
    corrections = tuple(
        (*wish.asked[:place], better, *wish.asked[place + 1 :])
        for place, word in enumerate(wish.asked)
        for better in meant.get(word, ())
    )
    return replace(wish, corrections=corrections) if corrections else wish


def _deletions(word: str, most: int) -> set[str]:
    return {
        "".join(kept) for count in range(min(most, len(word) - 1) + 1) for kept in combinations(word, len(word) - count)
    }


def _sound_of_typed(word: str) -> str:
    return _sound(word) if is_chinese(word) else _mixed(word)


def _sound(word: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - its dictionary takes half a second to load

    return _mixed("".join(lazy_pinyin(word)))


def _mixed(sound: str) -> str:
    for one, both in _MIXED:
        sound = sound.replace(one, both)
    return sound
