"""Letting observers look at the rows in threads of their own, a little behind the reading."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from queue import Empty, Full, Queue
from typing import TYPE_CHECKING

from listings.profiling.observing import Observer

if TYPE_CHECKING:
    import pyarrow as pa

DEPTH = 2  # tables of a few megabytes, held once for all observers
PATIENCE_SECONDS = 0.1


class _Aside:
    """An observer whose thread looks at what it is given; what it fails of is raised where rows are given to it."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._rows: Queue[pa.Table | None] = Queue(DEPTH)
        self._failure: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, name="aside", daemon=True)
        self._thread.start()

    def see(self, rows: pa.Table) -> None:
        self._give(rows)

    def end(self) -> None:
        """Wait until everything has been looked at."""
        self._give(None)
        self._thread.join()
        self._raise()

    def stop(self) -> None:
        """Let the thread end with the table it looks at."""
        self._stopped.set()
        self._thread.join()

    def _give(self, rows: pa.Table | None) -> None:
        while True:
            self._raise()
            try:
                return self._rows.put(rows, timeout=PATIENCE_SECONDS)
            except Full:
                continue

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _look(self) -> None:
        while not self._stopped.is_set():
            try:
                rows = self._rows.get(timeout=PATIENCE_SECONDS)
            except Empty:
                continue
            if rows is None:
                return
            try:
                self._observer.see(rows)
            except BaseException as failure:  # noqa: BLE001 - raised again where the rows come from
                self._failure = failure
                return


@contextmanager
def aside(observers: Sequence[Observer]) -> Iterator[list[Observer]]:
    """Yield observers that pass on to these from a thread each, and wait at the end until they have seen all rows.

    What an observer fails of is raised in the block or at its end. Leaving the block by an error drops what waits.
    """
    with ExitStack() as stack:
        beside = [_Aside(observer) for observer in observers]
        for each in beside:
            stack.callback(each.stop)
        yield list(beside)
        for each in beside:
            each.end()
