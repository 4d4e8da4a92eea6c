"""SHA-256 and SM3 (GB/T 32905) of the same bytes in one pass, and canonical JSON (RFC 8785) to take them over.

Both hashes release the interpreter lock, so for large chunks SM3, the slower one, runs in a second thread while
the caller hashes with SHA-256 and goes on to encrypt, store or read the next chunk.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import Self

import rfc8785
from cryptography.hazmat.primitives import hashes

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None

PARALLEL_FROM_BYTES = 256 * 1024  # below this, handing the chunk to another thread costs more than it saves
LARGEST_EXACT_INTEGER = 2**53 - 1  # RFC 8785 writes numbers as IEEE doubles; beyond this they lose digits


class Digests:
    """Both digests of a stream, fed chunk by chunk; `sha256` and `sm3` are hexadecimal and may be read at any time."""

    def __init__(self, data: bytes = b"") -> None:
        self.size = 0
        self._sha256 = hashlib.sha256()
        self._sm3 = hashes.Hash(hashes.SM3())
        self._behind: Future[None] | None = None
        self.update(data)

    def update(self, chunk: bytes | bytearray | memoryview) -> Self:
        """Take the next bytes of the stream. At most one chunk is held back for the second thread."""
        self._catch_up()
        self.size += memoryview(chunk).nbytes
        # Only `bytes` may be read behind the caller's back: a buffer might be refilled meanwhile.
        if isinstance(chunk, bytes) and len(chunk) >= PARALLEL_FROM_BYTES:
            self._behind = _second_thread(os.getpid()).submit(self._sm3.update, chunk)
        else:
            self._sm3.update(chunk)
        self._sha256.update(chunk)
        return self

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    @property
    def sm3(self) -> str:
        self._catch_up()
        return self._sm3.copy().finalize().hex()

    def _catch_up(self) -> None:
        if self._behind is not None:
            behind, self._behind = self._behind, None
            behind.result()


def digest_stream(chunks: Iterable[bytes]) -> Digests:
    """Digest a stream without holding more of it than two chunks."""
    digests = Digests()
    for chunk in chunks:
        digests.update(chunk)
    return digests


def canonical_json(value: Json) -> bytes:
    """Return the one byte form of a JSON value that everybody can reproduce (RFC 8785), in UTF-8.

    Raises ValueError for what JSON cannot hold exactly: NaN, integers beyond 2^53, lone surrogates.
    """
    if _is_plain(value):
        return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return rfc8785.dumps(value)


def _is_plain(value: Json) -> bool:
    """Tell whether Python's own (ten times faster) JSON writer has nothing to decide differently from RFC 8785.

    They differ in floats, in integers beyond 2^53 and in the order of keys outside ASCII.
    """
    if value is None or isinstance(value, (str, bool)):
        return True
    if isinstance(value, int):
        return -LARGEST_EXACT_INTEGER <= value <= LARGEST_EXACT_INTEGER
    if isinstance(value, dict):
        return all(isinstance(key, str) and key.isascii() and _is_plain(item) for key, item in value.items())
    return isinstance(value, (list, tuple)) and all(map(_is_plain, value))


@lru_cache(maxsize=1)
def _second_thread(_process: int) -> ThreadPoolExecutor:
    """Return this process's threads for SM3; a forked worker must not inherit its parent's."""
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="sm3")
