"""The formats that are read: how each is recognized, and how a file of it is profiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listings.profiling.archive import profile_archive
from listings.profiling.csv_table import profile_csv
from listings.profiling.geojson import profile_geojson
from listings.profiling.json_document import profile_json_document
from listings.profiling.json_lines import profile_json_lines
from listings.profiling.observing import Observer
from listings.profiling.openapi import profile_openapi
from listings.profiling.parquet import profile_parquet
from listings.profiling.plain_text import profile_plain_text
from listings.profiling.profile import TableProfile
from listings.profiling.recognizing import EXTENSIONS, recognize
from listings.profiling.workbook import profile_workbook


@dataclass(frozen=True)
class File:
    """A file to profile: its bytes in order, a way to seek in them, their number, and who looks on."""

    chunks: Iterator[bytes]
    open_seekable: Callable[[], BinaryIO]
    size: int
    declared_encoding: str
    observers: Sequence[Observer]


class InOrder(Protocol):
    """Profiles a file from its bytes in order, all of which it takes; raises Refusal."""

    def __call__(
        self, chunks: Iterator[bytes], *, declared_encoding: str, observers: Sequence[Observer]
    ) -> TableProfile: ...


class Seeking(Protocol):
    """Profiles a file of `size` bytes in which it seeks; raises Refusal."""

    def __call__(self, source: BinaryIO, *, size: int, observers: Sequence[Observer]) -> TableProfile: ...


@dataclass(frozen=True)
class Format:
    """A format: what people call it, how its files are named, how they are profiled, and whether that takes seeking."""

    label: str | Promise
    extensions: tuple[str, ...]
    profile: Callable[[File], TableProfile]
    seeks: bool = False


def _in_order(label: str | Promise, extensions: tuple[str, ...], profile: InOrder) -> Format:
    def run(file: File) -> TableProfile:
        return profile(file.chunks, declared_encoding=file.declared_encoding, observers=file.observers)

    return Format(label, extensions, run)


def _seeking(label: str | Promise, extensions: tuple[str, ...], profile: Seeking) -> Format:
    def run(file: File) -> TableProfile:
        with file.open_seekable() as source:
            return profile(source, size=file.size, observers=file.observers)

    return Format(label, extensions, run, seeks=True)


FORMATS: Mapping[str, Format] = {
    "CSV": _in_order("CSV or TSV", EXTENSIONS["CSV"], profile_csv),
    "JSONL": _in_order("JSON Lines", EXTENSIONS["JSONL"], profile_json_lines),
    "JSON": _in_order("JSON", EXTENSIONS["JSON"], profile_json_document),
    "GEOJSON": _in_order("GeoJSON", EXTENSIONS["GEOJSON"], profile_geojson),
    "EXCEL": _seeking("Excel", EXTENSIONS["EXCEL"], profile_workbook),
    "PARQUET": _seeking("Parquet", EXTENSIONS["PARQUET"], profile_parquet),
    "TEXT": _in_order(_("plain text"), EXTENSIONS["TEXT"], profile_plain_text),
    "OPENAPI": _in_order(_("OpenAPI description"), EXTENSIONS["OPENAPI"], profile_openapi),
    "ARCHIVE": _seeking(_("archive of images, sound or texts"), EXTENSIONS["ARCHIVE"], profile_archive),
}


def detect_format(name: str, head: bytes) -> str:
    """Return the code of `FORMATS` that a file seems to have; `head` is its first bytes, some 64 KiB.

    What is none of them gets the best guess: its profiler refuses it and says why.
    """
    found = recognize(name, head)
    return found if found in FORMATS else "CSV"


def profile_file(
    format: str,  # noqa: A002 - the domain's word
    *,
    chunks: Iterator[bytes],
    open_seekable: Callable[[], BinaryIO],
    size: int,
    declared_encoding: str = "",
    observers: Sequence[Observer] = (),
) -> TableProfile:
    """Profile a file of `size` bytes, whose format is a code of `FORMATS`, and let the observers see its rows.

    Formats that seek call `open_seekable`, close what it returns, and leave `chunks` alone; the others take all chunks
    and never open. Raises Refusal.
    """
    return FORMATS[format].profile(File(chunks, open_seekable, size, declared_encoding, observers))
