"""Which figures of a table are withheld, so that no reader learns what one or two organizations did (DOMAIN I20).

Primary: a cell with too few contributors. Complementary: further cells, where a published total less its published
parts would give a withheld one away. Both sides of a trade contribute, so both are counted.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

ALL = ""  # in a key: the total over that dimension
Key = tuple[str, ...]


@dataclass(frozen=True)
class Contribution:
    """Who stands behind a cell, by side (buyers, sellers), and its weight when one must be chosen to withhold."""

    sides: tuple[frozenset[UUID], ...]
    weight: int

    def are_fewer_than(self, fewest: int) -> bool:
        return any(len(side) < fewest for side in self.sides)


def primary(cells: Mapping[Key, Contribution], fewest: int) -> set[Key]:
    """Return the cells behind which fewer than `fewest` stand on any side."""
    return {key for key, cell in cells.items() if cell.are_fewer_than(fewest)}


def complementary(cells: Mapping[Key, Contribution], fewest: int, hidden: set[Key]) -> set[Key]:
    """Return the cells that must be withheld besides `hidden`.

    `cells` holds every total and every part: keys of one length, with ALL where a dimension is summed. A family is a
    total with its parts along one dimension. In each, what total less published parts leaves must be nobody's, or that
    of two cells at least with `fewest` contributors on every side; and a withheld total needs a withheld part. The
    lightest cell is withheld first, then the first by key, so that the same table always loses the same cells.
    """
    withheld = set(hidden)
    families = list(_families(cells))
    changed = True
    while changed:
        changed = False
        for total, parts in families:
            while extra := _one_more(cells, total, parts, withheld, fewest):
                withheld.add(extra)
                changed = True
    return withheld - hidden


def _families(cells: Mapping[Key, Contribution]) -> Iterator[tuple[Key, list[Key]]]:
    parts: dict[tuple[Key, int], list[Key]] = defaultdict(list)
    for key in sorted(cells):
        for place, value in enumerate(key):
            if value != ALL:
                parts[(*key[:place], ALL, *key[place + 1 :]), place].append(key)
    for (total, _place), of_total in parts.items():
        yield total, of_total


def _one_more(
    cells: Mapping[Key, Contribution], total: Key, parts: list[Key], withheld: set[Key], fewest: int
) -> Key | None:
    out = [part for part in parts if part in withheld]
    shown = [part for part in parts if part not in withheld]
    lightest = min(shown, key=lambda part: (cells[part].weight, part), default=None)
    if total in withheld:
        return None if out else lightest
    if not out or _hide_each_other(cells, out, fewest):
        return None
    return lightest or total


def _hide_each_other(cells: Mapping[Key, Contribution], out: list[Key], fewest: int) -> bool:
    together = Contribution(
        tuple(frozenset().union(*sides) for sides in zip(*(cells[part].sides for part in out), strict=True)), 0
    )
    return len(out) > 1 and not together.are_fewer_than(fewest)
