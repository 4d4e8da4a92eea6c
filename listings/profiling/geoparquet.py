"""GeoParquet (OGC 1.0, 1.1): what a Parquet file's "geo" metadata says, checked against its columns and their bytes."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from django.utils.translation import gettext_noop as _
from pyarrow import types

from listings.profiling.arrow import compute as pc
from listings.profiling.columns import shown
from listings.profiling.refusals import Refusal, refuse, warning

if TYPE_CHECKING:
    Values = pa.Array[Any]

KEY = b"geo"
LARGEST_METADATA = 1024**2
MOST_COLUMNS = 20
NAMES = ("Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection")
# GeoParquet 1.1: beside WKB, nested lists and structs of numbers (GeoArrow).
NATIVE = frozenset({"point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"})
LONGITUDE_LATITUDE = "OGC:CRS84"  # what a column without "crs" is in
HEADER = 5  # bytes of well-known binary: the order of bytes and the type


class GeoColumns:
    """The geometry columns that a Parquet file announces, if any; feed it every batch in order.

    `details` is {} for a file without geometry, otherwise "version", "primary" and "columns": each with "name",
    "encoding", "crs" (authority and code, or a name; "" where it is said to be unknown), "bbox", "edges",
    "geometry_types" (as announced) and, for well-known binary, "found" (how many there are of each type).
    Raises Refusal `malformed_geoparquet`.
    """

    def __init__(self, schema: pa.Schema) -> None:
        raw = (schema.metadata or {}).get(KEY)
        self.details: dict[str, Any] = {}
        self._counted: list[tuple[int, dict[str, Any], Counter[str]]] = []
        if raw is not None:
            self._read(_parsed(raw), schema)

    def _read(self, geo: dict[str, Any], schema: pa.Schema) -> None:
        columns, primary = geo.get("columns"), geo.get("primary_column")
        if not isinstance(columns, dict) or not 0 < len(columns) <= MOST_COLUMNS:
            raise _wrong(_("it names no geometry column, or too many"))
        if not isinstance(primary, str) or primary not in columns:
            raise _wrong(_("its primary column is not among its columns"))
        told = [_column(name, column, schema) for name, column in columns.items()]
        self.details = {"version": shown(geo.get("version")), "primary": shown(primary), "columns": told}
        self._counted = [
            (schema.get_field_index(name), column, Counter())
            for name, column in zip(columns, told, strict=True)
            if column["encoding"] == "WKB"
        ]

    def see(self, arrays: Sequence[Values]) -> list[Values]:
        """Take the next values of all columns of the file; return them with geometries as text, in hexadecimal digits.

        Bytes have no text: every geometry would count as missing, and rows that differ in it alone as the same.
        """
        texts = list(arrays)
        for position, _column_told, counts in self._counted:
            counts.update(_geometry_types(arrays[position].drop_null()))
            digits = (value and value.hex() for value in arrays[position].to_pylist())
            texts[position] = pa.array(digits, pa.string())
        return texts

    def warnings(self) -> Iterator[dict[str, Any]]:
        """Write down what was found, and yield what is worth a warning."""
        for _position, column, counts in self._counted:
            column["found"] = dict(sorted(counts.items()))
        differing = [
            column["name"]
            for _position, column, counts in self._counted
            if column["geometry_types"] and not set(counts) <= set(column["geometry_types"])
        ]
        if differing:
            yield warning("geometry_types_differ", names=differing)


def _parsed(raw: bytes) -> dict[str, Any]:
    if len(raw) > LARGEST_METADATA:
        raise _wrong(_("it is too large"))
    try:
        geo = json.loads(raw)
    except (ValueError, RecursionError):
        raise _wrong(_("it is not JSON")) from None
    if not isinstance(geo, dict):
        raise _wrong(_("it is not an object"))
    return geo


def _column(name: str, told: Any, schema: pa.Schema) -> dict[str, Any]:
    position = schema.get_field_index(name)
    if position < 0 or not isinstance(told, dict):
        raise _wrong(_("a column that it names is not in the table"))
    encoding, kind = told.get("encoding"), schema.field(position).type
    if encoding == "WKB":
        fits = types.is_binary(kind) or types.is_large_binary(kind)
    else:
        fits = isinstance(encoding, str) and encoding in NATIVE and types.is_nested(kind)
    if not fits:
        raise _wrong(_("the encoding that it names is not that of the column"))
    geometry_types = told.get("geometry_types", [])
    if not isinstance(geometry_types, list) or not all(isinstance(each, str) for each in geometry_types):
        raise _wrong(_("its geometry types are not a list of names"))
    return {
        "name": shown(name),
        "encoding": encoding,
        "crs": _crs(told),
        "bbox": _bbox(told.get("bbox")),
        "edges": "spherical" if told.get("edges") == "spherical" else "planar",
        "geometry_types": [shown(each) for each in geometry_types[:MOST_COLUMNS]],
    }


def _crs(told: dict[str, Any]) -> str:
    """Return a coordinate reference system (PROJJSON) in short."""
    if "crs" not in told:
        return LONGITUDE_LATITUDE
    crs = told["crs"]
    if crs is None:
        return ""
    if not isinstance(crs, dict):
        raise _wrong(_("its reference system is not PROJJSON"))
    identifier = crs.get("id")
    if isinstance(identifier, dict) and {"authority", "code"} <= identifier.keys():
        return str(shown(f"{identifier['authority']}:{identifier['code']}"))
    return str(shown(str(crs.get("name") or "")))


def _bbox(bbox: Any) -> list[float] | None:
    """Return west, south, east, north (with heights between: six numbers); west may exceed east, across 180 degrees."""
    if bbox is None:
        return None
    numbers = isinstance(bbox, list) and len(bbox) in (4, 6) and all(type(each) in (int, float) for each in bbox)
    if not numbers or not all(map(math.isfinite, bbox)) or bbox[1] > bbox[len(bbox) // 2 + 1]:
        raise _wrong(_("its bounding box is not four or six numbers in order"))
    return [float(each) for each in bbox]


def _geometry_types(values: Values) -> Counter[str]:
    """Count geometries by their type, from the first bytes of each (OGC 06-103r4 §8.2.3)."""
    heads = pc.binary_slice(pc.cast(values, pa.binary()), 0, HEADER)
    counts: Counter[str] = Counter()
    for each in pc.value_counts(heads).to_pylist():
        counts[_type_of(each["values"])] += each["counts"]  # either order of bytes
    return counts


def _type_of(head: bytes) -> str:
    if len(head) < HEADER or head[0] > 1:
        raise _wrong(_("a geometry is not well-known binary"))
    code = int.from_bytes(head[1:], "little" if head[0] else "big")
    dimensions, kind = divmod(code, 1000)
    if not 1 <= kind <= len(NAMES) or dimensions not in (0, 1):  # with measures it may not be
        raise _wrong(_("a geometry is of a type that GeoParquet does not have"))
    return NAMES[kind - 1] + " Z" * dimensions


def _wrong(reason: str) -> Refusal:
    return refuse("malformed_geoparquet", reason=reason)
