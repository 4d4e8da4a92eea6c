"""What the values of a table are like: formats, spread, troubles, repeats, keys, places and times."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.cn import ric, uscc

from listings.profiling import statistics as module
from listings.profiling.evidence import MOST_ROWS, shape
from listings.profiling.repeats import Repeats
from listings.profiling.statistics import Statistics, add_to_profile
from listings.profiling.text_trouble import reads_back
from listings.profiling.value_formats import resident_id_passes, uscc_passes
from tests.listings.files import data
from tests.listings.tables import column_of, csv, looked_at, statistics_of

ROOT = Path(__file__).resolve().parents[2]
FIRMS = ["91440300708461136T", "91110000802100433B", "91350100M000100Y43"]


# --- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        (["13800138000", "+86 139 0013 9000", "18675590000"], "x", "mobile_phone"),
        (["020-83123456", "0755-88123456转12", "(089)325301"], "x", "phone"),
        (FIRMS, "x", "uscc"),
        (["440103001", "440104005", "440305002"], "x", "division_code"),
        (["510030", "518000", "519000"], "邮编", "postal_code"),
        (["113.26", "114.05", "113.55"], "经度", "longitude"),
        (["23.13", "22.54", "22.19"], "lat", "latitude"),
        (["¥1,200.50", "￥3", "88.00元"], "x", "amount"),
        (["12.5%", "3%", "100％"], "x", "percentage"),
        (["1,200", "33,000,000", "5,100"], "x", "number_with_commas"),
        (["https://a.cn/x", "http://b.hk", "https://c.mo"], "x", "url"),
        (["a@b.cn", "c.d@e.com.hk", "f@g.mo"], "x", "email"),
        (["a@b", "c＠d.cn", "@e"], "x", "email_like"),
        (["2024-02-09", "2023-12-31", "2024-01-01"], "x", "date"),
        (["2024年2月9日", "2023年12月31日", "2024年1月1日"], "x", "date"),
        (["20240209", "20231231", "20240101"], "x", "date"),
        (["2024-02-09T08:30:00Z", "2024-02-09 08:30", "2024-02-10T00:00:00+08:00"], "x", "timestamp"),
        (["2024-02", "2024-03", "2024-04"], "x", "month"),
        (["1.5", "-2", "3e3"], "x", "number"),
        (["08:30", "23:59:59", "7:05"], "x", "time"),
    ],
)
def test_a_column_is_known_by_the_format_of_its_values(values: list[str], name: str, expected: str) -> None:
    told = column_of(values, name=name)["format"]
    assert (told["name"], told["share"]) == (expected, 1.0)


@pytest.mark.parametrize("values", [["沙面街道", "岭南街道"], ["A-1", "B-2"], ["007", "008"], ["1", "街"]])
def test_words_and_codes_have_no_format(values: list[str]) -> None:
    assert column_of(values)["format"] is None


def test_six_digits_are_no_postal_codes_unless_the_column_says_so() -> None:
    assert column_of(["999001", "999002"], name="value")["format"]["name"] == "number"


def test_the_share_that_fits_a_format_is_exact_and_the_rest_is_shown_by_row_and_shape() -> None:
    values = ["13800138000"] * 2_000
    values[700], values[1_500] = "1380013800", "待补"
    told = column_of(values)["format"]
    assert (told["fits"], told["share"], told["exact"]) == (1_998, 0.999, True)
    assert told["misfits"] == {"count": 2, "rows": [701, 1_501], "examples": ["##########", "字字"]}


def test_a_wrong_check_digit_is_found_in_its_row() -> None:
    values = [*FIRMS * 10, FIRMS[0][:-1] + "A"]
    assert column_of(values)["format"]["fails"]["rows"] == [31]


@given(st.lists(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=18, max_size=18), min_size=1, max_size=40))
def test_the_check_digit_of_firms_is_the_one_of_python_stdnum(codes: list[str]) -> None:
    numbers = [
        "9144" + code[4:8].translate(str.maketrans("ABCDEFGHJKLMNPQRTUWXY", "0" * 21)) + code[8:17] for code in codes
    ]
    right = [number + uscc.calc_check_digit(number) for number in numbers]
    both = [*right, *(number[:17] + code[0] for number, code in zip(right, codes, strict=True))]
    assert uscc_passes(pa.array(both)).to_pylist() == [uscc.is_valid(number) for number in both]
    assert uscc_passes(pa.array(["", *both])[1:]).to_pylist() == [uscc.is_valid(number) for number in both]


@given(st.lists(st.integers(0, 999), min_size=1, max_size=40), st.sampled_from("0123456789Xx"))
def test_the_check_digit_of_persons_is_the_one_of_python_stdnum(serials: list[int], last: str) -> None:
    numbers = [f"44010319900101{serial:03d}" for serial in serials]
    both = [*(number + ric.calc_check_digit(number) for number in numbers), *(number + last for number in numbers)]
    assert resident_id_passes(pa.array(both)).to_pylist() == [ric.is_valid(number.upper()) for number in both]


# --- numbers and times -----------------------------------------------------------------------------------------------


def test_the_moments_of_numbers_are_exact() -> None:
    numbers = [float(number) for number in range(1, 1_001)]
    told = column_of([str(number) for number in numbers])["numbers"]
    assert (told["min"], told["max"], told["mean"], told["whole"]) == (1, 1000, 500.5, True)
    assert told["deviation"] == pytest.approx(288.674990257)
    assert told["quantiles"]["values"]["0.5"] == 500.5
    assert told["histogram"]["exact"]
    assert sum(told["histogram"]["counts"]) == 1_000


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=300), st.integers(20, 80))
@settings(deadline=None, max_examples=25)
def test_moments_do_not_depend_on_how_the_rows_come_in(numbers: list[float], step: int) -> None:
    texts = pa.table({"c0": pa.array([repr(number) for number in numbers])})
    whole, pieces = Statistics(), Statistics()
    whole.see(texts)
    for start in range(0, len(numbers), step):
        pieces.see(texts.slice(start, step))
    assert whole.result(["x"]) == pieces.result(["x"])


def test_a_number_far_out_is_found_wherever_it_stands() -> None:
    values = [str(20 + number % 40) for number in range(60_000)]
    values[41_234] = "999"
    told = column_of(values)["numbers"]["outliers"]
    assert (told["count"], told["rows"], told["values"]) == (1, [41_235], [999])


def test_what_many_orders_of_magnitude_spread_is_not_far_out() -> None:
    chance = random.Random(7)
    values = [str(int(10 ** chance.uniform(2, 7))) for _ in range(3_000)]
    assert column_of(values)["numbers"]["outliers"]["count"] == 0


def test_days_that_do_not_exist_and_days_written_otherwise_are_found() -> None:
    values = ["2024-02-09"] * 20 + ["2024-02-30", "2024/3/1", "2024年2月31日"]
    told = column_of(values)["times"]
    assert told["impossible"]["rows"] == [21, 23]
    assert told["shapes"] == {"2024-02-09": 21, "2024/2/9": 1, "2024年2月9日": 1}
    assert (told["first"], told["last"]) == ("2024-02-09T00:00:00", "2024-03-01T00:00:00")


# --- text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "trouble"),
    [
        (" 天河区", "surrounding_space"),
        ("天河区\u3000", "surrounding_space"),
        ("天河区１２号", "fullwidth_characters"),
        ("天河\u200b区", "invisible_characters"),
        ("天河\u00a0区", "invisible_characters"),
        ("天河\ufffd区", "replacement_characters"),
        ("锟斤拷锟斤拷", "replacement_characters"),
        ("天河区".encode().decode("latin-1"), "garbled"),
        ("CafÃ© de Macau", "garbled"),
        ("天河区政府".encode().decode("gb18030", "replace").rstrip("\ufffd")[:6], "misread"),
        ("N/A", "stand_ins"),
        ("无", "stand_ins"),
    ],
)
def test_troubles_of_text_are_found_in_their_rows(value: str, trouble: str) -> None:
    values = [f"荔湾区沙面大街{number}号" for number in range(50)]
    values[30] = value
    found = column_of(values)["trouble"]
    assert list(found) == [trouble]
    assert (found[trouble]["count"], found[trouble]["rows"]) == (1, [31])


@pytest.mark.parametrize("text", ["联通", "岭南街道", "café", "São Paulo", "“引文”，破折号——", "Ærø", "naïve", "1.5℃"])
def test_good_text_is_in_no_trouble(text: str) -> None:
    assert column_of([text, "荔湾区沙面大街一号"])["trouble"] == {}
    assert not reads_back(text)


def test_namibia_is_a_country_and_not_a_missing_value() -> None:
    assert column_of(["CN", "NA", "HK"])["trouble"] == {}
    assert "stand_ins" in column_of(["China", "NA", "Hong Kong"])["trouble"]


def test_scripts_are_told_apart() -> None:
    told = column_of(["广东省", "廣東省", "深圳", "Macau"])["scripts"]
    assert (told["simplified"], told["traditional"], told["han"], told["latin"]) == (0.25, 0.25, 0.75, 0.25)
    assert column_of(["臺東市公館里", "后里區國民小學"])["scripts"]["both"] == 0.0


def test_values_that_differ_only_in_form_are_told_with_their_rows() -> None:
    values = ["广州"] * 5 + ["廣州", "广 州"] + ["Shenzhen"] * 3 + ["ＳＨＥＮＺＨＥＮ", "Macau", "La Salle", "LaSalle"]
    told = column_of(values)["variants"]
    assert (told["count"], told["rows"]) == (3, [6, 7, 11])


def test_the_shape_of_a_value_does_not_tell_the_value() -> None:
    assert shape("陈大文 Chan 13800138000\ufffd\u200b") == "字字字␣Aaaa␣###########\ufffd<U+200B>"


def test_lengths_and_constants() -> None:
    told = column_of(["沙面", "沙面"])
    assert told["length"] == {"min": 2, "mean": 2.0, "max": 2, "exact": True}
    assert told["constant"]


def test_frequent_values_are_counted_exactly_while_they_are_few() -> None:
    told = column_of(["注销", "在营", "在营", None])["top"]
    assert told["values"] == [{"value": "在营", "count": 2}, {"value": "注销", "count": 1}]
    assert (told["distinct"], told["exact"]) == (2, True)
    many = column_of([f"备注{number}" for number in range(30_000)])["top"]
    assert (many["distinct"], many["exact"], many["sampled"]) == (None, False, 10_000)


# --- tables ----------------------------------------------------------------------------------------------------------


def test_repeated_rows_are_counted_and_keys_are_found() -> None:
    rows = [[str(number), "沙面", str(number % 7)] for number in range(100)]
    table = statistics_of(["编号", "街道", "组"], [*rows, rows[3], rows[50]])["table"]
    assert table["duplicates"] == {"count": 2, "rows": [101, 102], "exact": True, "looked_at": 102}
    assert table["keys"] == []
    assert statistics_of(["编号", "街道", "组"], rows)["table"]["keys"] == [
        {"column": "编号", "position": 0, "exact": True}
    ]


def test_rows_that_only_look_alike_when_joined_are_not_the_same() -> None:
    assert statistics_of(["a", "b"], [["x", None], [None, "x"], ["x", "x"]])["table"]["duplicates"]["count"] == 0


def test_a_large_table_is_searched_for_repeats_in_part_and_says_so() -> None:
    repeats = Repeats(1_000)
    hashes = [module.scrambled(pa.arange(0, 50_000)), module.scrambled(pa.arange(40_000, 60_000))]
    for part, first in zip(hashes, (1, 50_001), strict=True):
        repeats.add(part, pa.arange(first, first + len(part)))
    told = repeats.as_json()
    assert not told["exact"]
    assert told["looked_at"] < 2_000
    assert told["count"] == pytest.approx(10_000, rel=0.25)


def test_the_place_on_the_map_is_told() -> None:
    rows = [["113.26", "23.13"], ["114.05", "22.54"], ["113.55", "22.19"]]
    told = statistics_of(["lng", "lat"], rows)["table"]["extent"]
    assert told["sides"] == {"west": 113.26, "south": 22.19, "east": 114.05, "north": 23.13}
    assert (told["exact"], told["swapped"]) == (True, False)


def test_swapped_coordinates_are_told_and_put_right() -> None:
    rows = [["23.13", "113.26"], ["22.54", "114.05"], ["22.19", "113.55"]]
    told = statistics_of(["经度", "纬度"], rows)["table"]["extent"]
    assert told["swapped"]
    assert told["sides"] == {"west": 113.26, "south": 22.19, "east": 114.05, "north": 23.13}


def test_coordinates_out_of_range_are_counted_and_left_out_of_the_extent() -> None:
    rows = [["113.26", "23.13"]] * 50 + [["1132.6", "23.13"]]
    told = statistics_of(["lon", "lat"], rows)["table"]["extent"]
    assert told["out_of_range"] == {"longitude": 1, "latitude": 0}
    assert told["sides"]["east"] == 113.26
    assert not told["exact"]


def test_metres_of_a_projection_are_no_degrees() -> None:
    statistics = looked_at(data("tables/taitung-shelters.csv"))[1]
    assert statistics["table"]["extent"] is None
    assert statistics["table"]["time_span"]["last"] == "2017-12-03T00:00:00"


def test_the_span_of_time_names_its_columns() -> None:
    rows = [["2024-01-05", "2024-02-01"], ["2023-12-31", "2024-01-01"]]
    assert statistics_of(["from", "to"], rows)["table"]["time_span"] == {
        "first": "2023-12-31T00:00:00",
        "first_column": "from",
        "last": "2024-02-01T00:00:00",
        "last_column": "to",
        "exact": True,
    }


def test_columns_that_come_late_had_no_values_before() -> None:
    statistics = Statistics()
    statistics.see(pa.table({"c0": pa.array(["1"] * 70_000)}))
    statistics.see(pa.table({"c0": pa.array(["2"]), "c1": pa.array(["x"])}))
    first, second = statistics.result(["a", "b"])["columns"]
    assert (first["values"], second["values"], second["missing"]["count"]) == (70_001, 1, 70_000)


# --- the whole -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["tables/guangdong-streets.csv", "tables/covid19-places.csv", "tables/taitung-shelters.csv", "dirty/json.csv"],
)
def test_statistics_of_real_tables_are_plain_json_and_the_same_however_the_file_comes_in(name: str) -> None:
    profile, whole = looked_at(data(name))
    _again, pieces = looked_at(data(name), size=997)
    assert whole == pieces
    added = add_to_profile(profile, whole)
    assert json.loads(json.dumps(added, allow_nan=False)) == added
    for column in whole["columns"]:
        assert all(len(each["rows"]) <= MOST_ROWS for each in column["trouble"].values())


def test_an_empty_table_has_statistics_too() -> None:
    found = looked_at(csv(["a", "b"], []))[1]
    assert [column["values"] for column in found["columns"]] == [0, 0]
    assert found["table"]["time_span"] is None


MEMORY = """
import psutil, pyarrow as pa
from listings.profiling.statistics import Statistics

def batch(start):
    return pa.table({
        f"c{position}": pa.array([f"备注{position}-{number}" for number in range(start, start + 20_000)])
        for position in range(6)
    })

statistics, process, held = Statistics(), psutil.Process(), []
for round_ in range(30):
    statistics.see(batch(20_000 * round_))
    held.append(process.memory_info().rss)
print((max(held[20:]) - max(held[8:14])) / 1024 / 1024)
"""


def test_memory_does_not_grow_with_the_rows() -> None:
    # In a process of its own: what other tests left free in this one would be measured too.
    told = subprocess.run([sys.executable, "-c", MEMORY], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    grown = float(told)
    assert grown < 16, f"{grown:.0f} MB more after twice the rows"


def test_a_table_of_thousands_of_columns_stays_small() -> None:
    statistics = Statistics()
    row = pa.table(
        {f"c{position}": pa.array([f"值{position}-{row}" for row in range(30)]) for position in range(1_000)}
    )
    before = pa.total_allocated_bytes()
    for _ in range(3):
        statistics.see(row)
    assert len(statistics.result([f"c{position}" for position in range(1_000)])["columns"]) == 1_000
    assert pa.total_allocated_bytes() - before < 64 * 1024 * 1024
