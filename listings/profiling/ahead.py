"""Running a stage of a pipeline in a thread of its own, a few items ahead of whoever consumes them."""

import threading
from collections.abc import Generator, Iterable
from queue import Full, Queue
from typing import TypeVar

Item = TypeVar("Item")

DEPTH = 4  # items; each is a chunk or a batch of about a megabyte
PATIENCE_SECONDS = 0.1


class _End:
    """The end of the items, with what the producer failed of, if it did."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure


def ahead(items: Iterable[Item], *, depth: int = DEPTH) -> Generator[Item, None, None]:
    """Yield the items while the next ones are made in another thread; raises what making them raises.

    The thread ends with the generator, also when that is closed or dropped before its end.
    """
    queue: Queue[Item | _End] = Queue(depth)
    stopped = threading.Event()

    def put(item: Item | _End) -> None:
        while not stopped.is_set():
            try:
                queue.put(item, timeout=PATIENCE_SECONDS)
            except Full:
                continue
            return

    def produce() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
        except BaseException as failure:  # noqa: BLE001 - raised again where the items are consumed
            put(_End(failure))
        else:
            put(_End())

    producer = threading.Thread(target=produce, name="ahead", daemon=True)
    producer.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.failure is not None:
            raise item.failure
    finally:
        stopped.set()
        producer.join()
