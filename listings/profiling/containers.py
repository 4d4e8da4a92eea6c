"""Files that are something else than their format says, known by their first bytes. They are named, never opened."""

import zlib

from django.utils.translation import gettext_noop as _

from listings.profiling.refusals import refuse

PARQUET_MAGIC = b"PAR1"
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
GZIP_MAGIC = b"\x1f\x8b"
TAR_MAGIC, TAR_MAGIC_AT = b"ustar", 257
MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", _("a ZIP archive or an Office document")),
    (b"PK\x05\x06", _("an empty ZIP archive")),
    (b"\x1f\x8b", _("gzip data")),
    (b"BZh", _("bzip2 data")),
    (b"\xfd7zXZ\x00", _("XZ data")),
    (b"\x28\xb5\x2f\xfd", _("Zstandard data")),
    (b"\x04\x22\x4d\x18", _("LZ4 data")),
    (b"7z\xbc\xaf\x27\x1c", _("a 7z archive")),
    (b"Rar!\x1a\x07", _("a RAR archive")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _("an old Office document")),
    (b"%PDF-", _("a PDF document")),
    (b"\x89PNG\r\n\x1a\n", _("a PNG image")),
    (b"\xff\xd8\xff", _("a JPEG image")),
    (b"GIF8", _("a GIF image")),
    (b"SQLite format 3\x00", _("an SQLite database")),
    (b"ARROW1", _("an Arrow file")),
    (b"Obj\x01", _("an Avro file")),
    (b"ORC", _("an ORC file")),
    (b"\x7fELF", _("a program")),
    (PARQUET_MAGIC, _("a Parquet file")),
)


def refuse_container(head: bytes, *, wanted: str) -> None:
    """Raise Refusal `wrong_container` when a text file begins like something else; `wanted` is its format.

    A magic of letters alone counts only when no text follows it: a table may well have a column ORC or BZhong.
    """
    for magic, container in MAGIC:
        if head.startswith(magic) and not _reads_on_as_text(head, magic):
            raise refuse("wrong_container", container=container, format=wanted)


def _reads_on_as_text(head: bytes, magic: bytes) -> bool:
    if magic == b"%PDF-" or not magic.isalnum():
        return False
    following = head[len(magic) : 64]
    return not any(byte < 9 or 13 < byte < 32 for byte in following)


def archive_of(head: bytes) -> str:
    """Return "zip", "tar" or "tar.gz" for a file that begins (some 1,024 bytes) as an archive does, otherwise ""."""
    if head.startswith(ZIP_MAGICS):
        return "zip"
    if head.startswith(TAR_MAGIC, TAR_MAGIC_AT):
        return "tar"
    if head.startswith(GZIP_MAGIC):
        try:
            unpacked = zlib.decompressobj(wbits=31).decompress(head, 512)
        except zlib.error:
            return ""
        return "tar.gz" if unpacked.startswith(TAR_MAGIC, TAR_MAGIC_AT) else ""
    return ""
