"""Keys and bytes at rest: what was changed, cut, swapped or moved does not open; a key rotates and no file changes."""

import base64
import hashlib
import io
import os
import random
import stat
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from listings.encryption import (
    CHUNK_BYTES,
    FRAME_BYTES,
    HEADER_BYTES,
    KEY_FILE,
    KeyRing,
    ObjectCipher,
    Tampered,
    UnusableKey,
    WrappedKey,
    key_ring,
    part_identity,
    stored_size,
)
from listings.storage import (
    DecryptingReader,
    SealedContent,
    StoredFile,
    StoredPart,
    data_storage,
    read_range,
)

SIZES = [1, 15, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES, 3 * CHUNK_BYTES + 5]
KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def storage(settings, tmp_path: Path) -> Path:
    settings.STORAGE_URL = f"file://{tmp_path / 'storage'}"
    return tmp_path / "storage"


def some_bytes(size: int, seed: int = 0) -> bytes:
    """Return bytes that differ from place to place, quickly."""
    return hashlib.shake_128(seed.to_bytes(8, "big")).digest(size)


def cut(content: bytes, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


def store(*contents: bytes, key: bytes = KEY, file_id: UUID | None = None) -> StoredFile:
    """Store each content as a part of one file."""
    file_id = file_id or uuid4()
    parts = []
    for number, content in enumerate(contents, 1):
        cipher = ObjectCipher(key, identity=part_identity(file_id, number))
        name = data_storage().save(f"{file_id}/{number}", SealedContent(cipher.seal_all(cut(content))))
        parts.append(StoredPart(number, len(content), name or ""))
    return StoredFile(file_id, key, tuple(parts))


def whole(stored: StoredFile) -> bytes:
    return b"".join(read_range(stored, 0, stored.size))


def object_of(stored: StoredFile, storage: Path, number: int = 1) -> Path:
    return storage / stored.parts[number - 1].storage_name


# --- keys ------------------------------------------------------------------------------------------------------------


def ring(*ids: str) -> KeyRing:
    return KeyRing({key_id: hashlib.sha256(key_id.encode()).digest() for key_id in ids})


def test_a_data_key_opens_under_its_own_version_only() -> None:
    version = uuid4()
    plain, wrapped = ring("a").new_data_key(owner=version)
    assert ring("a").unwrap(wrapped, owner=version) == plain
    with pytest.raises(Tampered):
        ring("a").unwrap(wrapped, owner=uuid4())


def test_a_data_key_does_not_open_under_another_name_or_when_changed() -> None:
    version = uuid4()
    _, wrapped = ring("a").new_data_key(owner=version)
    with pytest.raises(UnusableKey):
        ring("b").unwrap(wrapped, owner=version)
    with pytest.raises(Tampered):
        KeyRing({"b": ring("a").keys["a"]}).unwrap(WrappedKey("b", wrapped.wrapped), owner=version)
    with pytest.raises(Tampered):
        ring("a").unwrap(WrappedKey("a", wrapped.wrapped[:-1] + b"\0"), owner=version)


def test_rotation_wraps_the_same_data_key_anew() -> None:
    version = uuid4()
    plain, old = ring("old").new_data_key(owner=version)
    new = ring("new", "old").rewrap(old, owner=version)
    assert new.key_id == "new"
    assert ring("new").unwrap(new, owner=version) == plain


def test_keys_never_show_in_a_representation() -> None:
    assert ring("a").keys["a"].hex() not in repr(ring("a"))
    assert repr(KEY) not in repr(StoredFile(uuid4(), KEY, ()))


def test_the_first_configured_key_wraps_and_all_unwrap(settings) -> None:
    entries = [f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}" for key_id in ("2027", "2026")]
    settings.STORAGE_KEYS = entries
    assert key_ring().current_id == "2027"
    assert list(key_ring().keys) == ["2027", "2026"]


@pytest.mark.parametrize(
    "entries", [["nokey"], ["a:!!!"], ["a:c2hvcnQ="], [":" + base64.b64encode(KEY).decode()],
                [f"a:{base64.b64encode(KEY).decode()}"] * 2]
)  # fmt: skip
def test_configured_keys_that_cannot_be_right_are_refused(settings, entries: list[str]) -> None:
    settings.STORAGE_KEYS = entries
    with pytest.raises(UnusableKey):
        key_ring()


def test_a_laptop_makes_one_key_file_however_many_processes_begin(settings, tmp_path: Path) -> None:
    settings.STORAGE_KEYS, settings.KEYS_DIR = [], str(tmp_path / "keys")
    with ThreadPoolExecutor(8) as pool:
        rings = [found.result().keys for found in [pool.submit(key_ring) for _ in range(8)]]
    assert all(found == rings[0] for found in rings)
    path = tmp_path / "keys" / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == [KEY_FILE]


# --- stored objects --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_what_is_stored_reads_back_and_has_the_told_size(size: int, storage: Path) -> None:
    content = some_bytes(size)
    stored = store(content)
    assert whole(stored) == content
    assert object_of(stored, storage).stat().st_size == stored_size(size)


def test_nothing_plain_reaches_the_disk(storage: Path) -> None:
    content = "沙面街道,岭南街道\n".encode() * 200_000
    raw = object_of(store(content), storage).read_bytes()
    assert "沙面街道".encode() not in raw
    assert len(set(cut(raw, 16))) > 0.99 * len(raw) / 16  # the repetition is gone too


def test_the_same_bytes_are_stored_differently_every_time(storage: Path) -> None:
    file_id, content = uuid4(), some_bytes(100)
    first = object_of(store(content, file_id=file_id), storage).read_bytes()
    second = object_of(store(content, file_id=uuid4()), storage).read_bytes()
    assert first[:HEADER_BYTES] != second[:HEADER_BYTES]
    assert first[HEADER_BYTES:] != second[HEADER_BYTES:]


def frames(raw: bytes) -> list[bytes]:
    return list(cut(raw[HEADER_BYTES:], FRAME_BYTES))


DAMAGE = {
    "a flipped bit": lambda raw: raw[:-30] + bytes([raw[-30] ^ 1]) + raw[-29:],
    "another salt": lambda raw: raw[:10] + bytes([raw[10] ^ 1]) + raw[11:],
    "no magic": lambda raw: b"XXXX" + raw[4:],
    "swapped frames": lambda raw: raw[:HEADER_BYTES] + b"".join([*frames(raw)[1::-1], *frames(raw)[2:]]),
    "a repeated frame": lambda raw: raw[:HEADER_BYTES] + b"".join([frames(raw)[0], *frames(raw)[:1], *frames(raw)[2:]]),
    "a missing last frame": lambda raw: raw[: HEADER_BYTES + 2 * FRAME_BYTES],
    "a cut end": lambda raw: raw[:-1],
    "nothing left": lambda raw: b"",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_objects_do_not_open(damage: str, storage: Path) -> None:
    stored = store(some_bytes(2 * CHUNK_BYTES + 500))
    path = object_of(stored, storage)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    with pytest.raises(Tampered):
        whole(stored)


def test_an_object_cut_at_a_frame_does_not_pass_for_a_shorter_part(storage: Path) -> None:
    stored = store(some_bytes(3 * CHUNK_BYTES))
    path = object_of(stored, storage)
    path.write_bytes(path.read_bytes()[: HEADER_BYTES + 2 * FRAME_BYTES])
    shorter = StoredFile(stored.file_id, KEY, (StoredPart(1, 2 * CHUNK_BYTES, stored.parts[0].storage_name),))
    with pytest.raises(Tampered):
        whole(shorter)


def test_one_part_cannot_stand_in_for_another() -> None:
    content = [some_bytes(100, seed) for seed in (1, 2)]
    stored = store(*content)
    pairs = zip(stored.parts, stored.parts[::-1], strict=True)
    swapped = [StoredPart(here.number, here.size, there.storage_name) for here, there in pairs]
    with pytest.raises(Tampered):
        whole(StoredFile(stored.file_id, KEY, tuple(swapped)))
    with pytest.raises(Tampered):
        whole(StoredFile(uuid4(), KEY, stored.parts))
    with pytest.raises(Tampered):
        whole(StoredFile(stored.file_id, bytes(32), stored.parts))


# --- ranges and readers ----------------------------------------------------------------------------------------------

PARTS = [some_bytes(size, size) for size in (CHUNK_BYTES + 10, 1, 2 * CHUNK_BYTES, 300)]
CONTENT = b"".join(PARTS)
EDGES = [0, 1, CHUNK_BYTES, CHUNK_BYTES + 10, CHUNK_BYTES + 11, 3 * CHUNK_BYTES + 11, len(CONTENT) - 1, len(CONTENT)]


@pytest.fixture
def parted() -> StoredFile:
    """A file in four parts of uneven sizes."""
    return store(*PARTS)


@pytest.mark.parametrize("chunk", [1000, 64 * 1024, CHUNK_BYTES])
def test_any_range_is_that_slice_of_the_file(parted: StoredFile, chunk: int) -> None:
    places = random.Random(chunk)
    for start, stop in [*pairwise(EDGES), *((places.choice(EDGES), places.randrange(len(CONTENT))) for _ in range(40))]:
        pieces = list(read_range(parted, start, stop, chunk))
        assert b"".join(pieces) == CONTENT[start:stop]
        assert all(0 < len(piece) <= chunk for piece in pieces)


@pytest.mark.parametrize("seed", range(5))
def test_the_reader_behaves_as_any_binary_file(parted: StoredFile, seed: int) -> None:
    moves = random.Random(seed)
    with DecryptingReader(parted) as reader, io.BytesIO(CONTENT) as plain:
        for _ in range(60):
            if moves.random() < 0.5:
                place = moves.choice([*EDGES, moves.randrange(len(CONTENT))])
                assert reader.seek(place) == plain.seek(place)
            size = moves.choice([0, 1, 100, 70_000, CHUNK_BYTES, -1])
            assert reader.read(size) == plain.read(size)
            assert reader.tell() == plain.tell()
        assert (reader.seek(-5, io.SEEK_END), reader.read()) == (len(CONTENT) - 5, CONTENT[-5:])
        assert (reader.seek(10), reader.seek(-4, io.SEEK_CUR)) == (10, 6)
        buffer = bytearray(8)
        assert (reader.readinto(buffer), bytes(buffer)) == (8, CONTENT[6:14])
        with pytest.raises(ValueError, match="before"):
            reader.seek(-1)


def test_a_range_reads_only_the_frames_that_it_needs(parted: StoredFile, storage: Path) -> None:
    object_of(parted, storage, 3).write_bytes(b"")  # reading it would fail
    assert b"".join(read_range(parted, 5, CHUNK_BYTES)) == CONTENT[5:CHUNK_BYTES]
    path = object_of(parted, storage, 1)
    damaged = path.read_bytes()
    path.write_bytes(damaged[:HEADER_BYTES] + bytes(FRAME_BYTES) + damaged[HEADER_BYTES + FRAME_BYTES :])
    assert b"".join(read_range(parted, CHUNK_BYTES, CHUNK_BYTES + 5)) == CONTENT[CHUNK_BYTES : CHUNK_BYTES + 5]


def test_reading_holds_a_few_chunks_however_large_the_file() -> None:
    stored = store(some_bytes(24 * CHUNK_BYTES))
    tracemalloc.start()
    try:
        for _piece in read_range(stored, 0, stored.size):
            pass
        with DecryptingReader(stored) as reader:
            while reader.read(100_000):
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 6 * CHUNK_BYTES


def test_content_can_be_pulled_in_any_sizes_as_object_stores_do() -> None:
    content = some_bytes(CHUNK_BYTES + 77)
    cipher = ObjectCipher(KEY, identity=b"x")
    at_once = b"".join(SealedContent(cipher.seal_all(cut(content))).chunks())
    pulled = SealedContent(cipher.seal_all(cut(content)))
    assert b"".join(iter(lambda: pulled.read(999), b"")) == at_once
    assert not pulled.seekable()
