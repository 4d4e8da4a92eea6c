"""Review checklists and working days of each venue, from dated data files, and what reviewers say about their items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.editions import edition_on


@dataclass(frozen=True)
class ChecklistItem:
    """One question that a reviewer answers; `label` is a language map."""

    code: str
    stage: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """A reviewer's answer to one item of the checklist."""

    ok: bool
    note: str = ""


@dataclass(frozen=True)
class Correction:
    """One thing to correct: the checklist item it belongs to, why, and where in the dossier (a JSON pointer)."""

    code: str
    reason: str
    pointer: str = ""


@dataclass(frozen=True)
class Checklist:
    """A venue's checklist as of a day. `working_days` maps a clock's kind to its allowance."""

    edition: str
    working_days: Mapping[str, int]
    items: Sequence[ChecklistItem]

    def of_stage(self, stage: str) -> list[ChecklistItem]:
        return [item for item in self.items if item.stage == stage]


def checklist_of(venue_code: str, *, on: date) -> Checklist:
    """Return the checklist that the venue uses on the day `on`. Raises LookupError for a venue without one."""
    edition = edition_on(f"checklists/{venue_code}-*.json", on)
    return Checklist(
        edition=edition["edition"],
        working_days=edition["working_days"],
        items=tuple(ChecklistItem(row["code"], row["stage"], row["label"]) for row in edition["items"]),
    )


def answer_errors(items: Sequence[ChecklistItem], answers: Mapping[str, Answer]) -> Iterator[FieldError]:
    """Yield what keeps a stage from being passed: an item without an answer, a "no", an answer to no item."""
    codes = {item.code for item in items}
    for code in sorted(codes | answers.keys()):
        pointer = f"/checklist/{code}"
        if code not in codes:
            yield FieldError(pointer, "unknown_item", _("The checklist of this stage has no such item."))
        elif code not in answers:
            yield FieldError(pointer, "required", _("Answer this item."))
        elif not answers[code].ok:
            yield FieldError(pointer, "not_ok", _("With this answer, ask for a correction or reject."))


def correction_errors(items: Sequence[ChecklistItem], corrections: Sequence[Correction]) -> Iterator[FieldError]:
    """Yield what is wrong with a request for corrections: none given, an unknown item, no reason."""
    codes = {item.code for item in items}
    if not corrections:
        yield FieldError("/corrections", "required", _("Say what is to be corrected."))
    for index, correction in enumerate(corrections):
        if correction.code not in codes:
            message = _("The checklist of this stage has no such item.")
            yield FieldError(f"/corrections/{index}/code", "unknown_item", message)
        if not correction.reason.strip():
            yield FieldError(f"/corrections/{index}/reason", "required", _("Say why."))
