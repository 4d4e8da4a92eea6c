"""Naming the buyer whose copy a leaked file is, by the marks that are left in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction

from kernel import audit
from kernel.actors import Actor
from listings.profiling.reading import detect_format
from marketplace.delivery.watermark.copies import MARKED_FORMATS, marking_of
from marketplace.delivery.watermark.method import CODE_BITS, Fit, Marking, bit_of, code_of, fit
from marketplace.delivery.watermark.tables import rows_of
from marketplace.models import MarkedFile

HEAD_BYTES = 64 * 1024


class UnreadableLeak(Exception):
    """A file whose format carries no marks; the message says which do."""


@dataclass(frozen=True)
class Suspect:
    """A buyer whose copy the file may be; `marks` is how many marked values were read."""

    copy: MarkedFile
    marks: int
    fit: Fit


def trace_leak(path: Path, *, products: Iterable[UUID] = (), actor: Actor) -> list[Suspect]:
    """Return the agreements whose copies fit a leaked file, the likeliest first; that it was asked is recorded.

    `products` narrows the search. Raises UnreadableLeak for a format that carries no marks.
    """
    with path.open("rb") as source:
        format_code = detect_format(path.name, source.read(HEAD_BYTES))
    if format_code not in MARKED_FORMATS:
        raise UnreadableLeak(f"{path.name} is {format_code}; marks are in {', '.join(sorted(MARKED_FORMATS))}")
    copies = MarkedFile.objects.select_related("file__version", "delivery__order__agreement", "organization")
    if products:
        copies = copies.filter(delivery__order__listing__product__in=products)
    marked: dict[tuple[UUID, Marking], list[MarkedFile]] = {}
    for copy in copies.order_by("pk"):
        marked.setdefault((copy.file_id, marking_of(copy)), []).append(copy)
    suspects = []
    candidates = sum(map(len, marked.values()))
    for (_file, marking), its_copies in marked.items():
        votes, marks = _votes(path, format_code, marking)
        for copy in its_copies:
            code = code_of(marking.secret, copy.delivery.order.agreement.id)
            suspects.append(Suspect(copy, marks, fit(votes, code, candidates=candidates)))
    suspects.sort(key=lambda suspect: suspect.fit.score, reverse=True)
    _record(suspects, actor)
    return suspects


def _votes(path: Path, format_code: str, marking: Marking) -> tuple[list[int], int]:
    votes, marks = [0] * CODE_BITS, 0
    with path.open("rb") as source:
        for anchor, carriers in rows_of(format_code, source, marking):
            for name, value in carriers.items():
                place, bit = marking.place(anchor, name), bit_of(value)
                if place is not None and bit is not None:
                    votes[place[0]] += 1 if bit ^ place[1] else -1
                    marks += 1
    return votes, marks


@transaction.atomic
def _record(suspects: list[Suspect], actor: Actor) -> None:
    for suspect in suspects[:1]:
        details = {"score": round(suspect.fit.score, 2), "confidence": f"{suspect.fit.confidence:.6f}"}
        audit.record("markedfile.traced", subject=suspect.copy, actor=actor, details=details)
