"""Entries of concurrent threads are written together, each is told its own outcome, and one bad one harms no other."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import DataError

from kernel.group_commit import GroupCommit

BAD = 7


def test_who_waits_is_written_together_and_one_that_cannot_be_written_fails_alone() -> None:
    groups: list[list[int]] = []
    first_is_in, go_on = Event(), Event()

    def write(entries: Sequence[int]) -> list[int]:
        groups.append(list(entries))
        if len(groups) == 1:
            first_is_in.set()
            assert go_on.wait(10)
        if BAD in entries:
            raise DataError("does not fit")
        return [entry * 10 for entry in entries]

    book = GroupCommit(write)
    with ThreadPoolExecutor(10) as threads:
        first = threads.submit(book.commit, 0)
        assert first_is_in.wait(10)
        others = {entry: threads.submit(book.commit, entry) for entry in range(1, 10)}
        while len(book._waiting) < len(others):
            pass
        go_on.set()
        assert first.result(10) == 0
        with pytest.raises(DataError):
            others.pop(BAD).result(10)
        assert {entry: done.result(10) for entry, done in others.items()} == {n: n * 10 for n in others}
    assert groups[0] == [0]
    assert sorted(groups[1]) == list(range(1, 10))
    assert sorted(len(group) for group in groups[2:]) == [1] * 9


def test_a_failure_of_ours_reaches_everybody() -> None:
    def write(_entries: Sequence[int]) -> list[int]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        GroupCommit(write).commit(1)
