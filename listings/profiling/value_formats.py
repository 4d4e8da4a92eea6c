"""Which formats the values of a column are written in: dates, telephone numbers, codes, coordinates, addresses.

A format is a pattern and, where the standard has one, a check of its digits or a list of its codes. Patterns are tried
on a column's first values; those that many of them fit are then counted over all rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from stdnum import numdb

from listings.profiling.arrow import compute as pc

if TYPE_CHECKING:
    Texts = pa.Array[Any]

Check = Callable[["Texts"], "pa.Array[Any]"]

NUMBER = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_AMOUNT = r"-?\d[\d,]*(?:\.\d+)?"
_BEFORE = r"(?:¥|￥|\$|€|£|HK\$|MOP\$|US\$|CNY|RMB|HKD|MOP|USD|EUR)"
_AFTER = r"(?:元|角|万元|萬元|亿元|億元|人民币|港元|港币|港幣|澳门元|澳門元|美元|CNY|RMB|HKD|MOP|USD|EUR)"
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
OUTSIDE = frozenset({"7100", "8100", "8200"})  # Taiwan, Hong Kong, Macao have no counties in the list
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


@dataclass(frozen=True)
class Format:
    """One way of writing values.

    `needs_name` is a pattern of column names without which the values alone say too little; `check` tells which values
    that have the pattern also pass the standard's own check.
    """

    name: str
    pattern: str
    check: Check | None = None
    needs_name: str = ""


def digits_sum(values: Texts, *, width: int, tables: list[bytes]) -> pa.Array[Any]:
    """Return, for ASCII values of `width` characters, the sum of each position's table entry for its byte.

    Works on the bytes of all values at once, position by position, so that check digits of a million values are a
    matter of milliseconds.
    """
    _valid, starts, data = values.buffers()
    if not len(values) or starts is None or data is None:
        return pa.array([], pa.int32())
    first = pa.Array.from_buffers(pa.int32(), values.offset + 1, [None, starts])[values.offset].as_py()
    text = data.to_pybytes()[first : first + width * len(values)]
    total: Any = None
    for position, table in enumerate(tables):
        weighed = text[position::width].translate(table)
        numbers = pc.cast(pa.Array.from_buffers(pa.uint8(), len(values), [None, pa.py_buffer(weighed)]), pa.int32())
        total = numbers if total is None else pc.add(total, numbers)
    return total


def _tables(alphabet: str, weights: tuple[int, ...], modulus: int) -> list[bytes]:
    return [
        bytes((alphabet.index(chr(byte)) * weight) % modulus if chr(byte) in alphabet else 0 for byte in range(256))
        for weight in weights
    ]


_USCC_TABLES = _tables(_USCC, (*(pow(3, power, 31) for power in range(17)), 1), 31)
_RESIDENT_TABLES = _tables("0123456789X", (*_RESIDENT_WEIGHTS, 1), 11)


def uscc_passes(values: Texts) -> pa.Array[Any]:
    """Tell which 18-character codes pass the check digit of GB 32100-2015 (weighted sum divisible by 31)."""
    total = digits_sum(values, width=18, tables=_USCC_TABLES)
    return pc.equal(_modulo(total, 31), 0)


def resident_id_passes(values: Texts) -> pa.Array[Any]:
    """Tell which 18-character numbers pass the check digit of GB 11643-1999 (ISO 7064, MOD 11-2)."""
    total = digits_sum(pc.utf8_upper(values), width=18, tables=_RESIDENT_TABLES)
    return pc.equal(_modulo(total, 11), 1)


def _modulo(total: pa.Array[Any], modulus: int) -> pa.Array[Any]:
    return pc.subtract(total, pc.multiply(pc.divide(total, modulus), modulus))


@cache
def prefectures() -> pa.Array[Any]:
    """Return the first four digits of all codes of GB/T 2260, present and withdrawn, as python-stdnum lists them.

    Counties change every year, and development zones use codes that were never published; prefectures hardly do.
    """
    codes = {
        (province + county)[:4]
        for _size, province, _last, _properties, counties in numdb.get("cn/loc").prefixes
        for _width, county, *_rest in counties
    }
    return pa.array(sorted(codes | OUTSIDE), pa.string())


def is_division(values: Texts) -> pa.Array[Any]:
    """Tell which values begin with a prefecture of GB/T 2260."""
    return pc.is_in(pc.utf8_slice_codeunits(values, 0, 4), value_set=prefectures())


# Numbers do not say by themselves that they are coordinates; the column's name does.
_COORDINATES = {
    "longitude": r"(?i)(?:^|[^a-z])(?:lon|lng|long|longitude)(?:$|[^a-z])|longitude|经度|經度|东经|東經",
    "latitude": r"(?i)(?:^|[^a-z])(?:lat|latitude)(?:$|[^a-z])|latitude|纬度|緯度|北纬|北緯",
}
_POSTAL = r"(?i)post|zip|邮编|郵編|邮政|郵政|郵遞"

# The more telling come first: where several fit equally well, the first one names the column.
FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("url", r"^(?i:https?|ftp)://[^\s]+$"),
        Format("email", r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}$"),
        Format("email_like", r"^\S*[@＠]\S*$"),
        Format("uuid", r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"),
        Format(
            "resident_id",
            r"^[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]$",
            check=resident_id_passes,
        ),
        Format("uscc", f"^[1-9A-HJ-NPQRTUWXY][{_USCC}]\\d{{6}}[{_USCC}]{{10}}$", check=uscc_passes),
        Format("mobile_phone", r"^(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$"),
        Format("division_code", r"^[1-9]\d{5}(?:\d{3}|\d{6})?$", check=is_division),
        Format(
            "phone",
            r"^(?:\(0\d{1,3}\)\s?\d{6,8}|0\d{1,3}-\d{6,8}|0\d{9,11}|\+\d{1,3}[- ]?\d[\d -]{5,13}\d)"
            r"(?:(?:[-#]|转|轉|分機)\d{1,6})?$",
        ),
        Format("percentage", r"^[+-]?\d+(?:\.\d+)?\s?[%％‰]$"),
        Format("amount", rf"^(?:{_BEFORE}\s?{_AMOUNT}|{_AMOUNT}\s?{_AFTER})$"),
        Format("number_with_commas", r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?$"),
        Format("postal_code", r"^\d{6}$", needs_name=_POSTAL),
        Format("time", r"^(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?$"),
        Format("number", NUMBER),
    )
}


def is_named(format_name: str, column_name: str) -> bool:
    """Tell whether the column's name allows that format (most formats ask for no name)."""
    needs = FORMATS[format_name].needs_name if format_name in FORMATS else ""
    return not needs or re.search(needs, column_name) is not None


def coordinate_named(column_name: str) -> str:
    """Return "longitude" or "latitude" if the column is named so, else nothing."""
    return next((kind for kind, pattern in _COORDINATES.items() if re.search(pattern, column_name)), "")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(FORMATS[name].pattern)


def may_fit(picked: Iterable[str], name: str) -> bool:
    """Tell whether any of a few values has the pattern of a format."""
    return any(_pattern(name).search(text) for text in picked)


def fits(values: Texts, name: str) -> pa.Array[Any]:
    """Tell which values have the pattern of a format; null where there is no value."""
    return pc.match_substring_regex(values, FORMATS[name].pattern)
