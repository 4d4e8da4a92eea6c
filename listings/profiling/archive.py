"""Profiling an archive of images, sound and texts: a row for every member, with what its header says of it."""

from __future__ import annotations

import hashlib
import mimetypes
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import BinaryIO

from listings.profiling.archive_members import CHUNK_BYTES, Archive, Member
from listings.profiling.columns import shown
from listings.profiling.encoding import CODECS, detect
from listings.profiling.json_records import Members, RecordTable
from listings.profiling.media_headers import audio_facts, image_facts, kind_of
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile, some
from listings.profiling.refusals import Refusal, refuse, warning

HEAD_BYTES = 64 * 1024
LARGEST_HELD = 32 * 1024**2  # of an image or a sound; its header is looked for in that much
MOST_TEXT = 20_000
BLOCK_MEMBERS = 1_000
MOST_NAMED = 20
EXAMINED = frozenset({"image", "audio", "text"})


def profile_archive(source: BinaryIO, *, size: int, observers: Sequence[Observer] = ()) -> TableProfile:
    """Profile an archive of `size` bytes through a seekable reader, and let the observers see its members.

    Every member is read to its end, so that its checksum holds, and none is written anywhere. A row has "path",
    "kind", "media_type" and "bytes", of images "width", "height", "color" and their Exif notes, of sound "seconds",
    "sample_rate" and "channels", of texts the beginning. `details` has "container", "members", "folders",
    "unpacked_bytes", "kinds" (how many of each), "seconds" (of all sound whose length is known) and "names_in" (the
    encoding of names that do not tell theirs). Raises Refusal.
    """
    archive = Archive(source, size=size)
    inventory = _Inventory(archive)
    profile = RecordTable(observers).profile("ARCHIVE", inventory.blocks())
    if not profile.rows:
        raise refuse("empty_archive")
    return replace(profile, warnings=inventory.warnings(), details=inventory.details())


class _Inventory:
    """The members of an archive as rows, and what is counted on the way."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._kinds: Counter[str] = Counter()
        self._troubles: Counter[str] = Counter()
        self._names: dict[str, list[str]] = {}
        self._contents: set[bytes] = set()
        self._unpacked = 0
        self._seconds = 0.0

    def blocks(self) -> Iterator[list[Members]]:
        block: list[Members] = []
        for member in self._archive:
            block.append(self._row(member))
            if len(block) == BLOCK_MEMBERS:
                yield block
                block = []
        yield block

    def details(self) -> Members:
        return {
            "container": self._archive.container,
            "members": self._kinds.total(),
            "folders": self._archive.folders,
            "unpacked_bytes": self._unpacked,
            "kinds": dict(sorted(self._kinds.items())),
            "seconds": round(self._seconds, 3),
            "names_in": self._archive.names_in,
        }

    def warnings(self) -> list[Members]:
        told = (
            ("images_tell_places", "images"),
            ("images_tell_persons", "images"),
            ("unreadable_media", "members"),
            ("misnamed_members", "members"),
            ("repeated_members", "members"),
            ("unexamined_members", "members"),
        )
        return [
            warning(code, **{counted: self._troubles[code], "names": some(self._names[code])})
            for code, counted in told
            if self._troubles[code]
        ]

    def _row(self, member: Member) -> Members:
        head, held, size = self._read(member)
        kind, media_type = kind_of(member.name, head[:512])
        if kind == "archive":
            raise refuse("nested_archive", member=str(shown(member.name)))
        named = mimetypes.guess_type(member.name, strict=False)[0] or ""
        text = "" if kind else _text(head)
        if text:
            kind, media_type = "text", named if not _is_media(named) else "text/plain"
        if _is_media(named) and kind != named.partition("/")[0]:
            self._trouble("misnamed_members", member.name)
        kind = kind or "other"
        row: Members = {"path": member.name, "kind": kind, "media_type": media_type or None, "bytes": size}
        if kind == "image":
            row |= self._image(member.name, held)
        elif kind == "audio":
            row |= audio_facts(held, media_type=media_type, size=size)
            self._seconds += row.get("seconds", 0.0)
        elif kind == "text":
            row["text"] = text
        if kind not in EXAMINED or (kind == "text" and size > HEAD_BYTES):
            self._trouble("unexamined_members", member.name)
        self._kinds[kind] += 1
        self._unpacked += size
        return row

    def _read(self, member: Member) -> tuple[bytes, bytes, int]:
        """Read a member to its end; return its beginning, as much of it as headers may need, and its size."""
        digest = hashlib.blake2b(digest_size=16)
        head = member.read(HEAD_BYTES)
        kept = LARGEST_HELD if kind_of(member.name, head[:512])[0] in ("image", "audio") else 0
        parts, held, size, chunk = [], 0, 0, head
        while chunk:
            digest.update(chunk)
            size += len(chunk)
            if held < kept:
                parts.append(chunk)
                held += len(chunk)
            chunk = member.read(CHUNK_BYTES)
        if size and digest.digest() in self._contents:
            self._trouble("repeated_members", member.name)
        self._contents.add(digest.digest())
        return head, b"".join(parts), size

    def _image(self, name: str, content: bytes) -> Members:
        facts = image_facts(content, name=str(shown(name)))
        if facts is None:
            self._trouble("unreadable_media", name)
            return {}
        if "latitude" in facts and "longitude" in facts:
            self._trouble("images_tell_places", name)
        if "owner_name" in facts or "device_id" in facts:
            self._trouble("images_tell_persons", name)
        return facts

    def _trouble(self, code: str, name: str) -> None:
        self._troubles[code] += 1
        names = self._names.setdefault(code, [])
        if len(names) <= MOST_NAMED:
            names.append(str(shown(name)))


def _is_media(media_type: str) -> bool:
    return media_type.startswith(("image/", "audio/", "video/")) and not media_type.endswith("+xml")


def _text(head: bytes) -> str:
    """Return the beginning of a member that is text, or "" for one that is not."""
    if b"\0" in head:
        return ""
    sample = head[: head.rfind(b"\n") + 1] or head if len(head) == HEAD_BYTES else head
    try:
        codec = "ascii" if sample.isascii() else CODECS[detect(sample, complete=len(head) < HEAD_BYTES).encoding]
        return sample.decode(codec, "replace")[:MOST_TEXT]
    except Refusal:
        return ""
