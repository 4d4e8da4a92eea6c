"""Location tracks: somebody's or some vehicle's key with times and coordinates in one table (PIPL art. 28)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from listings.grading import names as of
from listings.grading.result import Finding

KEYS = frozenset({"resident_id", "mobile", "hk_mo_phone", "email", "plate", "device_id", "person_name", "hkid"})
NUMBER = re.compile(r"-?\d{1,3}\.\d{2,}")
PAIR = re.compile(r"[\[(POINT ]*-?\d{1,3}\.\d{2,}\s*[,;， ]\s*-?\d{1,3}\.\d{2,}[\])]*", re.I)
MOMENT = re.compile(r"(?:19|20)\d{2}[-/.年]?\d{1,2}[-/.月]?\d{1,2}日?[ T]?\d{1,2}[:：时]?\d{2}.*|1[4-9]\d{8}(?:\d{3})?")
MOST = 0.6


@dataclass(frozen=True)
class Track:
    """The positions of the coordinates, and of the key that tells whose they are; empty when there is no track."""

    positions: list[int] = field(default_factory=list)
    key: int | None = None


def track_columns(folded: Sequence[str], head: Sequence[Sequence[str | None]], findings: Sequence[Finding]) -> Track:
    """Return where a table holds location tracks, judged by names and by its first rows.

    A key whose coordinates never change in those rows is a thing that stands still (a sensor, a shop), not a track.
    """
    times = [
        n for n, name in enumerate(folded[: len(head)]) if of.TIME.search(name) and not of.NOT_THE_TIME.search(name)
    ]
    if not any(_most(head[position], MOMENT) for position in times):
        return Track()
    coordinates = _coordinates(folded, head)
    key = _key(folded, findings)
    if not coordinates or key is None or key >= len(head) or any(of.FACILITY.search(name) for name in folded):
        return Track()
    return Track(coordinates, key) if _moves(head, key, coordinates) else Track()


def _coordinates(folded: Sequence[str], head: Sequence[Sequence[str | None]]) -> list[int]:
    named = [
        position
        for pattern in (of.LATITUDE, of.LONGITUDE)
        for position, name in enumerate(folded[: len(head)])
        if pattern.search(name) and _most(head[position], NUMBER)
    ]
    if len(named) >= 2:
        return named
    return [
        position
        for position, name in enumerate(folded[: len(head)])
        if of.POSITION.search(name) and _most(head[position], PAIR)
    ]


def _key(folded: Sequence[str], findings: Sequence[Finding]) -> int | None:
    found = [finding.position for finding in findings if finding.code in KEYS]
    named = [n for n, name in enumerate(folded) if of.PERSON_KEY.search(name) or of.MOVING_KEY.search(name)]
    return next(iter(found + named), None)


def _most(values: Sequence[str | None], pattern: re.Pattern[str]) -> bool:
    present = [value for value in values if value]
    return bool(present) and sum(pattern.fullmatch(value.strip()) is not None for value in present) >= MOST * len(
        present
    )


def _moves(head: Sequence[Sequence[str | None]], key: int, coordinates: Sequence[int]) -> bool:
    places: dict[str, set[tuple[str | None, ...]]] = defaultdict(set)
    seen: dict[str, int] = defaultdict(int)
    for row, owner in enumerate(head[key]):
        if owner:
            seen[owner] += 1
            places[owner].add(tuple(head[position][row] for position in coordinates))
    repeated = [owner for owner, times in seen.items() if times > 1]
    return not repeated or any(len(places[owner]) > 1 for owner in repeated)
