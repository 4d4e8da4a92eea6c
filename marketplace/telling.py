"""Telling those who bought a version what becomes of it: an event of their own, and the entitlement shows it."""

from uuid import UUID

from django.db import transaction

from kernel import audit
from kernel.actors import SYSTEM
from kernel.audit import Occurrence
from kernel.models import AuditEvent
from listings.models import DatasetVersion, VersionDeprecation
from marketplace.models import Entitlement

TOLD = "entitlement.version_deprecation_told"
# Rights that may still be read, or will be.
IN_FORCE = (Entitlement.State.PENDING, Entitlement.State.ACTIVE, Entitlement.State.SUSPENDED)


@transaction.atomic
def tell_holders(*, version_id: UUID, announcement: str) -> int:
    """Record for every buyer who may read the version when its sale ends, and what follows it; return how many.

    `announcement` names the occasion: running it again tells nobody twice.
    """
    version = DatasetVersion.objects.select_related("deprecation").defer("profile").get(pk=version_id)
    deprecation: VersionDeprecation | None = getattr(version, "deprecation", None)
    told = AuditEvent.objects.filter(action=TOLD, subject_type="entitlement", details__announcement=announcement)
    held = Entitlement.objects.filter(version=version_id, state__in=IN_FORCE).order_by("id")
    already = set(told.values_list("subject_id", flat=True))
    details = {
        "announcement": announcement,
        "version": str(version_id),
        "release": version.release_number,
        "ends_on": deprecation and deprecation.ends_on,
        "reason": deprecation.reason if deprecation else {},
        "successor": str(deprecation.successor_id) if deprecation and deprecation.successor_id else None,
    }
    events = [Occurrence(TOLD, each, details) for each in held if str(each.pk) not in already]
    if events:
        audit.record_many(events, actor=SYSTEM)
    return len(events)
