"""What was found is marked in the text as it was written, and nothing that was written becomes HTML."""

import pytest

from listings.search.highlights import highlighted
from listings.search.question import question_of


def marked(text: str, asked: str) -> str:
    return highlighted({"en": text}, question_of(asked)).get("en", "")


@pytest.mark.parametrize(
    ("text", "asked", "shown"),
    [
        ("廣東省街道名錄", "广东 街道", "<mark>廣東</mark>省<mark>街道</mark>名錄"),
        ("广东省街道", "廣東省街道", "<mark>广东省街道</mark>"),
        ("Cities of Guangdong", "city", "<mark>Cities</mark> of Guangdong"),
        ("Air-quality index", "air quality", "<mark>Air-quality</mark> index"),
        ("城市轨道交通客流", "metro", "城市<mark>轨道交通</mark>客流"),
        ("ＡＰＩ接口", "api", "<mark>ＡＰＩ</mark>接口"),
        ("scatter plot", "cat", ""),
        ("", "街道", ""),
    ],
)
def test_what_was_found_is_marked(text, asked, shown):
    assert marked(text, asked) == shown


@pytest.mark.parametrize("text", ['<svg onload="x">街道</svg>', "<mark>街道", "街道&lt;b&gt;'\""])
def test_what_was_written_is_escaped(text):
    shown = marked(text, "街道").replace("<mark>", "").replace("</mark>", "")
    assert "街道" in shown
    assert not {"<", ">", '"', "'"} & set(shown)


def test_a_long_text_is_cut_around_the_first_mark():
    shown = marked("前" * 300 + "街道" + "后" * 300, "街道")
    assert (shown[0], shown[-1]) == ("…", "…")
    assert "<mark>街道</mark>" in shown
    assert len(shown) < 200
