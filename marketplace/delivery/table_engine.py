"""DuckDB for a job: bounded memory, a private folder that goes with it, and a lease that is kept while it works."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
from django.conf import settings

MEMORY = "512MB"
THREADS = 2
PATIENCE_SECONDS = 20
PREFIX = "tables-"
LOCK = "in-use"
Answer = TypeVar("Answer")


class Engine:
    """A DuckDB whose long answers are waited for with `keep` called now and then; `folder` is for files on the way.

    What `keep` raises (that another worker has the job) interrupts the question.
    """

    def __init__(self, database: duckdb.DuckDBPyConnection, folder: Path, keep: Callable[[], None]) -> None:
        self.folder = folder
        self.keep = keep
        self._database = database
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="duckdb")

    def run(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Execute a statement and return its rows."""
        return self._patiently(lambda: self._database.execute(query, list(values)).fetchall())

    def take(self, rows: pa.Table | pa.RecordBatch, query: str, values: Sequence[Any] = ()) -> None:
        """Execute a statement that reads the given rows as `batch`."""
        self._database.register("batch", rows)
        self.run(query, values)
        self._database.unregister("batch")

    def batches(self, query: str, values: Sequence[Any], *, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield a query's rows in batches of at most so many, without holding them all."""
        reader = self._patiently(lambda: self._database.sql(query, params=list(values)).to_arrow_reader(rows))
        while (batch := self._patiently(lambda: next(reader, None))) is not None:
            yield batch

    def close(self) -> None:
        self._worker.shutdown()
        self._database.close()

    def _patiently(self, act: Callable[[], Answer]) -> Answer:
        future = self._worker.submit(act)
        while not wait([future], timeout=PATIENCE_SECONDS).done:
            try:
                self.keep()
            except BaseException:
                self._database.interrupt()
                raise
        return future.result()


@contextmanager
def engine(keep: Callable[[], None]) -> Iterator[Engine]:
    """Give a DuckDB of bounded memory; what does not fit spills into a private folder that goes with it."""
    with _private_folder() as folder:
        database = duckdb.connect(":memory:")
        database.execute(f"SET memory_limit = '{MEMORY}'")
        database.execute(f"SET threads = {THREADS}")
        database.execute("SET preserve_insertion_order = false")
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET temp_directory = ?", [str(folder / "spill")])
        working = Engine(database, folder, keep)
        try:
            yield working
        finally:
            working.close()


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Make a folder that nobody else reads; those whose process was killed go first, with the plain rows in them."""
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.STATE_DIR.glob(f"{PREFIX}*/{LOCK}"):
        with left.open("wb") as lock:
            if _locked(lock.fileno()):
                shutil.rmtree(left.parent, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=settings.STATE_DIR))
    try:
        with (folder / LOCK).open("wb") as lock:
            _locked(lock.fileno())
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _locked(handle: int) -> bool:
    """Take the lock of a folder for as long as this process has it open; tell whether it was free."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
