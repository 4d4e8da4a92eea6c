"""What changed in a table's columns between two versions, and what breaks those who read it."""

from typing import Any

import pytest

from listings.profiling.schema_changes import SchemaChange, is_breaking, schema_changes
from tests.listings.files import csv_profile, data


def profile(text: str) -> dict[str, Any]:
    return csv_profile(text).as_json()


STREETS = "code,name,area\n440103001,沙面街道,1.5\n440103002,岭南街道,2.5\n440103003,华林街道,3.5\n"


def changes(later: str, earlier: str = STREETS) -> list[SchemaChange]:
    return schema_changes(profile(earlier), profile(later))


def test_the_same_table_has_not_changed() -> None:
    same = csv_profile(data("tables/covid19-places.csv")).as_json()
    assert schema_changes(same, same) == []


def test_more_rows_are_no_change() -> None:
    assert changes(STREETS + "440103004,多宝街道,4.5\n") == []


def test_a_column_more_breaks_nobody() -> None:
    found = changes(
        "code,name,area,note\n440103001,沙面街道,1.5,a\n440103002,岭南街道,2.5,b\n440103003,华林街道,3.5,c\n"
    )
    assert found == [SchemaChange("column_added", "note", after="text")]
    assert not is_breaking(found)


def test_a_column_less_breaks_its_readers() -> None:
    found = changes("code,name\n440103001,沙面街道\n440103002,岭南街道\n")
    assert found == [SchemaChange("column_removed", "area", before="decimal")]
    assert is_breaking(found)


def test_a_column_with_the_same_values_under_another_name_was_probably_renamed() -> None:
    found = changes(STREETS.replace("name", "street_name"))
    assert found == [SchemaChange("column_renamed", "street_name", "name", "street_name")]
    assert is_breaking(found)


def test_another_column_in_the_same_place_was_not_renamed() -> None:
    found = changes("code,operator,area\n440103001,Chan,1.5\n440103002,Lei,2.5\n440103003,Wong,3.5\n")
    assert {change.kind for change in found} == {"column_added", "column_removed"}


@pytest.mark.parametrize(
    ("earlier", "later", "kind", "breaking"),
    [
        ("1", "1.5", "type_widened", True),
        ("1.5", "1", "type_narrowed", True),
        ("2024-01-01", "2024-01-01T08:00:00", "type_widened", True),
        ("x", "1", "type_narrowed", True),
        ("1", "2024-01-01", "type_changed", True),
        ("", "1", "type_widened", False),
    ],
)
def test_types_get_wider_or_narrower(earlier: str, later: str, kind: str, breaking: bool) -> None:
    found = changes(f"a,b\nk,{later}\n", f"a,b\nk,{earlier}\n")
    assert found[0].kind == kind
    assert found[0].breaking is breaking


def test_a_column_that_was_always_filled_and_is_no_longer_breaks_its_readers() -> None:
    found = changes(STREETS + "440103004,多宝街道,\n")
    assert found == [SchemaChange("became_nullable", "area")]
    assert is_breaking(found)
    back = changes(STREETS, STREETS + "440103004,多宝街道,\n")
    assert back == [SchemaChange("became_complete", "area")]
    assert not is_breaking(back)


def test_columns_in_another_order_are_told() -> None:
    found = changes("name,code,area\n沙面街道,440103001,1.5\n岭南街道,440103002,2.5\n华林街道,440103003,3.5\n")
    assert [change.kind for change in found] == ["column_moved"]
    assert not is_breaking(found)


def test_repeated_names_are_compared_one_by_one() -> None:
    found = changes("a,a\n1,x\n", "a,a\n1,2\n")
    assert [(change.kind, change.column) for change in found] == [("type_widened", "a")]


def test_changes_are_plain_json() -> None:
    assert changes(STREETS.replace("name", "street_name"))[0].as_json() == {
        "kind": "column_renamed",
        "column": "street_name",
        "before": "name",
        "after": "street_name",
        "breaking": True,
    }
