"""Whoever looks at a file while it is profiled sees every row once, by column, as text."""

import io
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from listings.profiling.csv_table import profile_csv
from listings.profiling.json_lines import profile_json_lines
from listings.profiling.parquet import profile_parquet

from .files import chunks


class Memory:
    """Keeps all it sees."""

    def __init__(self) -> None:
        self.rows: list[list[str | None]] = []

    def see(self, rows: pa.Table) -> None:
        self.rows.extend([list(row.values()) for row in rows.to_pylist()])


def test_every_row_of_a_csv_file_is_seen_once() -> None:
    memory = Memory()
    content = "code,name\n" + "".join(f"{number},街道{number}\n" for number in range(50_000)) + ",\n"
    profile = profile_csv(chunks(content.encode()), observers=[memory])
    assert len(memory.rows) == profile.rows == 50_001
    assert memory.rows[7] == ["7", "街道7"]
    assert memory.rows[-1] == [None, None]


def test_members_of_json_lines_are_seen_as_text_and_later_ones_come_behind() -> None:
    memory = Memory()
    lines = [{"a": 1, "b": None}, {"a": "二", "c": {"d": [True]}}]
    profile_json_lines(iter(["\n".join(map(json.dumps, lines)).encode()]), observers=[memory])
    assert memory.rows == [["1", None], ["二", None, '{"d": [true]}']]


def test_values_of_parquet_are_seen_as_text_and_bytes_are_not_seen() -> None:
    memory = Memory()
    table = pa.table(
        {
            "day": [date(2026, 1, 2), None],
            "list": [[1, 2], None],
            "bytes": [b"\xff", b""],
            "word": pa.array(["海", "海"]).dictionary_encode(),
        }
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    profile_parquet(file, size=len(file.getvalue()), observers=[memory])
    assert memory.rows == [["2026-01-02", "[1, 2]", None, "海"], [None, None, None, "海"]]
