"""What a column's reading tells spares a second look: it must never tell more than a look would."""

import re

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listings.grading.detectors import ALARM, may_alarm
from listings.profiling.columns import PLAIN, TextColumn
from listings.profiling.csv_table import profile_csv
from listings.profiling.moments import SHAPES
from listings.profiling.numbers_seen import Numbers
from listings.profiling.observing import readings_of
from listings.profiling.statistics import Statistics
from listings.profiling.text_trouble import STAND_INS

from .files import chunks

# Whatever might be read as something plain: digits, signs, letters of numbers, days and zones, spaces of all kinds.
almost_plain = st.text(st.sampled_from("0123456789012345678+-.:/TZeE trufalsinxX,１ \u3000"), min_size=1, max_size=26)
dated = st.from_regex(
    r"(19|20)\d\d-\d\d-\d\d([ T]\d\d(:\d\d(:\d\d(\.\d{1,9})?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?", fullmatch=True
)
numbered = st.from_regex(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
values = st.lists(
    almost_plain | dated | numbered | st.sampled_from(["true", "False", "0", "1"]), min_size=1, max_size=3
)


@settings(max_examples=1_500, deadline=None)
@given(values)
def test_what_is_read_as_plain_has_nothing_that_the_reading_rules_out(texts: list[str]) -> None:
    array = pa.array(texts, pa.string())
    reading = TextColumn("c").add(array)
    if not reading:
        return
    assert reading in PLAIN
    assert all(text.isascii() and text == text.strip() and text not in STAND_INS for text in texts)
    if not may_alarm(array, reading):
        assert not pc.any(pc.match_substring_regex(array, ALARM)).as_py()
    if reading == "date":
        assert all(re.search(SHAPES["2024-02-09"].pattern, text) for text in texts)
    if reading == "timestamp" and min(map(len, texts)) >= len("2024-02-09T08:30"):
        assert all(re.search(SHAPES["2024-02-09T08:30:00"].pattern, text) for text in texts)


@pytest.mark.parametrize(
    ("value", "reading"),
    [("13812345678", "integer"), ("440103199001011234", "integer"), ("0.4401031990010112", "decimal")],
)
def test_long_numbers_are_looked_at_whatever_they_read_as(value: str, reading: str) -> None:
    array = pa.array([value], pa.string())
    assert TextColumn("c").add(array) == reading
    assert may_alarm(array, reading)


class Readings:
    """Keeps what it is told of the columns."""

    def __init__(self) -> None:
        self.told: list[list[str]] = []

    def see(self, rows: pa.Table) -> None:
        self.told.append(readings_of(rows))


def test_observers_are_told_what_the_columns_of_a_csv_file_read_as() -> None:
    seen = Readings()
    profile_csv(chunks(b"id,day,word,gap,code\n1,2026-01-02,a,,007\n2,2026-01-03,b,,008\n"), observers=[seen])
    assert seen.told == [["integer", "date", "", "", ""]]


def test_statistics_are_the_same_whether_the_readings_are_told_or_not() -> None:
    lines = [
        f"{n},{n / 7:.3f},2026-01-{n % 28 + 1:02d},{n % 24:02d}:00,{'true' if n % 2 else 'false'}" for n in range(9_000)
    ]
    lines[8_000] = "x,NA,2026-02-30, 8:00,-"
    content = ("id,share,day,clock,flag\n" + "\n".join(lines) + "\n").encode()
    told, untold = Statistics(), Statistics()

    class Untold:
        def see(self, rows: pa.Table) -> None:
            untold.see(rows.cast(pa.schema([(name, pa.string()) for name in rows.column_names])))

    names = [column["name"] for column in profile_csv(chunks(content), observers=[told, Untold()]).columns]
    assert told.result(names) == untold.result(names)


@given(st.lists(st.none() | st.integers(-3, 3).map(float), min_size=1, max_size=40).filter(any))
def test_the_extremes_are_the_first_rows_of_the_least_and_greatest_numbers(numbers: list[float | None]) -> None:
    seen = Numbers()
    half = len(numbers) // 2
    for offset, part in ((0, numbers[:half]), (half, numbers[half:])):
        seen.add(pa.array([None if number is None else str(number) for number in part], pa.string()), offset)
    found = [(number, row) for row, number in enumerate(numbers, 1) if number is not None]
    assert seen._lowest == sorted(found)[:5]
    assert seen._highest == sorted(found, key=lambda pair: (-pair[0], pair[1]))[:5]
