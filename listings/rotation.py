"""Rotating the key-encryption key: whatever row has a wrapped key gets it wrapped anew, one by one."""

from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import transaction

from kernel import audit
from kernel.actors import SYSTEM
from listings.encryption import WrappedKey, key_ring

Keyed = type[Any]  # a model with `wrapped_key` and `key_id`, of whichever app
COLUMNS = {"wrapped_key", "key_id"}


def rewrap_data_keys() -> int:
    """Wrap every data key that is not under the current key-encryption key, and return how many there were.

    May run while the exchange works, be stopped and be run again. Afterwards the older keys can be taken out of
    STORAGE_KEYS. Raises UnusableKey or Tampered when a data key does not open.
    """
    keyed = [model for model in apps.get_models() if {field.name for field in model._meta.fields} >= COLUMNS]
    return sum(_rewrap_all(model) for model in keyed)


def _rewrap_all(model: Keyed) -> int:
    waiting = model.objects.exclude(key_id=key_ring().current_id).order_by("pk").values_list("pk", flat=True)
    return sum(_rewrap(model, key) for key in list(waiting))


@transaction.atomic
def _rewrap(model: Keyed, row_id: UUID) -> bool:
    row = model.objects.select_for_update().get(pk=row_id)
    ring = key_ring()
    if row.key_id == ring.current_id:
        return False
    key = ring.rewrap(WrappedKey(row.key_id, bytes(row.wrapped_key)), owner=row.id)
    details = {"from": row.key_id, "to": key.key_id}
    model.objects.filter(pk=row.pk).update(wrapped_key=key.wrapped, key_id=key.key_id)
    audit.record(f"{model._meta.model_name}.key_rewrapped", subject=row, actor=SYSTEM, details=details)
    return True
