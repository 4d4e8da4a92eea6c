"""A stage that runs ahead in a thread of its own: in order, bounded, and gone when nobody consumes it any more."""

import threading
from collections.abc import Iterator

import pytest

from listings.profiling.ahead import DEPTH, ahead


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ahead"]


def test_items_come_in_order_and_the_thread_ends() -> None:
    assert list(ahead(range(1000))) == list(range(1000))
    assert threads() == []


def test_what_the_producer_raises_is_raised_where_it_is_consumed() -> None:
    def failing() -> Iterator[int]:
        yield 1
        raise ValueError("broken")

    items = ahead(failing())
    assert next(items) == 1
    with pytest.raises(ValueError, match="broken"):
        next(items)
    assert threads() == []


def test_the_producer_stays_a_few_items_ahead_and_stops_with_its_consumer() -> None:
    made = []

    def counting() -> Iterator[int]:
        for number in range(10_000):
            made.append(number)
            yield number

    items = ahead(counting())
    assert next(items) == 0
    items.close()
    assert threads() == []
    assert len(made) <= DEPTH + 3
