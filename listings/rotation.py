"""Rotating the key-encryption key: the data keys of all versions are wrapped anew, one short transaction each."""

from uuid import UUID

from django.db import transaction

from kernel import audit
from kernel.actors import SYSTEM
from listings.encryption import WrappedKey, key_ring
from listings.models import DatasetVersion


def rewrap_data_keys() -> int:
    """Wrap every data key that is not under the current key-encryption key, and return how many there were.

    May run while the exchange works, be stopped and be run again. Afterwards the older keys can be taken out of
    STORAGE_KEYS. Raises UnusableKey or Tampered when a data key does not open.
    """
    current = key_ring().current_id
    waiting = list(DatasetVersion.objects.exclude(key_id=current).order_by("pk").values_list("pk", flat=True))
    return sum(_rewrap(version_id) for version_id in waiting)


@transaction.atomic
def _rewrap(version_id: UUID) -> bool:
    version = DatasetVersion.objects.select_for_update().get(pk=version_id)
    ring = key_ring()
    if version.key_id == ring.current_id:
        return False
    key = ring.rewrap(WrappedKey(version.key_id, bytes(version.wrapped_key)), owner=version.id)
    details = {"from": version.key_id, "to": key.key_id}
    DatasetVersion.objects.filter(pk=version.pk).update(wrapped_key=key.wrapped, key_id=key.key_id)
    audit.record("datasetversion.key_rewrapped", subject=version, actor=SYSTEM, details=details)
    return True
