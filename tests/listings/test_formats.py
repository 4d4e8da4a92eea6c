"""Every file ends in a good profile or a clear refusal, whatever its format says and however it is broken."""

import datetime
import io
import json
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from listings.profiling.profile import TableProfile
from listings.profiling.reading import FORMATS, detect_format, profile_file
from listings.profiling.refusals import Refusal

from .files import DATA, EVERYTHING, chunks, column, data, parquet, types

FILES = sorted(
    path.relative_to(DATA).as_posix()
    for path in DATA.rglob("*")
    if path.is_file() and path.parent.name != "credit-reports"  # documents of several tables each, for their own reader
)
STREETS = [["沙面街道", 10, 1.5], ["岭南街道", 20, 3], ["昌华街道", 30, None]]


class Memory:
    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []

    def see(self, rows: pa.Table) -> None:
        self.rows.extend([list(row.values()) for row in rows.to_pylist()])


def profile(content: bytes | str, name: str = "", *, size: int = 1 << 20, observers: Any = ()) -> TableProfile:
    content = content.encode() if isinstance(content, str) else content
    return profile_file(
        detect_format(name, content[:65536]),
        chunks=chunks(content, size),
        open_seekable=lambda: io.BytesIO(content),
        size=len(content),
        observers=observers,
    )


def refusal(content: bytes | str, name: str = "") -> Refusal:
    with pytest.raises(Refusal) as caught:
        profile(content, name)
    assert str(caught.value)
    return caught.value


def outcome(content: bytes, name: str) -> str:
    """Return the format of the profile, or why there is none; any other exception passes."""
    try:
        return profile(content, name).format
    except Refusal as why:
        return str(why)


