"""Every file we have ends in a good profile or in a clear refusal; what is dirty is told by what and where."""

import random
from collections.abc import Callable

import pytest

from listings.profiling.csv_table import profile_csv
from listings.profiling.decoding import LONGEST_LINE
from listings.profiling.refusals import Refusal
from tests.listings.files import DATA, column, csv_profile, csv_refusal, data, jsonl_refusal, types

MIB = 1024 * 1024
STREETS = "code,name\n440103001,沙面街道\n440103002,岭南街道\n"
TABLES = {
    "tables/guangdong-streets.csv": (1757, "UTF-8", "integer text integer integer integer"),
    "tables/taitung-shelters.csv": (
        168,
        "UTF-8",
        "text text text text text text text text integer decimal decimal empty integer",
    ),
    "tables/covid19-places.csv": (
        4316,
        "UTF-8",
        "integer text text integer text text text text decimal decimal text integer",
    ),
    "tables/covid19-worldwide.csv": (816, "UTF-8", "date integer integer integer decimal"),
    "catalogue/kaohsiung-catalogue.csv": (1495, "UTF-8", "text text text"),
    "catalogue/yilan-catalogue-big5.csv": (356, "Big5", "text text text text text"),
    "reference/gbt2260-areas.csv": (2978, "UTF-8", "integer text integer integer"),
    "reference/gbt2260-cities.csv": (342, "UTF-8", "integer text integer"),
    "reference/gbt2260-provinces.csv": (31, "UTF-8", "integer text"),
    "reference/iso4217.csv": (449, "UTF-8", "text text text text text text"),
    "reference/exchange-rates-monthly.csv": (17237, "UTF-8", "date text decimal"),
    "dirty/comma_in_quotes.csv": (1, "UTF-8", "text text text text text"),
    "dirty/empty.csv": (2, "UTF-8", "integer integer integer"),
    "dirty/empty_crlf.csv": (2, "UTF-8", "integer integer integer"),
    "dirty/escaped_quotes.csv": (2, "UTF-8", "integer text"),
    "dirty/json.csv": (1, "UTF-8", "integer text"),
    "dirty/location_coordinates.csv": (1, "UTF-8", "integer text text text"),
    "dirty/newlines.csv": (3, "UTF-8", "text integer integer"),
    "dirty/newlines_crlf.csv": (3, "UTF-8", "text integer integer"),
    "dirty/quotes_and_newlines.csv": (2, "UTF-8", "integer text"),
    "dirty/simple.csv": (1, "UTF-8", "integer integer integer"),
    "dirty/simple_crlf.csv": (1, "UTF-8", "integer integer integer"),
    "dirty/utf8.csv": (2, "UTF-8", "integer integer text"),
}


def test_no_table_is_left_out() -> None:
    assert {str(path.relative_to(DATA)) for path in DATA.rglob("*.csv")} == TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("size", [MIB, 97], ids=["large chunks", "small chunks"])
def test_a_real_table_is_profiled(name: str, size: int) -> None:
    rows, encoding, kinds = TABLES[name]
    profile = csv_profile(data(name), size=size)
    assert (profile.rows, profile.encoding) == (rows, encoding)
    assert [each["type"] for each in profile.columns] == kinds.split()
    assert len(profile.sample) == min(rows, 10)


@pytest.mark.parametrize("path", sorted(DATA.rglob("*.json")), ids=lambda path: path.name)
def test_a_json_document_is_not_taken_for_json_lines(path) -> None:
    assert jsonl_refusal(path.read_bytes()).code == "not_json_lines"


def test_values_with_delimiters_quotes_and_line_breaks_stay_whole() -> None:
    assert csv_profile(data("dirty/comma_in_quotes.csv")).sample[0][3] == "Anytown, WW"
    assert csv_profile(data("dirty/escaped_quotes.csv")).sample[0][1] == 'ha "ha" ha'
    assert csv_profile(data("dirty/newlines.csv")).sample[1][0] == "Once upon \na time"


def test_bare_quotation_marks_within_a_value_are_part_of_it() -> None:
    value = csv_profile(data("dirty/location_coordinates.csv")).sample[0][1]
    assert value.endswith('17.9"W')


def test_a_table_without_header_gets_numbered_columns_and_a_warning() -> None:
    profile = csv_profile(data("catalogue/kaohsiung-catalogue.csv"))
    assert [each["name"] for each in profile.columns] == ["column 1", "column 2", "column 3"]
    assert [each["code"] for each in profile.warnings] == ["no_header"]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\xff\xfe", b" \r\n\n", b"\n" * 5000])
