"""Milestones of a plan: in which steps the work is done, and which share of the price each step earns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from kernel.problems import field_problem

WHOLE = 1_000_000  # parts per million
MOST_MILESTONES = 20
LONGEST_DAYS = 3_650


@dataclass(frozen=True)
class Milestone:
    """One step: what it brings, by what it is judged, its share in parts per million, its days from the order on."""

    title: Mapping[str, str]
    criterion: Mapping[str, str]
    share_ppm: int
    due_days: int

    def as_json(self) -> dict[str, Any]:
        return {
            "title": dict(self.title),
            "criterion": dict(self.criterion),
            "share_ppm": self.share_ppm,
            "due_days": self.due_days,
        }


def checked_milestones(kind: str, milestones: Sequence[Milestone]) -> list[dict[str, Any]]:
    """Return the milestones as a plan keeps them; raises Problem `invalid` at `/milestones`."""
    if not milestones:
        return []
    if kind not in ("ONE_OFF", "NEGOTIATED"):
        message = _("Only what is paid once, at its price or a negotiated one, has milestones.")
        raise field_problem("/milestones", "no_milestones", message)
    if not 2 <= len(milestones) <= MOST_MILESTONES:
        raise field_problem("/milestones", "length", _("From 2 to %d milestones.") % MOST_MILESTONES)
    if any(one.share_ppm < 1 for one in milestones) or sum(one.share_ppm for one in milestones) != WHOLE:
        raise field_problem("/milestones", "not_whole", _("The shares sum to the whole price: 1000000."))
    days = [one.due_days for one in milestones]
    if days != sorted(days) or not 1 <= days[0] <= days[-1] <= LONGEST_DAYS:
        raise field_problem("/milestones", "not_ascending", _("No milestone is due before an earlier one."))
    return [one.as_json() for one in milestones]


def amounts_of(total_minor: int, shares_ppm: Sequence[int]) -> list[int]:
    """Divide a price by shares that sum to the whole, in minor units; what rounding leaves is the last one's (pure)."""
    amounts = [total_minor * share // WHOLE for share in shares_ppm[:-1]]
    return [*amounts, total_minor - sum(amounts)]
