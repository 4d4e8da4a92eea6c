"""A file's bytes as one stream of UTF-8, checked to the last byte: NUL bytes, broken or changing encodings, long lines.

UTF-8 passes through unchanged after a fast validation; other encodings are decoded strictly and written anew.
"""

import codecs
import re
from collections.abc import Iterator
from itertools import chain

import pyarrow as pa

from listings.profiling.containers import refuse_container
from listings.profiling.encoding import (
    CODECS,
    DECLARABLE,
    DOUBTFUL,
    LEGACY,
    PLAIN_LEAD,
    Encoding,
    broken_at,
    detect,
    first_high,
    lines_with_high_bytes,
    plainly,
    plausibility,
    reads_as_utf8,
)
from listings.profiling.refusals import refuse

LONGEST_LINE = 8 * 1024 * 1024
LOOKAHEAD_BYTES = 4 * 1024 * 1024
ENOUGH_HIGH_BYTES = 4096
WINDOW_BYTES = 64 * 1024
PROBE_BYTES = 4 * 1024
BOMS = (
    (codecs.BOM_UTF8, Encoding.UTF_8),
    (codecs.BOM_UTF16_LE, Encoding.UTF_16_LE),
    (codecs.BOM_UTF16_BE, Encoding.UTF_16_BE),
)
_ASCII = bytes(range(128))
_NOT_BLANK = re.compile(rb"[^ \t\r\n\x1a]")
# Each byte as a lead byte of Chinese in UTF-8 (1), a continuation byte (2) or another one (0).
_SHAPES = bytes(1 if 0xE4 <= byte <= 0xE9 else 2 if 0x80 <= byte <= 0xBF else 0 for byte in range(256))
# Three Chinese characters in UTF-8: worth a closer look among lines of another encoding.
_UTF8_RUN = b"\1\2\2" * 3


