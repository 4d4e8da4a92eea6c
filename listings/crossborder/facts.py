"""What is known of a transfer across the border, and the strict reading of it from JSON.

The engine decides from these facts alone. An absent flag is false; grade and counts have no default, because a
transfer that nobody has graded and counted is not decided but sent back to be classified.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.places import MAINLAND, divisions, jurisdictions
from kernel.digests import LARGEST_EXACT_INTEGER, Json

MAINLAND_TIME = ZoneInfo("Asia/Shanghai")
LONGEST_TEXT = 64  # characters of a sector, a zone or a place outside the mainland

DIRECTIONS = frozenset({"outbound", "inbound", "transit"})
GRADES = frozenset({"core", "important", "general"})
IMPORTANT_BASES = frozenset({"notified", "published_catalogue", "ftz_list", "self_suspected"})
SCENARIOS = frozenset(
    {
        "trade_transport_academic_manufact_marketing",
        "contract_necessity",
        "hr",
        "emergency",
        "statutory_duty",
        "overseas_origin_reexport",
        "other",
    }
)
RESTRICTIONS = frozenset({"state_secret", "export_control", "court_seizure", "temporary_control"})
# What mainland statistics call the two regions; a form may repeat it beside the jurisdiction.
OWN_REGION_CODE = {"HK": "810000", "MO": "820000"}

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_DIVISION_CODE = re.compile(r"\d{2}|\d{4}|\d{6}", re.ASCII)


@dataclass
class BadFacts(Exception):
    """Facts that cannot be read: a stable code, the member that is wrong (`exporter.region`), and why."""

    code: str
    field: str
    detail: str | Promise

    def __str__(self) -> str:
        return f"{self.code} {self.field}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Exporter:
    """Who sends. `region` is a division code of GB/T 2260 for mainland entities; `ciio` None: nobody knows yet.

    `ftz` is the code of the free-trade zone or pilot it is registered in, or True where the exporter states that a
    negative list which was filed and covers its sector applies to it.
    """

    jurisdiction: str
    region: str | None = None
    ciio: bool | None = False
    small: bool = False
    ftz: bool | str = False


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives: where it is registered, or located if a natural person."""

    jurisdiction: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """One transfer. Persons are natural persons, without doubles, exported since 1 January and this transfer included.

    Persons whose sensitive information goes out are counted in `n_sensitive`, the others in `n_general`.
    """

    direction: str
    exporter: Exporter
    recipient: Recipient
    effective_date: date
    grade: str | None = None
    important_basis: str | None = None
    n_general: int | None = None
    n_sensitive: int | None = None
    scenario: str = "other"
    mixes_domestic_pi: bool = False
    hgr: bool = False
    sector: str | None = None
    onward_transfer_outside_gba: bool = False
    restrictions: tuple[str, ...] = ()
    classified_on: date | None = None

    @property
    def classification_age(self) -> int | None:
        """Days from the grading to the transfer, None where the day of grading is not stated."""
        return (self.effective_date - self.classified_on).days if self.classified_on else None

    def as_json(self) -> dict[str, Json]:
        """Return every member, defaults too, in the form that `read_facts` takes."""
        sender, receiver = self.exporter, self.recipient
        return {
            "direction": self.direction,
            "exporter": {
                "jurisdiction": sender.jurisdiction,
                "region": sender.region,
                "ciio": sender.ciio,
                "small": sender.small,
                "ftz": sender.ftz,
            },
            "recipient": {"jurisdiction": receiver.jurisdiction, "region": receiver.region},
            "effective_date": self.effective_date.isoformat(),
            "grade": self.grade,
            "important_basis": self.important_basis,
            "n_general": self.n_general,
            "n_sensitive": self.n_sensitive,
            "scenario": self.scenario,
            "mixes_domestic_pi": self.mixes_domestic_pi,
            "hgr": self.hgr,
            "sector": self.sector,
            "onward_transfer_outside_gba": self.onward_transfer_outside_gba,
            "restrictions": list(self.restrictions),
            "classified_on": self.classified_on.isoformat() if self.classified_on else None,
        }

    def canonical(self) -> bytes:
        """Return `as_json` in its one byte form (RFC 8785)."""
        return _ENCODER.encode(self.as_json()).encode()


# For facts, with their ASCII names and whole numbers that doubles hold, this is what `canonical_json` would write.
_ENCODER = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def day_of(moment: datetime) -> date:
    """Return the day on which an aware moment falls in Asia/Shanghai, where the counting year begins at 00:00."""
    return moment.astimezone(MAINLAND_TIME).date()


def read_facts(value: Any, *, undated: date) -> Facts:
    """Return the facts of a parsed JSON object; `undated` is the day of a transfer that names none.

    Raises BadFacts at the first member that is unknown, missing, of the wrong type or impossible.
    """
    members = _members(value, "", {*_READERS, "exporter", "recipient", "direction", "effective_date"})
    facts = Facts(
        direction=_direction(members.get("direction"), "direction"),
        exporter=_exporter(members.get("exporter")),
        recipient=_recipient(members.get("recipient")),
        effective_date=_day(members.get("effective_date"), "effective_date") or undated,
        **{name: _READERS[name](given, name) for name, given in members.items() if name in _READERS},
    )
    if (age := facts.classification_age) is not None and age < 0:
        raise BadFacts("impossible_date", "classified_on", _("The data are graded before they are transferred."))
    return facts


