"""GeoParquet: what the metadata says of places is told, and checked against the geometries themselves."""

import io
import json
import struct
from typing import Any

import pyarrow as pa
import pytest

from listings.examination import examine
from listings.grading.grade import Facts
from listings.profiling.parquet import profile_parquet
from listings.profiling.profile import TableProfile
from listings.profiling.refusals import Refusal
from listings.quality.score import Declared

from .files import parquet

CGCS2000 = {
    "type": "GeographicCRS",
    "name": "China Geodetic Coordinate System 2000",
    "id": {"authority": "EPSG", "code": 4490},
}


def point(longitude: float, latitude: float, *, order: str = "<") -> bytes:
    return struct.pack(f"{order}BIdd", order == "<", 1, longitude, latitude)


LINE = struct.pack("<BII4d", 1, 2, 2, 113.2, 23.1, 113.3, 23.2)
POINTS = [point(113.2, 23.1), None, point(114.1, 22.5, order=">")]


def geo(**column: Any) -> dict[str, Any]:
    told = {"encoding": "WKB", "geometry_types": ["Point"], **column}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": told}}


def file(metadata: Any, geometries: list[bytes | None] | None = None) -> bytes:
    values = POINTS if geometries is None else geometries
    table = pa.table({"name": ["沙面"] * len(values), "geometry": pa.array(values, pa.binary())})
    raw = metadata if isinstance(metadata, bytes) else json.dumps(metadata).encode()
    return parquet(table.replace_schema_metadata({b"geo": raw}))


def profile(content: bytes, observers: Any = ()) -> TableProfile:
    return profile_parquet(io.BytesIO(content), size=len(content), observers=observers)


def test_reference_system_extent_and_types_are_told() -> None:
    found = profile(file(geo(crs=CGCS2000, bbox=[113.2, 22.5, 114.1, 23.1])))
    assert found.format == "PARQUET"
    assert found.details["geo"] == {
        "version": "1.1.0",
        "primary": "geometry",
        "columns": [
            {
                "name": "geometry",
                "encoding": "WKB",
                "crs": "EPSG:4490",
                "bbox": [113.2, 22.5, 114.1, 23.1],
                "edges": "planar",
                "geometry_types": ["Point"],
                "found": {"Point": 2},
            }
        ],
    }
    assert found.warnings == []


@pytest.mark.parametrize(
    ("column", "crs"), [({}, "OGC:CRS84"), ({"crs": None}, ""), ({"crs": {"name": "GCJ-02"}}, "GCJ-02")]
)
def test_a_reference_system_may_be_understood_unknown_or_only_named(column: dict[str, Any], crs: str) -> None:
    assert profile(file(geo(**column))).details["geo"]["columns"][0]["crs"] == crs


def test_other_geometries_than_announced_are_told() -> None:
    found = profile(file(geo(), [*POINTS, LINE]))
    assert found.details["geo"]["columns"][0]["found"] == {"LineString": 1, "Point": 2}
    assert [warning["code"] for warning in found.warnings] == ["geometry_types_differ"]


def test_geometries_count_as_values_where_quality_is_scored() -> None:
    content = file(geo(), [point(113 + n / 100, 23) for n in range(50)])
    found = examine(lambda observers: profile(content, observers), declared=Declared(), facts=Facts())
    assert "missing_values" not in [deduction.code for deduction in found.quality.deductions]


@pytest.mark.parametrize(
    ("metadata", "geometries"),
    [
        (b"{", None),
        (b"[]", None),
        (b"[" * 100_000, None),
        ({}, None),
        ({**geo(), "primary_column": "other"}, None),
        ({"primary_column": "no", "columns": {"no": {"encoding": "WKB"}}}, None),
        ({"primary_column": "name", "columns": {"name": {"encoding": "WKB"}}}, None),
        (geo(encoding="point"), None),
        (geo(encoding=["WKB"]), None),
        (geo(geometry_types="Point"), None),
        (geo(crs="EPSG:4326"), None),
        (geo(bbox=[1, 2, 3]), None),
        (geo(bbox=[0, 10, 0, -10]), None),
        (geo(), [b"\x01\x01"]),
        (geo(), [b"POINT (1 2)"]),
        (geo(), [struct.pack("<BIdd", 1, 0x20000001, 1, 2)]),
    ],
)
def test_metadata_that_do_not_hold_are_refused(metadata: Any, geometries: list[bytes | None] | None) -> None:
    with pytest.raises(Refusal) as caught:
        profile(file(metadata, geometries))
    assert caught.value.code == "malformed_geoparquet"
    assert str(caught.value)