def test_a_file_without_content_is_refused(content: bytes) -> None:
    assert csv_refusal(content).code == "empty_file"
    assert jsonl_refusal(content).code == "empty_file"


@pytest.mark.parametrize("content", [b"code,name\n", b"code,name", b"code,name\r\n"])
def test_a_header_alone_is_taken_with_a_warning(content: bytes) -> None:
    profile = csv_profile(content)
    assert profile.rows == 0
    assert types(profile) == {"code": "empty", "name": "empty"}
    assert [each["code"] for each in profile.warnings] == ["no_rows"]


def test_ragged_rows_are_named() -> None:
    refusal = csv_refusal("a,b,c\n1,2,3\n4,5\n6,7,8\n9,10,11,12\n")
    assert refusal.code == "ragged_rows"
    assert refusal.params == {"expected": 3, "rows": [3, 5]}
    assert refusal.position == {"row": 3}


def test_a_file_that_is_ragged_throughout_is_given_up_early() -> None:
    refusal = csv_refusal("a,b,c\n" + "1,2,3\n" * 200_000 + "1,2\n" * 200_000)
    assert refusal.params["rows"] == [*range(200_002, 200_012), "…"]


def test_a_binary_file_is_refused_at_its_first_nul() -> None:
    refusal = csv_refusal(b"a,b\n" + b"1,2\n" * 10 + b"\x00\x01\x02")
    assert (refusal.code, refusal.position) == ("binary_content", {"byte": 44})


