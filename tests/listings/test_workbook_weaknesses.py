"""What people do in Excel and machines stumble over: merged headers, several sheets, the calendar of 1904."""

import datetime
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from listings.profiling.profile import TableProfile
from listings.profiling.workbook import profile_workbook

from .files import column, types


def saved(fill: Callable[[Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def profile(fill: Callable[[Any], None]) -> TableProfile:
    content = saved(fill)
    return profile_workbook(io.BytesIO(content), size=len(content))


def codes(found: TableProfile) -> list[str]:
    return [warning["code"] for warning in found.warnings]


def statistics(book: Any) -> None:
    """Fill a sheet as statistical yearbooks are: a title, groups of columns, names below them."""
    sheet = book.active
    for row in (
        ["2023—2024年广州市街道统计表"],
        ["街道", "2023年", None, "2024年", None],
        [None, "人口", "收入", "人口", "收入"],
        ["沙面", 10, 1.5, 11, 1.6],
        ["岭南", 20, 3.0, 21, 3.1],
        ["昌华", 30, 4.5, 31, 4.6],
    ):
        sheet.append(row)
    for area in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
        sheet.merge_cells(area)


def test_names_of_groups_and_of_columns_below_them_become_one() -> None:
    found = profile(statistics)
    assert list(types(found)) == ["街道", "2023年 / 人口", "2023年 / 收入", "2024年 / 人口", "2024年 / 收入"]
    assert types(found)["2024年 / 人口"] == "integer"
    assert (found.rows, found.details["header_row"], found.details["header_rows"]) == (3, 2, 2)
    assert found.details["titles"] == ["2023—2024年广州市街道统计表"]
    assert codes(found) == []


def test_groups_without_a_name_at_the_side_are_a_header_too() -> None:
    def fill(book: Any) -> None:
        for row in ([None, "甲", None, None, "乙", None, None], ["n", "a", "b", "c", "a", "b", "c"], [1] * 7, [2] * 7):
            book.active.append(row)
        book.active.merge_cells("B1:D1")
        book.active.merge_cells("E1:G1")

    assert list(types(profile(fill))) == ["n", "甲 / a", "甲 / b", "甲 / c", "乙 / a", "乙 / b", "乙 / c"]


def test_merged_values_are_told_since_only_one_row_has_them() -> None:
    def fill(book: Any) -> None:
        for row in (["区", "街道"], ["荔湾", "沙面"], [None, "岭南"], ["越秀", "北京"]):
            book.active.append(row)
        book.active.merge_cells("A2:A3")

    found = profile(fill)
    assert codes(found) == ["merged_cells"]
    assert (found.rows, column(found, "区")["nulls"]) == (3, 1)


def test_other_sheets_with_rows_are_told_hidden_ones_too() -> None:
    def fill(book: Any) -> None:
        book.active.append(["a"])
        book.active.append([1])
        for name in ("空", "明细", "隐藏"):
            book.create_sheet(name)
        book["明细"].append(["手机"])
        book["隐藏"].append(["手机"])
        book["隐藏"].sheet_state = "hidden"

    found = profile(fill)
    assert found.details["sheet"] == "Sheet"
    assert {w["code"]: w["params"] for w in found.warnings}["other_sheets"] == {"names": ["明细", "隐藏"]}


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_days_are_the_same_in_the_calendar_of_1904(epoch: datetime.datetime | None) -> None:
    def fill(book: Any) -> None:
        if epoch:
            book.epoch = epoch
        book.active.append(["日期"])
        for day in (1, 2, 3):
            book.active.append([datetime.date(2024, 1, day)])

    found = column(profile(fill), "日期")
    assert (found["type"], found["min"], found["max"]) == ("date", "2024-01-01", "2024-01-03")
