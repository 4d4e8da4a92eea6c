"""Masking found values so that a sample still shows what kind of thing stands there, but not whose it is."""

import re
from collections.abc import Callable, Mapping

HIDDEN = "*"
HIDDEN_WHOLE = "***"


def mask(code: str, value: str) -> str:
    """Return `value` with what tells the person hidden, by the kind of thing that was found.

    Kinds without a rule of their own are hidden whole. Blank values stay.
    """
    if not value.strip():
        return value
    return MASKS.get(code, _whole)(value.strip())


def mask_cell(codes: list[str], value: str) -> str:
    """Return a cell of a column in which several kinds were found; longer text than a number is hidden whole."""
    if len(codes) == 1 or not codes:
        return mask(codes[0], value) if codes else value
    return _whole(value) if value.strip() else value


def _ends(first: int, last: int) -> Callable[[str], str]:
    """Keep the first and last characters; what is not longer than both, or holds words around, is hidden whole."""

    def masked(value: str) -> str:
        hidden = len(value) - first - last
        if hidden < first + last or hidden > 24:
            return _whole(value)
        return value[:first] + HIDDEN * hidden + (value[-last:] if last else "")

    return masked


def _name(value: str) -> str:
    if len(value) > 8 or not value[0].isalpha():
        return value[0] + HIDDEN_WHOLE if value[0].isascii() and value[0].isalpha() else _whole(value)
    return value[0] + HIDDEN * (len(value) - 1)


def _email(value: str) -> str:
    person, at, host = value.partition("@")
    return f"{person[0]}{HIDDEN_WHOLE}@{host}" if at and person and " " not in value else _whole(value)


def _address(value: str) -> str:
    """Keep province, city and district: the last of them is a place of many people."""
    place = re.match(r"(?:[一-鿿]{1,8}?(?:省|自治区|自治區|市|[县縣区區]))+", value)
    return (place[0] if place else "") + HIDDEN_WHOLE


def _ip(value: str) -> str:
    parts = value.split(".")
    return ".".join([*parts[:2], HIDDEN, HIDDEN]) if len(parts) == 4 and len(value) <= 15 else _whole(value)


def _year(value: str) -> str:
    return value[:4] + "-**-**" if value[:4].isdigit() else _whole(value)


def _whole(_value: str) -> str:
    return HIDDEN_WHOLE


MASKS: Mapping[str, Callable[[str], str]] = {
    "resident_id": _ends(3, 2),
    "mobile": _ends(3, 2),
    "hk_mo_phone": _ends(2, 2),
    "landline": _ends(4, 2),
    "bank_card": _ends(6, 4),
    "hkid": _ends(2, 0),
    "taiwan_id": _ends(2, 2),
    "macao_bir": _ends(2, 0),
    "passport": _ends(2, 2),
    "plate": _ends(2, 1),
    "person_name": _name,
    "email": _email,
    "address": _address,
    "birth_date": _year,
    "ip_address": _ip,
    "device_id": _ends(3, 2),
}
