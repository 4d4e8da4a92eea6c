"""Telling a file's format by its first bytes and, where they leave it open, by its name."""

from __future__ import annotations

import codecs
import json
import re
from collections import Counter

from listings.profiling.containers import PARQUET_MAGIC, archive_of
from listings.profiling.dialect import HEAD_BYTES, sniff

ZIP_MAGIC = b"PK\x03\x04"
OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXTENSIONS = {
    "CSV": (".csv", ".tsv", ".tab"),
    "JSONL": (".jsonl", ".ndjson"),
    "GEOJSON": (".geojson",),
    "JSON": (".json",),
    "EXCEL": (".xlsx", ".xlsm", ".xls"),
    "PARQUET": (".parquet",),
    "TEXT": (".txt", ".text", ".md"),
    "OPENAPI": (".yaml", ".yml"),
    "ARCHIVE": (".zip", ".tar", ".tar.gz", ".tgz"),
}
_ARRAY = re.compile(r'\[\s*[\[{"\]]')
_OBJECT = re.compile(r'\{\s*["}]')
_FEATURES = re.compile(r'"type"\s*:\s*"FeatureCollection"|"features"\s*:\s*\[\s*\{\s*"type"\s*:\s*"Feature"')
_OPENAPI = re.compile(r'"(?:openapi|swagger)"\s*:\s*"[23]\.|^(?:openapi|swagger)\s*:\s*["\']?[23]\.', re.MULTILINE)
LEAST_AGREEMENT = 0.9


def recognize(name: str, head: bytes) -> str:
    """Return the code of the format that a file seems to have; `head` is its first bytes, some 64 KiB.

    What is none of them gets the best guess: its profiler refuses it and says why.
    """
    named = next((code for code, endings in EXTENSIONS.items() if name.lower().endswith(endings)), "")
    if head.startswith(PARQUET_MAGIC):
        return "PARQUET"
    if head.startswith(ZIP_MAGIC) and (named == "EXCEL" or b"xl/" in head):
        return "EXCEL"
    if head.startswith(OLD_OFFICE_MAGIC) and named in ("EXCEL", ""):
        return "EXCEL"
    if archive_of(head[:1024]):
        return "ARCHIVE"
    text = _decoded(head)
    if "\0" in text[:1024]:
        return named or "CSV"
    text = text.lstrip("\ufeff \t\r\n")
    if named in ("OPENAPI", "JSON", "") and _OPENAPI.search(text) and not text.startswith("["):
        return "OPENAPI"
    return _json_format(text, named) or _other_format(text, named)


def _decoded(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    try:
        return codecs.getincrementaldecoder("utf-8")("strict").decode(head)
    except UnicodeDecodeError:
        return head.decode("gb18030", "replace")


def _json_format(text: str, named: str) -> str:
    if _ARRAY.match(text):
        return "JSON"
    if not _OBJECT.match(text):
        return ""
    if _is_line_of_objects(text, named):
        return "JSONL"
    return "GEOJSON" if named == "GEOJSON" or _FEATURES.search(text) else "JSON"


def _is_line_of_objects(text: str, named: str) -> bool:
    """Tell objects of a line each from one document: a second one follows the first, or the name says so."""
    first, _end, rest = text.partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return named == "JSONL" and not rest  # the line goes on beyond the head
    return named == "JSONL" or rest.lstrip().startswith("{")


def _other_format(text: str, named: str) -> str:
    """Text that is no JSON: a table by its name or its delimiters, otherwise what its name says."""
    if named == "TEXT" or not named:
        return "CSV" if _is_table(text) else "TEXT"
    return named


def _is_table(text: str) -> bool:
    """Tell a table from prose, whose lines hold now more commas and now fewer."""
    head = text.encode("utf-8", "replace")
    _dialect, rows = sniff(head, complete=len(head) < HEAD_BYTES)
    if len(rows) < 2:
        return False
    width, count = Counter(map(len, rows)).most_common(1)[0]
    return width >= 2 and count >= LEAST_AGREEMENT * len(rows)
