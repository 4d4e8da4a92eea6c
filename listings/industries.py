"""Industries of the dossier: sections and divisions of GB/T 4754, read from a dated data file.

A code is the section's letter and the division's two digits, as the registration form writes both: `I65`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from listings.editions import editions

LanguageMap = Mapping[str, str]


@dataclass(frozen=True)
class Industry:
    """One division with the section that it belongs to; names are language maps."""

    code: str
    section: str
    section_name: LanguageMap
    name: LanguageMap


@cache
def industries() -> Mapping[str, Industry]:
    """Return every industry of the newest edition by its code."""
    edition = editions("industries/gbt-4754-*.json")[-1]
    return {
        f"{section['code']}{division['code']}": Industry(
            code=f"{section['code']}{division['code']}",
            section=section["code"],
            section_name=section["name"],
            name=division["name"],
        )
        for section in edition["sections"]
        for division in section["divisions"]
    }


def standard() -> str:
    """Return the name of the standard in use, for example `GB/T 4754-2017`."""
    return str(editions("industries/gbt-4754-*.json")[-1]["standard"])
