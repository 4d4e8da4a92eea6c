"""Lines of text: bytes into numbered lines, one at a time, and a line of facts into one JSON object, strictly."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

from django.utils.translation import gettext_lazy as _

from listings.crossborder.facts import BadFacts

LONGEST_LINE = 64 * 1024  # bytes; the facts of a transfer take a few hundred
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not blank with their numbers from 1, never holding more than one.

    Of a line that is too long the first bytes are yielded, one more than `LONGEST_LINE`, and the rest is passed over.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE + 1)
        if number == 1:
            line = line.removeprefix(BYTE_ORDER_MARK)
        if line.strip():
            yield number, line


def lines_of(pieces: Iterable[bytes], *, longest: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a body that arrives in pieces with their numbers from 1, never holding more than one.

    A line of more than `longest` bytes is yielded as far as it has come, for the caller to refuse.
    """
    number, rest = 0, b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        for line in whole:
            number += 1
            yield number, line
        if len(rest) > longest:
            yield number + 1, rest
    yield number + 1, rest


def read_line(line: bytes) -> Any:
    """Return the JSON value of a line. Raises BadFacts for what is not UTF-8, not JSON, or names a member twice."""
    if len(line) > LONGEST_LINE:
        raise BadFacts("line_too_long", "", _("The line is longer than 64 KiB."))
    try:
        return _DECODER.decode(line.decode("utf-8").strip())
    except UnicodeDecodeError as error:
        raise BadFacts("not_utf8", "", _("The line is not UTF-8.")) from error
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else _("it cannot be represented")
        raise BadFacts("invalid_json", "", _("This is not JSON: %(reason)s.") % {"reason": reason}) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse doubles: of two grades in one object a reader would see the first and a program take the last."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _value in pairs]
        twice = min(name for name in members if names.count(name) > 1)
        raise BadFacts("duplicate_member", twice, _("This is given twice."))
    return members


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_no_constant)
