"""What a profile says: encoding, dialect, header, types, gaps, ranges and samples, for each format."""

import codecs
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listings.profiling.dialect import sniff
from listings.profiling.encoding import Encoding, detect
from listings.profiling.refusals import REFUSALS, WARNINGS
from tests.listings.files import column, csv_profile, data, jsonl_profile, jsonl_refusal, types

SIMPLIFIED = data("tables/guangdong-streets.csv").decode()
TRADITIONAL = data("tables/taitung-shelters.csv").decode("utf-8-sig")
BIG5 = data("catalogue/yilan-catalogue-big5.csv")


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codec", "encoding"),
    [
        (SIMPLIFIED, "utf-8", "UTF-8"),
        (SIMPLIFIED, "utf-8-sig", "UTF-8"),
        (SIMPLIFIED, "utf-16", "UTF-16LE"),
        (SIMPLIFIED, "gb18030", "GB18030"),
        (TRADITIONAL, "big5hkscs", "Big5"),
        (TRADITIONAL, "gb18030", "GB18030"),
        (BIG5.decode("big5hkscs"), "gb18030", "GB18030"),
        (BIG5.decode("big5hkscs"), "utf-8", "UTF-8"),
    ],
)
@pytest.mark.parametrize("size", [1 << 20, 61], ids=["large chunks", "small chunks"])
def test_the_same_table_reads_the_same_in_every_encoding(text: str, codec: str, encoding: str, size: int) -> None:
    profile = csv_profile(text.encode(codec), size=size)
    plain = csv_profile(text)
    assert profile.encoding == encoding
    assert (profile.columns, profile.sample) == (plain.columns, plain.sample)
    assert profile.dialect["bom"] is codec.endswith(("sig", "16"))


def test_utf16_in_either_byte_order_is_read() -> None:
    assert csv_profile(codecs.BOM_UTF16_BE + SIMPLIFIED.encode("utf-16-be")).encoding == "UTF-16BE"


@pytest.mark.parametrize("codec", ["gb18030", "big5hkscs"])
@pytest.mark.parametrize("seed", range(20))
def test_a_few_words_are_enough_to_tell_big5_from_gb18030(codec: str, seed: int) -> None:
    words = (SIMPLIFIED if codec == "gb18030" else BIG5.decode("big5hkscs")).replace(",", "\n").split()
    chosen = random.Random(seed).sample([word for word in words if len(word) >= 4 and not word.isascii()], 3)
    expected = Encoding.GB18030 if codec == "gb18030" else Encoding.BIG5
    assert detect("\n".join(chosen).encode(codec)).encoding is expected


def test_text_that_begins_long_after_the_head_is_still_told() -> None:
    late = b"id,name\n" + b"1,plain\n" * 400_000
    assert csv_profile(late + "2,沙面街道\n3,岭南街道\n".encode("gb18030")).encoding == "GB18030"
    assert csv_profile(late + "2,臺北市政府\n3,高雄市政府\n".encode("big5")).encoding == "Big5"
    assert csv_profile(late + "2,沙面街道\n".encode()).encoding == "UTF-8"


def test_hong_kong_characters_of_big5_are_read() -> None:
    profile = csv_profile("地址,電話\n九龍深水埗鴨寮街,2386\n新界西貢蠔涌,2791\n觀塘茶果嶺𡃁仔,1\n".encode("big5hkscs"))
    assert profile.sample[2][0] == "觀塘茶果嶺𡃁仔"


def test_four_byte_characters_of_gb18030_are_read() -> None:
    text = "姓名,地址\n𠮷田,广州市天河区\n㐀㐁,深圳市南山区\n"
    profile = csv_profile(text.encode("gb18030"))
    assert (profile.encoding, profile.sample[0][0]) == ("GB18030", "𠮷田")


def test_a_doubtful_encoding_is_taken_as_declared_and_otherwise_warned_of() -> None:
    content = "a\n材料\n".encode("gb18030")  # as Big5 these four bytes are common characters too
    assert csv_profile(content, declared="gb18030").encoding == "GB18030"
    assert [each["code"] for each in csv_profile(content).warnings] == ["encoding_uncertain"]


@pytest.mark.parametrize("declared", ["utf-8", "gb18030", "big5"])
def test_ascii_agrees_with_every_declaration_but_utf16(declared: str) -> None:
    assert csv_profile("a,b\n1,2\n", declared=declared).encoding == "UTF-8"


# --- dialect and header ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_although_others_occur_in_values(delimiter: str) -> None:
    others = "".join({",", ";", "|"} - {delimiter})
    rows = [["name", "note"], ["x", f"a{others}b"], ["y", "c"], ["z", f"{others}"]]
    profile = csv_profile("".join(delimiter.join(row) + "\n" for row in rows))
    assert profile.dialect["delimiter"] == delimiter
    assert [each["name"] for each in profile.columns] == ["name", "note"]