class TextStream:
    """Iterate over a file's text in UTF-8; `encoding`, `bom` and `certain` are known once iteration has ended.

    `declared` is the provider's word for the encoding ("" if none); `wanted` names the format in refusals.
    Raises Refusal while iterating, with byte offsets into the original file.
    """

    def __init__(self, chunks: Iterator[bytes], *, declared: str = "", wanted: str = "CSV") -> None:
        self.encoding = Encoding.UTF_8
        self.bom = False
        self.certain = True
        self._declared = declared.lower()
        self._format = wanted
        self._chunks = chunks

    def __iter__(self) -> Iterator[bytes]:
        chunks = _without_blank_start(self._chunks)
        head = next(chunks, b"")
        refuse_container(head, wanted=self._format)
        if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
            raise refuse("encoding_unknown", offset=0)
        for bom, encoding in BOMS:
            if head.startswith(bom):
                return self._with_bom(bom, encoding, chain([head[len(bom) :]], chunks))
        return self._ascii_until_decided(chain([head], chunks))

    def _with_bom(self, bom: bytes, encoding: Encoding, chunks: Iterator[bytes]) -> Iterator[bytes]:
        self.encoding, self.bom = encoding, True
        if self._declared and encoding not in DECLARABLE[self._declared]:
            raise refuse("encoding_mismatch", declared=self._declared, detected=encoding.value, offset=0)
        if encoding is Encoding.UTF_8:
            return _valid_utf8(_without_nul(chunks, len(bom)), len(bom))
        return _without_nul(_decoded(chunks, encoding, len(bom)), 0)

    def _ascii_until_decided(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        offset = 0
        chunks = _without_nul(chunks, 0)
        for chunk in chunks:
            if chunk.isascii():
                yield chunk
                offset += len(chunk)
                continue
            sample, complete = _gather(chunk, chunks)
            verdict = detect(sample, offset=offset, complete=complete, declared=self._declared)
            self.encoding, self.certain = verdict.encoding, verdict.certain
            rest = chain([sample], chunks)
            yield from (_valid_utf8 if self.encoding is Encoding.UTF_8 else self._legacy)(rest, offset)
            return
        if self._declared and not {Encoding.UTF_8, *LEGACY} & set(DECLARABLE[self._declared]):
            raise refuse("encoding_mismatch", declared=self._declared, detected="ASCII", offset=0)

    def _legacy(self, chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        return _decoded(_of_one_encoding(chunks, self.encoding, offset), self.encoding, offset)


def within_line_limit(chunks: Iterator[bytes], *, limit: int = LONGEST_LINE) -> Iterator[bytes]:
    """Pass UTF-8 text on while its lines are at most `limit` bytes; raises Refusal `line_too_long`.

    The refusal tells where the line begins, as a byte of the text in UTF-8: counting lines would cost every good file.
    """
    begins, offset = 0, 0
    for chunk in chunks:
        end = b"\n" if b"\n" in chunk else b"\r"
        first = chunk.find(end)
        if offset - begins + (len(chunk) if first < 0 else first) > limit:
            raise refuse("line_too_long", offset=begins, limit=limit)
        if first >= 0:
            begins = offset + chunk.rfind(end) + 1
        offset += len(chunk)
        yield chunk


def _without_blank_start(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Refuse a file of nothing but white space; otherwise pass everything on, the first chunk with at least 4 bytes."""
    held: list[bytes] = []
    for chunk in chunks:
        held.append(chunk)
        if _NOT_BLANK.search(chunk.removeprefix(codecs.BOM_UTF8)) and sum(map(len, held)) >= 4:
            break
        if sum(map(len, held)) > LONGEST_LINE:
            break
    start = b"".join(held)
    if not _NOT_BLANK.search(start.removeprefix(codecs.BOM_UTF8)) or start in (
        codecs.BOM_UTF16_LE,
        codecs.BOM_UTF16_BE,
    ):
        raise refuse("empty_file")
    yield start
    yield from chunks


def _without_nul(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    for chunk in chunks:
        if (at := chunk.find(0)) >= 0:
            raise refuse("binary_content", offset=offset + at)
        yield chunk
        offset += len(chunk)


def _gather(chunk: bytes, chunks: Iterator[bytes]) -> tuple[bytes, bool]:
    """Read on until there is enough text above ASCII to judge by; tell whether the file ends with it."""
    held = [chunk]
    high = len(chunk.translate(None, _ASCII))
    while high < ENOUGH_HIGH_BYTES and sum(map(len, held)) < LOOKAHEAD_BYTES:
        following = next(chunks, None)
        if following is None:
            return b"".join(held), True
        held.append(following)
        high += len(following.translate(None, _ASCII))
    return b"".join(held), False


def _valid_utf8(chunks: Iterator[bytes], offset: int) -> Iterator[bytes]:
    held = b""
    for chunk in chunks:
        text = held + chunk if held else chunk
        end = _end_of_characters(text)
        held = text[end:]
        text = text[:end]  # the same object when nothing is held back
        if not text.isascii() and not _is_utf8(text):
            raise _broken(text, Encoding.UTF_8, offset)
        yield text
        offset += end
    if held:
        raise refuse("mixed_encodings", encoding=Encoding.UTF_8.value, offset=offset)


def _is_utf8(text: bytes) -> bool:
    # Arrow's validator is ten times as fast as decoding in Python.
    offsets = pa.py_buffer(b"\0\0\0\0" + len(text).to_bytes(4, "little"))
    array = pa.Array.from_buffers(pa.string(), 1, [None, offsets, pa.py_buffer(text)])
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _end_of_characters(text: bytes) -> int:
    """Return where the last character that may be cut off begins, or the length of the text."""
    for back in range(1, min(4, len(text) + 1)):
        byte = text[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return len(text) - back if length > back else len(text)
        if byte < 0x80:
            break
    return len(text)


def _broken(text: bytes, encoding: Encoding, offset: int) -> Exception:
    at = broken_at(text, encoding, complete=False)
    return refuse("mixed_encodings", encoding=encoding.value, offset=offset + (at or 0))


def _decoded(chunks: Iterator[bytes], encoding: Encoding, offset: int) -> Iterator[bytes]:
    """Decode strictly and yield UTF-8; `offset` is where the chunks begin in the file."""
    decoder = codecs.getincrementaldecoder(CODECS[encoding])("strict")
    for chunk, final in chain(((chunk, False) for chunk in chunks), ((b"", True),)):
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            at = offset - pending + error.start
            raise refuse("mixed_encodings", encoding=encoding.value, offset=at) from None
        yield text.encode()
        offset += len(chunk)


def _of_one_encoding(chunks: Iterator[bytes], encoding: Encoding, offset: int) -> Iterator[bytes]:
    """Refuse what decodes without error but is plainly another encoding: UTF-8 lines, or the other legacy encoding."""
    for chunk in chunks:
        found = _first_utf8_line(chunk)
        if found is None:
            windows = (_first_other_line(chunk, start, encoding) for start in range(0, len(chunk), WINDOW_BYTES))
            found = next((at for at in windows if at is not None), None)
        if found is not None:
            raise refuse("mixed_encodings", encoding=encoding.value, offset=offset + found)
        yield chunk
        offset += len(chunk)


def _first_utf8_line(chunk: bytes) -> int | None:
    if _UTF8_RUN not in chunk.translate(_SHAPES):
        return None
    lines = ((start, line) for start, line in lines_with_high_bytes(chunk) if _UTF8_RUN in line.translate(_SHAPES))
    return next((start + first_high(line) for start, line in lines if reads_as_utf8(line)), None)


def _first_other_line(chunk: bytes, start: int, encoding: Encoding) -> int | None:
    """Look for plain lines of the other legacy encoding around a place that does not read well."""
    other = Encoding.BIG5 if encoding is Encoding.GB18030 else Encoding.GB18030
    probe = chunk[start : start + PROBE_BYTES]
    likely = plausibility(probe, encoding)
    if likely >= DOUBTFUL or likely - plausibility(probe, other) >= PLAIN_LEAD:
        return None
    begins = max(start - WINDOW_BYTES, 0)
    lines = lines_with_high_bytes(chunk[begins : start + WINDOW_BYTES])
    plain = ((begins + at + first_high(line), plainly(line)) for at, line in lines)
    return next((at for at, found in plain if found is other), None)
