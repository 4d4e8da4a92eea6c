"""Observers may look at the rows in threads of their own: they see the same, and their failures are not lost."""

import threading

import pyarrow as pa
import pytest

from listings.profiling.aside import aside
from listings.profiling.csv_table import profile_csv
from listings.profiling.observing import Observer
from listings.profiling.refusals import Refusal

from .files import chunks


class Memory:
    """Keeps the first column and the thread that it was seen by."""

    def __init__(self) -> None:
        self.values: list[str | None] = []
        self.threads: set[int] = set()

    def see(self, rows: pa.Table) -> None:
        self.values.extend(rows.column(0).to_pylist())
        self.threads.add(threading.get_ident())


class Broken:
    """Fails at the second table."""

    seen = 0

    def see(self, rows: pa.Table) -> None:
        self.seen += 1
        if self.seen == 2:
            raise ZeroDivisionError


def tables(count: int) -> list[pa.Table]:
    return [pa.table({"c0": pa.array([str(number)])}) for number in range(count)]


def test_every_observer_sees_all_rows_in_order_by_a_thread_of_its_own() -> None:
    first, second = Memory(), Memory()
    content = "code,name\n" + "".join(f"{number},街道{number}\n" for number in range(300_000))
    with aside([first, second]) as observers:
        profile_csv(chunks(content.encode()), observers=observers)
    assert first.values == second.values == [str(number) for number in range(300_000)]
    assert len(first.threads | second.threads | {threading.get_ident()}) == 3


def show_all(shown: list[pa.Table], observers: list[Observer]) -> None:
    with aside(observers) as beside:
        for table in shown:
            for observer in beside:
                observer.see(table)


@pytest.mark.parametrize("count", [2, 100])
def test_the_failure_of_an_observer_ends_the_reading(count: int) -> None:
    with pytest.raises(ZeroDivisionError):
        show_all(tables(count), [Broken(), Memory()])


def test_a_refusal_ends_the_threads_without_waiting_for_what_they_have_not_seen() -> None:
    with pytest.raises(Refusal), aside([Memory(), Memory()]) as observers:
        profile_csv(chunks(b"a,b\n" + b"1,2\n" * 100_000 + b"1,2,3\n"), observers=observers)
    assert "aside" not in [thread.name for thread in threading.enumerate()]
