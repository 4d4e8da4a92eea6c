"""Where encrypted bytes lie, and reading them back: any Django storage, chosen by STORAGE_URL.

`file:///var/lib/dawan` or `s3://bucket/prefix?endpoint_url=https://…&region_name=…` (credentials as boto3 finds them).
Readers hold one frame (1 MiB) at a time and touch the database only when they are made, so that they may be handed to
another thread.
"""

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from listings.encryption import (
    CHUNK_BYTES,
    FRAME_BYTES,
    HEADER_BYTES,
    TAG_BYTES,
    ObjectCipher,
    Tampered,
    WrappedKey,
    key_ring,
    part_identity,
)
from listings.models import DataFile, DatasetVersion


class ObjectStorage(Protocol):
    """What is asked of a storage: Django's interface, and reading from the middle of an object."""

    def save(self, name: str, content: File[Any]) -> str: ...
    def delete(self, name: str) -> None: ...
    def exists(self, name: str) -> bool: ...
    def open_from(self, name: str, offset: int) -> BinaryIO:
        """Open an object for reading from `offset` on; the caller closes it."""
        ...


class DurableFileStorage(FileSystemStorage):
    """Files that are on disk, not merely on their way there, when `save` returns."""

    def open_from(self, name: str, offset: int) -> BinaryIO:
        source = Path(self.path(name)).open("rb", buffering=0)  # noqa: SIM115 - the caller closes it
        source.seek(offset)
        return cast(BinaryIO, source)

    def save(self, name: str | None, content: IO[Any], max_length: int | None = None) -> str:
        saved = super().save(name, content, max_length)
        path = Path(self.path(saved))
        for target in (path, path.parent):
            handle = os.open(target, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return saved


@lru_cache(maxsize=4)
def _storage_at(url: str) -> ObjectStorage:
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path:
        return DurableFileStorage(location=parts.path, file_permissions_mode=0o600, directory_permissions_mode=0o700)
    if parts.scheme == "s3" and parts.netloc:
        from listings.object_store import RangedS3Storage  # noqa: PLC0415 - boto3 takes half a second to import

        options = dict(parse_qsl(parts.query))
        return RangedS3Storage(bucket_name=parts.netloc, location=parts.path.strip("/"), **options)
    raise ImproperlyConfigured("STORAGE_URL must be file:///folder or s3://bucket/prefix")


def data_storage() -> ObjectStorage:
    """Return the storage of STORAGE_URL."""
    return _storage_at(settings.STORAGE_URL)


class SealedContent(File[bytes]):
    """Frames made while the storage pulls them, so that a body streams from the network into storage."""

    def __init__(self, frames: Iterator[bytes]) -> None:
        super().__init__(None)
        self._frames = frames
        self._rest = b""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        return self._frames

    def read(self, size: int = -1) -> bytes:
        pieces = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            frame = next(self._frames, b"")
            if not frame:
                break
            pieces.append(frame)
            have += len(frame)
        data = b"".join(pieces)
        end = len(data) if size < 0 else size
        self._rest = data[end:]
        return data[:end]

    def seekable(self) -> bool:
        return False


@dataclass(frozen=True)
class StoredPart:
    number: int
    size: int
    storage_name: str


@dataclass(frozen=True)
class StoredFile:
    """All that is needed to read a file's bytes without the database."""

    file_id: UUID
    data_key: bytes = field(repr=False)
    parts: tuple[StoredPart, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    @property
    def starts(self) -> list[int]:
        """The offset of each part's first byte in the file."""
        return list(accumulate((part.size for part in self.parts), initial=0))[:-1]


def data_key_of(version: DatasetVersion) -> bytes:
    """Return the version's plain data key; raises UnusableKey or Tampered."""
    return key_ring().unwrap(WrappedKey(version.key_id, bytes(version.wrapped_key)), owner=version.id)


def stored_file(file: DataFile) -> StoredFile:
    """Look up where a file's bytes lie and the key they are under."""
    parts = file.parts.order_by("number").values_list("number", "size", "storage_name")
    return StoredFile(file.id, data_key_of(file.version), tuple(StoredPart(*part) for part in parts))


def iter_range(file: DataFile, start: int, stop: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield the plain bytes from `start` to before `stop` in pieces of at most `chunk` (and at most 1 MiB).

    The database is read at the call, not while iterating. Raises Tampered where stored bytes are not what was written.
    """
    return read_range(stored_file(file), start, stop, chunk)


def read_range(stored: StoredFile, start: int, stop: int, chunk: int = CHUNK_BYTES) -> Iterator[bytes]:
    """Yield the plain bytes of a range; see `iter_range`."""
    for part, begins in zip(stored.parts, stored.starts, strict=True):
        low, high = max(start - begins, 0), min(stop - begins, part.size)
        if low < high:
            for piece in _read_part(stored, part, low, high):
                if len(piece) <= chunk:
                    yield piece
                else:
                    yield from (piece[i : i + chunk] for i in range(0, len(piece), chunk))


def _read_part(stored: StoredFile, part: StoredPart, low: int, high: int) -> Iterator[bytes]:
    first, final = low // CHUNK_BYTES, (high - 1) // CHUNK_BYTES
    with _opened(stored, part, first) as (source, cipher):
        for index in range(first, final + 1):
            begins = index * CHUNK_BYTES
            length = min(part.size - begins, CHUNK_BYTES)
            frame = _read_exactly(source, length + TAG_BYTES)
            chunk = cipher.open(index, frame, last=begins + length == part.size)
            begin, end = max(low - begins, 0), min(high - begins, length)
            yield chunk if end - begin == length else chunk[begin:end]


@contextmanager
def _opened(stored: StoredFile, part: StoredPart, first: int) -> Iterator[tuple[BinaryIO, ObjectCipher]]:
    """Open a part's object before its frame `first`."""
    storage = data_storage()
    with ExitStack() as stack:
        source = stack.enter_context(closing(storage.open_from(part.storage_name, 0)))
        header = _read_exactly(source, HEADER_BYTES)
        cipher = ObjectCipher(stored.data_key, identity=part_identity(stored.file_id, part.number), header=header)
        if first:
            offset = HEADER_BYTES + first * FRAME_BYTES
            source = stack.enter_context(closing(storage.open_from(part.storage_name, offset)))
        yield source, cipher


def _read_exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size)
    while len(data) < size:
        more = source.read(size - len(data))
        if not more:
            raise Tampered("the stored object is shorter than it was")
        data += more
    return data


class DecryptingReader(io.RawIOBase):
    """A file's plain bytes as a seekable binary file; holds one frame however far it reads or seeks."""

    def __init__(self, stored: StoredFile) -> None:
        super().__init__()
        self.size = stored.size
        self._stored = stored
        self._position = 0
        self._piece = b""
        self._piece_starts = 0
        self._pieces: Iterator[bytes] = iter(())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the file's beginning")
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        wanted = self.size - self._position if size is None or size < 0 else size
        pieces = []
        while wanted > 0 and self._position < self.size:
            piece = self._at_position()[:wanted]
            pieces.append(piece)
            wanted -= len(piece)
            self._position += len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._pieces, self._piece = iter(()), b""
        super().close()

    def _at_position(self) -> bytes:
        """Return bytes from the position on, at least one; the position is before the end."""
        offset = self._position - self._piece_starts
        if 0 <= offset < len(self._piece):
            return self._piece[offset:] if offset else self._piece
        if offset == len(self._piece) and (following := next(self._pieces, None)):
            self._piece, self._piece_starts = following, self._position
            return following
        self._pieces = read_range(self._stored, self._position, self.size)
        self._piece, self._piece_starts = next(self._pieces), self._position
        return self._piece


def open_file(file: DataFile) -> DecryptingReader:
    """Open a received file's plain bytes for reading; raises UnusableKey or Tampered."""
    return DecryptingReader(stored_file(file))
