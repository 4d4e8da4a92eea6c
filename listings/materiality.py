"""Which edits of an offered listing are material: a dated table by field, and the few conditions it may name."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone

from listings.editions import Edition, edition_on
from listings.grade_confirmation import grading_of
from listings.models import DatasetVersion
from listings.quality.rules import GRADES
from listings.releases import compared

FILES = "edits/material-edits-*.json"


def rules_today() -> Edition:
    """Return the table in force today."""
    return edition_on(FILES, timezone.localdate())


def is_material(field: str, before: Any, after: Any) -> bool:
    """Tell whether this change of a field is reviewed before it takes effect; what the table does not name is.

    `before` and `after` are the field's values; for `version_id` they are DatasetVersions.
    """
    row = rules_today()["fields"].get(field, {"material": "ALWAYS"})
    return CONDITIONS[row["material"]](before, after)


def _breaks_or_is_worse(before: DatasetVersion, after: DatasetVersion) -> bool:
    """Tell whether buyers of one version would find the other one broken, graver or of a lower quality grade."""
    if (after.release or [0])[0] != (before.release or [0])[0] or any(c.breaking for c in compared(before, after)):
        return True
    return grading_of(before).is_below(grading_of(after)) or _quality(after) > _quality(before)


def _quality(version: DatasetVersion) -> int:
    """Return the place of the version's quality grade, A being 0; one that was never judged counts as the best."""
    mark = (version.profile or {}).get("quality")
    return GRADES.index(mark["grade"]) if mark else 0


CONDITIONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "ALWAYS": lambda _before, _after: True,
    "NEVER": lambda _before, _after: False,
    "WHEN_TURNED_ON": lambda before, after: bool(after) and not before,
    # An open end (None) is later than any day.
    "WHEN_EARLIER": lambda before, after: after is not None and (before is None or after < before),
    "WHEN_BREAKING_OR_WORSE": _breaks_or_is_worse,
}
