"""Profiling JSON Lines: one object a line, read strictly (RFC 8259), its members as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext_noop as _

from listings.profiling.ahead import ahead
from listings.profiling.decoding import TextStream, within_line_limit
from listings.profiling.json_records import Members, NotJson, RecordTable, read_value, reason_of
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile
from listings.profiling.refusals import refuse

_INDEFINITE = {
    list: _("it is an array"),
    str: _("it is a string"),
    bool: _("it is true or false"),
    int: _("it is a number"),
    float: _("it is a number"),
}


def profile_json_lines(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a JSON Lines file from its bytes, and let the observers see its rows; raises Refusal."""
    text = TextStream(chunks, declared=declared_encoding, wanted="JSON Lines")
    lines = _whole_lines(ahead(within_line_limit(iter(text))))
    return RecordTable(observers).profile("JSONL", _objects(lines), text=text)


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    held = b""
    for chunk in chunks:
        end = chunk.rfind(b"\n")
        if end < 0:
            held += chunk
            continue
        yield (held + chunk[:end]).decode()
        held = chunk[end + 1 :]
    yield held.decode()


def _objects(blocks: Iterator[str]) -> Iterator[Iterable[Members]]:
    """Yield the objects of each block of whole lines."""
    number = 0
    for block in blocks:
        lines = block.split("\n")
        numbered = enumerate(lines, number + 1)
        yield (_object(text, at) for at, line in numbered if (text := line.strip(" \t\r")))
        number += len(lines)


def _object(line: str, number: int) -> Members:
    try:
        found, end = read_value(line)
        if end != len(line):
            raise NotJson(f"there is more after column {end}")
    except ValueError as error:
        if not isinstance(error, NotJson) and (line.startswith("[") or (number == 1 and line == "{")):
            raise refuse("not_json_lines") from None
        raise refuse("malformed_json", line=number, reason=reason_of(error)) from None
    if isinstance(found, list) and any(isinstance(item, dict) for item in found):
        raise refuse("not_json_lines")
    if not isinstance(found, dict):
        raise refuse("malformed_json", line=number, reason=_INDEFINITE.get(type(found), _("it is null")))
    return found
