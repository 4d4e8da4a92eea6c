"""What a rule set can tell apart: facts with the same pattern get the same answer, so that it is found only once.

A count matters only by the bounds that it has passed, a text only if a condition names it; flags and codes matter as
they are. The bounds are also where the next route begins.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from listings.crossborder.conditions import FIELDS, Scope
from listings.crossborder.facts import Facts

ANOTHER_TEXT = object()

Pattern = tuple[Any, ...]


def bounds_of(scope: Scope) -> Mapping[str, tuple[int, ...]]:
    """Return for each count the numbers from which on a comparison answers differently, ascending."""
    return {name: tuple(sorted(bounds)) for name, bounds in scope.bounds.items()}


def pattern_reader(scope: Scope) -> Callable[[Facts], Pattern]:
    """Return the function that reads the pattern of facts, once all conditions of a rule set have been read."""
    readers = tuple(_reader(name, scope) for name in FIELDS)
    return lambda facts: tuple([read(facts) for read in readers])


def _reader(name: str, scope: Scope) -> Callable[[Facts], Any]:
    get, kind, values = FIELDS[name].get, FIELDS[name].kind, FIELDS[name].values
    if kind is int:
        return _passed(get, tuple(sorted(scope.bounds.get(name, ()))))
    if kind in (str, object) and not values:
        return _named_text(get, frozenset(scope.texts.get(name, ())))
    return get


def _passed(get: Callable[[Facts], Any], bounds: tuple[int, ...]) -> Callable[[Facts], Any]:
    def passed(facts: Facts) -> int | None:
        value = get(facts)
        return None if value is None else bisect_right(bounds, value)

    return passed


def _named_text(get: Callable[[Facts], Any], named: frozenset[str]) -> Callable[[Facts], Any]:
    def text(facts: Facts) -> Any:
        value = get(facts)
        return ANOTHER_TEXT if isinstance(value, str) and value not in named else value

    return text