@pytest.mark.parametrize(
    ("magic", "says"),
    [
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00", "ZIP"),
        (b"\x1f\x8b\x08\x00\x00\x00", "gzip"),
        (b"PAR1\x15\x04\x15\x00", "Parquet"),
        (b"BZh91AY&SY\x00\x01", "bzip2"),
        (b"\xfd7zXZ\x00\x00\x04", "XZ"),
        (b"\x28\xb5\x2f\xfd\x04\x00", "Zstandard"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_another_container_under_the_name_of_a_table_is_named_and_not_opened(magic: bytes, says: str) -> None:
    refusal = csv_refusal(magic + b"\x00" * 64)
    assert refusal.code == "wrong_container"
    assert says in str(refusal)


def test_a_column_that_happens_to_be_called_like_a_container_is_no_container() -> None:
    assert types(csv_profile("ORC,BZhong\n1,2\n")) == {"ORC": "integer", "BZhong": "integer"}


def test_one_endless_line_is_refused_without_reading_on() -> None:
    given = 0

    def endless():
        nonlocal given
        while given < 200 * MIB:
            given += MIB
            yield b"x" * MIB

    with pytest.raises(Refusal) as caught:
        profile_csv(endless())
    assert caught.value.code == "line_too_long"
    assert given <= LONGEST_LINE + 2 * MIB


@pytest.mark.parametrize("length", [MIB, 3 * MIB, LONGEST_LINE - 100])
def test_a_long_line_within_the_limit_is_read(length: int) -> None:
    profile = csv_profile("a,b\n1,2\n3," + "x" * length + "\n5,6\n7," + "y" * length + "\n")
    assert profile.rows == 4
    assert len(profile.sample[1][1]) == 200  # shown cut


@pytest.mark.parametrize("line", ["12345678\n", "一二三,\n"])
def test_a_long_record_of_short_quoted_lines_is_read(line: str) -> None:
    profile = csv_profile('a,b\n1,"' + line * 300_000 + '"\n2,x\n')
    assert profile.rows == 2


def test_a_quotation_mark_that_is_never_closed_is_refused() -> None:
    assert csv_refusal('a,b\n1,2\n3,"x\n4,5\n6,7\n').code == "unterminated_quote"
    assert csv_refusal('a,b\n"1,2\n3,4\n').code == "ragged_rows"  # the rest is one value of the first column
    assert csv_refusal('a,b\n1,"' + "x\n" * 9 * MIB).code == "record_too_long"


def test_too_many_columns_are_refused_and_as_many_as_allowed_are_not() -> None:
    assert csv_refusal(",".join(f"c{n}" for n in range(4097)) + "\n").code == "too_many_columns"
    profile = csv_profile(",".join(f"c{n}" for n in range(4096)) + "\n" + ",".join("1" * 4096) + "\n")
    assert len(profile.columns) == 4096
    assert column(profile, "c4095")["distinct"] == 1


def test_repeated_and_blank_column_names_are_profiled_with_a_warning() -> None:
    profile = csv_profile("name,name,\n1,2,3\n")
    assert {each["code"]: each["params"] for each in profile.warnings} == {
        "duplicate_columns": {"names": ["name"]},
        "blank_columns": {"positions": ["3"]},
    }


@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs"])
@pytest.mark.parametrize("first", ["utf-8", "other"])
def test_mixed_encodings_are_refused_at_the_byte_where_they_meet(encoding: str, first: str) -> None:
    own, other = "名稱,數值\n廣州市天河區,1\n".encode(), "深圳市南山區,2\n香港中環,3\n".encode(encoding)
    content = own + other if first == "utf-8" else "名稱,數值\n".encode(encoding) + other + own
    refusal = csv_refusal(content)
    assert refusal.code == "mixed_encodings"
    assert refusal.position == {"byte": len(own) if first == "utf-8" else content.index(own)}


def test_gb18030_and_big5_in_one_file_are_refused() -> None:
    simplified = "名称,数值\n广州市天河区政务服务数据管理局,1\n".encode("gb18030")
    traditional = "臺北市政府資料開放平臺,2\n高雄市電動機車充電站名稱,3\n".encode("big5")
    refusal = csv_refusal(simplified + traditional)
    assert (refusal.code, refusal.position) == ("mixed_encodings", {"byte": len(simplified)})


@pytest.mark.parametrize("place", [0.2, 0.99])
def test_a_change_of_encoding_deep_in_a_large_file_is_found(place: float) -> None:
    line = "440103001,沙面街道,广州市荔湾区\n"
    lines = [line.encode("gb18030")] * 150_000
    at = int(len(lines) * place)
    lines[at] = line.encode()
    refusal = csv_refusal(b"code,name,city\n" + b"".join(lines))
    begins = len("code,name,city\n") + at * len(lines[0])
    assert refusal.code == "mixed_encodings"
    assert begins <= refusal.position["byte"] < begins + len(line.encode())


def test_a_broken_character_deep_in_utf8_is_found_at_its_byte() -> None:
    good = STREETS.encode() * 60_000
    refusal = csv_refusal(good + b"1,\xe5\xb9\n" + good)
    assert (refusal.code, refusal.position) == ("mixed_encodings", {"byte": len(good) + 2})


def test_a_character_cut_off_at_the_end_is_refused() -> None:
    content = STREETS.encode() + "3,岭".encode()[:-1]
    assert csv_refusal(content).position == {"byte": len(content) - 2}


@pytest.mark.parametrize(
    ("actual", "declared"),
    [("gb18030", "utf-8"), ("gb18030", "big5"), ("utf-8", "gbk"), ("utf-8", "utf-16"), ("big5", "gb18030")],
)
def test_a_declared_encoding_that_the_bytes_contradict_is_refused(actual: str, declared: str) -> None:
    text = "名稱,數值\n臺北市政府資料開放平臺,1\n" if "big5" in (actual, declared) else STREETS
    refusal = csv_refusal(text.encode(actual), declared=declared)
    assert refusal.code == "encoding_mismatch"
    assert refusal.params["declared"] == declared


def test_text_in_no_known_encoding_is_refused() -> None:
    assert csv_refusal("name,city\nRené,Zürich\nJosé,Málaga\n".encode("latin-1")).code == "encoding_unknown"


def test_utf16_without_a_mark_is_refused_as_binary() -> None:
    assert csv_refusal(STREETS.encode("utf-16-le")).code == "binary_content"


@pytest.mark.parametrize("seed", range(40))
def test_noise_never_crashes_the_profiler(seed: int) -> None:
    noise = random.Random(seed)
    content = bytearray((STREETS * 40).encode(noise.choice(["utf-8", "gb18030", "utf-16"])))
    for _ in range(noise.randrange(1, 30)):
        content[noise.randrange(len(content))] = noise.choice(b'\n\r",\\\x80\xff\x00a1;|\t')
    outcomes = (csv_profile, csv_refusal)
    assert any(_succeeds(outcome, bytes(content)) for outcome in outcomes)


def _succeeds(outcome: Callable[[bytes], object], content: bytes) -> bool:
    try:
        outcome(content)
    except (Refusal, pytest.fail.Exception):
        return False
    return True
