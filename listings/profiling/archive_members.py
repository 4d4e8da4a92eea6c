"""Walking the members of an archive (zip, tar, tar.gz) one by one, in bounded memory; nothing is unpacked to disk.

What could do harm where a buyer unpacks it, or hides data from examination, refuses the whole archive: paths that lead
out of the folder, links and devices, passwords, two members of one name, and what grows beyond measure.
"""

from __future__ import annotations

import re
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from gzip import GzipFile
from typing import IO, TypeVar, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from django.utils.translation import gettext_noop as _

from listings.profiling.containers import archive_of
from listings.profiling.encoding import CODECS, Encoding, detect
from listings.profiling.refusals import Refusal, refuse

MOST_MEMBERS = 100_000
MOST_AT_ONCE = 16 * 1024**2  # of a directory or a header; the directory of that many members is smaller
LONGEST_NAME = 1_000
SUSPICIOUS_BYTES = 128 * 1024**2
MOST_GROWTH = 200
HEAD_BYTES = 1024
CHUNK_BYTES = 1024 * 1024
ENCRYPTED = 0x1 | 0x40 | 0x2000  # APPNOTE 4.4.4: encrypted, strongly encrypted, directory encrypted
NAMES_ARE_UTF8 = 0x800
_DRIVE = re.compile(r"[A-Za-z]:")
# Control characters, and those that turn the direction of reading and so disguise an ending.
_DISGUISE = re.compile("[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
# What a broken archive makes of the decoders. Faults of the storage beneath are none of these and pass.
BROKEN = (
    ArithmeticError,
    BadZipFile,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    ValueError,
    tarfile.TarError,
    zlib.error,
)
T = TypeVar("T")


@dataclass(frozen=True)
class Member:
    """A file of the archive; `read` returns at most so many of its next bytes, b"" at its end, and raises Refusal."""

    name: str
    read: Callable[[int], bytes]


class Archive:
    """The members of an archive of `size` bytes, in its own order; each must be read before the next is asked for.

    `container` is "zip", "tar" or "tar.gz", `folders` the number of folders so far, and `names_in` the encoding of
    names that do not tell theirs. Raises Refusal, while walking too.
    """

    def __init__(self, source: IO[bytes], *, size: int) -> None:
        source.seek(0)
        head = source.read(HEAD_BYTES)
        source.seek(0)
        if not head:
            raise refuse("empty_file")
        self.container = archive_of(head)
        if not self.container:
            raise refuse("not_an_archive")
        self.names_in = ""
        self.folders = 0
        self._source = source
        self._size = size
        self._names: set[str] = set()

    def __iter__(self) -> Iterator[Member]:
        return self._zipped() if self.container == "zip" else self._taped()

    def _zipped(self) -> Iterator[Member]:
        with _guarded(lambda: ZipFile(cast("IO[bytes]", _Bounded(self._source)))) as file:
            infos = file.infolist()
            self._check_growth(sum(info.file_size for info in infos))
            for info, name in zip(infos, self._zip_names(infos), strict=True):
                self._check_name(name)
                _check_zipped(info, name)
                if info.is_dir():
                    self.folders += 1
                    continue
                with _guarded(lambda info=info: file.open(info)) as opened:  # type: ignore[misc]
                    yield Member(name, _reader(opened))

    def _zip_names(self, infos: list[ZipInfo]) -> list[str]:
        """Return the members' names; programs of Windows write them in GBK or Big5 and do not say so."""
        untold = [not info.flag_bits & NAMES_ARE_UTF8 and not info.orig_filename.isascii() for info in infos]
        names = [info.orig_filename for info in infos]
        try:
            sample = "\n".join(name for name, is_untold in zip(names, untold, strict=True) if is_untold)
            encoding = detect(sample.encode("cp437")).encoding if sample else Encoding.UTF_8
            self.names_in = encoding.value if sample else ""
            return [
                name.encode("cp437").decode(CODECS[encoding], "replace") if is_untold else name
                for name, is_untold in zip(names, untold, strict=True)
            ]
        except (Refusal, UnicodeEncodeError):  # of no encoding that we know: as the standard has it
            return names

    def _taped(self) -> Iterator[Member]:
        stream = cast("IO[bytes]", GzipFile(fileobj=self._source)) if self.container == "tar.gz" else self._source
        tape = _Bounded(stream, passed=self._check_growth)
        with _guarded(lambda: tarfile.open(fileobj=cast("IO[bytes]", tape), mode="r:", encoding="utf-8")) as file:
            while (info := _guarded(file.next)) is not None:
                file.members = []  # type: ignore[attr-defined]  # it would keep them all
                name = self._tape_name(info.name)
                self._check_name(name)
                if info.isdir():
                    self.folders += 1
                    continue
                if not info.isreg() or info.issparse():
                    raise refuse("unsafe_member", member=name, reason=_("it is a link or a device"))
                opened = _guarded(lambda info=info: file.extractfile(info))  # type: ignore[misc]
                yield Member(name, _reader(cast("IO[bytes]", opened)))
        _check_end(tape)

    def _tape_name(self, name: str) -> str:
        raw = name.encode("utf-8", "surrogateescape")
        try:
            encoding = detect(raw).encoding if not name.isascii() else Encoding.UTF_8
        except Refusal:
            return raw.decode("utf-8", "replace")
        if encoding != Encoding.UTF_8:
            self.names_in = encoding.value
        return raw.decode(CODECS[encoding], "replace")

    def _check_name(self, name: str) -> None:
        parts = re.split(r"[/\\]", name)
        if ".." in parts or not parts[0].strip() or _DRIVE.match(name):
            raise refuse("unsafe_member", member=_told(name), reason=_("its path leads out of the archive"))
        if len(name) > LONGEST_NAME or _DISGUISE.search(name):
            raise refuse("unsafe_member", member=_told(name), reason=_("its name is too long or disguised"))
        plain = "/".join(part for part in parts if part not in ("", "."))
        if plain in self._names:
            raise refuse("unsafe_member", member=_told(name), reason=_("another member has the same name"))
        self._names.add(plain)
        if len(self._names) > MOST_MEMBERS:
            raise refuse("too_many_members", limit=MOST_MEMBERS)

    def _check_growth(self, unpacked: int) -> None:
        if unpacked > SUSPICIOUS_BYTES and unpacked > MOST_GROWTH * self._size:
            raise refuse("archive_bomb", size=self._size, unpacked=unpacked)


def _check_zipped(info: ZipInfo, name: str) -> None:
    if info.flag_bits & ENCRYPTED:
        raise refuse("encrypted_archive", member=_told(name))
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise refuse("archive_method", member=_told(name))
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse("unsafe_member", member=_told(name), reason=_("it is a link or a device"))


def _check_end(tape: _Bounded) -> None:
    """Refuse what follows the last member: programs that unpack stop at a damaged header and miss the rest."""
    if any(tape.last):
        raise refuse("corrupt_archive", reason=_("a member's header is damaged"))
    while rest := _guarded(lambda: tape.read(CHUNK_BYTES)):
        if any(rest):
            raise refuse("corrupt_archive", reason=_("there is more after its end"))


def _reader(opened: IO[bytes]) -> Callable[[int], bytes]:
    return lambda count: _guarded(lambda: opened.read(count))


def _guarded(act: Callable[[], T]) -> T:
    try:
        return act()
    except BROKEN as error:
        reason = str(error).partition("\n")[0][:200] or type(error).__name__
        raise refuse("corrupt_archive", reason=reason) from None


def _told(name: str) -> str:
    return _DISGUISE.sub("\ufffd", name[:200])


class _Bounded:
    """A seekable file that never returns more at once than is taken, however much a forged header asks for."""

    def __init__(self, source: IO[bytes], passed: Callable[[int], None] = lambda _position: None) -> None:
        self._source = source
        self._passed = passed
        self.last = b""
        self.seek, self.tell, self.seekable = source.seek, source.tell, source.seekable

    def read(self, count: int = -1) -> bytes:
        self.last = self._source.read(MOST_AT_ONCE + 1 if count < 0 else min(count, MOST_AT_ONCE + 1))
        if len(self.last) > MOST_AT_ONCE:
            raise refuse("corrupt_archive", reason=_("its directory, or a member's header, is too large"))
        self._passed(self._source.tell())
        return self.last
