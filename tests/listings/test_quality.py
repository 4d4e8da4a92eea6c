"""The quality score: known tables with known faults, and what holds for every table."""

from datetime import date
from pathlib import Path

import pytest

from listings.profiling.csv_table import profile_csv
from listings.profiling.statistics import Statistics
from listings.quality.score import Declared, QualityReport, score_quality

TABLES = Path(__file__).resolve().parents[1] / "data" / "tables"
HEADER = "id,city,opened"


def judged(content: bytes, declared: Declared | None = None) -> QualityReport:
    statistics = Statistics()
    profile = profile_csv(iter([content]), observers=[statistics])
    found = statistics.result([column["name"] for column in profile.columns])
    return score_quality(profile.as_json(), found, declared=declared or Declared())


def table(rows: list[str], encoding: str = "utf-8") -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode(encoding)


def clean() -> list[str]:
    return [f"{1000 + row},城市{row % 7},2025-03-{row % 28 + 1:02d}" for row in range(100)]


def test_a_clean_table_loses_nothing_and_timeliness_is_not_judged() -> None:
    report = judged(table(clean()))
    assert (report.score, report.grade, report.deductions, report.verified) == (100.0, "A", (), False)
    assert [each.name for each in report.dimensions if each.score is None] == ["timeliness"]


def test_missing_values_are_counted_with_their_rows() -> None:
    rows = clean()
    rows[4], rows[9] = "1004,,2025-03-05", "1009,,2025-03-10"
    (deduction,) = judged(table(rows)).deductions
    assert (deduction.code, deduction.params["column"]) == ("missing_values", "city")
    assert deduction.rows == [5, 10]
    assert deduction.of_dimension == pytest.approx(2 / 3, abs=0.01)
    assert deduction.sentence == "2 of 100 values are missing in city."


def test_more_missing_values_never_raise_the_score() -> None:
    rows, scores = clean(), []
    for row in range(0, 100, 10):
        scores.append(judged(table(rows)).score)
        rows[row] = f"{1000 + row},,2025-03-{row % 28 + 1:02d}"
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] < scores[0]


def test_rows_that_come_again_cost_accuracy() -> None:
    rows = clean()
    report = judged(table([*rows, rows[0]]))
    assert [(each.code, each.rows) for each in report.deductions] == [("duplicate_rows", [101])]


def test_late_data_cost_timeliness() -> None:
    declared = Declared(update_frequency="MONTH", period_end=date(2025, 3, 31), on=date(2025, 9, 30))
    report = judged(table(clean()), declared)
    assert [each.code for each in report.deductions] == ["late"]
    assert {each.name: each.score for each in report.dimensions}["timeliness"] == 0.0


@pytest.mark.parametrize("file", sorted(TABLES.glob("*.csv")), ids=lambda file: file.stem)
def test_real_tables_get_a_score_that_is_the_same_each_time(file: Path) -> None:
    report, again = judged(file.read_bytes()), judged(file.read_bytes())
    assert 90 <= report.score <= 100
    assert report.as_bytes() == again.as_bytes()
    assert b"\\u0000" not in report.as_bytes()
