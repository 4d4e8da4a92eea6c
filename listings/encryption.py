"""Files at rest: envelope keys and authenticated chunks.

Each dataset version has its own random data key, stored wrapped (AES-256-GCM) by a key-encryption key that is named
in the row and lives outside the database: STORAGE_KEYS ("id:base64,…", the first one wraps), or on a laptop the file
KEYS_DIR/storage.keys, made on first use. Rotating a key-encryption key rewraps 32 bytes per version and no file.

A stored object is `magic ‖ salt ‖ frame…`. The object's key is HKDF-SHA256(data key, salt, what the object is), so
that no two objects share a key and an object cannot stand in for another. Every frame holds one chunk of 1 MiB (the
last one less) under the nonce `0⁷ ‖ index ‖ is-last`: frames that are swapped, repeated, cut off or added do not open.
It is the construction of Hoang, Reyhanitabar, Rogaway and Vizár's STREAM (2015) and of Tink's streaming AEAD.

The magic says which cipher seals the frames: AES-256-GCM, or SM4-GCM (GB/T 32907, RFC 8998) as STORAGE_CIPHER says.
Each object is read by the cipher that it was written with, so the setting may change at any time.
"""

import base64
import binascii
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
CHUNK_BYTES = 1024 * 1024
FRAME_BYTES = CHUNK_BYTES + TAG_BYTES
SALT_BYTES = 32
KEY_FILE = "storage.keys"


class UnusableKey(ValueError):
    """Key-encryption keys that cannot be read, or one that is named by a row and is not among them."""


class Tampered(Exception):
    """Stored bytes that are not what was written: changed, cut off, swapped, or under another key."""


class Frames(Protocol):
    """What seals and opens single frames: ciphertext with the tag of 16 bytes behind it."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4-GCM with the interface of AESGCM, which the library has for AES alone."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        sealing = Cipher(self._key, GCM(nonce)).encryptor()
        sealing.authenticate_additional_data(associated_data or b"")
        return sealing.update(data) + sealing.finalize() + sealing.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        opening = Cipher(self._key, GCM(nonce, data[-TAG_BYTES:])).decryptor()
        opening.authenticate_additional_data(associated_data or b"")
        return opening.update(data[:-TAG_BYTES]) + opening.finalize()


@dataclass(frozen=True)
class FrameCipher:
    """A cipher that objects are sealed with: how their headers begin, and its key's length in bytes."""

    magic: bytes
    key_bytes: int
    frames: Callable[[bytes], Frames]


CIPHERS: Mapping[str, FrameCipher] = {
    "AES-256-GCM": FrameCipher(b"DWN1", 32, AESGCM),
    "SM4-GCM": FrameCipher(b"DWS1", 16, Sm4Gcm),
}
BY_MAGIC = {cipher.magic: cipher for cipher in CIPHERS.values()}
MAGIC_BYTES = 4
HEADER_BYTES = MAGIC_BYTES + SALT_BYTES


@dataclass(frozen=True)
class WrappedKey:
    """A data key as the database keeps it: `wrapped` is nonce ‖ ciphertext ‖ tag under the key named `key_id`."""

    key_id: str
    wrapped: bytes


@dataclass(frozen=True)
class KeyRing:
    """The key-encryption keys by id; the first one wraps, all of them unwrap."""

    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def current_id(self) -> str:
        return next(iter(self.keys))

    def new_data_key(self, *, owner: UUID) -> tuple[bytes, WrappedKey]:
        """Return a new random data key, plain and wrapped; `owner` is the version that it belongs to."""
        data_key = os.urandom(KEY_BYTES)
        return data_key, self._wrap(data_key, owner)

    def unwrap(self, key: WrappedKey, *, owner: UUID) -> bytes:
        """Return the plain data key; raises UnusableKey if its key is not configured, Tampered if it does not open."""
        if key.key_id not in self.keys:
            raise UnusableKey(f"the key-encryption key {key.key_id!r} is not among those configured")
        nonce, sealed = key.wrapped[:NONCE_BYTES], key.wrapped[NONCE_BYTES:]
        try:
            return AESGCM(self.keys[key.key_id]).decrypt(nonce, sealed, _wrapping_context(key.key_id, owner))
        except InvalidTag as error:
            raise Tampered(f"the data key of {owner} does not open") from error

    def rewrap(self, key: WrappedKey, *, owner: UUID) -> WrappedKey:
        """Return the same data key under the current key-encryption key."""
        return self._wrap(self.unwrap(key, owner=owner), owner)

    def _wrap(self, data_key: bytes, owner: UUID) -> WrappedKey:
        nonce = os.urandom(NONCE_BYTES)
        context = _wrapping_context(self.current_id, owner)
        return WrappedKey(self.current_id, nonce + AESGCM(self.keys[self.current_id]).encrypt(nonce, data_key, context))


