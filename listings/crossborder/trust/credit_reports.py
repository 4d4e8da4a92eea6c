"""Maps an enterprise credit report of the Mainland, Hong Kong or Macao onto the common fields. Pure.

A report is a JSON object whose members are named as on the place's own reports, in any of its languages. What no field
takes is listed, never dropped in silence; what is wrong is told at its own name.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from kernel.digests import Json
from kernel.problems import FieldError, pointer_step
from listings.crossborder.trust.credit_schema import ReportField, ReportSchema
from listings.crossborder.trust.credit_values import Unreadable, read_value

MOST_MEMBERS = 1000  # of a list
Report = Mapping[str, object]


@dataclass
class Mapped:
    """A report in common fields; `sources` says under which name each was found, `unmapped` what was left."""

    schema: str
    place: str
    report: dict[str, Json] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    unmapped: list[str] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)

    def as_json(self) -> dict[str, Json]:
        """Return what was mapped and what is wrong with it."""
        return {
            "schema": self.schema,
            "from": self.place,
            "report": self.report,
            "sources": self.sources,
            "unmapped": self.unmapped,
            "errors": [error.as_json() for error in self.errors],
            "valid": not self.errors,
        }


def map_report(given: Report, place: str, schema: ReportSchema) -> Mapped:
    """Map a report of `place` (CN, HK or MO). What cannot be mapped is in `errors`, with pointers into `given`."""
    mapped = Mapped(schema.edition, place)
    mapped.report = _members(schema.fields, given, "", mapped, schema)
    mapped.errors += _contradictions(mapped)
    return mapped


def _members(
    fields: Sequence[ReportField], given: Report, pointer: str, mapped: Mapped, schema: ReportSchema
) -> dict[str, Json]:
    taken: dict[str, Json] = {}
    used: set[str] = set()
    for wanted in fields:
        names = wanted.names[mapped.place]
        found = [name for name in names if not _is_blank(given.get(name))]
        if not found:
            if wanted.required and names:
                mapped.errors.append(_error(pointer, names[0], "required", _("A report of this place says this.")))
            continue
        # A text may stand there in two languages, and the first is taken; anything else must be the same in both.
        said = found[:1] if wanted.kind == "text" else found
        used.update(said)
        values = [_read(wanted, given[name], f"{pointer}/{pointer_step(name)}", mapped, schema) for name in said]
        if any(value != values[0] for value in values):
            mapped.errors.append(_error(pointer, said[-1], "said_twice", _("The report says this twice, differently.")))
        elif values[0] is not None:
            taken[wanted.code] = values[0]
            mapped.sources[f"{pointer}/{wanted.code}"] = said[0]
    left = (name for name, value in given.items() if name not in used and not _is_blank(value))
    mapped.unmapped += [f"{pointer}/{pointer_step(name)}" for name in left]
    return taken


def _read(wanted: ReportField, value: object, pointer: str, mapped: Mapped, schema: ReportSchema) -> Json:
    if wanted.kind == "list":
        return _read_list(wanted, value, pointer, mapped, schema)
    try:
        return read_value(wanted, value, mapped.place, schema)
    except Unreadable as wrong:
        mapped.errors.append(FieldError(pointer, wrong.code, str(wrong)))
        return None


def _read_list(wanted: ReportField, value: object, pointer: str, mapped: Mapped, schema: ReportSchema) -> Json:
    rows = value if isinstance(value, list) else [None]
    if len(rows) > MOST_MEMBERS or not all(isinstance(row, dict) for row in rows):
        detail = _("Give a list of at most %d objects.") % MOST_MEMBERS
        mapped.errors.append(FieldError(pointer, "wrong_type", detail))
        return None
    return [_members(wanted.fields, row, f"{pointer}/{at}", mapped, schema) for at, row in enumerate(rows)]


def _contradictions(mapped: Mapped) -> Iterator[FieldError]:
    report = mapped.report
    began, reported = report.get("established_on"), report.get("reported_on")
    if isinstance(began, str) and isinstance(reported, str) and began > reported:
        name = mapped.sources["/established_on"]
        yield _error("", name, "after_report", _("The report is older than the firm."))
    held = report.get("shareholders")
    rows = held if isinstance(held, list) else []
    shares = [row["share"] for row in rows if isinstance(row, dict) and "share" in row]
    if sum(Decimal(str(share)) for share in shares) > 100:
        yield _error("", mapped.sources["/shareholders"], "out_of_range", _("The shares are more than the whole."))


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value == []


def _error(pointer: str, name: str, code: str, detail: str) -> FieldError:
    return FieldError(f"{pointer}/{pointer_step(name)}", code, detail)
