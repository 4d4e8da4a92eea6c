"""What speaks against a file's quality, read from its profile and statistics; what it costs is said elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from listings.profiling.evidence import shape
from listings.profiling.moments import AMBIGUOUS
from listings.quality.declared import Declared
from listings.quality.freshness import freshness

# Columns whose values one expects to tell rows apart.
_IDENTIFIER = re.compile(
    r"(?i)(?:^|[^a-z])(?:id|uid|uuid|guid|code|no|number|key)$|编号|編號|编码|編碼|代码|代碼|序号|序號|主键"
)
_LEAST_OTHER_SCRIPT = 0.01
TROUBLES = (
    "stand_ins",
    "surrounding_space",
    "fullwidth_characters",
    "invisible_characters",
    "replacement_characters",
    "garbled",
    "misread",
)
# Formats whose check fails for another reason than a wrong digit.
_CHECKED_BY_LIST = "division_code"
_COORDINATES = ("longitude", "latitude")


@dataclass(frozen=True)
class Finding:
    """A rule that applies: `share` is what its points go by, the rest is the evidence.

    `position` is the column's, None for the table. Rows are numbered from 1, a header not counted.
    """

    code: str
    share: float
    params: dict[str, Any] = field(default_factory=dict)
    position: int | None = None
    rows: list[int] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    exact: bool = True


def findings(profile: Mapping[str, Any], statistics: Mapping[str, Any], declared: Declared) -> Iterator[Finding]:
    """Return all that speaks against the file, columns in order and the table last."""
    broken = {(each["position"], each["code"]): each for each in statistics.get("declared", {}).get("broken", ())}
    for position, (column, found) in enumerate(zip(profile["columns"], statistics["columns"], strict=True)):
        yield from _of_column(position, column["name"], found, rows=profile["rows"])
        for (where, _code), each in broken.items():
            if where == position:
                yield _broken(each, column["name"], profile["rows"])
    yield from _of_table(profile, statistics)
    yield from _of_names(profile, statistics)
    yield from _of_time(statistics, declared)
    yield from _of_access(profile, declared)


def _of_column(position: int, name: str, found: Mapping[str, Any], *, rows: int) -> Iterator[Finding]:
    def about(code: str, evidence: Mapping[str, Any], **params: Any) -> Finding:
        return _finding(code, name, evidence, found["values"], position=position, **params)

    if found["missing"]["count"]:
        yield _finding("missing_values", name, found["missing"], rows, position=position)
    for code in TROUBLES:
        if code in found["trouble"]:
            yield about(code, found["trouble"][code])
    yield from _of_format(about, found)
    if times := found.get("times"):
        if times["impossible"]["count"]:
            yield about("impossible_dates", times["impossible"])
        if others := _other_shapes(times["shapes"]):
            evidence = {**times["other_shapes"], "count": sum(times["shapes"][shape] for shape in others)}
            yield about("other_time_shapes", evidence, shapes=", ".join(others))
        if ambiguous := times["shapes"].get(AMBIGUOUS):
            yield about("ambiguous_dates", {"count": ambiguous})
    if (numbers := found.get("numbers")) and numbers["outliers"] and numbers["outliers"]["count"]:
        examples = [str(value) for value in numbers["outliers"]["values"][:3]]
        yield about("outliers", {**numbers["outliers"], "examples": examples})
    if found.get("variants", {}).get("count"):
        examples = [" / ".join(shape(each["value"]) for each in group) for group in found["variants"]["groups"][:3]]
        yield about("variants", {**found["variants"], "examples": examples})
    if (scripts := found.get("scripts")) and scripts["han"]:
        other = min(scripts["simplified"], scripts["traditional"]) + scripts["both"]
        if other >= _LEAST_OTHER_SCRIPT:
            whole = scripts["sampled"] == found["values"]
            yield about("mixed_scripts", {"count": round(other * found["values"]), "exact": whole})


def _of_format(about: Any, found: Mapping[str, Any]) -> Iterator[Finding]:
    told = found["format"]
    if not told:
        return
    # What stands for a missing value is told there, not a second time here.
    stand_ins = found["trouble"].get("stand_ins", {"count": 0})["count"]
    misfits = told["misfits"]["count"] - stand_ins
    if misfits > 0:
        code = "coordinates_out_of_range" if told["name"] in _COORDINATES else "format_misfits"
        yield about(code, {**told["misfits"], "count": misfits}, format=told["name"])
    if told.get("fails", {}).get("count"):
        code = "unknown_codes" if told["name"] == _CHECKED_BY_LIST else "check_digit_fails"
        yield about(code, told["fails"], format=told["name"])


def _other_shapes(shapes: Mapping[str, int]) -> list[str]:
    usual = max(sorted(shapes), key=lambda shape: shapes[shape], default="")
    return [shape for shape in sorted(shapes) if shape != usual]


def _broken(each: Mapping[str, Any], name: str, rows: int) -> Finding:
    return _finding(each["code"], name, each, rows, position=each["position"], declared=each["declared"])


def _finding(
    code: str, name: str, evidence: Mapping[str, Any], of: int, *, position: int | None, **params: Any
) -> Finding:
    return Finding(
        code=code,
        share=evidence["count"] / of if of else 0.0,
        params={"column": name, "count": evidence["count"], "of": of, **params},
        position=position,
        rows=list(evidence.get("rows", ())),
        examples=list(evidence.get("examples", ())),
        exact=evidence.get("exact", True),
    )


def _of_table(profile: Mapping[str, Any], statistics: Mapping[str, Any]) -> Iterator[Finding]:
    rows, table = profile["rows"], statistics["table"]
    if not rows:
        yield Finding("no_rows", 1.0)
    if (duplicates := table["duplicates"])["count"]:
        yield Finding(
            "duplicate_rows",
            duplicates["count"] / rows,
            {"count": duplicates["count"], "of": rows},
            rows=duplicates["rows"],
            exact=duplicates["exact"],
        )
    if not table["keys"] and not duplicates["count"]:
        yield from _repeated_identifiers(profile, statistics)
    if (extent := table["extent"]) and (extent["swapped"] or extent["swapped_in_sample"]):
        pair = f"{extent['longitude_column']}, {extent['latitude_column']}"
        share = 1.0 if extent["swapped"] else extent["swapped_in_sample"] / max(extent["sampled"], 1)
        yield Finding("swapped_coordinates", share, {"column": pair}, exact=False)


def _repeated_identifiers(profile: Mapping[str, Any], statistics: Mapping[str, Any]) -> Iterator[Finding]:
    """Find the first column that is named and filled like a key, but for a few values."""
    for position, (column, found) in enumerate(zip(profile["columns"], statistics["columns"], strict=True)):
        repeats = found.get("repeats")
        if repeats and repeats["count"] and _IDENTIFIER.search(column["name"]):
            yield _finding("repeated_identifiers", column["name"], repeats, found["values"], position=position)
            return


def _of_names(profile: Mapping[str, Any], statistics: Mapping[str, Any]) -> Iterator[Finding]:
    width = max(len(profile["columns"]), 1)
    for warning in profile["warnings"]:
        code, params = warning["code"], warning["params"]
        if code in ("duplicate_columns", "blank_columns"):
            names = params["names" if code == "duplicate_columns" else "positions"]
            told = {name: ", ".join(map(str, value)) for name, value in params.items()}
            yield Finding(code, len(names) / width, told)
        elif code == "no_header":
            yield Finding(code, 1.0)
        elif code == "mixed_types":
            for position, column in enumerate(profile["columns"]):
                if column["type"] == "mixed":
                    yield Finding(code, 1.0, {"column": column["name"]}, position=position)
    declared = statistics.get("declared", {})
    for code in ("missing", "extra"):
        if names := declared.get(code):
            yield Finding(
                f"schema_columns_{code}", len(names) / max(declared["fields"], width), {"names": ", ".join(names)}
            )


def _of_time(statistics: Mapping[str, Any], declared: Declared) -> Iterator[Finding]:
    span = statistics["table"]["time_span"]
    seen = date.fromisoformat(span["last"][:10]) if span else None
    last = declared.period_end or seen
    if last is None or declared.on is None:
        return
    told = freshness(declared.update_frequency, last, declared.on)
    if told and not told.fresh:
        params = {"last": last.isoformat(), "due": told.due.isoformat(), "days": told.days_late}
        yield Finding("late", told.periods_late, params)
    gap = freshness(declared.update_frequency, seen, declared.period_end) if seen and declared.period_end else None
    if seen and gap and not gap.fresh:
        params = {"last": seen.isoformat(), "declared": last.isoformat()}
        yield Finding("period_not_covered", gap.periods_late, params)


def is_dated(statistics: Mapping[str, Any], declared: Declared) -> bool:
    """Tell whether enough is declared to judge timeliness."""
    last = declared.period_end or statistics["table"]["time_span"]
    return bool(last and declared.on and freshness(declared.update_frequency, declared.on, declared.on))


def _of_access(profile: Mapping[str, Any], declared: Declared) -> Iterator[Finding]:
    if profile["encoding"] and profile["encoding"] != "UTF-8":
        yield Finding("other_encoding", 1.0, {"encoding": profile["encoding"]})
    if any(warning["code"] == "encoding_uncertain" for warning in profile["warnings"]):
        yield Finding("encoding_uncertain", 1.0)
    if declared.format and declared.format != profile["format"]:
        yield Finding("other_format", 1.0, {"format": profile["format"], "declared": declared.format})
