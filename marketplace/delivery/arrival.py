"""What arrived at the buyer, as its client reports it: the digests of the files, against those of the receipt."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem, field_problem
from listings.crossborder.arrivals import report_arrival
from listings.crossborder.parties import crosses_border
from marketplace.acceptance_clock import restart_clocks
from marketplace.locks import lock_order
from marketplace.models import Delivery


@transaction.atomic
def report_delivered(*, delivery_id: UUID, files: Sequence[Mapping[str, str]], actor: Actor) -> Delivery:
    """Write down the SHA-256 of every file that arrived (`id`, `sha256`), by the buyer; a later report replaces it.

    What arrived otherwise than it was sent is not accepted by silence. Across a border the report also closes the
    customs declaration or disputes it, once. Raises Problem `not_found`, `forbidden`, `illegal_state` unless it is
    delivered, or `invalid` for a file that was not sent.
    """
    delivery = find(Delivery.objects.visible_to(actor).select_related("order", "entitlement"), pk=delivery_id)
    require(actor, Permission.DELIVERY_READ, organization_id=delivery.organization_id)
    order = lock_order(delivery.order_id, SYSTEM, "buyer", "provider")
    delivery.refresh_from_db(fields=["state", "arrival"])
    if delivery.state not in (Delivery.State.DELIVERED, Delivery.State.ACCEPTED):
        raise Problem("illegal_state", _("Nothing has been delivered."), state=delivery.state)
    sent = {str(file["id"]): str(file["sha256"]) for file in delivery.receipt.get("files", [])}
    for index, file in enumerate(files):
        if str(file["id"]) not in sent:
            raise field_problem(f"/files/{index}/id", "unknown", _("No such file was sent."))
    received = {str(file["id"]): file["sha256"] for file in files}
    if crosses_border(order.provider, order.buyer):
        report_arrival(delivery_id=delivery_id, files=files, actor=actor)

    differed, matches = delivery.arrived_otherwise, received == sent
    arrival: dict[str, Any] = {
        "files": [{"id": key, "sha256": digest} for key, digest in received.items()],
        "matches": matches,
        "reported_at": timezone.now().isoformat(),
    }
    delivery.arrival = arrival
    delivery.save(update_fields=["arrival"])
    audit.record("delivery.arrival_reported", subject=delivery, actor=actor, details=arrival)
    if differed and matches:
        restart_clocks(delivery.entitlement, actor=actor)
    return delivery
