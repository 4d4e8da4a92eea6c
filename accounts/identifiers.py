"""Registration numbers of legal entities, checked by the algorithms of their issuers.

What cannot be computed (whether the entity exists and who may speak for it) is for the venue's review of a membership.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from stdnum.cn import uscc

from accounts.places import PROVINCE_CODES
from kernel.problems import field_problem


class IdentifierKind(models.TextChoices):
    USCC = "USCC", _("Unified Social Credit Code")
    HKBR = "HKBR", _("Hong Kong business registration number")
    MOCR = "MOCR", _("Macao commercial registration number")
    OTHER = "OTHER", _("other registration number")


class WrongIdentifier(ValueError):
    """A registration number that cannot be one: a stable code for programs, a sentence for people."""

    def __init__(self, code: str, reason: str | Promise) -> None:
        self.code, self.reason = code, reason
        super().__init__(code)


@dataclass(frozen=True)
class Identifier:
    """A checked number in its one written form, which is what uniqueness is judged by."""

    kind: IdentifierKind
    value: str


KIND_OF_JURISDICTION: Mapping[str, IdentifierKind] = {
    "CN": IdentifierKind.USCC,
    "HK": IdentifierKind.HKBR,
    "MO": IdentifierKind.MOCR,
}


def check_identifier(*, jurisdiction: str, value: str, pointer: str = "/identifier") -> Identifier:
    """Return the number in its normal form; the jurisdiction decides by which rule it is checked.

    Raises Problem `invalid` at `pointer` with the code of the rule that failed, for example `wrong_check_digit`.
    """
    kind = KIND_OF_JURISDICTION.get(jurisdiction, IdentifierKind.OTHER)
    try:
        return Identifier(kind, RULES[kind](value))
    except WrongIdentifier as wrong:
        raise field_problem(pointer, wrong.code, wrong.reason) from wrong


# GB 32100-2015 §4: the registering authority is a digit, or a letter for the military (A), agriculture (N), others (Y).
# python-stdnum takes digits only, which would refuse every rural collective (N2…); hence its check digit, our pattern.
USCC_PATTERN = re.compile(r"[1-9ANY][1-9A-HJ-NP-RTUWXY][0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}")
NATIONAL_REGISTRY = "10"  # 100000: registered by the state's own administration, not by a province


def normal_uscc(value: str) -> str:
    """Check a Unified Social Credit Code: form, province, inner subject code (GB 11714) and check digit (GB 32100)."""
    code = uscc.compact(value)
    if not USCC_PATTERN.fullmatch(code):
        raise WrongIdentifier("wrong_format", _("A Unified Social Credit Code has 18 digits and capital letters."))
    if code[2:4] not in PROVINCE_CODES and code[2:4] != NATIONAL_REGISTRY:
        raise WrongIdentifier("unknown_place", _("Characters 3 to 8 are not the code of a place."))
    if code[-1] != uscc.calc_check_digit(code[:17]):
        raise WrongIdentifier("wrong_check_digit", _("The last character does not fit the others."))
    if code[16] != subject_check_digit(code[8:16]):
        raise WrongIdentifier("wrong_subject_code", _("Characters 9 to 17 are not a valid subject code."))
    return code


def subject_check_digit(body: str) -> str:
    """Return the check character of the eight characters of a subject code (GB 11714-1997)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    remainder = 11 - sum(int(character, 36) * weight for character, weight in zip(body, weights, strict=True)) % 11
    return {10: "X", 11: "0"}.get(remainder, str(remainder))


HKBR_PATTERN = re.compile(r"(?P<number>[0-9]{8})(?:-[0-9]{3}-(?P<month>[0-9]{2})-[0-9]{2}-[0-9A-Z])?")


def normal_hkbr(value: str) -> str:
    """Check a Hong Kong business registration number and return its eight digits.

    Takes the certificate's long form NNNNNNNN-BBB-MM-YY-X too (branch, month and year of commencement, check
    character). The Inland Revenue Department publishes no check algorithm, so form is all that is checked.
    """
    match = HKBR_PATTERN.fullmatch(value.strip().upper().replace(" ", ""))
    if match is None:
        raise WrongIdentifier("wrong_format", _("Give the eight digits, or the whole number NNNNNNNN-BBB-MM-YY-X."))
    if match["month"] and not 1 <= int(match["month"]) <= 12:
        raise WrongIdentifier("wrong_month", _("The month in the number is not a month."))
    if int(match["number"]) == 0:
        raise WrongIdentifier("wrong_format", _("The number is zero."))
    return match["number"]


MOCR_PATTERN = re.compile(r"([1-9][0-9]{0,5})[ (-]*([A-Z]{2})\)?")


def normal_mocr(value: str) -> str:
    """Check a Macao commercial registration number, such as `12345 SO` or `12345(SO)`; it has no check digit."""
    match = MOCR_PATTERN.fullmatch(value.strip().upper())
    if match is None:
        raise WrongIdentifier("wrong_format", _("Give the number and the two letters of the register, as in 12345 SO."))
    return f"{match[1]} {match[2]}"


OTHER_PATTERN = re.compile(r"[0-9A-Z](?:[0-9A-Z ./-]{0,38}[0-9A-Z])")


def normal_other(value: str) -> str:
    """Check the form of any other country's number: 2 to 40 capital letters, digits, spaces, dots, slashes, hyphens."""
    number = " ".join(value.upper().split())
    if OTHER_PATTERN.fullmatch(number) is None:
        raise WrongIdentifier("wrong_format", _("A registration number has 2 to 40 letters and digits."))
    return number


RULES: Mapping[IdentifierKind, Callable[[str], str]] = {
    IdentifierKind.USCC: normal_uscc,
    IdentifierKind.HKBR: normal_hkbr,
    IdentifierKind.MOCR: normal_mocr,
    IdentifierKind.OTHER: normal_other,
}
