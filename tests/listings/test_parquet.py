"""Parquet: profiled by its schema and values; corrupt, truncated and exploding files are refused."""

import io
import json
import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from listings.profiling.parquet import profile_parquet
from listings.profiling.refusals import REFUSALS, Refusal
from tests.listings.files import EVERYTHING, column, parquet, types


def parquet_refusal(content: bytes) -> Refusal:
    with pytest.raises(Refusal) as caught:
        profile_parquet(io.BytesIO(content), size=len(content))
    return caught.value


def test_parquet_is_profiled_by_its_schema() -> None:
    profile = profile_parquet(io.BytesIO(content := parquet(EVERYTHING)), size=len(content))
    assert profile.rows == 3
    assert list(types(profile).values()) == [
        "integer", "decimal", "decimal", "text", "text", "date", "timestamp", "time", "boolean", "binary", "nested",
        "decimal", "empty",
    ]  # fmt: skip
    assert (column(profile, "money")["min"], column(profile, "money")["max"]) == ("0.50", "1.20")
    assert column(profile, "kind")["distinct"] == 2
    assert column(profile, "list")["samples"] == ["[1]", "[]"]
    json.dumps(profile.as_json(), allow_nan=False)


def test_many_row_groups_are_one_table() -> None:
    table = pa.table({"n": list(range(10_000))})
    profile = profile_parquet(io.BytesIO(content := parquet(table, row_group_size=333)), size=len(content))
    assert (profile.rows, column(profile, "n")["max"]) == (10_000, 9_999)


def test_an_empty_parquet_table_is_taken_with_a_warning() -> None:
    content = parquet(EVERYTHING.slice(0, 0))
    assert [each["code"] for each in profile_parquet(io.BytesIO(content), size=len(content)).warnings] == ["no_rows"]


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"x" * 40 + b"PAR1", b"a,b\n1,2\n", b"x" * 100])
def test_what_is_not_parquet_is_refused(content: bytes) -> None:
    assert parquet_refusal(content).code == "corrupt_parquet"
    assert parquet_refusal(b"").code == "empty_file"


def test_a_truncated_parquet_file_is_refused() -> None:
    content = parquet(EVERYTHING)
    assert parquet_refusal(content[: len(content) // 2] + content[-8:]).code == "corrupt_parquet"


@pytest.mark.parametrize("seed", range(60))
def test_flipped_bits_in_parquet_never_crash_the_profiler(seed: int) -> None:
    noise = random.Random(seed)
    content = bytearray(parquet(EVERYTHING))
    for _ in range(noise.randrange(1, 6)):
        content[noise.randrange(4, len(content) - 4)] ^= 1 << noise.randrange(8)
    try:
        rows = profile_parquet(io.BytesIO(content), size=len(content)).rows
    except Refusal as refusal:
        rows = 3 if refusal.code in REFUSALS else -1
    assert rows == 3


def footed(pages_of: bytes, footer_of: bytes, *, length: int | None = None) -> bytes:
    """Return the pages of one file under the footer of another, which may lie about its own length."""

    def length_of(content: bytes) -> int:
        return int.from_bytes(content[-8:-4], "little")

    own = length_of(footer_of)
    footer = footer_of[-8 - own : -8]
    pages = pages_of[: len(pages_of) - 8 - length_of(pages_of)]
    return pages + footer + (own if length is None else length).to_bytes(4, "little") + b"PAR1"


def test_a_footer_that_lies_about_the_file_is_not_believed() -> None:
    """It may tell of more rows, of other columns, of pages that are not there, or of a footer longer than the file."""
    small = parquet(pa.table({"x": [1, 2, 3]}))
    many = parquet(pa.table({"x": list(range(3000))}))
    other = parquet(pa.table({"y": ["one", "two", "three"], "z": [0.1, 0.2, 0.3]}))
    for pages, footer, length in (
        (small, many, None),
        (small, other, None),
        (b"PAR1", small, None),
        (small, small, len(small) * 2),
        (small, small, 2**31),
        (small, small, 2**32 - 1),
        (small, small, 0),
    ):
        assert parquet_refusal(footed(pages, footer, length=length)).code == "corrupt_parquet", length


def test_a_small_file_that_unpacks_to_gigabytes_is_refused_unread() -> None:
    buffer = io.BytesIO()
    block = pa.table({"x": pa.repeat(pa.scalar("x" * 100), 500_000)})
    with pq.ParquetWriter(buffer, block.schema, compression="zstd", use_dictionary=False) as writer:
        for _ in range(24):
            writer.write_table(block)
    refusal = parquet_refusal(buffer.getvalue())
    assert refusal.code == "decompression_bomb"
    assert refusal.params["rows"] == 12_000_000


def test_millions_of_empty_rows_in_a_few_bytes_are_refused_unread() -> None:
    content = parquet(pa.table({"x": pa.nulls(60_000_000)}), row_group_size=60_000_000, max_rows_per_page=10_000_000)
    assert parquet_refusal(content).code == "decompression_bomb"
