"""Profiling GeoJSON (RFC 7946): the properties of its features as columns, its geometries counted and measured."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_noop as _

from listings.profiling.ahead import ahead
from listings.profiling.decoding import TextStream
from listings.profiling.json_document import in_blocks
from listings.profiling.json_records import Members, RecordTable
from listings.profiling.json_text import LONGEST_VALUE, JsonText
from listings.profiling.observing import Observer
from listings.profiling.profile import TableProfile
from listings.profiling.refusals import Refusal, refuse, warning

# How deep each geometry's positions lie (RFC 7946 §3.1).
DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
LEAST_POSITIONS = {"LineString": 2, "MultiLineString": 2, "Polygon": 4, "MultiPolygon": 4}
LONGITUDE, LATITUDE = 180, 90


def profile_geojson(
    chunks: Iterator[bytes], *, declared_encoding: str = "", observers: Sequence[Observer] = ()
) -> TableProfile:
    """Profile a feature collection from its bytes, and let the observers see its properties; raises Refusal.

    A feature's `id` is a column too. `details` has "geometries" (how many of each type; "none" for features without),
    "positions", and "extent" in degrees (west, south, east, north), null where there is no position.
    """
    text = TextStream(chunks, declared=declared_encoding, wanted="GeoJSON")
    json_text = JsonText(ahead(iter(text)))
    features = _Features(json_text)
    profile = RecordTable(observers).profile("GEOJSON", in_blocks(json_text, features.properties()), text=text)
    warnings = profile.warnings if profile.rows else [warning("no_rows"), *profile.warnings]
    return replace(profile, warnings=warnings, details=features.details)


class _Features:
    """The features of a collection as they pass."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        self._number = 0
        self._geometries: Counter[str] = Counter()
        self._positions = 0
        self._west = self._south = math.inf
        self._east = self._north = -math.inf

    @property
    def details(self) -> dict[str, Any]:
        return {
            "geometries": dict(self._geometries),
            "positions": self._positions,
            "extent": [self._west, self._south, self._east, self._north] if self._positions else None,
        }

    def properties(self) -> Iterator[Members]:
        text, kind, found, held = self._text, None, False, 0
        if text.peek() != "{":
            raise refuse("not_feature_collection")
        for name in text.names():
            if name == "features" and text.peek() == "[" and not found:
                found = True
                for number in text.items():
                    self._number = number
                    yield self._feature(text.value())
                continue
            before = text.taken
            value = text.value()
            held += text.taken - before
            if held > LONGEST_VALUE:
                raise refuse("record_too_long", limit=LONGEST_VALUE)
            kind = value if name == "type" else kind
        text.end()
        if kind != "FeatureCollection" or not found:
            raise refuse("not_feature_collection")

    def _feature(self, feature: Any) -> Members:
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise self._wrong(_("it is not a feature"))
        properties = feature.get("properties")
        if properties is not None and not isinstance(properties, dict):
            raise self._wrong(_("its properties are not an object"))
        geometry = feature.get("geometry")
        if geometry is None:
            self._geometries["none"] += 1
        else:
            self._geometry(geometry)
        return {**({"id": feature["id"]} if "id" in feature else {}), **(properties or {})}

    def _geometry(self, geometry: Any) -> None:
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        if kind == "GeometryCollection" and isinstance(geometry.get("geometries"), list):
            self._geometries[kind] += 1
            for part in geometry["geometries"]:
                self._geometry(part)
            return
        if not isinstance(kind, str) or kind not in DEPTHS:
            raise self._wrong(_("its geometry has no known type"))
        self._geometries[kind] += 1
        self._coordinates(geometry.get("coordinates"), DEPTHS[kind], LEAST_POSITIONS.get(kind, 0))

    def _coordinates(self, coordinates: Any, depth: int, least: int) -> None:
        if not isinstance(coordinates, list):
            raise self._wrong(_("its coordinates are not arrays of numbers"))
        if depth == 0:
            self._position(coordinates)
            return
        if depth == 1 and len(coordinates) < least:
            raise self._wrong(_("a line has fewer than two positions, or a ring fewer than four"))
        if least == LEAST_POSITIONS["Polygon"] and depth == 1 and coordinates[0] != coordinates[-1]:
            raise self._wrong(_("a ring does not end where it begins"))
        for part in coordinates:
            self._coordinates(part, depth - 1, least)

    def _position(self, position: list[Any]) -> None:
        if len(position) < 2 or not all(type(number) in (int, float) for number in position):
            raise self._wrong(_("its coordinates are not arrays of numbers"))
        longitude, latitude = position[0], position[1]
        if not (abs(longitude) <= LONGITUDE and abs(latitude) <= LATITUDE):
            raise self._wrong(_("a position is outside 180 degrees of longitude or 90 of latitude"))
        self._positions += 1
        self._west, self._east = min(self._west, longitude), max(self._east, longitude)
        self._south, self._north = min(self._south, latitude), max(self._north, latitude)

    def _wrong(self, reason: str) -> Refusal:
        return refuse("malformed_feature", feature=self._number, reason=reason)
