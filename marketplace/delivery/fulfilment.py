"""Making a delivery: prove that the stored bytes are the ones that were sold, then open them to the buyer."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kernel.actors import SYSTEM
from kernel.digests import Digests, canonical_json, digest_stream
from kernel.jobs import GiveUp, extend_lease
from kernel.models import Job
from kernel.states import advance
from listings.crossborder.clearing import is_cleared, permit_of
from listings.crossborder.customs import declare
from listings.crossborder.parties import crosses_border
from listings.models import DataFile
from listings.storage import iter_range
from listings.uploading import manifest
from marketplace.acceptance_clock import silence_ends, start_clock
from marketplace.agreements import is_unchanged
from marketplace.compute import pools
from marketplace.delivery import tables, upstreams
from marketplace.delivery.clean_room import rooms
from marketplace.delivery.push.pushing import push_new_version
from marketplace.delivery.watermark.copies import mark_copies
from marketplace.entitlements import has_ended
from marketplace.locks import lock_order
from marketplace.models import Delivery, Entitlement, NewVersion, Order
from marketplace.revenue_rows import begin_periods
from marketplace.subscriptions import hindrance_of

# What each way of delivery makes of the files that were sold; what it returns is a part of the receipt.
PREPARED: Mapping[str, Callable[[Delivery, Job], dict[str, Any]]] = {
    tables.WAY: tables.prepare_tables,
    upstreams.WAY: upstreams.prepare_calls,
    rooms.WAY: rooms.open_room,
    pools.WAY: pools.prepare_compute,
}


def fulfil(*, delivery_id: UUID, job: Job) -> None:
    """Check every file against the digests in the agreement, open the entitlement, and start the acceptance clock.

    What crosses a border is declared at its port instead, and opened once it is released there (`open_released`).
    Safe to run again after a crash: it does nothing once the delivery is made or the order cancelled.
    Raises GiveUp when the stored bytes are not what was sold.
    """
    delivery = _resume(delivery_id)
    if delivery.state != Delivery.State.PREPARING:
        return
    receipt = mark_copies(delivery, _check_bytes(delivery, job), job)
    if delivery.is_new_version:
        _refuse_unmarked(delivery, receipt)
    for way in delivery.order.agreement.body["product"]["deliveries"]:
        if way in PREPARED:
            receipt |= PREPARED[way](delivery, job)
    if crosses_border(delivery.order.provider, delivery.order.buyer):
        _declare(delivery, receipt)
    else:
        _open_to_buyer(delivery, receipt)


def open_released(*, delivery_id: UUID) -> None:
    """Open a delivery that its port has released; does nothing the second time, or where the permit has ended."""
    delivery = Delivery.objects.select_related("order", "entitlement__agreement").get(pk=delivery_id)
    permit = permit_of(delivery_id)
    if delivery.state == Delivery.State.PREPARING and permit is not None and permit.in_force:
        _open_to_buyer(delivery, delivery.receipt)


def fail(*, delivery_id: UUID, reason: str) -> None:
    """Show on the delivery that its job has given up; staff may try it again, the buyer may cancel."""
    delivery = Delivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
    if delivery.state == Delivery.State.PREPARING:
        advance(delivery, to=Delivery.State.FAILED, actor=SYSTEM, reason=reason)


@transaction.atomic
def _resume(delivery_id: UUID) -> Delivery:
    delivery = Delivery.objects.select_related(
        "order__agreement", "order__buyer", "order__provider", "entitlement__version"
    ).get(pk=delivery_id)
    if delivery.state == Delivery.State.FAILED:
        lock_order(delivery.order_id, SYSTEM)
        advance(delivery, to=Delivery.State.PREPARING, actor=SYSTEM)
    return delivery


def _check_bytes(delivery: Delivery, job: Job) -> dict[str, Any]:
    agreement = delivery.order.agreement
    if not is_unchanged(agreement):
        raise GiveUp(_("The agreement's text no longer matches its digest."))
    sold = {entry["id"]: entry for entry in _sold(delivery)["files"]}
    files = list(DataFile.objects.filter(version_id=delivery.entitlement.version_id).order_by("name"))
    if {str(file.id) for file in files} != sold.keys():
        raise GiveUp(_("The stored files are not the ones in the agreement."))
    total = sum(entry["size"] for entry in sold.values()) or 1
    done = 0
    for file in files:
        entry = sold[str(file.id)]
        digests = digest_stream(_beating(iter_range(file, 0, entry["size"]), job, done, total))
        if (digests.sha256, digests.sm3) != (entry["sha256"], entry["sm3"]):
            raise GiveUp(_("The bytes of %s are not the ones in the agreement.") % file.name)
        done += entry["size"]
    return {"files": list(sold.values()), "bytes": done, "rows": delivery.entitlement.version.rows}


def _beating(chunks: Iterable[bytes], job: Job, done: int, total: int) -> Iterator[bytes]:
    """Pass the chunks on while the job's lease is kept and its progress shown, about every 64 MiB."""
    since = 0
    for chunk in chunks:
        since += len(chunk)
        done += len(chunk)
        if since >= 64 * 1024 * 1024:
            extend_lease(job, progress=done * 100 // total)
            since = 0
        yield chunk


def _sold(delivery: Delivery) -> dict[str, Any]:
    """Return the manifest of what is delivered: the agreement's, or that of a new version as it was sealed."""
    if not delivery.is_new_version:
        return dict(delivery.order.agreement.body["sold"])
    version = delivery.entitlement.version
    said = manifest(version)
    if Digests(canonical_json(said)).sha256 != version.sha256:
        raise GiveUp(_("The version's files are not the ones that were sealed."))
    return said


def _refuse_unmarked(delivery: Delivery, receipt: dict[str, Any]) -> None:
    """Let no new version out unmarked where a mark was agreed; unlike the first one, the buyer did not choose it."""
    agreed = delivery.order.agreement.body["terms"].get("watermark_columns")
    if agreed and not any("sold_sha256" in file for file in receipt["files"]):
        raise GiveUp(_("No file of the version could be given the buyer's mark."))


@transaction.atomic
def _declare(delivery: Delivery, receipt: dict[str, Any]) -> None:
    order = lock_order(delivery.order_id, SYSTEM)
    if order.state != Order.State.FUNDED:
        return  # cancelled while the bytes were being checked
    delivery.receipt = receipt
    delivery.save(update_fields=["receipt"])
    if is_cleared(order.id):  # otherwise the delivery is taken up again when it is (ordering.fund_when_cleared)
        calls = upstreams.WAY in delivery.order.agreement.body["product"]["deliveries"]
        declare(delivery_id=delivery.id, order_id=order.id, files=receipt["files"], calls=calls, actor=SYSTEM)


@transaction.atomic
def _open_to_buyer(delivery: Delivery, receipt: dict[str, Any]) -> None:
    order = lock_order(delivery.order_id, SYSTEM, "venue", "agreement", "buyer", "provider")
    if delivery.is_new_version:
        _refuse_hindered(delivery, order)
    elif order.state != Order.State.FUNDED:
        return  # cancelled while the bytes were being checked
    delivery.entitlement.refresh_from_db(fields=["state"])
    if has_ended(delivery.entitlement):
        raise GiveUp(_("The right to read was revoked before the delivery; the buyer may cancel."))
    now = timezone.now()
    advance(delivery.entitlement, to=Entitlement.State.ACTIVE, actor=SYSTEM)
    advance(
        delivery,
        to=Delivery.State.DELIVERED,
        actor=SYSTEM,
        details={"sha256": [file["sha256"] for file in receipt["files"]]},
        receipt=receipt,
        delivered_at=now,
        accept_by=silence_ends(order.venue, now),
    )
    if not delivery.is_new_version:
        advance(order, to=Order.State.DELIVERED, actor=SYSTEM)
        begin_periods(order)
    else:
        push_new_version(delivery)
    start_clock(delivery)


def _refuse_hindered(delivery: Delivery, order: Order) -> None:
    """Raise GiveUp where something has come in the way of a new version while its bytes were being checked."""
    new = NewVersion.objects.select_related("subscription", "version").get(delivery=delivery)
    if hindrance := hindrance_of(new, order):
        raise GiveUp(str(NewVersion.Hindrance(hindrance).label))
