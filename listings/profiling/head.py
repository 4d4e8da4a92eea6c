"""What the first lines of a file tell of its columns, before it is read."""

from collections.abc import Iterator
from typing import BinaryIO

from listings.profiling.reading import profile_file
from listings.profiling.refusals import Refusal

# Formats whose first lines tell the columns; of the others fields are taken to stand in the order of the columns.
HEADED = frozenset({"CSV", "JSONL"})
HEAD_BYTES = 256 * 1024


def columns_at_head(chunks: Iterator[bytes], *, format: str, declared_encoding: str) -> list[str]:  # noqa: A002
    """Return the columns as the first lines of a file tell them, or none where they do not.

    Rules of some columns need them before the first row is checked; whatever is wrong with the file is told later.
    """
    if format not in HEADED:
        return []
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= HEAD_BYTES:
            break
    whole_lines = head if len(head) < HEAD_BYTES else head[: head.rfind(b"\n") + 1]
    try:
        profile = profile_file(
            format,
            chunks=iter([whole_lines]),
            open_seekable=_never_sought,
            size=len(whole_lines),
            declared_encoding=declared_encoding,
        )
    except Refusal:
        return []
    return [str(column["name"]) for column in profile.columns]


def _never_sought() -> BinaryIO:
    raise RuntimeError("formats that are read in order are not sought in")
