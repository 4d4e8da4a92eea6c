"""Our codes in the words of others: EU authority tables, IANA media types, and labels in three languages."""

import re
from collections.abc import Mapping
from functools import cache

from django.db.models import TextChoices
from django.utils.translation import override

from kernel.languages import LANGUAGE_TAGS
from listings.models import DataFile, Frequency

EU = "http://publications.europa.eu/resource/authority"
IANA = "https://www.iana.org/assignments/media-types"

# https://op.europa.eu/en/web/eu-vocabularies/dataset/-/resource?uri=http://publications.europa.eu/resource/dataset/frequency
FREQUENCIES: Mapping[str, str] = {
    Frequency.REALTIME: f"{EU}/frequency/UPDATE_CONT",
    Frequency.DAY: f"{EU}/frequency/DAILY",
    Frequency.WEEK: f"{EU}/frequency/WEEKLY",
    Frequency.MONTH: f"{EU}/frequency/MONTHLY",
    Frequency.YEAR: f"{EU}/frequency/ANNUAL",
    Frequency.ON_DEMAND: f"{EU}/frequency/AS_NEEDED",
    Frequency.OTHER: f"{EU}/frequency/OTHER",
}
MEDIA_TYPES: Mapping[str, str] = {
    DataFile.Format.CSV: "text/csv",
    DataFile.Format.JSONL: "application/jsonl",
    DataFile.Format.PARQUET: "application/vnd.apache.parquet",
    DataFile.Format.JSON: "application/json",
    DataFile.Format.GEOJSON: "application/geo+json",
    DataFile.Format.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    DataFile.Format.TEXT: "text/plain",
}
UNKNOWN_MEDIA_TYPE = "application/octet-stream"
UNREGISTERED = frozenset({DataFile.Format.JSONL})  # IANA knows no type for JSON Lines
_FILE_TYPES: Mapping[str, str] = {
    DataFile.Format.CSV: "CSV",
    DataFile.Format.JSONL: "JSON",
    DataFile.Format.PARQUET: "PARQUET",
    DataFile.Format.JSON: "JSON",
    DataFile.Format.GEOJSON: "GEOJSON",
    DataFile.Format.EXCEL: "XLSX",
    DataFile.Format.TEXT: "TXT",
}
# What readers of tables find rows in; of the others a profile tells columns, but nothing here says where they stand.
TABLES = frozenset({DataFile.Format.CSV, DataFile.Format.JSONL, DataFile.Format.PARQUET})
RESTRICTED = f"{EU}/access-right/RESTRICTED"
_LANGUAGES = {
    "zh": "ZHO",
    "yue": "YUE",
    "en": "ENG",
    "pt": "POR",
    "fr": "FRA",
    "de": "DEU",
    "es": "SPA",
    "ja": "JPN",
    "ko": "KOR",
    "ru": "RUS",
    "th": "THA",
    "vi": "VIE",
    "id": "IND",
    "ms": "MSA",
}


_TAG = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")


def media_type(format_: str) -> str:
    return MEDIA_TYPES.get(format_, UNKNOWN_MEDIA_TYPE)


def iana_media_type(format_: str) -> str:
    """Return IANA's page of a format's media type, or "" where none is registered."""
    found = "" if format_ in UNREGISTERED else MEDIA_TYPES.get(format_, "")
    return f"{IANA}/{found}" if found else ""


def file_type(format_: str) -> str:
    """Return the format in the EU's table, or "" where it has none."""
    return f"{EU}/file-type/{_FILE_TYPES[format_]}" if format_ in _FILE_TYPES else ""


def language_iri(tag: str) -> str:
    """Return the language of a tag such as zh-Hans; DCAT-AP wants the EU table, DCAT itself names the second one."""
    primary = tag.split("-", maxsplit=1)[0].lower()
    if primary in _LANGUAGES:
        return f"{EU}/language/{_LANGUAGES[primary]}"
    return f"http://id.loc.gov/vocabulary/iso639-{1 if len(primary) == 2 else 2}/{primary}"


def iso_language(text: str) -> str:
    """Return the tag of a language that is named by a tag or by an IRI of either table, or ""."""
    last = text.rstrip("/").rpartition("/")[2]
    named = {iri: tag for tag, iri in _LANGUAGES.items()}.get(last.upper(), last)
    return named if _TAG.fullmatch(named) else ""


def labels(choice: TextChoices) -> Mapping[str, str]:
    """Return the label of a code in every language of the exchange."""
    return _labels(type(choice), choice.value)


@cache
def _labels(choices: type[TextChoices], value: str) -> Mapping[str, str]:
    found = {}
    for tag in LANGUAGE_TAGS:
        with override(tag.lower()):
            found[tag] = str(choices(value).label)
    return found
