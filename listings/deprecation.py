"""Ending the sale of a version: announced with a day, a reason and a successor; those who bought it are told.

After the day no new order is taken (`refuse_after_its_end`). What was bought stays readable.
"""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import Actor
from kernel.identifiers import uuid7
from kernel.jobs import enqueue
from kernel.problems import Problem, field_problem
from listings.models import DatasetVersion, VersionDeprecation

# Its handler is where the buyers are known: marketplace/telling.py.
TELL_JOB = "version.tell_holders"


@transaction.atomic
def deprecate_version(
    *, version_id: UUID, ends_on: date, reason: Mapping[str, str], successor_id: UUID | None = None, actor: Actor
) -> VersionDeprecation:
    """Announce the last day on which a version takes orders, or announce it anew; holders of it are told.

    Raises Problem `not_found`, `forbidden`, `illegal_state` before the version is ready, or `invalid`: a day that has
    passed, or a successor that is not another version of the dataset that is ready and on sale for longer.
    """
    version = _locked(version_id, actor)
    if version.state != DatasetVersion.State.READY:
        raise Problem("illegal_state", _("Only a version that is ready is on sale."), state=version.state)
    if ends_on < timezone.localdate():
        raise field_problem("/ends_on", "in_the_past", _("The last day of orders is today at the earliest."))
    successor = None if successor_id is None else _successor(version, successor_id, ends_on)

    before = VersionDeprecation.objects.filter(version=version).first()
    values = {"organization_id": version.organization_id, "ends_on": ends_on, "reason": dict(reason)}
    deprecation, _made = VersionDeprecation.objects.update_or_create(
        version=version, defaults=values | {"successor": successor}
    )
    details = {
        "ends_on": ends_on,
        "successor": successor and str(successor.pk),
        "reason": reason,
        "was": before and before.ends_on,
    }
    audit.record("datasetversion.deprecated", subject=version, actor=actor, details=details)
    _tell_holders(version)
    return deprecation


@transaction.atomic
def withdraw_deprecation(*, version_id: UUID, actor: Actor) -> None:
    """Take the announcement back; holders are told. Raises `not_found`, also where there is none, or `forbidden`."""
    version = _locked(version_id, actor)
    deprecation = find(VersionDeprecation.objects.all(), version=version)

    details = {"was": deprecation.ends_on}
    deprecation.delete()
    audit.record("datasetversion.deprecation_withdrawn", subject=version, actor=actor, details=details)
    _tell_holders(version)


def has_ended(version: DatasetVersion) -> bool:
    """Tell whether the version takes no new orders today."""
    deprecation: VersionDeprecation | None = getattr(version, "deprecation", None)
    return deprecation is not None and deprecation.ends_on < timezone.localdate()


def refuse_after_its_end(version: DatasetVersion) -> None:
    """Raise Problem `version_deprecated` if the version takes no new orders today."""
    if has_ended(version):
        successor = version.deprecation.successor_id
        raise Problem("version_deprecated", successor=str(successor) if successor else None)


def _locked(version_id: UUID, actor: Actor) -> DatasetVersion:
    visible = DatasetVersion.objects.visible_to(actor).defer("profile")
    version = find(visible.select_for_update(of=("self",)), pk=version_id)
    require(actor, Permission.DATASET_REGISTER, organization_id=version.organization_id)
    return version


def _successor(version: DatasetVersion, successor_id: UUID, ends_on: date) -> DatasetVersion:
    others = DatasetVersion.objects.filter(dataset=version.dataset_id, state=DatasetVersion.State.READY)
    successor = others.exclude(pk=version.pk).select_related("deprecation").filter(pk=successor_id).first()
    if successor is None:
        raise field_problem("/successor_id", "unknown", _("The dataset has no other version like this that is ready."))
    deprecation: VersionDeprecation | None = getattr(successor, "deprecation", None)
    if deprecation is not None and deprecation.ends_on <= ends_on:
        raise field_problem("/successor_id", "deprecated", _("This version ends no later itself."))
    return successor


def _tell_holders(version: DatasetVersion) -> None:
    enqueue(TELL_JOB, key=str(uuid7()), subject_id=version.pk, organization_id=version.organization_id)
