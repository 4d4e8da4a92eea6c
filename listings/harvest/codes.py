"""Our codes, days and languages in the words of others: labels in three languages, EU tables, ISO 8601."""

from collections.abc import Mapping
from datetime import date

from django.db.models import TextChoices

from kernel.languages import simplified
from listings.industries import industries
from listings.metadata.vocabulary import FREQUENCIES, iso_language, labels
from listings.models import (
    BuyerKind,
    Frequency,
    PersonalData,
    Processing,
    ProductType,
    Purpose,
    RegionScope,
    Right,
    SourceKind,
)

CODES: Mapping[str, type[TextChoices]] = {
    "product_type": ProductType,
    "source_kind": SourceKind,
    "processing": Processing,
    "personal_data": PersonalData,
    "region_scope": RegionScope,
    "frequency": Frequency,
    "rights": Right,
    "buyer_kinds": BuyerKind,
    "purposes": Purpose,
}
# How portals say how often, beyond our own words: DCMI's and ISO 8601's, both as ckanext-dcat knows them.
FREQUENCY_WORDS: Mapping[str, str] = {
    **{iri.lower(): code for code, iri in FREQUENCIES.items()},
    **{iri.rpartition("/")[2].lower(): code for code, iri in FREQUENCIES.items()},
    "continuous": Frequency.REALTIME,
    "realtime": Frequency.REALTIME,
    "r/pt1s": Frequency.REALTIME,
    "r/p1d": Frequency.DAY,
    "weekly": Frequency.WEEK,
    "r/p1w": Frequency.WEEK,
    "r/p7d": Frequency.WEEK,
    "r/p1m": Frequency.MONTH,
    "annual": Frequency.YEAR,
    "annually": Frequency.YEAR,
    "r/p1y": Frequency.YEAR,
    "as needed": Frequency.ON_DEMAND,
    "irregular": Frequency.OTHER,
}


def code_of(field: str, text: str) -> str:
    """Return the code that a word stands for in any of the three languages, or the word itself."""
    choices = CODES.get(field)
    if choices is None or text in choices.values:
        return text
    words = {simplified(label): code.value for code in choices for label in (code.value, *labels(code).values())}
    return str(words.get(simplified(text), text))


def day_of(text: str) -> str:
    """Return ISO 8601 of the ways in which spreadsheets write a day: 2024/1/31, 2024年1月31日, 2024.1.31."""
    parts = text.translate(str.maketrans("年月/.", "----", "日")).split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() for part in parts) and len(parts[0]) == 4:
        return f"{parts[0]}-{int(parts[1]):02d}-{int(parts[2]):02d}"
    return text


def known_facts(facts: Mapping[str, str]) -> dict[str, str]:
    """Return those dossier fields that another catalogue says in words which have a code here; the rest stay gaps."""
    found = {field: _KNOWN[field](text.strip()) for field, text in facts.items() if text.strip()}
    return {field: value for field, value in found.items() if value}


def _among(field: str, text: str) -> str:
    code = code_of(field, text)
    return code if code in CODES[field].values else ""


def _frequency(text: str) -> str:
    last = text.rstrip("/").rpartition("/")[2].lower()
    return _among("frequency", text) or FREQUENCY_WORDS.get(text.lower(), FREQUENCY_WORDS.get(last, ""))


def _day(text: str) -> str:
    try:
        return date.fromisoformat(day_of(text)[:10]).isoformat()
    except ValueError:
        return ""


_KNOWN = {
    "product_type": lambda text: _among("product_type", text.removeprefix("urn:dawan:product-type:")),
    "region_scope": lambda text: _among("region_scope", text),
    "industry": lambda text: text if text in industries() else "",
    "frequency": _frequency,
    "language": iso_language,
    "time_from": _day,
    "time_to": _day,
}
