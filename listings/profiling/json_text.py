"""The text of one JSON document, read value by value: never more of it is held than one value and one chunk.

Python's own decoder, over text that comes in pieces: as strict as for JSON Lines. An event parser (ijson) takes two
thirds of its time for a value, but is less strict and does not tell the line of a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_noop as _

from listings.profiling.decoding import LONGEST_LINE
from listings.profiling.json_records import NotJson, read_value, reason_of
from listings.profiling.refusals import Refusal, refuse

_SPACE = re.compile(r"[ \t\r\n]*")
_FIRST_ITEM = re.compile(r"\[[ \t\r\n]*(\S)")
LONGEST_VALUE = LONGEST_LINE
# An escape or a name like "false" that is cut off is reported where it begins.
_CUT_OFF = 12


class JsonText:
    """A document's text, from UTF-8 in whole characters. Whatever is wrong raises Refusal `malformed_document`."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._text = ""
        self._at = 0
        self._lines = 0
        self._ended = False
        self.taken = 0  # characters of the values so far

    def peek(self) -> str:
        """Return the next character that is not white space, without taking it; "" at the document's end."""
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, *expected: str) -> str:
        """Take one of these characters and return it."""
        found = self.peek()
        if found not in expected or not found:
            raise self.wrong(_("it breaks off") if not found else _("something else was expected"))
        self._at += 1
        return found

    def value(self) -> Any:
        """Take the next value, of any kind, and return it; raises Refusal `record_too_long` beyond LONGEST_VALUE."""
        self.peek()
        while True:
            try:
                found, end = read_value(self._text, self._at)
            except NotJson as error:
                raise self.wrong(reason_of(error)) from None
            except json.JSONDecodeError as error:
                if self._ended or not self._is_cut_off(error):
                    raise self.wrong(error.msg, at=error.pos) from None
            else:
                if end < len(self._text) or self._ended:  # otherwise a number may go on in the next chunk
                    self.taken += end - self._at
                    self._at = end
                    return found
            if len(self._text) - self._at > LONGEST_VALUE:
                raise refuse("record_too_long", limit=LONGEST_VALUE)
            self._more(least=len(self._text) - self._at)

    def is_array_of_objects(self) -> bool:
        """Tell whether what comes next is an array whose first item is an object; takes nothing."""
        if self.peek() != "[":
            return False
        while not (found := _FIRST_ITEM.match(self._text, self._at)) and not self._ended:
            if len(self._text) - self._at > LONGEST_VALUE:
                raise refuse("record_too_long", limit=LONGEST_VALUE)
            self._more(least=len(self._text) - self._at)
        return found is not None and found[1] == "{"

    def names(self) -> Iterator[str]:
        """Take an object whose brace comes next, yielding the name of each member before its value is taken."""
        self.take("{")
        if self.peek() == "}":
            self.take("}")
            return
        while True:
            if self.peek() != '"':
                self.take('"')
            name = self.value()
            self.take(":")
            yield name
            if self.take(",", "}") == "}":
                return

    def items(self) -> Iterator[int]:
        """Take an array whose bracket comes next, yielding the number of each item, from 1, before it is taken."""
        self.take("[")
        if self.peek() == "]":
            self.take("]")
            return
        number = 0
        while True:
            number += 1
            yield number
            if self.take(",", "]") == "]":
                return

    def end(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            raise self.wrong(_("there is more after its end"))

    def wrong(self, reason: str, *, at: int | None = None) -> Refusal:
        """Return the refusal for what is wrong here, or at that place of the text in hand."""
        return refuse(
            "malformed_document",
            line=self._lines + self._text.count("\n", 0, self._at if at is None else at) + 1,
            reason=reason,
        )

    def _is_cut_off(self, error: json.JSONDecodeError) -> bool:
        return error.msg.startswith("Unterminated string") or error.pos >= len(self._text) - _CUT_OFF

    def _more(self, *, least: int = 0) -> bool:
        """Read on by one chunk, by more where a long value waits for its end; False at the end."""
        held = [self._text[self._at :]]
        self._lines += self._text.count("\n", 0, self._at)
        added = 0
        while added <= least:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            held.append(chunk.decode())
            added += len(held[-1])
        self._text, self._at = "".join(held), 0
        return not self._ended
