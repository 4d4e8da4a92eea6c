"""Places: ISO 3166 jurisdictions, GB/T 2260 division codes of the mainland, and which of them are in the bay area.

Pure lookups in the data files of accounts/data/places (SOURCES.md says where they come from).
"""

import csv
import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from kernel.problems import field_problem

FOLDER = Path(__file__).parent / "data" / "places"
MAINLAND = "CN"


def _rows(name: str) -> Iterator[Mapping[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def divisions() -> Mapping[str, str]:
    """Return the name of every division by its six-digit code: provinces 440000, cities 440100, districts 440115."""
    places = {row["code"].ljust(6, "0"): row["name"] for name in ("provinces.csv", "cities.csv") for row in _rows(name)}
    return places | {row["code"]: row["name"] for row in _rows("areas.csv")}


@cache
def jurisdictions() -> frozenset[str]:
    """Return the ISO 3166-1 alpha-2 codes; Hong Kong and Macao are jurisdictions of their own."""
    lines = (FOLDER / "iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.split("\t")[0] for line in lines if line and not line.startswith("#"))


PROVINCE_CODES = frozenset(row["code"] for row in _rows("provinces.csv"))
_GBA = json.loads((FOLDER / "gba.json").read_text(encoding="utf-8"))
GBA_CITIES: Mapping[str, str] = _GBA["cities"]
GBA_REGIONS = frozenset(_GBA["regions"])


def in_gba_city(division_code: str) -> bool:
    """Tell whether a division lies in one of the nine mainland cities of the Greater Bay Area."""
    return division_code[:4] in GBA_CITIES


def in_gba(jurisdiction: str, division_code: str) -> bool:
    """Tell whether an entity registered there is in the Greater Bay Area: the nine cities, Hong Kong and Macao."""
    return jurisdiction in GBA_REGIONS or (jurisdiction == MAINLAND and in_gba_city(division_code))


def places_around(jurisdiction: str, division_code: str) -> list[str]:
    """Return the codes of every place that an entity is in: CN, GBA, 440000, 440100 and 440115, or HK and GBA."""
    around = [jurisdiction, *(["GBA"] if in_gba(jurisdiction, division_code) else [])]
    wider = (division_code[:length].ljust(6, "0") for length in (2, 4, 6)) if division_code else ()
    return list(dict.fromkeys([*around, *wider]))


def is_place(code: str) -> bool:
    """Tell whether a code names a place as `places_around` does: a jurisdiction, a division, or GBA."""
    return code == "GBA" or code in jurisdictions() or code in divisions()


def check_place(*, jurisdiction: str, division_code: str, pointer: str = "") -> None:
    """Raise Problem `invalid` unless the jurisdiction exists and the division code belongs to it.

    Mainland entities need a code of GB/T 2260; all others must leave it empty. `pointer` is where both fields stand.
    """
    if jurisdiction not in jurisdictions():
        raise field_problem(
            f"{pointer}/jurisdiction", "unknown_jurisdiction", _("Give a two-letter ISO 3166 code, such as HK.")
        )
    if jurisdiction != MAINLAND and division_code:
        raise field_problem(
            f"{pointer}/division_code", "not_applicable", _("Only mainland organizations have a division code.")
        )
    if jurisdiction == MAINLAND and division_code not in divisions():
        raise field_problem(f"{pointer}/division_code", "unknown_place", _("This is not a division code of GB/T 2260."))
