"""Telling the language of short texts: Chinese by script, English, and others.

A character belongs to one script when only that script's standard has it (GB 2312, Big5) and OpenCC writes it otherwise
in the other; characters that both share say nothing. English is told from other languages in Latin letters by words
that are frequent in each.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from opencc import OpenCC

from listings.profiling.arrow import compute as pc

if TYPE_CHECKING:
    import pyarrow as pa

HANS, HANT, CHINESE, ENGLISH, OTHER = "zh-Hans", "zh-Hant", "zh", "en", "other"
LANGUAGES = (HANS, HANT, CHINESE, ENGLISH, OTHER)
LATIN_PER_HAN = 4  # a Chinese character says about as much as so many letters
MOST_KANA = 0.1
MOST_ACCENTED = 0.02
MOST_WORDS_OF_A_NAME = 6  # titles and names have no frequent words
# Frequent words that no other language here has; "in", "is", "was", "of" and the like are of several.
ENGLISH_WORDS = (
    "the and to that this with from have has which they their will who when there would you we are for by not it be "
    "been your our can must more about what how its my out if does than then these those should only other into"
)
# Of the languages in Latin letters that are met with most beside it.
OTHER_WORDS = (
    "le la les des du et est une dans pour que qui sur pas avec au aux ce cette sont plus vous ne "
    "der die das und ist nicht von mit den dem ein eine zu auf sich auch als wird bitte oder werden "
    "el los las del por para con una es se su lo como os da em um uma com na no il di che per non sono della questo "
    "un uno het een van voor niet zijn dat moet op te wordt kan waarde aan deze geldig geen zorg "
    "yang dan dengan untuk ini itu tidak harus dari och att som av inte till ett eller med jest nie lub trong cho"
)
KANA = r"[\p{Hiragana}\p{Katakana}]"


@cache
def scripts() -> tuple[str, str]:
    """Return the characters that only Simplified, and those that only Traditional Chinese has."""
    to_simplified, to_traditional = OpenCC("t2s"), OpenCC("s2t")
    han = [chr(code) for code in range(0x4E00, 0xA000)]
    in_gb, in_big5 = ({each for each in han if _encodes(each, codec)} for codec in ("gb2312", "big5"))
    simplified = [each for each in sorted(in_gb - in_big5) if to_traditional.convert(each) != each]
    traditional = [each for each in sorted(in_big5 - in_gb) if to_simplified.convert(each) != each]
    return "".join(simplified), "".join(traditional)


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _patterns() -> dict[str, str]:
    simplified, traditional = scripts()
    return {
        "han": r"\p{Han}",
        "kana": KANA,
        "latin": r"\p{Latin}",
        "letters": r"\p{L}",
        "accented": r"[\x{C0}-\x{24F}\x{1E00}-\x{1EFF}]",
        "simplified": f"[{simplified}]",
        "traditional": f"[{traditional}]",
        "words": r"\p{Latin}+",
        "english": rf"(?i)\b(?:{'|'.join(ENGLISH_WORDS.split())})\b",
        "others": rf"(?i)\b(?:{'|'.join(word for word in OTHER_WORDS.split() if word.isascii())})\b",
    }


def languages_of(texts: pa.Array[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return for each text the position in LANGUAGES of its language; CHINESE where its characters are of both scripts.

    A text without letters is OTHER.
    """
    found = {
        name: pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
        for name, pattern in _patterns().items()
    }
    han, latin, kana = found["han"], found["latin"], found["kana"]
    elsewhere = found["letters"] - han - latin - kana
    chinese = (han * LATIN_PER_HAN > latin) & (kana <= MOST_KANA * (han + kana)) & (elsewhere <= han)
    english = (
        ~chinese
        & (latin > 0.9 * (found["letters"] - han))
        & (found["accented"] <= MOST_ACCENTED * latin)
        & (found["english"] >= found["others"])
        & ((found["english"] > 0) | ((found["words"] <= MOST_WORDS_OF_A_NAME) & (found["others"] == 0)))
    )
    simplified, traditional = found["simplified"], found["traditional"]
    return np.select(
        [chinese & (simplified > traditional), chinese & (traditional > simplified), chinese, english],
        [LANGUAGES.index(each) for each in (HANS, HANT, CHINESE, ENGLISH)],
        default=LANGUAGES.index(OTHER),
    )