def test_decimal_commas_do_not_divide_a_table_of_semicolons() -> None:
    assert csv_profile("id;price\n1;1,5\n2;2,75\n").dialect["delimiter"] == ";"


def test_single_quotation_marks_and_backslashes_are_understood() -> None:
    assert csv_profile("'a','b'\n'x, y','2'\n").sample == [["x, y", "2"]]
    assert (
        csv_profile('id,note\n1,"he said \\"no, thanks\\" twice"\n2,"x"\n').sample[0][1] == 'he said "no, thanks" twice'
    )


@pytest.mark.parametrize(
    ("content", "header"),
    [
        ("id,name\n1,x\n2,y\n", True),
        ("1,x\n2,y\n", False),
        ("name,city\nAnn,Guangzhou\nBob,Shenzhen\n", True),
        ("地区,2019,2020,2021\n广州,1,2,3\n", True),
        ("广州,天河,100\n深圳,南山,200\n", False),
        ("a,b,c\n", True),
        ("1,2,3\n", False),
        ("day\n2024-01-01\n2024-01-02\n", True),
        ("2024-01-01,1\n2024-01-02,2\n", False),
    ],
)
def test_the_header_is_told_from_data(content: str, header: bool) -> None:
    dialect, _rows = sniff(content.encode(), complete=True)
    assert dialect.header is header


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(end: str) -> None:
    assert csv_profile(end.join(["a,b", "1,2", "3,4", ""])).rows == 2
    assert csv_profile(end.join(["a,b", "1,2", "3,4"])).rows == 2


# --- columns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kind", "low", "high"),
    [
        (["3", "-20", "100"], "integer", -20, 100),
        (["3", "2.5", "1e3"], "decimal", 2.5, 1000.0),
        (["0", "0.5"], "decimal", 0.0, 0.5),
        (["true", "false", "TRUE"], "boolean", False, True),
        (["2024-02-29", "2023-01-01"], "date", "2023-01-01", "2024-02-29"),
        (["2024/2/9", "2023/12/31"], "date", "2023-12-31", "2024-02-09"),
        (["2024年2月9日", "2023年12月31日"], "date", "2023-12-31", "2024-02-09"),
        (
            ["2024-02-29 08:00:00", "2024-02-29T07:00:00.5"],
            "timestamp",
            "2024-02-29T07:00:00.500000",
            "2024-02-29T08:00:00",
        ),
        (
            ["2024-02-29T08:00:00+08:00", "2024-02-29T01:00:00Z"],
            "timestamp",
            "2024-02-29T00:00:00+00:00",
            "2024-02-29T01:00:00+00:00",
        ),
        (["2024-02-29", "2024-02-28 12:00"], "timestamp", "2024-02-28T12:00:00", "2024-02-29T00:00:00"),
        (["2024/2/9 8:05", "2024/2/9 7:00"], "timestamp", "2024-02-09T07:00:00", "2024-02-09T08:05:00"),
        (["2024-02-30", "2024-02-29"], "text", "2024-02-29", "2024-02-30"),
        (["007", "12"], "text", "007", "12"),
        (["+8613800138000", "+85223456789"], "text", "+85223456789", "+8613800138000"),
        (["440103199001011234567", "1"], "text", "1", "440103199001011234567"),
        (["nan", "1"], "text", "1", "nan"),
        (["NA", "CN"], "text", "CN", "NA"),
        (["是", "否"], "text", "否", "是"),
    ],
)
def test_a_column_gets_the_narrowest_type_that_reads_all_its_values(
    values: list[str], kind: str, low: Any, high: Any
) -> None:
    profile = csv_profile("x,y\n" + "".join(f"{value},\n" for value in values))
    assert column(profile, "x") | {"type": kind, "min": low, "max": high} == column(profile, "x")


@pytest.mark.parametrize(
    ("first", "late", "kind", "low", "high"),
    [
        ("7", "1.5", "decimal", 1.5, 7),
        ("7", "x", "text", "7", "x"),
        ("2024-01-01", "2023-12-31 23:00:00", "timestamp", "2023-12-31T23:00:00", "2024-01-01T00:00:00"),
        ("2024-01-01", "x", "text", "2024-01-01", "x"),
        ("true", "maybe", "text", "maybe", "true"),
        ("", "5", "integer", 5, 5),
    ],
)
def test_a_type_widens_when_a_late_value_does_not_fit(first: str, late: str, kind: str, low: Any, high: Any) -> None:
    profile = csv_profile("n,x\n" + f"1,{first}\n" * 400_000 + f"2,{late}\n")  # several batches
    found = column(profile, "x")
    assert (found["type"], found["min"], found["max"]) == (kind, low, high)


