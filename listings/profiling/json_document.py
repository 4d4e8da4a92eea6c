"""Profiling one JSON document: an array of records, or one object that holds such an array among other members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_noop as _

from listings.profiling.ahead import ahead
from listings.profiling.columns import shown
from listings.profiling.decoding import TextStream
from listings.profiling.json_records import Members, RecordTable
from listings.profiling.json_text import LONGEST_VALUE, JsonText
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile, some
from listings.profiling.refusals import refuse

BLOCK_CHARACTERS = 1024 * 1024
VALUE = "value"  # the column of an array of plain values


def profile_json_document(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a JSON file from its bytes, and let the observers see its records; raises Refusal.

    The records are the document's array, the one array of objects among the members of its object, or the object
    itself. Of an array of plain values each is a record with one member, `value`. `details` has "records_in" (the
    name of the member that holds them, "" for none) and "members" (the other members, as values are shown).
    """
    text = TextStream(chunks, declared=declared_encoding, wanted="JSON")
    json_text = JsonText(ahead(iter(text)))
    document = _Document(json_text)
    profile = RecordTable(observers).profile("JSON", in_blocks(json_text, document.records()), text=text)
    if not profile.rows:
        raise refuse("no_records")
    return replace(profile, details=document.details)


def in_blocks(text: JsonText, records: Iterator[Members]) -> Iterator[list[Members]]:
    """Gather the records that are taken from a text in blocks of bounded size."""
    block: list[Members] = []
    begins = text.taken
    for record in records:
        block.append(record)
        if text.taken - begins >= BLOCK_CHARACTERS:
            yield block
            block, begins = [], text.taken
    yield block


class _Document:
    """The records of a document, and what it says beside them."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        self._records_in: str | None = None
        self._members: Members = {}

    @property
    def details(self) -> dict[str, Any]:
        members = {} if self._records_in is None else self._members
        return {
            "records_in": str(shown(self._records_in or "")),
            "members": {str(shown(name)): shown(members.get(name)) for name in some(list(members))},
        }

    def records(self) -> Iterator[Members]:
        if self._text.peek() == "[":
            yield from array_of(self._text)
        elif self._text.peek() == "{":
            yield from self._object()
        else:
            self._text.value()
            raise refuse("no_records")
        self._text.end()

    def _object(self) -> Iterator[Members]:
        """Yield the records of the member that has them; if none has, the object is the only record."""
        text, held = self._text, 0
        for name in text.names():
            if text.is_array_of_objects():
                if self._records_in is not None:
                    raise refuse("several_tables", names=[str(shown(self._records_in)), str(shown(name))])
                self._records_in = name
                yield from array_of(text)
                continue
            before = text.taken
            self._members[name] = text.value()
            held += text.taken - before + len(name)
            if held > LONGEST_VALUE:
                raise refuse("record_too_long", limit=LONGEST_VALUE)
        if self._records_in is None and self._members:
            yield self._members


def array_of(text: JsonText) -> Iterator[Members]:
    """Take the array that comes next and yield its objects, or its plain values each as an object with one member."""
    plain: bool | None = None
    for _number in text.items():
        value = text.value()
        is_plain = not isinstance(value, dict)
        if plain is not None and plain is not is_plain:
            raise text.wrong(_("objects and other values stand in the same array"))
        plain = is_plain
        yield {VALUE: value} if is_plain else value
