"""Bytes to profile in tests: the files of tests/data, and small ones made on the spot."""

import datetime
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from listings.profiling.csv_table import profile_csv
from listings.profiling.json_lines import profile_json_lines
from listings.profiling.profile import TableProfile
from listings.profiling.refusals import Refusal

DATA = Path(__file__).parent.parent / "data"


def data(name: str) -> bytes:
    """Return a file of tests/data."""
    return (DATA / name).read_bytes()


def chunks(content: bytes, size: int = 1024 * 1024) -> Iterator[bytes]:
    """Cut content as a reader would hand it over."""
    return (content[start : start + size] for start in range(0, len(content), size))


def csv_profile(content: bytes | str, *, declared: str = "", size: int = 1024 * 1024) -> TableProfile:
    content = content.encode() if isinstance(content, str) else content
    return profile_csv(chunks(content, size), declared_encoding=declared)


def jsonl_profile(content: bytes | str, *, size: int = 1024 * 1024) -> TableProfile:
    content = content.encode() if isinstance(content, str) else content
    return profile_json_lines(chunks(content, size))


def csv_refusal(content: bytes | str, **options: Any) -> Refusal:
    """Return why a CSV file is refused; fails if it is not."""
    with pytest.raises(Refusal) as caught:
        csv_profile(content, **options)
    assert str(caught.value)  # every refusal can say its sentence
    return caught.value


def jsonl_refusal(content: bytes | str, **options: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        jsonl_profile(content, **options)
    assert str(caught.value)
    return caught.value


def column(profile: TableProfile, name: str) -> dict[str, Any]:
    return next(each for each in profile.columns if each["name"] == name)


def types(profile: TableProfile) -> dict[str, str]:
    return {each["name"]: each["type"] for each in profile.columns}


def parquet(table: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table, buffer, **options)
    return buffer.getvalue()


EVERYTHING = pa.table(
    {
        "whole": pa.array([1, 2, None], pa.int32()),
        "number": [1.5, float("nan"), float("inf")],
        "money": [Decimal("1.20"), Decimal("0.50"), None],
        "text": ["沙面", "岭南", None],
        "kind": pa.array(["a", "b", "a"]).dictionary_encode(),
        "day": [datetime.date(2024, 1, day) for day in (1, 2, 3)],
        "at": pa.array([datetime.datetime(2024, 1, day) for day in (1, 2, 3)], pa.timestamp("us", "UTC")),
        "time": [datetime.time(8), datetime.time(9), None],
        "yes": [True, False, None],
        "raw": [b"\x00\xff", b"", None],
        "list": [[1], [], None],
        "half": pa.array([1.0, 2.0, 3.0], pa.float16()),
        "none": pa.array([None, None, None]),
    }
)
