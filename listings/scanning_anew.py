"""Scanning a version anew by the detectors of today; a hit above the declared grade suspends what is listed."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from kernel.problems import Problem
from listings.examination_progress import Heartbeat
from listings.grade_confirmation import grading_of, lock_products_of, suspend_what_declares_less
from listings.models import DatasetVersion, GradeScan

SCAN_JOB = "version.scan"


@transaction.atomic
def ask_for_scan(*, version_id: UUID, actor: Actor) -> DatasetVersion:
    """Have a version that is ready scanned anew, by its provider or by staff who may suspend what is listed.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    version = find(DatasetVersion.objects.visible_to(actor).defer("profile"), pk=version_id)
    if actor.organization_id == version.organization_id:
        require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    else:
        require(actor, Permission.LISTING_SUSPEND)  # staff see only what is listed at their venues
    if version.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only a version that is ready is scanned."), state=version.state)

    audit.record("datasetversion.scan_asked", subject=version, actor=actor)
    enqueue(SCAN_JOB, key=str(uuid7()), subject_id=version.pk, organization_id=version.organization_id)
    return version


def scan_version(*, version_id: UUID, heartbeat: Heartbeat) -> GradeScan:
    """Read the version's files again, keep what the scan finds, and suspend what is listed and declares less."""
    from listings.inspection import examined_again, gravest_grade  # noqa: PLC0415 - only workers need the engines

    version = DatasetVersion.objects.get(pk=version_id)
    examinations = examined_again(version, heartbeat)
    told = gravest_grade([each.grade.as_json() for each in examinations.values()])
    found = {name: sorted(each.scan.codes()) for name, each in examinations.items()}
    return _keep(version, told, found)


@transaction.atomic
def _keep(version: DatasetVersion, told: dict[str, object], found: dict[str, list[str]]) -> GradeScan:
    lock_products_of(version)
    scan = GradeScan.objects.create(version=version, organization_id=version.organization_id, found=found, **told)
    details = {"version": str(version.pk), **told}
    audit.record("gradescan.made", subject=scan, actor=SYSTEM, details=details)
    suspend_what_declares_less(version, grading_of(version))
    return scan
