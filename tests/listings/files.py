"""Bytes to profile in tests: the files of tests/data, and small ones made on the spot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
