"""The table of a question, decrypted for one query into a private folder that goes with it."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from listings.encryption import NONCE_BYTES, WrappedKey, key_ring
from listings.storage import read_range
from marketplace.delivery.tables import stored_table_file
from marketplace.models import RoomTable, SharedFile, SharedTable

PREFIX = "clean-room-"
LOCK = ".lock"
FILE = "mine.parquet"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Give a folder that nobody else reads and that goes afterwards; those of workers that were killed go first."""
    settings.STATE_DIR.mkdir(parents=True, exist_ok=True)
    for left in settings.STATE_DIR.glob(f"{PREFIX}*"):
        _remove_abandoned(left)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=settings.STATE_DIR) as name:
        folder = Path(name)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            inner = folder / "tables"
            inner.mkdir(mode=0o700)
            yield inner


def decrypt(table: SharedTable, folder: Path, keep: Callable[[], None]) -> list[str]:
    """Write the table's Parquet files into the folder, decrypted, and return their names."""
    names: list[str] = []
    for file in table.files.filter(kind=SharedFile.Kind.ROWS).select_related("table__version").order_by("number"):
        name = f"{len(names)}.parquet"
        stored = stored_table_file(file)
        with (folder / name).open("wb") as out:
            for chunk in read_range(stored, 0, stored.size):
                out.write(chunk)
                keep()
        names.append(name)
    return names


def unseal(table: RoomTable, folder: Path) -> list[str]:
    """Write the buyer's table into the folder of one query, and return its file's name."""
    key = key_ring().unwrap(WrappedKey(table.key_id, bytes(table.wrapped_key)), owner=table.pk)
    sealed = bytes(table.sealed or b"")
    (folder / FILE).write_bytes(AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], table.pk.bytes))
    return [FILE]


def _remove_abandoned(folder: Path) -> None:
    """Remove a folder whose worker holds its lock no more, because it was killed."""
    try:
        with (folder / LOCK).open("r") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return  # in use, or gone
