"""What the columns say together: keys, the place on the map and the span of time that a table covers."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from listings.profiling.numbers_seen import rounded
from listings.profiling.value_formats import coordinate_named

MOST_KEYS = 20
LIMITS = {"longitude": 180.0, "latitude": 90.0}


def keys(names: Sequence[str], columns: Sequence[dict[str, Any]], rows: int) -> list[dict[str, Any]]:
    """Return the columns that have a value in every row and none twice; "exact" where all values were compared."""
    found = []
    for position, (name, column) in enumerate(zip(names, columns, strict=True)):
        repeats = column.get("repeats")
        if rows and repeats and column["values"] == rows and not repeats["count"]:
            found.append({"column": name, "position": position, "exact": repeats["exact"]})
    return found[:MOST_KEYS]


def extent(
    names: Sequence[str], columns: Sequence[dict[str, Any]], sample: Sequence[Sequence[str | None]]
) -> dict[str, Any] | None:
    """Return the rectangle (degrees) of the first pair of coordinate columns, or None if there is no pair.

    "swapped" says that longitudes stand in the latitude's column and the reverse, in all rows or in some of the sample;
    "out_of_range" counts values that cannot be what the column says. Those are left out of the rectangle, which is
    exact if there are none and otherwise taken from the sample.
    """
    pair = _pair(names, columns)
    if pair is None:
        return None
    points = _points(sample, pair)
    longitude, latitude = (columns[position] for position in pair)
    swapped_points = [
        point for point in points if abs(point[1]) > LIMITS["latitude"] and abs(point[0]) <= LIMITS["latitude"]
    ]
    swapped = bool(points) and (len(swapped_points) > len(points) / 2 or _looks_swapped(points))
    outside = {"longitude": longitude["beyond"]["180"]["count"], "latitude": latitude["beyond"]["90"]["count"]}
    if swapped:
        points = [(east, north) for north, east in points]
        outside = {"longitude": latitude["beyond"]["180"]["count"], "latitude": longitude["beyond"]["90"]["count"]}
    sides = _sides(longitude["numbers"], latitude["numbers"], swapped=swapped)
    exact = not any(outside.values())
    if not exact:
        inside = [
            point for point in points if abs(point[0]) <= LIMITS["longitude"] and abs(point[1]) <= LIMITS["latitude"]
        ]
        sides = _around(inside) if inside else {}
    return {
        "longitude_column": names[pair[0]],
        "latitude_column": names[pair[1]],
        "sides": sides,
        "swapped": swapped,
        "swapped_in_sample": 0 if swapped else len(swapped_points),
        "out_of_range": outside,
        "exact": exact,
        "sampled": len(points),
    }


def _pair(names: Sequence[str], columns: Sequence[dict[str, Any]]) -> tuple[int, int] | None:
    places: dict[str, int] = {}
    for position, (name, column) in enumerate(zip(names, columns, strict=True)):
        kind = coordinate_named(name)
        numbers = column.get("numbers")
        # Whole numbers in the hundred thousands are metres of a projection, not degrees.
        if kind and numbers and column["beyond"]["180"]["count"] <= numbers["count"] / 2:
            places.setdefault(kind, position)
    return (places["longitude"], places["latitude"]) if len(places) == len(LIMITS) else None


def _points(sample: Sequence[Sequence[str | None]], pair: tuple[int, int]) -> list[tuple[float, float]]:
    points = []
    for first, second in zip(sample[pair[0]], sample[pair[1]], strict=True):
        try:
            points.append((float(first or ""), float(second or "")))
        except ValueError:
            continue
    return points


def _looks_swapped(points: Sequence[tuple[float, float]]) -> bool:
    """Tell whether the points lie in China, but only the other way round."""
    east, north = median(point[0] for point in points), median(point[1] for point in points)
    return 73 <= north <= 136 and 3 <= east <= 54


def _sides(longitude: dict[str, Any], latitude: dict[str, Any], *, swapped: bool) -> dict[str, Any]:
    east, north = (latitude, longitude) if swapped else (longitude, latitude)
    return {"west": east["min"], "south": north["min"], "east": east["max"], "north": north["max"]}


def _around(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    easts, norths = [point[0] for point in points], [point[1] for point in points]
    return {
        "west": rounded(min(easts)),
        "south": rounded(min(norths)),
        "east": rounded(max(easts)),
        "north": rounded(max(norths)),
    }


def time_span(names: Sequence[str], columns: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return the first and last moment in any column of times, and the columns they stand in."""
    spans = [
        (column["times"]["first"], column["times"]["last"], name)
        for name, column in zip(names, columns, strict=True)
        if column.get("times") and column["times"]["first"]
    ]
    if not spans:
        return None
    first, last = min(spans), max(spans, key=lambda span: str(span[1]))
    return {"first": first[0], "first_column": first[2], "last": last[1], "last_column": last[2], "exact": True}
