"""Whatever bytes arrive, and whatever they are said to be: a profile that can be stored, or a refusal that says why."""

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from listings.profiling.profile import TableProfile
from listings.profiling.reading import FORMATS, detect_format, profile_file
from listings.profiling.refusals import Refusal
from tests.listings.files import DATA, chunks, data, parquet

MIB = 1024 * 1024
HEAD = 64 * 1024
LARGEST = 200 * 1024  # bytes of a file that is broken many times over
FILES = sorted(
    str(path.relative_to(DATA))
    for path in DATA.rglob("*")
    if path.suffix in (".csv", ".json", ".md") and path.parent.name != "credit-reports"
)


class Watcher:
    """Counts the rows it is shown, and checks that all of them are text."""

    def __init__(self) -> None:
        self.rows = 0

    def see(self, rows: pa.Table) -> None:
        self.rows += rows.num_rows
        assert {field.type for field in rows.schema} <= {pa.string()}


def profiled(code: str, content: bytes) -> TableProfile | Refusal:
    """Return the profile or the refusal; anything else that is raised fails the test."""
    watcher = Watcher()
    try:
        profile = profile_file(
            code,
            chunks=chunks(content),
            open_seekable=lambda: io.BytesIO(content),
            size=len(content),
            observers=[watcher],
        )
    except Refusal as refusal:
        return refusal if str(refusal) else pytest.fail("a refusal without a sentence")
    json.dumps(profile.as_json(), allow_nan=False)
    assert watcher.rows == profile.rows or not profile.columns
    return profile


def broken(content: bytes, seed: str) -> Iterator[bytes]:
    """Yield the content cut off, and with bits flipped, at places that the seed decides."""
    chance = random.Random(seed)
    yield content[: chance.randrange(len(content))]
    for flips in (1, 20):
        flipped = bytearray(content)
        for _flip in range(flips):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        yield bytes(flipped)


@pytest.mark.parametrize("name", FILES)
def test_every_file_we_have_is_recognized_and_profiled(name: str) -> None:
    content = data(name)
    found = profiled(detect_format(name, content[:HEAD]), content)
    assert isinstance(found, TableProfile), found


@pytest.mark.parametrize("name", [name for name in FILES if (DATA / name).stat().st_size < LARGEST])
def test_a_broken_file_is_profiled_or_refused(name: str) -> None:
    for content in broken(data(name), seed=name):
        profiled(detect_format(Path(name).name, content[:HEAD]), content)


@pytest.mark.parametrize("code", FORMATS)
@pytest.mark.parametrize("name", ["corpus/lunyu.json", "catalogue/yilan-catalogue-big5.csv", "tables.parquet"])
def test_a_file_under_the_wrong_format_is_profiled_or_refused(code: str, name: str) -> None:
    content = parquet(pa.table({"a": [1, 2]})) if name.endswith("parquet") else data(name)
    profiled(code, content)


@pytest.mark.parametrize("code", [code for code, found in FORMATS.items() if not found.seeks])
def test_one_endless_line_is_refused_before_much_of_it_is_read(code: str) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        for start in (b'[{"a":"', *[b""] * 199):
            read += 1
            yield start + b"x" * MIB

    with pytest.raises(Refusal):
        profile_file(code, chunks=endless(), open_seekable=io.BytesIO, size=200 * MIB)
    assert read < 40


@pytest.mark.parametrize(
    ("code", "content"),
    [
        ("CSV", "\t".join(f"c{number}" for number in range(10_000))),
        ("JSONL", json.dumps({f"c{number}": number for number in range(10_000)})),
        ("JSON", json.dumps([{f"c{number}": number for number in range(10_000)}])),
    ],
)
def test_a_table_of_ten_thousand_columns_is_refused(code: str, content: str) -> None:
    found = profiled(code, content.encode())
    assert isinstance(found, Refusal)
    assert found.code == "too_many_columns"
