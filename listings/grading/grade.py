"""Proposing a grade by the object and the harm (GB/T 43697-2024): core, important or general; and whose data there are.

A file tells how many persons it names, not what its loss would do to the country. So a scan alone proposes "general",
or "important, self-suspected" where the scale may reach the public interest; what binds is what an authority notified
or published, or what the provider declares. The higher grade wins (就高从严), and a person confirms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from listings.editions import Edition
from listings.grading.numbers import today
from listings.grading.result import ScanResult
from listings.grading.rules import rules_on

GRADES = ("GENERAL", "IMPORTANT", "CORE")  # the graver, the later
PERSONAL_INFORMATION = ("NONE", "GENERAL", "SENSITIVE")
OF_SCAN = {"none": "NONE", "general": "GENERAL", "sensitive": "SENSITIVE"}
SELF_SUSPECTED = "SELF_SUSPECTED"

# Placeholders are filled from the parameters that are stored with the code.
REASONS: Mapping[str, Promise] = {
    "declared_grade": _("The provider declares the grade %(grade)s."),
    "notified_important": _("An authority has notified or published these data as important (%(basis)s)."),
    "assessed_harm": _("Harm to %(object)s would be %(harm)s: by the matrix that is %(grade)s."),
    "scale_of_persons": _(
        "The data tell of about %(count)s persons; from %(limit)s on they may touch the public interest."
    ),
    "scale_of_sensitive_persons": _(
        "The data tell something sensitive of about %(count)s persons; "
        "from %(limit)s on they may touch the public interest."
    ),
    "individuals_only": _("Data that touch individuals or one organization alone are normally general."),
    "personal_found": _("Personal information was found: %(codes)s."),
    "sensitive_found": _("Sensitive personal information was found: %(codes)s."),
    "personal_declared": _("The provider declares personal information (%(declared)s)."),
    "nothing_personal": _("No personal information was found."),
}
CITATIONS: Mapping[str, str] = {
    "declared_grade": "GB/T 43697-2024",
    "notified_important": "促进和规范数据跨境流动规定 (2024) art. 2",
    "assessed_harm": "GB/T 43697-2024 table 1",
    "scale_of_persons": "GB/T 43697-2024 table 1",
    "scale_of_sensitive_persons": "GB/T 43697-2024 table 1",
    "individuals_only": "GB/T 43697-2024 table 1",
    "personal_found": "PIPL art. 4",
    "sensitive_found": "PIPL art. 28",
    "personal_declared": "PIPL art. 4",
    "nothing_personal": "PIPL art. 4",
}


@dataclass(frozen=True)
class Facts:
    """What the provider says. `harms` are (object, harm) of the matrix, each as the provider or an officer judged it.

    `important_basis` is "" or a basis of DOMAIN's list: NOTIFIED, PUBLISHED_CATALOGUE, FTZ_LIST, SELF_SUSPECTED.
    """

    declared_grade: str = ""
    important_basis: str = ""
    declared_personal_information: str = "NONE"
    harms: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Reason:
    """A code of REASONS with what its sentence needs."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The reason in the language in force."""
        return str(REASONS[self.code]) % self.params

    @property
    def citation(self) -> str:
        return CITATIONS[self.code]


@dataclass(frozen=True)
class GradeProposal:
    """A proposed grade. `needs_review`: a person must look, since the grade rests on a suspicion alone."""

    grade: str
    personal_information: str
    n_general: int
    n_sensitive: int
    important_basis: str
    needs_review: bool
    reasons: list[Reason]
    rule_set: str

    def as_json(self) -> dict[str, Any]:
        told = [{**asdict(reason), "citation": reason.citation} for reason in self.reasons]
        return {**asdict(self), "reasons": told}


@dataclass(frozen=True)
class Excess:
    """What was found above what is declared."""

    what: str
    declared: str
    found: str