def _members(value: Any, field: str, known: set[str]) -> Mapping[str, Any]:
    if value is None and field:
        raise BadFacts("required", field, _("This is missing."))
    if not isinstance(value, dict):
        raise BadFacts("wrong_type", field, _("Give a JSON object."))
    if unknown := value.keys() - known:
        name = min(unknown)
        raise BadFacts("unknown_member", f"{field}.{name}" if field else name, _("There is no such fact."))
    return value


def _exporter(value: Any) -> Exporter:
    members = _members(value, "exporter", {"jurisdiction", "region", "ciio", "small", "ftz"})
    jurisdiction, region = _place(members, "exporter")
    unknown_ciio = "ciio" in members and members["ciio"] is None
    return Exporter(
        jurisdiction=jurisdiction,
        region=region,
        ciio=None if unknown_ciio else _flag(members.get("ciio", False), "exporter.ciio"),
        small=_flag(members.get("small", False), "exporter.small"),
        ftz=_zone(members.get("ftz"), "exporter.ftz"),
    )


def _recipient(value: Any) -> Recipient:
    jurisdiction, region = _place(_members(value, "recipient", {"jurisdiction", "region"}), "recipient")
    return Recipient(jurisdiction, region)


def _place(members: Mapping[str, Any], party: str) -> tuple[str, str | None]:
    """Return jurisdiction and region; a mainland division of 2 or 4 digits is filled up to six."""
    jurisdiction = _text(members.get("jurisdiction"), f"{party}.jurisdiction")
    if jurisdiction is None:
        raise BadFacts("required", f"{party}.jurisdiction", _("This is missing."))
    if jurisdiction not in jurisdictions():
        message = _("Give a two-letter ISO 3166 code, such as HK.")
        raise BadFacts("unknown_jurisdiction", f"{party}.jurisdiction", message)
    region = _text(members.get("region"), f"{party}.region")
    if region is None:
        return jurisdiction, None
    if jurisdiction == MAINLAND:
        code = region.ljust(6, "0")
        if not _DIVISION_CODE.fullmatch(region) or code not in divisions():
            raise BadFacts("unknown_place", f"{party}.region", _("This is not a division code of GB/T 2260."))
        return jurisdiction, code
    # A mainland code beside another jurisdiction says that one of the two is wrong, and routes hang on both.
    if region.isdigit() and region != OWN_REGION_CODE.get(jurisdiction):
        raise BadFacts("not_applicable", f"{party}.region", _("Only mainland parties have a division code."))
    return jurisdiction, region


def _text(value: Any, field: str) -> str | None:
    """Return the text, None for null and for no text at all."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise BadFacts("wrong_type", field, _("Give text."))
    if len(value) > LONGEST_TEXT:
        raise BadFacts("too_long", field, _("Give at most 64 characters."))
    if any(not character.isprintable() for character in value):
        raise BadFacts("unprintable", field, _("Control characters and broken characters are not taken."))
    return value


def _flag(value: Any, field: str) -> bool:
    if not isinstance(value, bool):
        raise BadFacts("wrong_type", field, _("Give true or false."))
    return value


def _zone(value: Any, field: str) -> bool | str:
    return value if isinstance(value, bool) else _text(value, field) or False


def _count(value: Any, field: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadFacts("wrong_type", field, _("Give a whole number of persons."))
    if value < 0:
        raise BadFacts("negative", field, _("There cannot be fewer than no persons."))
    if value > LARGEST_EXACT_INTEGER:
        raise BadFacts("too_large", field, _("There are not so many persons."))
    return value


def _day(value: Any, field: str) -> date | None:
    """Return a day; a moment with its offset is taken to the day it falls on in Asia/Shanghai."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise BadFacts("wrong_type", field, _("Give a date as YYYY-MM-DD."))
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
        if _MOMENT.fullmatch(value):
            return day_of(datetime.fromisoformat(value))
    except (ValueError, OverflowError) as error:
        raise BadFacts("impossible_date", field, _("There is no such day.")) from error
    raise BadFacts("impossible_date", field, _("Give a date as YYYY-MM-DD."))


def _one_of(values: frozenset[str], default: str | None = None) -> Callable[[Any, str], str | None]:
    def read(value: Any, field: str) -> str | None:
        if value is None:
            return default
        if not isinstance(value, str):
            raise BadFacts("wrong_type", field, _("Give text."))
        if value not in values:
            known = ", ".join(sorted(values))
            raise BadFacts("unknown_value", field, _("Known values are: %(values)s.") % {"values": known})
        return value

    return read


def _direction(value: Any, field: str) -> str:
    if value is None:
        raise BadFacts("required", field, _("This is missing."))
    return _one_of(DIRECTIONS)(value, field) or ""


def _restrictions(value: Any, field: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise BadFacts("wrong_type", field, _("Give a list."))
    read = _one_of(RESTRICTIONS)
    return tuple(sorted({text for item in value if (text := read(item, field))}))


# Members with a default: what is absent keeps the default of `Facts`.
_READERS: Mapping[str, Callable[[Any, str], Any]] = {
    "grade": _one_of(GRADES),
    "important_basis": _one_of(IMPORTANT_BASES),
    "n_general": _count,
    "n_sensitive": _count,
    "scenario": _one_of(SCENARIOS, "other"),
    "mixes_domestic_pi": _flag,
    "hgr": _flag,
    "sector": _text,
    "onward_transfer_outside_gba": _flag,
    "restrictions": _restrictions,
    "classified_on": _day,
}
