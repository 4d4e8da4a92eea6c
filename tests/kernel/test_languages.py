"""Language maps, and search terms that cross scripts."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from kernel.languages import check_language_map, in_language, search_terms


def test_traditional_and_simplified_characters_share_their_terms() -> None:
    assert search_terms("廣東省街道數據") == search_terms("广东省街道数据")


def test_chinese_is_cut_into_pairs_and_latin_into_words() -> None:
    assert search_terms("大湾区 COVID-19 Data") == ["大湾", "湾区", "covid-19", "data"]


def test_full_width_letters_are_folded() -> None:
    assert search_terms("ＡＰＩ") == ["api"]


def test_one_character_is_a_term() -> None:
    assert search_terms("茶") == ["茶"]


def test_the_nearest_language_is_shown_when_the_wanted_one_is_missing() -> None:
    texts = {"zh-Hans": "数据", "en": "data"}
    with translation.override("zh-hant"):
        assert in_language(texts) == "数据"
    with translation.override("en"):
        assert in_language(texts) == "data"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({}, "required"),
        ("数据", "required"),
        ({"fr": "données"}, "unknown_language"),
        ({"en": "  "}, "blank"),
        ({"en": 3}, "blank"),
        ({"zh-Hans": "数" * 41}, "max_length"),
    ],
)
def test_a_bad_map_is_refused(value: object, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        check_language_map(value, max_length=40)
    assert caught.value.code == code


def test_length_counts_characters_not_bytes() -> None:
    check_language_map({"zh-Hans": "数" * 40}, max_length=40)
