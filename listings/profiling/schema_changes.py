"""What changed in a table's columns from one version to the next, and whether programs that read it will break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from typing import Any

# Which types also hold every value of a type.
WIDER: Mapping[str, frozenset[str]] = {
    "empty": frozenset(
        {"boolean", "integer", "decimal", "date", "time", "timestamp", "text", "nested", "binary", "mixed"}
    ),
    "boolean": frozenset({"text", "mixed"}),
    "integer": frozenset({"decimal", "text", "mixed"}),
    "decimal": frozenset({"text", "mixed"}),
    "date": frozenset({"timestamp", "text", "mixed"}),
    "time": frozenset({"text", "mixed"}),
    "timestamp": frozenset({"text", "mixed"}),
    "text": frozenset({"mixed"}),
    "nested": frozenset({"mixed"}),
    "binary": frozenset(),
}
LIKELY_RENAMED = 0.6
# Readers who ask for a column by name, or who count on a value or a type, stop working.
BREAKING = frozenset(
    {"column_removed", "column_renamed", "type_widened", "type_narrowed", "type_changed", "became_nullable"}
)


@dataclass(frozen=True)
class SchemaChange:
    """One change; `before` and `after` are names, types or positions, "" where there is none.

    `kind`: column_added, column_removed, column_renamed (likely, by name, type and values), column_moved, type_widened,
    type_narrowed, type_changed, became_nullable, became_complete.
    """

    kind: str
    column: str
    before: str = ""
    after: str = ""

    @property
    def breaking(self) -> bool:
        return self.kind in BREAKING and not (self.kind.startswith("type_") and self.before == "empty")

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "breaking": self.breaking}


Column = Mapping[str, Any]


def schema_changes(earlier_profile: Mapping[str, Any], later_profile: Mapping[str, Any]) -> list[SchemaChange]:
    """Return what changed between two profiles (as JSON), the later one's columns in order, then what is gone.

    A narrower type in the later profile says what its values are like, not what the provider promises; it is told as
    breaking because a program that writes back, or joins by type, may fail all the same.
    """
    earlier, later = _by_name(earlier_profile["columns"]), _by_name(later_profile["columns"])
    gone = [key for key in earlier if key not in later]
    new = [key for key in later if key not in earlier]
    renamed = _renamed(earlier, later, gone, new)
    changes: list[SchemaChange] = []
    for key, column in later.items():
        name = str(column["name"])
        if key in earlier:
            changes.extend(_differences(name, earlier[key], column))
        elif key in renamed:
            before = earlier[renamed[key]]
            changes.append(SchemaChange("column_renamed", name, str(before["name"]), name))
            changes.extend(_differences(name, before, column))
        else:
            changes.append(SchemaChange("column_added", name, after=str(column["type"])))
    taken = set(renamed.values())
    changes.extend(
        SchemaChange("column_removed", str(earlier[key]["name"]), before=str(earlier[key]["type"]))
        for key in gone
        if key not in taken
    )
    changes.extend(_moved(earlier, later))
    return changes


def is_breaking(changes: Sequence[SchemaChange]) -> bool:
    """Tell whether any change may break programs that read the table."""
    return any(change.breaking for change in changes)


Key = tuple[str, int]


def _by_name(columns: Sequence[Column]) -> dict[Key, Column]:
    """Return columns by name and occurrence, since names may be repeated."""
    found: dict[Key, Column] = {}
    for column in columns:
        occurrence = 0
        while (column["name"], occurrence) in found:
            occurrence += 1
        found[column["name"], occurrence] = column
    return found


def _renamed(
    earlier: Mapping[Key, Column], later: Mapping[Key, Column], gone: Sequence[Key], new: Sequence[Key]
) -> dict[Key, Key]:
    """Pair columns that are gone with new ones that are most like them; each is used once."""
    places = {key: place for place, key in enumerate(earlier)}, {key: place for place, key in enumerate(later)}
    likeness = [
        (_likeness(earlier[old], later[key], same_place=places[0][old] == places[1][key]), old, key)
        for old in gone
        for key in new
        if earlier[old]["type"] == later[key]["type"] != "empty"
    ]
    pairs: dict[Key, Key] = {}
    for like, old, key in sorted(likeness, key=lambda each: (-each[0], each[1:])):
        if like >= LIKELY_RENAMED and key not in pairs and old not in pairs.values():
            pairs[key] = old
    return pairs


def _likeness(before: Column, after: Column, *, same_place: bool) -> float:
    """Return from 0 to 1 how much two columns of one type look the same: half by values, the rest by name and place."""
    names: float = SequenceMatcher(None, str(before["name"]).casefold(), str(after["name"]).casefold()).ratio()
    shared = set(map(str, before["samples"])) & set(map(str, after["samples"]))
    bounds = [before.get(bound) == after.get(bound) for bound in ("min", "max")]
    values: float = 0.4 * bool(shared) + 0.3 * sum(bounds)
    return float(0.5 * values + 0.35 * names + 0.15 * same_place)


def _differences(name: str, before: Column, after: Column) -> Iterator[SchemaChange]:
    old, new = str(before["type"]), str(after["type"])
    if old != new:
        if new in WIDER.get(old, frozenset()):
            kind = "type_widened"
        elif old in WIDER.get(new, frozenset()):
            kind = "type_narrowed"
        else:
            kind = "type_changed"
        yield SchemaChange(kind, name, old, new)
    if bool(before["nulls"]) != bool(after["nulls"]):
        yield SchemaChange("became_nullable" if after["nulls"] else "became_complete", name)


def _moved(earlier: Mapping[Key, Column], later: Mapping[Key, Column]) -> Iterator[SchemaChange]:
    """Tell columns that changed places among those of both; readers by position notice, readers by name do not."""
    before = [key for key in earlier if key in later]
    after = [key for key in later if key in earlier]
    kept = {
        key
        for block in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        for key in before[block.a : block.a + block.size]
    }
    for key in after:
        if key not in kept:
            yield SchemaChange("column_moved", key[0], str(before.index(key) + 1), str(after.index(key) + 1))
