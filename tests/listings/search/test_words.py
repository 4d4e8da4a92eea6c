"""Text becomes the same words whichever script it is written in."""

import pytest

from listings.search.question import question_of
from listings.search.words import index_terms, words


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("广州地铁客流数据", ["广州", "地铁", "客流", "数据"]),
        ("廣州地鐵客流數據", ["广州", "地铁", "客流", "数据"]),
        ("粤港澳大湾区跨境电商订单", ["粤港澳大湾区", "跨境电商", "订单"]),
        ("COVID-19 Cities", ["covid", "19", "city"]),
        ("ＡＰＩ", ["api"]),
        ("貔䝙𠮷的茶", ["貔䝙𠮷", "的", "茶"]),  # no dictionary knows the word
        ("!?、", []),
    ],
)
def test_text_is_cut_into_words(text, cut):
    assert words(text) == cut


def test_the_index_holds_words_the_words_within_them_and_pairs():
    assert set(index_terms("行政区划")) == {"行政", "政区", "区划", "行政区", "行政区划"}
    assert index_terms("茶") == ["茶"]


def test_a_question_leaves_out_what_says_nothing():
    assert [wish.asked for wish in question_of("有关深圳的空气质量数据").wishes] == [("深圳",), ("空气质量",)]
    assert [wish.asked for wish in question_of("data on the air quality of Shenzhen").wishes] == [
        ("air", "quality"),
        ("shenzhen",),
    ]
    assert [wish.asked for wish in question_of("数据").wishes] == [("数据",)]
    assert question_of("?!").wishes == ()


@pytest.mark.parametrize(("one", "other"), [("地铁", "metro"), ("metro", "地铁"), ("空氣質量", "air quality")])
def test_synonyms_hold_in_both_directions(one, other):
    (told,) = question_of(one).also_searched.values()
    assert other in told


def test_a_long_question_is_bounded():
    assert len(question_of(" ".join(f"w{number}" for number in range(100))).wishes) == 24