def test_gaps_ranges_and_samples_of_a_column_are_told() -> None:
    profile = csv_profile("k,v\n" + "".join(f"{n},{'' if n % 4 == 0 else n % 7}\n" for n in range(1000)))
    found = column(profile, "v")
    assert (found["nulls"], found["null_share"], found["distinct"]) == (250, 0.25, 7)
    assert (found["min"], found["max"]) == (0, 6)
    assert found["samples"] == ["1", "2", "3", "5", "6"]
    assert profile.sample[0] == ["0", None]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n\",';|\t\\"))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), CELLS)), st.integers(1, 64))
def test_rows_and_extremes_are_those_of_the_written_table(rows: list[tuple[int, str]], size: int) -> None:
    content = "number,text\n" + "".join(f"{number},t{text}\n" for number, text in rows)
    profile = csv_profile(content, size=size)
    assert profile.rows == len(rows)
    if rows:
        found = column(profile, "number")
        assert (found["min"], found["max"]) == tuple(
            each if abs(each) < 2**53 else str(each) for each in (min(rows)[0], max(rows)[0])
        )


def test_what_a_profile_shows_can_always_be_stored_as_json() -> None:
    lines = [{"a": "\x00\ud7ff", "b": 2**70, "c": [1, {"x": None}], "d": 1.5}, {"a": "x" * 10_000}]
    profile = jsonl_profile("\n".join(json.dumps(line) for line in lines))
    stored = json.dumps(profile.as_json(), allow_nan=False)
    assert "\\u0000" not in stored
    assert column(profile, "b")["max"] == str(2**70)
    assert len(column(profile, "a")["max"]) == 200


# --- JSON Lines ------------------------------------------------------------------------------------------------------


def test_json_lines_become_columns_whatever_members_each_line_has() -> None:
    profile = jsonl_profile(
        '{"id":1,"day":"2024-01-02","tags":["x"],"gone":null}\n\n{"id":2.5,"day":"2023-01-02","ok":true}\r\n{"id":3,"at":{"x":1}}\n'
    )
    assert profile.rows == 3
    assert types(profile) == {
        "id": "decimal", "day": "date", "tags": "nested", "gone": "empty", "ok": "boolean", "at": "nested",
    }  # fmt: skip
    assert (column(profile, "id")["min"], column(profile, "id")["max"]) == (1, 3)
    assert column(profile, "day")["nulls"] == 1
    assert profile.sample[1] == [2.5, "2023-01-02", None, None, True, None]


def test_numbers_in_json_strings_stay_text_and_mixed_members_are_warned_of() -> None:
    profile = jsonl_profile('{"a":"1","b":1}\n{"a":"2","b":"x"}\n')
    assert types(profile) == {"a": "text", "b": "mixed"}
    assert profile.warnings == [{"code": "mixed_types", "params": {"names": ["b"]}}]


@pytest.mark.parametrize("size", [1 << 20, 7])
def test_json_lines_in_gb18030_are_read(size: int) -> None:
    lines = "".join(json.dumps({"街道": name}, ensure_ascii=False) + "\n" for name in ("沙面街道", "岭南街道"))
    profile = jsonl_profile(lines.encode("gb18030"), size=size)
    assert (profile.encoding, column(profile, "街道")["samples"]) == ("GB18030", ["沙面街道", "岭南街道"])


@pytest.mark.parametrize(
    "line",
    ["{", '{"a":1}{"b":2}', "[1]", '"x"', "1", "null", '{"a":NaN}', '{"a":01}', "{'a':1}", '{"a":"\\ud800"}',
     '{"a":1,}', '{"a":"\x01"}', '{"a":' + "[" * 100_000, '{"a":' + "9" * 5000 + "}"],
)  # fmt: skip
def test_a_line_that_is_not_one_json_object_is_refused_by_its_number(line: str) -> None:
    refusal = jsonl_refusal('{"a":1}\n' * 3 + line + "\n")
    assert (refusal.code, refusal.position) == ("malformed_json", {"line": 4})


def test_a_line_of_json_longer_than_the_limit_is_refused() -> None:
    refusal = jsonl_refusal('{"a":1}\n{"a":"' + "x" * (9 << 20))
    assert (refusal.code, refusal.position) == ("line_too_long", {"byte": 8})


# --- sentences -------------------------------------------------------------------------------------------------------


def test_every_code_has_a_sentence() -> None:
    assert all(str(text) for text in [*REFUSALS.values(), *WARNINGS.values()])