def workbook(rows: list[list[Any]], *, title: str = "数据") -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    sheet = book.create_sheet(title)
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def repacked(content: bytes, changes: dict[str, bytes]) -> bytes:
    """Return a ZIP archive with parts changed or added."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {**dict.fromkeys(old.namelist()), **changes}:
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return file.getvalue()


def sheet_of(cells: str) -> bytes:
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{namespace}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def features(*geometries: Any) -> str:
    found = [
        {"type": "Feature", "id": number, "properties": {"name": "沙面"}, "geometry": geometry}
        for number, geometry in enumerate(geometries)
    ]
    return json.dumps({"type": "FeatureCollection", "features": found})


@pytest.mark.parametrize("name", FILES)
def test_every_file_we_have_ends_in_a_profile(name: str) -> None:
    found = profile(data(name), name)
    assert found.rows
    assert found.columns
    json.dumps(found.as_json(), allow_nan=False)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.csv", "a,b\n1,2\n", "CSV"),
        ("a.tsv", "a\tb\n1\t2\n", "CSV"),
        ("a.txt", "a|b\n1|2\n3|4\n", "CSV"),
        ("a.txt", "街道;人口\n沙面;2\n岭南;4\n".encode("gb18030"), "CSV"),
        ("a.md", "# 广州\n\n沙面是一座小岛，在珠江边。\n", "TEXT"),
        ("letter", "Dear all, we meet at two.\nBring, if you can, tea, cups, and time.\nYours\n", "TEXT"),
        ("a.json", '[\n {"a": 1}]', "JSON"),
        ("a.json", '{"data": [{"a": 1}]}', "JSON"),
        ("a.json", '{"a": 1}\n{"a": 2}\n', "JSONL"),
        ("a.jsonl", '{"a": 1}\n', "JSONL"),
        ("a.csv", '[{"a": 1}]', "JSON"),
        ("a.json", '{"type": "FeatureCollection", "features": []}', "GEOJSON"),
        ("a.csv", workbook([["a"]]), "EXCEL"),
        ("a", parquet(EVERYTHING), "PARQUET"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "EXCEL"),
    ],
)
def test_a_format_is_told_by_content_first_and_name_second(name: str, content: bytes | str, expected: str) -> None:
    assert detect_format(name, content.encode() if isinstance(content, str) else content) == expected


def test_every_format_has_a_label_and_file_names() -> None:
    assert all(str(found.label) and found.extensions for found in FORMATS.values())


def _broken(content: bytes, seed: int) -> bytes:
    noise = random.Random(seed)
    broken = bytearray(content[: noise.randrange(len(content))] if seed % 2 else content)
    for _ in range(noise.randrange(6) if broken else 0):
        broken[noise.randrange(len(broken))] ^= 1 << noise.randrange(8)
    return bytes(broken)


def _samples() -> Iterator[tuple[str, bytes]]:
    for name in (
        "corpus/lunyu.json",
        "reference/holiday-cn-2025.json",
        "catalogue/yilan-catalogue-big5.csv",
        "tables/taitung-shelters.csv",
    ):
        yield Path(name).name, data(name)
    yield "streets.xlsx", workbook(STREETS)
    yield "everything.parquet", parquet(EVERYTHING)
    yield "places.geojson", features({"type": "Point", "coordinates": [113.2, 23.1]}, None).encode()
    yield "note.txt", "沙面是一座小岛。\nIt lies in the river.\n".encode() * 20


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    ("name", "content"), list(_samples()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_broken_files_end_in_a_profile_or_a_refusal(name: str, content: bytes, seed: int) -> None:
    assert outcome(_broken(content, seed), name)


@pytest.mark.parametrize("seed", range(30))
def test_workbooks_with_broken_parts_end_in_a_profile_or_a_refusal(seed: int) -> None:
    noise = random.Random(seed)
    content = workbook(STREETS)
    part = noise.choice(zipfile.ZipFile(io.BytesIO(content)).namelist())
    broken = bytearray(zipfile.ZipFile(io.BytesIO(content)).read(part))
    broken[noise.randrange(len(broken))] = noise.randrange(32, 127)
    assert outcome(repacked(content, {part: bytes(broken)}), "streets.xlsx")


def test_ten_thousand_columns_are_refused_in_every_format() -> None:
    names = [f"c{number}" for number in range(10_000)]
    wide = dict.fromkeys(names, 1)
    contents = {
        "a.csv": ",".join(names) + "\n",
        "a.jsonl": json.dumps(wide) + "\n",
        "a.json": json.dumps([wide]),
        "a.xlsx": workbook([names]),
        "a.parquet": parquet(pa.table({name: [1] for name in names})),
    }
    for name, content in contents.items():
        assert refusal(content, name).code == "too_many_columns", name


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_document_is_the_same_however_it_is_cut(size: int) -> None:
    content = '\n{"total": 12, "data": [{"n": 1, "t": "沙面\\u0041"}, {"n": 23, "x": {"y": [1.5e3]}}], "next": null}\n'
    memory = Memory()
    found = profile(content, "a.json", size=max(size, 4), observers=[memory])
    assert types(found) == {"n": "integer", "t": "text", "x": "nested"}
    assert found.details == {"records_in": "data", "members": {"total": 12, "next": None}}
    assert memory.rows == [["1", "沙面A", None], ["23", None, '{"y": [1500.0]}']]


def test_an_array_of_plain_values_is_one_column() -> None:
    found = profile('["沙面", "岭南"]', "a.json")
    assert types(found) == {"value": "text"}
    assert found.rows == 2


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        ('[{"a": 1},\n {"a" 2}]', "malformed_document", 2),
        ('[{"a": 1},\n {"a": NaN}]', "malformed_document", 2),
        ('[{"a": 1},\n\n {"a": 2}', "malformed_document", 3),
        ('[{"a": 1}]\n]', "malformed_document", 2),
        ('[{"a": "\\ud800"}]', "malformed_document", 1),
        ("[" * 100_000, "malformed_document", 1),
        ('[{"a": 1}, 2]', "malformed_document", 1),
        ("[]", "no_records", None),
        ('{"a": [{"x": 1}], "b": [{"y": 1}]}', "several_tables", None),
    ],
)
def test_documents_that_are_no_table_are_refused_and_the_line_is_told(content: str, code: str, line: int) -> None:
    why = refusal(content, "a.json")
    assert why.code == code
    assert why.params.get("line") == line


def test_a_document_of_one_endless_value_is_refused_before_it_fills_memory() -> None:
    assert refusal('["' + "a" * (20 << 20), "a.json").code == "record_too_long"


def test_a_chinese_workbook_has_its_header_below_the_titles() -> None:
    rows = [
        ["2024年广州市街道统计表"],
        ["单位：万元"],
        [],
        ["街道", "人口", "收入", "登记日期", "备注"],
        ["沙面", 10, 1.5, datetime.date(2024, 1, 2), "#DIV/0!"],
        ["岭南", 20, 3, datetime.date(2024, 1, 3), None],
        ["昌华", 30, None, None, "无"],
    ]
    memory = Memory()
    found = profile(workbook(rows), "统计表.xlsx", observers=[memory])
    assert types(found) == {"街道": "text", "人口": "integer", "收入": "decimal", "登记日期": "date", "备注": "text"}
    assert found.details["titles"] == ["2024年广州市街道统计表", "单位：万元"]
    assert (found.details["sheet"], found.details["header_row"], found.details["errors"]) == ("数据", 4, 1)
    assert column(found, "登记日期")["max"] == "2024-01-03"
    assert memory.rows[0] == ["沙面", "10", "1.5", "2024-01-02", None]


def test_a_workbook_without_header_says_so() -> None:
    found = profile(workbook([[1, 2], [3, 4]]), "a.xlsx")
    assert found.rows == 2
    assert [warning["code"] for warning in found.warnings] == ["no_header"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"xl/vbaProject.bin": b"x"}, "workbook_with_macros"),
        ({"xl/worksheets/sheet1.xml": b" " * (200 << 20)}, "workbook_bomb"),
        ({"xl/styles.xml": b" " * (17 << 20)}, "workbook_bomb"),
        ({"xl/workbook.xml": b"<a"}, "corrupt_workbook"),
        ({"xl/worksheets/sheet1.xml": sheet_of('<row r="1"><c r="XFD1"><v>1</v></c></row>')}, "too_many_columns"),
        ({"xl/worksheets/sheet1.xml": sheet_of('<row r="99999999"><c r="A1"><v>1</v></c></row>')}, "corrupt_workbook"),
    ],
)
def test_workbooks_that_could_do_harm_are_refused(changes: dict[str, bytes], code: str) -> None:
    assert refusal(repacked(workbook(STREETS), changes), "a.xlsx").code == code


def test_old_and_locked_workbooks_and_mere_archives_are_refused() -> None:
    assert refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "a.xls").code == "old_or_locked_workbook"
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", "a,b\n")
    assert refusal(archive.getvalue(), "a.xlsx").code == "corrupt_workbook"
    assert profile(archive.getvalue(), "a.zip").format == "ARCHIVE"


def test_a_text_is_one_column_of_lines_with_its_language_and_repeats() -> None:
    memory = Memory()
    content = "这是沙面，一座小岛。\r\n\r\n我们来过这里。\r\n我们来过这里。\r\n".encode("gb18030")
    found = profile(content, "note.txt", observers=[memory])
    assert (found.format, found.encoding, found.rows) == ("TEXT", "GB18030", 3)
    assert memory.rows == [["这是沙面，一座小岛。"], ["我们来过这里。"], ["我们来过这里。"]]
    assert found.details["language"] == "zh-Hans"
    assert (found.details["lines"], found.details["characters"], found.details["tokens"]) == (5, 24, 24)
    assert found.details["duplicate_line_share"] == pytest.approx(1 / 3, abs=1e-5)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我們來過這裡，對嗎？", "zh-Hant"),
        ("これは小さな島です。", "ja"),
        ("이것은 작은 섬입니다.", "ko"),
        ("This is the house of the man, and it is old.", "en"),
        ("12 34", "und"),
    ],
)
def test_the_language_of_a_text_is_guessed(text: str, language: str) -> None:
    assert profile(text, "note.txt").details["language"] == language


def test_geojson_has_its_properties_as_columns_and_its_extent() -> None:
    ring = [[113.0, 23.0], [113.5, 23.0], [113.5, 23.5], [113.0, 23.0]]
    found = profile(features({"type": "Polygon", "coordinates": [ring]}, None), "a.json")
    assert types(found) == {"id": "integer", "name": "text"}
    assert found.details == {
        "geometries": {"Polygon": 1, "none": 1},
        "positions": 4,
        "extent": [113.0, 23.0, 113.5, 23.5],
    }


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [23.1, 113.2]},
        {"type": "Point", "coordinates": ["113", "23"]},
        {"type": "Point", "coordinates": []},
        {"type": "LineString", "coordinates": [[113, 23]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]},
        {"type": ["Point"], "coordinates": [1, 2]},
        {"type": "Circle"},
        "Point",
    ],
)
def test_features_with_impossible_geometries_are_refused(geometry: Any) -> None:
    why = refusal(features({"type": "Point", "coordinates": [113, 23]}, geometry), "a.geojson")
    assert (why.code, why.params["feature"]) == ("malformed_feature", 2)
