"""Opening a clean room: what an entitlement to privacy computing gives instead of files."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from kernel import audit
from kernel.actors import SYSTEM
from kernel.models import Job
from listings.room_rules import WAY
from marketplace.delivery.tables import agreed_cut, make_tables
from marketplace.models import CleanRoom, Delivery

__all__ = ["WAY", "open_room"]


def open_room(delivery: Delivery, job: Job) -> dict[str, Any]:
    """Open the room of a delivery's entitlement and return what its receipt says of it; safe to run again.

    Its tables hold the columns that the rules name and no other, and the agreed rows. Raises GiveUp where no table has
    these columns.
    """
    rules = delivery.order.agreement.body["terms"].get("clean_room")
    if not rules:  # it is delivered in another way too (listings/room_rules.py)
        return {}
    columns = [column["name"] for column in rules["columns"]]
    for role in ("person_column", "match_column"):
        if rules.get(role) and rules[role] not in columns:
            columns.append(rules[role])
    rows = agreed_cut(delivery).get("rows", [])
    tables = make_tables(delivery.entitlement.version, {"columns": columns, **({"rows": rows} if rows else {})}, job)
    with transaction.atomic():
        room, is_new = CleanRoom.objects.get_or_create(
            entitlement=delivery.entitlement,
            defaults={
                "organization_id": delivery.entitlement.organization_id,
                "provider_id": delivery.entitlement.provider_id,
                "venue_id": delivery.entitlement.venue_id,
                "rules": rules,
                "epsilon": Decimal(rules["epsilon"]),
            },
        )
        if is_new:
            room.tables.add(*tables)
            audit.record("cleanroom.opened", subject=room, actor=SYSTEM, details={"epsilon": rules["epsilon"]})
    return {"clean_room": str(room.pk)}
