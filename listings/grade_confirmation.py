"""Grading a version: the scan proposes, a person confirms, and nothing is sold above what its dossier declares.

The rules of grading are in listings/grading; here its result meets the dossier (DOMAIN: classification and grading).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import FieldError, Problem, field_problem
from kernel.states import advance
from listings.grading.grade import exceeds
from listings.models import DatasetVersion, Grade, GradeConfirmation, Listing, PersonalData, Product


@dataclass(frozen=True)
class Grading:
    """How grave a version's data are, and whether they concern persons."""

    grade: Grade = Grade.GENERAL
    personal_data: PersonalData = PersonalData.NONE

    def is_below(self, other: "Grading") -> bool:
        """Tell whether this says less than `other` in either respect."""
        return bool(exceeds(self._told(), other._told()))

    def _told(self) -> dict[str, str]:
        return {"grade": self.grade, "personal_information": self.personal_data}


def found_in(version: DatasetVersion) -> Grading:
    """Return what the last scan proposed, usually the one at profiling; a version never scanned says nothing."""
    if (scan := version.grade_scans.order_by("-id").first()) is not None:
        return Grading(Grade(scan.grade), PersonalData(scan.personal_data))
    found: dict[str, Any] = (version.profile or {}).get("grading") or {}
    return Grading(
        Grade(found.get("grade", Grade.GENERAL)), PersonalData(found.get("personal_data", PersonalData.NONE))
    )


def grading_of(version: DatasetVersion) -> Grading:
    """Return what counts: the last confirmation, unless a later scan found more than was known when it was made."""
    confirmed, found = version.grade_confirmations.order_by("-id").first(), found_in(version)
    if confirmed is None:
        return found
    known = Grading(Grade(confirmed.found_grade), PersonalData(confirmed.found_personal_data))
    if known.is_below(found):
        return found
    return Grading(Grade(confirmed.grade), PersonalData(confirmed.personal_data))


@transaction.atomic
def confirm_grade(
    *, version_id: UUID, grade: str, personal_data: str, reason: str = "", actor: Actor
) -> GradeConfirmation:
    """Confirm a version's grade, by its provider; listings that declare less are suspended at once.

    Raises Problem `not_found`, `forbidden`, `illegal_state` before the version is ready, or `invalid` where less is
    confirmed than was found without a reason.
    """
    version = find(DatasetVersion.objects.visible_to(actor), pk=version_id)
    lock_products_of(version)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    if actor.person_id is None:
        raise Problem("forbidden")
    if version.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only a version that is ready is graded."), state=version.state)
    found = found_in(version)
    confirmed = Grading(Grade(grade), PersonalData(personal_data))
    if confirmed.is_below(found) and not reason.strip():
        raise field_problem("/reason", "required", _("Say why less is confirmed than was found."))

    confirmation = GradeConfirmation.objects.create(
        version=version,
        organization_id=version.organization_id,
        grade=confirmed.grade,
        personal_data=confirmed.personal_data,
        found_grade=found.grade,
        found_personal_data=found.personal_data,
        reason=reason.strip(),
        confirmed_by=actor.person_id,
    )
    audit.record(
        "gradeconfirmation.made",
        subject=confirmation,
        actor=actor,
        reason=reason,
        details={"version": str(version.id), "grade": confirmed.grade, "personal_data": confirmed.personal_data},
    )
    suspend_what_declares_less(version, confirmed)
    return confirmation


def lock_products_of(version: DatasetVersion) -> None:
    """Take the lock that offering and approving a listing take first: neither passes by while a grade is decided."""
    list(Product.objects.select_for_update(no_key=True).filter(dataset=version.dataset_id).order_by("id").values("id"))


def grading_errors(version: DatasetVersion, product: Product) -> Iterator[FieldError]:
    """Yield what keeps a version of this grade from being sold under this product's dossier."""
    grading = grading_of(version)
    if grading.grade == Grade.CORE:
        yield FieldError("/version_id", "core_data", _("Core data may not be listed."))
    if grading.grade == Grade.IMPORTANT:
        # It would take the authority's clearance, named buyers and a sandbox.
        yield FieldError("/version_id", "important_data", _("Important data may not be listed as files."))
    if _declares_less(product, grading):
        yield FieldError(
            "/version_id",
            "personal_data_undeclared",
            _("The version holds personal information beyond what the product declares: %(found)s.")
            % {"found": grading.personal_data.label},
        )


def _declares_less(product: Product, grading: Grading) -> bool:
    return Grading(grading.grade, PersonalData(product.personal_data)).is_below(grading)


def suspend_what_declares_less(version: DatasetVersion, grading: Grading) -> None:
    """Suspend what is listed of the version and declares less than this; the caller holds `lock_products_of`."""
    live = Listing.objects.filter(version=version, state=Listing.State.LISTED).select_related("product")
    for listing in live.order_by("id"):
        if grading.grade != Grade.GENERAL or _declares_less(listing.product, grading):
            reason = _("The version is graded above what its dossier declares.")
            advance(listing, to=Listing.State.SUSPENDED, actor=SYSTEM, reason=reason)