def key_ring() -> KeyRing:
    """Return the configured keys, or those of the key file, which is made if there is none. Raises UnusableKey."""
    if settings.STORAGE_KEYS:
        return KeyRing(_parse(settings.STORAGE_KEYS, "STORAGE_KEYS"))
    path = Path(settings.KEYS_DIR) / KEY_FILE
    if not path.exists():
        _make_key_file(path)
    return KeyRing(_parse(path.read_text().split(), str(path)))


class ObjectCipher:
    """Seals and opens the frames of one stored object; `identity` says which one, and must be the same for both."""

    def __init__(self, data_key: bytes, *, identity: bytes, header: bytes | None = None) -> None:
        self.header = CIPHERS[settings.STORAGE_CIPHER].magic + os.urandom(SALT_BYTES) if header is None else header
        magic, salt = self.header[:MAGIC_BYTES], self.header[MAGIC_BYTES:]
        if len(self.header) != HEADER_BYTES or magic not in BY_MAGIC:
            raise Tampered("the stored object does not begin as one of ours")
        cipher = BY_MAGIC[magic]
        key = HKDF(SHA256(), cipher.key_bytes, salt=salt, info=b"dawan stored object\0" + identity).derive(data_key)
        self._aead = cipher.frames(key)

    def seal(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        """Return the frame of the chunk at `index` (from 0)."""
        return self._aead.encrypt(_nonce(index, last), chunk, None)

    def open(self, index: int, frame: bytes, *, last: bool) -> bytes:
        """Return the chunk of the frame at `index`; raises Tampered."""
        try:
            return self._aead.decrypt(_nonce(index, last), frame, None)
        except InvalidTag as error:
            raise Tampered(f"frame {index} of the stored object does not open") from error

    def seal_all(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Yield header and frames of a whole object; `chunks` are all of CHUNK_BYTES but the last."""
        yield self.header
        index, held = 0, next(chunks, b"")
        for chunk in chunks:
            yield self.seal(index, held, last=False)
            index, held = index + 1, chunk
        yield self.seal(index, held, last=True)


def part_identity(file_id: UUID, number: int) -> bytes:
    """Return the identity under which a part of a file is sealed."""
    return file_id.bytes + number.to_bytes(4, "big")


def stored_size(size: int) -> int:
    """Return the bytes an object of `size` plain bytes takes in storage."""
    return HEADER_BYTES + size + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))


def _nonce(index: int, last: bool) -> bytes:
    return index.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])


def _wrapping_context(key_id: str, owner: UUID) -> bytes:
    return b"dawan data key\0" + owner.bytes + key_id.encode()


def _parse(entries: list[str], source: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in entries:
        key_id, _, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise UnusableKey(f"{source}: the key {key_id!r} is not in base64") from error
        if not key_id or len(key_id) > 64 or len(key) != KEY_BYTES or key_id in keys:
            raise UnusableKey(f"{source}: every entry is id:base64 with an id of its own and 32 bytes")
        keys[key_id] = key
    if not keys:
        raise UnusableKey(f"{source}: there is no key")
    return keys


def _make_key_file(path: Path) -> None:
    """Write a key file; of two processes that do so at once, the first one's file stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")  # readable by its owner alone
    with os.fdopen(handle, "w") as file:
        file.write(f"local-{os.urandom(4).hex()}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
