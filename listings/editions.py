"""Dated rule files (`listings/data/`): each edition says from which day it holds; the newest in force is used."""

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"

Edition = dict[str, Any]


@cache
def editions(pattern: str, *, folder: Path = DATA) -> tuple[Edition, ...]:
    """Return all editions whose file name matches `pattern` (below `folder`), oldest first.

    Raises LookupError when there is none.
    """
    found = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob(pattern)]
    if not found:
        raise LookupError(f"no data file matches {pattern}")
    return tuple(sorted(found, key=lambda edition: str(edition["effective_from"])))


def edition_on(pattern: str, day: date, *, folder: Path = DATA) -> Edition:
    """Return the edition in force on `day`; before the first edition, the first."""
    candidates = editions(pattern, folder=folder)
    in_force = [edition for edition in candidates if edition["effective_from"] <= day.isoformat()]
    return in_force[-1] if in_force else candidates[0]
