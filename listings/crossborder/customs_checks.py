"""What the exchange checks of a declaration by machine, one question after the other; an officer sees every answer."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.problems import Problem
from listings.crossborder.border_dossier import border_dossier_of, reaches
from listings.crossborder.cases import missing_papers
from listings.crossborder.counting import found_persons
from listings.crossborder.facts import day_of
from listings.crossborder.register import refuse_unlawful
from listings.grade_confirmation import Grading, found_in, grading_of
from listings.models import CustomsDeclaration, DataFile, ExportEntry, PersonalData

# Each returns "" where all is well, or what is wrong.
Check = Callable[[CustomsDeclaration], str]


def findings_of(declaration: CustomsDeclaration) -> list[dict[str, Any]]:
    """Ask every question and return the answers in their order; `found` is empty where all is well."""
    return [{"check": code, "found": check(declaration)} for code, check in CHECKS.items()]


def _papers_are_valid(declaration: CustomsDeclaration) -> str:
    case = declaration.case
    if not case.cleared:
        return _("The route case is %(state)s.") % {"state": case.get_state_display()}
    if missing := missing_papers(case):
        return _("Papers are missing: %(codes)s.") % {"codes": ", ".join(missing)}
    return ""


def _digests_are_those_sold(declaration: CustomsDeclaration) -> str:
    files = DataFile.objects.filter(version=declaration.case.version_id)
    sold = {str(file.pk): file.sha256 for file in files}
    # The buyer's marked copy has digests of its own; the delivery made it of bytes that it had checked.
    sent = {entry["id"]: entry.get("sold_sha256", entry["sha256"]) for entry in declaration.manifest["files"]}
    return "" if sent == sold else _("What is sent is not what was sold.")


def _persons_are_within_the_case(declaration: CustomsDeclaration) -> str:
    case, found = declaration.case, found_persons(declaration.case.version)
    if found.sensitive > (case.n_sensitive or 0) or found.general + found.sensitive > (case.n_general or 0) + (
        case.n_sensitive or 0
    ):
        words = {"general": found.general, "sensitive": found.sensitive}
        return _("More persons are found than the case covers: %(general)d and %(sensitive)d.") % words
    return ""


def _fields_are_within_the_grade(declaration: CustomsDeclaration) -> str:
    version, product = declaration.case.version, declaration.case.product
    declared = Grading(grading_of(version).grade, PersonalData(product.personal_data))
    return _("The scan finds fields above what is declared.") if declared.is_below(found_in(version)) else ""


def _recipient_is_in_scope(declaration: CustomsDeclaration) -> str:
    case = declaration.case
    if not reaches(border_dossier_of(case.product), case.recipient):
        return _("The provider does not offer the product there.")
    if case.route == "gba_standard_contract" and not (case.recipient.in_gba and case.organization.in_gba):
        return _("Exporter and recipient of a bay-area contract must be registered in the bay area.")
    return ""


def _year_allows_it(declaration: CustomsDeclaration) -> str:
    living = [ExportEntry.State.RESERVED, ExportEntry.State.COMMITTED]
    entry = declaration.case.entries.filter(state__in=living).first()
    if entry is None:
        return _("The register holds nothing for this case.")
    if entry.year != day_of(timezone.now()).year:
        return ""  # held anew, in the year in which it leaves
    try:
        refuse_unlawful(declaration.case)
    except Problem as problem:
        return str(problem.detail)
    return ""


CHECKS: Mapping[str, Check] = {
    "papers_are_valid": _papers_are_valid,
    "digests_are_those_sold": _digests_are_those_sold,
    "persons_are_within_the_case": _persons_are_within_the_case,
    "fields_are_within_the_grade": _fields_are_within_the_grade,
    "recipient_is_in_scope": _recipient_is_in_scope,
    "year_allows_it": _year_allows_it,
}
