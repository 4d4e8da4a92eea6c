"""The quality of a table: known faults take known points, for reasons that can be shown; a clean table keeps all."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.languages import LANGUAGE_TAGS
from listings.quality.declared import Declared, Field, Schema, SchemaRefused, schema_from_table_schema
from listings.quality.freshness import freshness
from listings.quality.rules import DIMENSIONS, SENTENCES, grade_of, rule, rules_on
from listings.quality.score import Deduction, QualityReport, score_quality
from listings.quality.trend import compare
from tests.listings.files import data
from tests.listings.tables import csv, looked_at, quality_of

NAMES = ["编号", "街道", "人口", "日期"]
ROWS = [[str(440103001 + n), f"街道{n}", str(5_000 + 7 * n), f"2024-01-{n % 28 + 1:02d}"] for n in range(100)]
EDITION = rules_on(None)


def table(*changes: tuple[int, int, str | None]) -> bytes:
    """Return the clean table with cells (row from 1, column from 0) changed."""
    rows: list[list[str | None]] = [[*row] for row in ROWS]
    for row, column, value in changes:
        rows[row - 1][column] = value
    return csv(NAMES, rows)


def dimensions(report: QualityReport) -> dict[str, float | None]:
    return {each.name: each.score for each in report.dimensions}


def only(report: QualityReport) -> Deduction:
    assert len(report.deductions) == 1, [each.code for each in report.deductions]
    return report.deductions[0]


# --- the table of rules ----------------------------------------------------------------------------------------------


def test_every_rule_has_a_sentence_a_known_dimension_and_bounds() -> None:
    rules = {**EDITION["column_rules"], **EDITION["table_rules"]}
    assert set(rules) == set(SENTENCES)
    assert set(EDITION["dimensions"]) == set(DIMENSIONS)
    assert sum(each["weight"] for each in EDITION["dimensions"].values()) == 100
    for code in rules:
        told = rule(EDITION, code)
        assert told.dimension in DIMENSIONS
        assert 0 < told.most <= 100
        assert told.full_at > 0
        assert (told.points(0), told.points(told.full_at)) in {(0, told.most), (0, 0)}
    for each in EDITION["dimensions"].values():
        assert set(each["name"]) == set(LANGUAGE_TAGS)


@pytest.mark.parametrize(
    ("score", "grade"), [(100, "A"), (90, "A"), (89.99, "B"), (75, "B"), (60, "C"), (59.99, "D"), (0, "D")]
)
def test_grades_follow_the_score(score: float, grade: str) -> None:
    assert grade_of(EDITION, score) == grade


def test_nobody_has_checked_the_rule_set_and_reports_say_so() -> None:
    report = quality_of(table())
    assert (report.rule_set, report.verified) == ("quality-rules-2026-01-01", False)


# --- known faults ----------------------------------------------------------------------------------------------------


def test_a_clean_table_keeps_all_points() -> None:
    report = quality_of(table())
    assert (report.score, report.grade, report.deductions) == (100.0, "A", ())


# Points of the dimension: most × min(1, share / full_at) / columns, of 1 or more in 100 rows and 4 columns.
@pytest.mark.parametrize(
    ("changes", "code", "dimension", "rows", "points"),
    [
        ([(7, 1, None), (9, 1, None)], "missing_values", "completeness", [7, 9], 0.5),
        ([(7, 1, "N/A")], "stand_ins", "completeness", [7], 0.5),
        ([(7, 1, " 街道")], "surrounding_space", "normativity", [7], 0.75),
        ([(7, 1, "街道Ａ９")], "fullwidth_characters", "normativity", [7], 0.5),
        ([(7, 1, "街\u200b道")], "invisible_characters", "normativity", [7], 1.5),
        ([(7, 3, "2024/1/7")], "other_time_shapes", "normativity", [7], 0.67),
        ([(7, 2, "很多")], "format_misfits", "accuracy", [7], 2.53),
        ([(7, 3, "2024-02-30")], "impossible_dates", "accuracy", [7], 5.0),
        ([(7, 1, "街\ufffd道")], "replacement_characters", "accuracy", [7], 5.0),
        ([(7, 1, "街道一".encode().decode("latin-1"))], "garbled", "accuracy", [7], 5.0),
        ([(7, 2, "9000000")], "outliers", "accuracy", [7], 10.0),
    ],
)
def test_a_known_fault_takes_known_points_and_names_its_rows(
    changes: list[tuple[int, int, str | None]], code: str, dimension: str, rows: list[int], points: float
) -> None:
    told = only(quality_of(table(*changes)))
    assert (told.code, told.dimension, told.rows) == (code, dimension, rows)
    assert told.of_dimension == pytest.approx(points, abs=0.03)
    weights = {name: each["weight"] for name, each in EDITION["dimensions"].items() if name != "timeliness"}
    assert told.points == pytest.approx(told.of_dimension * weights[dimension] / sum(weights.values()), abs=0.01)
    assert NAMES[changes[0][1]] in told.sentence
    assert told.position == changes[0][1]


def test_all_points_taken_add_up_to_what_is_missing_from_a_hundred() -> None:
    report = quality_of(table((1, 1, None), (2, 1, " x"), (3, 2, "很多"), (4, 3, "2024-02-30"), (5, 1, "\ufffd")))
    assert sum(each.points for each in report.deductions) == pytest.approx(100 - report.score, abs=0.05)
    assert [each.points for each in report.deductions] == sorted(
        (each.points for each in report.deductions), reverse=True
    )


def test_examples_show_the_shape_of_values_and_not_the_values() -> None:
    told = only(quality_of(table((7, 1, " 陈大文13800138000"))))
    assert told.examples == ["␣字字字###########"]


def test_repeated_rows_cost_accuracy_and_take_the_key_away() -> None:
    told = only(quality_of(csv(NAMES, [*ROWS, ROWS[4], ROWS[8]])))
    assert (told.code, told.rows, told.params["count"]) == ("duplicate_rows", [101, 102], 2)
    assert told.of_dimension == pytest.approx(60 * (2 / 102) / 0.2, abs=0.01)


def test_an_identifier_that_comes_twice_is_told() -> None:
    names = ["编号", "数量"]
    rows = [[str(1_000 + n), str(n % 10)] for n in range(100)]
    rows[50][0] = rows[49][0]
    rows[50][1] = "77"
    codes = {each.code: each for each in quality_of(csv(names, rows)).deductions}
    assert codes["repeated_identifiers"].rows == [51]


def test_a_wrong_check_digit_costs_accuracy() -> None:
    firms = [["91440300708461136T"], ["91110000802100433B"], ["91350100M000100Y43"]] * 9 + [["91440300708461136A"]]
    codes = {each.code: each for each in quality_of(csv(["信用代码"], firms)).deductions}
    assert codes["check_digit_fails"].rows == [28]
    assert codes["check_digit_fails"].examples == ["#################A"]


def test_variants_and_mixed_scripts_cost_consistency() -> None:
    rows = [[str(n), "广州" if n % 10 else "廣州"] for n in range(100)]
    codes = {each.code for each in quality_of(csv(["n", "城市"], rows)).deductions}
    assert codes == {"variants", "mixed_scripts"}


def test_swapped_coordinates_are_told() -> None:
    rows = [[str(n), f"{22 + n / 100}", f"{113 + n / 100}"] for n in range(50)]
    told = only(quality_of(csv(["n", "经度", "纬度"], rows)))
    assert (told.code, told.dimension) == ("swapped_coordinates", "consistency")


def test_another_encoding_than_utf8_costs_a_little_access() -> None:
    told = only(quality_of(table().decode().encode("gb18030")))
    assert (told.code, told.of_dimension) == ("other_encoding", 20.0)


def test_a_table_without_rows_is_worth_little() -> None:
    report = quality_of(csv(NAMES, []))
    assert dimensions(report)["completeness"] == 0.0


def test_a_table_full_of_faults_gets_the_worst_grade() -> None:
    def row(n: int) -> list[str | None]:
        return [
            None,
            " \ufffd\ufffd" if n % 2 else "广州\u200b",
            "N/A" if n % 3 else "５",
            "2024-02-30" if n % 2 else "1/2/24",
        ]

    report = quality_of(csv(["", "a", "a", "b"], [row(n) for n in range(60)]))
    assert report.grade == "D"
    assert min(each.score for each in report.dimensions if each.score is not None) >= 0


# --- reports ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["tables/covid19-places.csv", "reference/iso4217.csv", "catalogue/yilan-catalogue-big5.csv"]
)
def test_the_same_file_and_facts_give_the_same_report_byte_for_byte(name: str) -> None:
    declared = Declared(on=date(2026, 11, 24), update_frequency="MONTH", period_end=date(2026, 9, 30))
    first, again = quality_of(data(name), declared=declared), quality_of(data(name), declared=declared, size=1_000)
    assert first.as_bytes() == again.as_bytes()


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("tables/guangdong-streets.csv", 99),
        ("tables/covid19-places.csv", 95),
        ("tables/covid19-worldwide.csv", 95),
        ("tables/taitung-shelters.csv", 90),
        ("reference/exchange-rates-monthly.csv", 95),
        ("reference/gbt2260-areas.csv", 99),
        ("catalogue/kaohsiung-catalogue.csv", 85),
        ("catalogue/yilan-catalogue-big5.csv", 90),
    ],
)
def test_real_tables_get_sensible_scores(name: str, least: float) -> None:
    report = quality_of(data(name))
    assert least <= report.score <= 100
    assert all(each.sentence for each in report.deductions)


def test_what_got_better_and_worse_between_versions_is_told() -> None:
    earlier = quality_of(table((7, 2, None), (8, 1, " x"))).as_json()
    later = quality_of(table((8, 1, " x"), (9, 3, "2024-02-30"))).as_json()
    told = {(each.kind, each.subject, each.column): each.better for each in compare(earlier, later)}
    assert told == {
        ("score", "", ""): False,
        ("dimension", "completeness", ""): True,
        ("dimension", "accuracy", ""): False,
        ("deduction", "missing_values", "人口"): True,
        ("deduction", "impossible_dates", "日期"): False,
    }
    assert compare(earlier, earlier) == []


# --- never the wrong way ---------------------------------------------------------------------------------------------

CELLS = st.lists(st.tuples(st.integers(1, 100), st.integers(1, 3)), max_size=60)


@given(cells=CELLS, more=CELLS)
@settings(deadline=None, max_examples=20)
def test_emptying_cells_never_raises_the_score(cells: list[tuple[int, int]], more: list[tuple[int, int]]) -> None:
    few = quality_of(table(*((row, column, None) for row, column in cells)))
    many = quality_of(table(*((row, column, None) for row, column in [*cells, *more])))
    assert many.score <= few.score


@pytest.fixture(scope="module")
def faulty() -> tuple[dict[str, Any], dict[str, Any]]:
    faults = [(n, 1, " 广\ufffd") for n in range(1, 20)] + [(n, 2, "N/A") for n in range(20, 40)]
    return looked_at(table(*faults))


@given(st.lists(st.integers(0, 100), min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 100))
@settings(deadline=None)
def test_more_missing_values_never_raise_the_score_of_any_table(
    faulty: tuple[dict[str, Any], dict[str, Any]], missing: list[int], column: int, more: int
) -> None:
    profile, statistics = faulty

    def scored(counts: list[int]) -> float:
        columns = [
            {**each, "missing": {"count": count, "rows": [], "examples": []}}
            for each, count in zip(statistics["columns"], counts, strict=True)
        ]
        return score_quality(profile, {**statistics, "columns": columns}, declared=Declared()).score

    worse = [min(100, count + more) if place == column else count for place, count in enumerate(missing)]
    assert 0 <= scored(worse) <= scored(missing) <= 100


VALUES = st.one_of(
    st.none(),
    st.sampled_from(["N/A", " x", "\ufffd", "５", "2024-02-30", "2024-01-01", "1", "1e308", "广州", "廣州"]),
    st.text(max_size=8),
)


@given(st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=12))
@settings(deadline=None, max_examples=40)
def test_scores_lie_between_nothing_and_a_hundred(rows: list[list[str | None]]) -> None:
    clean = [
        [cell and "".join(c for c in cell if c.isprintable() or c == "\ufffd").replace("\\", "") for cell in row]
        for row in rows
    ]
    clean = [[cell.encode("utf-8", "replace").decode() if cell else None for cell in row] for row in clean]
    report = quality_of(csv(["id", "值"], [["街道", "值"], *clean]))
    assert 0 <= report.score <= 100
    assert all(0 <= each.score <= 100 for each in report.dimensions if each.score is not None)


# --- declared facts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequency", "last", "on", "days"),
    [
        ("DAY", date(2026, 11, 23), date(2026, 11, 24), 0),
        ("DAY", date(2026, 11, 22), date(2026, 11, 24), 1),
        ("WEEK", date(2026, 11, 15), date(2026, 11, 24), 2),
        ("MONTH", date(2026, 10, 31), date(2026, 11, 24), 0),
        ("MONTH", date(2026, 2, 28), date(2026, 3, 31), 0),
        ("MONTH", date(2026, 1, 30), date(2026, 3, 1), 1),
        ("QUARTER", date(2026, 6, 30), date(2026, 10, 10), 10),
        ("YEAR", date(2024, 2, 29), date(2025, 3, 1), 1),
        ("YEAR", date(9999, 12, 31), date(2026, 11, 24), 0),
    ],
)
def test_data_are_fresh_until_the_end_of_the_next_period(frequency: str, last: date, on: date, days: int) -> None:
    told = freshness(frequency, last, on)
    assert told is not None
    assert (told.days_late, told.fresh) == (days, days == 0)


@pytest.mark.parametrize("frequency", ["", "ON_DEMAND", "OTHER"])
def test_without_a_rhythm_nothing_is_late(frequency: str) -> None:
    assert freshness(frequency, date(2000, 1, 1), date(2026, 1, 1)) is None
    assert (
        dimensions(quality_of(table(), declared=Declared(on=date(2026, 1, 1), update_frequency=frequency)))[
            "timeliness"
        ]
        is None
    )


def test_late_data_cost_timeliness_by_how_late_they_are() -> None:
    def late(on: date) -> QualityReport:
        declared = Declared(on=on, update_frequency="MONTH", period_end=date(2026, 6, 30))
        return quality_of(csv(NAMES[:3], [row[:3] for row in ROWS]), declared=declared)

    assert dimensions(late(date(2026, 7, 31)))["timeliness"] == 100
    told = only(late(date(2026, 8, 31)))
    assert (told.code, told.params) == ("late", {"last": "2026-06-30", "due": "2026-07-31", "days": 31})
    assert told.of_dimension == pytest.approx(33.33)
    assert dimensions(late(date(2027, 6, 30)))["timeliness"] == 0


def test_the_end_of_the_data_counts_where_none_is_declared() -> None:
    told = only(quality_of(table(), declared=Declared(on=date(2024, 2, 2), update_frequency="DAY")))
    assert (told.params["last"], told.params["days"]) == ("2024-01-28", 4)


def test_data_that_end_before_their_declared_period_are_told() -> None:
    declared = Declared(on=date(2024, 6, 1), update_frequency="MONTH", period_end=date(2024, 5, 31))
    assert {each.code for each in quality_of(table(), declared=declared).deductions} == {"period_not_covered"}


def test_another_format_than_declared_costs_access() -> None:
    assert only(quality_of(table(), declared=Declared(format="PARQUET"))).code == "other_format"


SCHEMA = Schema(
    (
        Field("编号", type="integer", required=True, unique=True, minimum=440_000_000, maximum=449_999_999),
        Field("街道", type="string", required=True, shortest=3, longest=4),
        Field("人口", type="integer", minimum=0),
        Field("日期", type="date", minimum="2024-01-01", maximum="2024-12-31"),
    )
)


def test_a_table_that_keeps_what_is_declared_keeps_all_points() -> None:
    assert quality_of(table(), declared=Declared(schema=SCHEMA)).score == 100


@pytest.mark.parametrize(
    ("change", "code", "row"),
    [
        ((7, 0, "440103001"), "unique_broken", 7),
        ((7, 0, "510103001"), "range_broken", 7),
        ((7, 0, "x"), "type_broken", 7),
        ((7, 1, None), "required_missing", 7),
        ((7, 1, "街"), "range_broken", 7),
        ((7, 1, "街道街道街"), "range_broken", 7),
        ((7, 2, "5.5"), "type_broken", 7),
        ((7, 2, "-5"), "range_broken", 7),
        ((7, 3, "2025-01-01"), "range_broken", 7),
        ((7, 3, "2024-02-30"), "type_broken", 7),
        ((7, 3, "2024/1/7"), "type_broken", 7),
    ],
)
def test_what_breaks_a_declared_rule_is_told_by_row(change: tuple[int, int, str | None], code: str, row: int) -> None:
    codes = {each.code: each for each in quality_of(table(change), declared=Declared(schema=SCHEMA)).deductions}
    assert codes[code].rows == [row]
    assert codes[code].params["column"] == NAMES[change[1]]


def test_patterns_and_allowed_values_hold_for_the_whole_value() -> None:
    schema = Schema((Field("状态", allowed=("在营", "注销")), Field("编码", pattern="SV[0-9]{3}")))
    rows = [["在营", "SV001"], ["注销", "SV002"], ["在营业", "SV0033"], [None, None]]
    codes = {
        each.code: each.rows
        for each in quality_of(csv(["状态", "编码"], rows), declared=Declared(schema=schema)).deductions
    }
    assert (codes["not_allowed"], codes["pattern_broken"]) == ([3], [3])


def test_columns_that_are_missing_or_not_declared_are_told() -> None:
    schema = Schema((Field("编号"), Field("街道"), Field("人口"), Field("区")))
    codes = {each.code: each.params for each in quality_of(table(), declared=Declared(schema=schema)).deductions}
    assert codes == {"schema_columns_missing": {"names": "区"}, "schema_columns_extra": {"names": "日期"}}


def test_columns_in_another_place_than_declared_are_told_as_not_checked() -> None:
    schema = Schema((Field("街道", required=True), Field("编号", unique=True)))
    checked = looked_at(table(), schema=schema)[1]["declared"]
    assert (checked["not_checked"], checked["broken"]) == (["街道", "编号"], [])


TABLE_SCHEMA = {
    "fields": [
        {"name": "id", "type": "integer", "title": "number", "constraints": {"minimum": 1, "maximum": 9}},
        {"name": "state", "type": "string", "constraints": {"enum": ["a", "b"], "required": True, "pattern": "[ab]"}},
        {"name": "day", "type": "date", "format": "default", "constraints": {"minimum": "2024-01-01"}},
    ],
    "primaryKey": "id",
    "missingValues": [""],
}


def test_a_table_schema_is_understood() -> None:
    assert schema_from_table_schema(TABLE_SCHEMA) == Schema(
        (
            Field("id", type="integer", required=True, unique=True, minimum=1, maximum=9),
            Field("state", type="string", required=True, allowed=("a", "b"), pattern="[ab]"),
            Field("day", type="date", minimum="2024-01-01"),
        )
    )


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "not_a_schema"),
        ({"fields": []}, "not_a_schema"),
        ({"fields": [{"type": "string"}]}, "not_a_schema"),
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "not_a_schema"),
        ({"fields": [{"name": "a", "type": "geopoint"}]}, "unknown_type"),
        ({"fields": [{"name": "a", "type": ["integer"]}]}, "unknown_type"),
        ({"fields": [{"name": "a", "constraints": {"jsonSchema": {}}}]}, "unknown_constraint"),
        ({"fields": [{"name": "a", "constraints": {"pattern": "(?<=x)y"}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "constraints": {"pattern": "("}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "constraints": {"required": "yes"}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "type": "string", "constraints": {"minimum": 3}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "type": "date", "constraints": {"minimum": "soon"}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "constraints": {"enum": []}}]}, "wrong_value"),
        ({"fields": [{"name": "a", "type": "date", "format": "%d/%m"}]}, "unknown_member"),
        ({"fields": [{"name": "a"}], "foreignKeys": []}, "unknown_member"),
        ({"fields": [{"name": "a"}], "missingValues": ["", "NA"]}, "unknown_member"),
        ({"fields": [{"name": "a"}], "primaryKey": "b"}, "unknown_key"),
    ],
)
def test_what_a_table_schema_asks_and_nobody_checks_is_refused(document: Any, code: str) -> None:
    with pytest.raises(SchemaRefused) as refused:
        schema_from_table_schema(document)
    assert refused.value.code == code
    assert str(refused.value)
