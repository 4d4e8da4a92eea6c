"""Language maps, and text that compares across scripts."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from kernel.languages import check_language_map, in_language, simplified


def test_scripts_widths_and_case_are_folded() -> None:
    assert simplified("廣東省街道數據 ＡＰＩ") == "广东省街道数据 api"


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