def propose_grade(scan: ScanResult, *, facts: Facts, on: date | None = None) -> GradeProposal:
    """Propose the grade of what was scanned, by the rules of the day.

    `n_general` are persons of whom nothing sensitive is told, `n_sensitive` the others. Raises ValueError for a grade,
    basis, object or harm that the rules do not know. GB/T 43697-2024 table 1; PIPL arts 4 and 28.
    """
    rules = rules_on(on or today())
    graded = [*_by_facts(facts, rules), *_by_scale(scan, rules)]
    grade = max((grade for grade, _basis, _reason in graded), key=GRADES.index, default="GENERAL")
    reasons = [reason for _grade, _basis, reason in graded] or [Reason("individuals_only")]
    bases = [basis for found, basis, _reason in graded if basis and found == grade]
    binding = [basis for basis in bases if basis in rules["binding_basis"]]
    basis = (binding or bases or [""])[0]
    personal_information, about_persons = _personal_information(scan, facts)
    return GradeProposal(
        grade=grade,
        personal_information=personal_information,
        n_general=scan.persons.count - scan.persons.sensitive,
        n_sensitive=scan.persons.sensitive,
        important_basis=basis,
        needs_review=basis == SELF_SUSPECTED,
        reasons=[*reasons, *about_persons],
        rule_set=rules["rule_set"],
    )


def exceeds(declared: Mapping[str, str], found: Mapping[str, str]) -> list[Excess]:
    """Return what was found above what is declared; where there is any, the listing is suspended.

    Both give "grade" and "personal_information"; what is not declared counts as the lowest. An important grade that is
    only suspected counts too: it takes a person to say that it is none.
    """
    excesses = []
    for what, order in (("grade", GRADES), ("personal_information", PERSONAL_INFORMATION)):
        told, seen = declared.get(what) or order[0], found.get(what) or order[0]
        if order.index(seen) > order.index(told):
            excesses.append(Excess(what, told, seen))
    return excesses


def _by_facts(facts: Facts, rules: Edition) -> list[tuple[str, str, Reason]]:
    graded = []
    if facts.declared_grade:
        graded.append(
            (_known(facts.declared_grade, GRADES), "", Reason("declared_grade", {"grade": facts.declared_grade}))
        )
    if facts.important_basis:
        basis = _known(facts.important_basis, [*rules["binding_basis"], SELF_SUSPECTED])
        graded.append(("IMPORTANT", basis, Reason("notified_important", {"basis": basis})))
    for thing, harm in facts.harms:
        grade = rules["matrix"][_known(thing, rules["objects"])][_known(harm, rules["harms"])]
        basis = "" if grade == "GENERAL" else SELF_SUSPECTED
        graded.append((grade, basis, Reason("assessed_harm", {"object": thing, "harm": harm, "grade": grade})))
    return graded


def _by_scale(scan: ScanResult, rules: Edition) -> list[tuple[str, str, Reason]]:
    """Return the suspicions that the number of persons raises: harm to many persons may be harm to the public."""
    counts = {"persons": scan.persons.count, "sensitive_persons": scan.persons.sensitive}
    grade = rules["matrix"]["PUBLIC_INTEREST"]["SERIOUS"]
    return [
        (grade, SELF_SUSPECTED, Reason(f"scale_of_{kind}", {"count": counts[kind], "limit": limit["count"]}))
        for kind, limit in rules["suspected_from"].items()
        if counts[kind] >= limit["count"]
    ]


def _personal_information(scan: ScanResult, facts: Facts) -> tuple[str, list[Reason]]:
    declared = _known(facts.declared_personal_information, PERSONAL_INFORMATION)
    found = OF_SCAN[scan.personal_information]
    reasons = []
    for category, code in (("sensitive", "sensitive_found"), ("personal", "personal_found")):
        codes = sorted({finding.code for finding in scan.findings if finding.category == category})
        if codes:
            reasons.append(Reason(code, {"codes": ", ".join(codes)}))
    if declared != "NONE":
        reasons.append(Reason("personal_declared", {"declared": declared}))
    higher = max(declared, found, key=PERSONAL_INFORMATION.index)
    return higher, reasons or [Reason("nothing_personal")]


def _known(value: str, allowed: Sequence[str]) -> str:
    if value not in allowed:
        raise ValueError(f"{value!r} is none of {', '.join(allowed)}")
    return value
