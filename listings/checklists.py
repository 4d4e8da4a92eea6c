"""How each venue reviews, from dated data files: stages, their officers, questions and working days.

Beside them, what reviewers say about the questions and what is wrong with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import FieldError
from listings.editions import Edition, edition_on, editions

Facts = Mapping[str, Any]
ALWAYS, WITH_RED_ITEMS = "ALWAYS", "WITH_RED_ITEMS"  # when a stage is part of a review


@dataclass(frozen=True)
class ChecklistItem:
    """One question that a reviewer answers; `label` is a language map, `product_types` empty where all are meant."""

    code: str
    stage: str
    label: Mapping[str, str]
    product_types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Stage:
    """One stage of a venue's review.

    `permission` is the officer's; a listing at this stage is in the state `listing_state`. Who passed one of the stages
    `not_by` does not decide this one. `concerns` are the pointers of the dossier whose change opens the stage again.
    """

    code: str
    label: Mapping[str, str]
    permission: str
    listing_state: str
    working_days: int
    planned: str
    not_by: frozenset[str]
    concerns: frozenset[str]
    product_types: frozenset[str] = frozenset()


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
class RedItem:
    """A fact of a listing for which the committee decides; `when` are alternatives of facts and their values."""

    code: str
    label: Mapping[str, str]
    when: Sequence[Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class WantedReport:
    """A report of a service agency without which a stage is not passed, for listings of these facts."""

    kind: str
    stage: str
    label: Mapping[str, str]
    when: Sequence[Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class Gate:
    """What a venue asks at one act of a listing's way; `check` names a rule of listings/gates.py."""

    code: str
    label: Mapping[str, str]
    act: str
    check: str


@dataclass(frozen=True)
class Checklist:
    """A venue's review as of a day. `working_days` are the allowances from submission and for the whole."""

    edition: str
    working_days: Mapping[str, int]
    stages: Sequence[Stage]
    items: Sequence[ChecklistItem]
    red_items: Sequence[RedItem] = ()
    committee: Mapping[str, Any] = field(default_factory=dict)
    gates: Sequence[Gate] = ()
    reports: Sequence[WantedReport] = ()

    def stage(self, code: str) -> Stage:
        """Return the stage of that code; raises LookupError if the edition has none."""
        for stage in self.stages:
            if stage.code == code:
                return stage
        raise LookupError(f"{self.edition} has no stage {code}")

    def plan(self, facts: Facts, *, referred: bool = False) -> list[Stage]:
        """Return the stages that a listing of these facts goes through; a referred one before the committee."""
        planned = {ALWAYS} | ({WITH_RED_ITEMS} if referred or self.red_items_of(facts) else set())
        of_type = (stage for stage in self.stages if _is_for(stage, facts["product_type"]))
        return [stage for stage in of_type if stage.planned in planned]

    def reports_of(self, facts: Facts) -> list[WantedReport]:
        """Return the agency reports that a listing of these facts needs."""
        return [wanted for wanted in self.reports if _is_met(wanted.when, facts)]

    def red_items_of(self, facts: Facts) -> list[RedItem]:
        """Return the red items of a listing."""
        return [item for item in self.red_items if _is_met(item.when, facts)]

    def gates_at(self, act: str) -> list[Gate]:
        """Return the gates that stand at an act: `submit`, `list` or `order`."""
        return [gate for gate in self.gates if gate.act == act]

    def of_stage(self, stage: str, product_type: str | None = None) -> list[ChecklistItem]:
        """Return the questions of a stage, those for one type of product if it is given."""
        return [
            item for item in self.items if item.stage == stage and (product_type is None or _is_for(item, product_type))
        ]


def checklist_of(venue_code: str, *, on: date) -> Checklist:
    """Return the checklist that the venue uses on the day `on`. Raises LookupError for a venue without one."""
    return checklist_named(edition_on(f"checklists/{venue_code}-*.json", on)["edition"])


@cache
def checklist_named(edition: str) -> Checklist:
    """Return the checklist of an edition, such as `gzdex-2026-01-01`. Raises LookupError if there is none."""
    [found] = editions(f"checklists/{edition}.json")
    return _checklist(found)


def _checklist(edition: Edition) -> Checklist:
    return Checklist(
        edition=edition["edition"],
        working_days=edition["working_days"],
        stages=tuple(
            Stage(
                **{
                    **row,
                    "not_by": frozenset(row["not_by"]),
                    "concerns": frozenset(row["concerns"]),
                    "product_types": frozenset(row.get("product_types", ())),
                }
            )
            for row in edition["stages"]
        ),
        items=tuple(
            ChecklistItem(row["code"], row["stage"], row["label"], frozenset(row.get("product_types", ())))
            for row in edition["items"]
        ),
        red_items=tuple(RedItem(**row) for row in edition.get("red_items", ())),
        committee=edition.get("committee", {}),
        gates=tuple(Gate(**row) for row in edition.get("gates", ())),
        reports=tuple(WantedReport(**row) for row in edition.get("reports", ())),
    )


def _is_met(when: Sequence[Mapping[str, Sequence[Any]]], facts: Facts) -> bool:
    """Tell whether one of the alternatives holds: each of its facts has one of the values."""
    return any(all(facts.get(fact) in values for fact, values in alternative.items()) for alternative in when)


def _is_for(row: Stage | ChecklistItem, product_type: str) -> bool:
    return not row.product_types or product_type in row.product_types


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
    seen: set[str] = set()
    for index, correction in enumerate(corrections):
        if correction.code in seen:
            message = _("Name each item once, with all its reasons.")
            yield FieldError(f"/corrections/{index}/code", "repeated", message)
        seen.add(correction.code)
        if correction.code not in codes:
            message = _("The checklist of this stage has no such item.")
            yield FieldError(f"/corrections/{index}/code", "unknown_item", message)
        if not correction.reason.strip():
            yield FieldError(f"/corrections/{index}/reason", "required", _("Say why."))
