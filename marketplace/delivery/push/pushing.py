"""Pushing a delivery: file by file to the buyer's target, then a manifest that tells that all of them are there.

The row of the push is the job. Each file has a grant, as if the buyer read it: the right and the permit are asked again
on the way, and the access log shows it. A worker that dies leaves a lease that runs out; the next one goes on with the
file that had not arrived, and within it, where the protocol can, with the parts that had not.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel import audit
from kernel.actors import SYSTEM, Actor
from kernel.fetching import FetchFailed
from kernel.jobs import GiveUp, enqueue, extend_lease, retry
from kernel.models import Job
from kernel.problems import Problem
from kernel.states import advance
from marketplace.delivery.access import grant_push, may_go_on, record_read, record_served, require_files
from marketplace.delivery.download import served_by, streamed
from marketplace.delivery.push.s3 import Bucket
from marketplace.delivery.push.sending import Memory, NotNow, Outgoing, Refused, Sender
from marketplace.delivery.push.sftp import Sftp
from marketplace.delivery.push.targets import sender_of, usable_target
from marketplace.delivery.version_changes import summarise
from marketplace.locks import lock_order
from marketplace.models import Delivery, NewVersion, Order, Push, PushedFile, PushTarget, Subscription

PUSH_JOB = "delivery.push"
MOST_ATTEMPTS = 12  # over some three hours
OPEN = (Delivery.State.DELIVERED, Delivery.State.ACCEPTED)
MANIFEST = "manifest.json"
CHUNKS_A_BEAT = 8  # of 1 MiB each


@transaction.atomic
def push_delivery(*, delivery_id: UUID, target_id: UUID, actor: Actor) -> Push:
    """Let a delivery be sent to one of the buyer's targets, once.

    Raises Problem `not_found`, `forbidden`, `not_delivered_as_files`, `illegal_state` before it is delivered,
    `pushed_already`, or `invalid` at `/target_id`.
    """
    delivery = find(Delivery.objects.visible_to(actor).select_related("order__agreement"), pk=delivery_id)
    require(actor, Permission.PUSH_MANAGE, organization_id=delivery.organization_id)
    require_files(delivery)
    if delivery.state not in OPEN:
        raise Problem("illegal_state", _("Only what has been delivered is pushed."), state=delivery.state)
    target = usable_target(target_id, delivery.organization_id)
    return _begin(delivery, target, asked_by=actor.person_id, actor=actor)


def push_new_version(delivery: Delivery) -> None:
    """Push a subscription's new version that has just been opened, where the buyer has said so."""
    new = NewVersion.objects.select_related("subscription__target").get(delivery=delivery)
    subscription = new.subscription
    if subscription.policy == Subscription.Policy.PUSH and subscription.target is not None:
        _begin(delivery, subscription.target, asked_by=subscription.target.registered_by, actor=SYSTEM)


@transaction.atomic
def retry_push(*, push_id: UUID, actor: Actor) -> Push:
    """Try a failed push again from now, by its buyer or by staff who may retry jobs.

    Raises Problem `not_found`, `forbidden` or `illegal_state`.
    """
    push = find(Push.objects.visible_to(actor), pk=push_id)
    if actor.organization_id == push.organization_id:
        require(actor, Permission.PUSH_MANAGE, organization_id=push.organization_id)
    else:
        require(actor, Permission.JOB_RETRY, venue_id=push.venue_id)
    advance(push, to=Push.State.WAITING, actor=actor, failure="")
    retry(Job.objects.get(kind=PUSH_JOB, key=str(push.pk)), actor=SYSTEM)
    return push


def push(*, push_id: UUID, job: Job) -> None:
    """Send what has not arrived yet. Safe to run again after a crash; does nothing once all is there.

    Raises GiveUp where trying again cannot help: the right has ended, the target is retired or refuses.
    """
    row = _resume(push_id)
    if row.state != Push.State.WAITING:
        return
    if row.target.retired_at is not None:
        raise GiveUp(_("The target is retired."))
    sender = sender_of(row.target)
    for entry in row.delivery.receipt["files"]:
        file = _file(row, entry)
        if file.arrived_at is None:
            _send(file, sender, row, job)
    manifest = json.dumps(_manifest(row, job), ensure_ascii=False, indent=1).encode()
    whole = Outgoing(
        f"{row.folder}/{MANIFEST}", len(manifest), hashlib.sha256(manifest).hexdigest(), lambda: iter([manifest])
    )
    _sending(partial(sender.send, whole, Memory("", lambda _upload: None)), job)
    _finish(row)


def fail(*, push_id: UUID, reason: str) -> None:
    """Show on the push that its job has given up; buyer or staff may try again."""
    row = Push.objects.get(pk=push_id)
    if row.state == Push.State.WAITING:
        advance(row, to=Push.State.FAILED, actor=SYSTEM, reason=reason, failure=reason)


def _begin(delivery: Delivery, target: PushTarget, *, asked_by: UUID | None, actor: Actor) -> Push:
    order = Order.objects.select_related("agreement").get(pk=delivery.order_id)
    release = delivery.entitlement.version.release_number
    row = Push.objects.create(
        delivery=delivery,
        target=target,
        organization_id=delivery.organization_id,
        venue_id=delivery.venue_id,
        asked_by=asked_by,
        folder=f"{order.agreement.body['product']['number']}/{release}/{order.agreement.number}",
    )
    details = {"delivery": str(delivery.pk), "target": str(target.pk)}
    audit.record("push.asked", subject=row, actor=actor, details=details)
    enqueue(
        PUSH_JOB,
        key=str(row.pk),
        subject_id=row.pk,
        organization_id=row.organization_id,
        venue_id=row.venue_id,
    )
    return row


@transaction.atomic
def _resume(push_id: UUID) -> Push:
    related = ("target", "delivery__order__buyer", "delivery__order__provider", "delivery__order__agreement")
    row = Push.objects.select_related(*related, "delivery__entitlement__version").get(pk=push_id)
    if row.state == Push.State.FAILED:  # its job was tried again from the list of jobs
        advance(row, to=Push.State.WAITING, actor=SYSTEM, failure="")
    return row


@transaction.atomic
def _file(row: Push, entry: dict[str, Any]) -> PushedFile:
    """Return the row of one file, with the grant by which it is read; both are written the first time."""
    name = f"{row.folder}/{entry['name']}"
    related = ("grant__entitlement", "grant__permit__case", "grant__delivery", "grant__file__version")
    file = PushedFile.objects.select_related(*related).filter(push=row, name=name).first()
    if file is not None:
        return file
    try:
        grant = grant_push(row.delivery, UUID(entry["id"]), asked_by=row.asked_by)
    except Problem as problem:
        raise GiveUp(str(problem.detail)) from problem
    return PushedFile.objects.create(push=row, name=name, grant=grant)


def _send(file: PushedFile, sender: Sender, row: Push, job: Job) -> None:
    stored, sha256 = served_by(file.grant)

    def chunks() -> Iterator[bytes]:
        record_read(file.grant, start=0, stop=stored.size)
        served = partial(record_served, file.grant)
        body = streamed(stored, 0, stored.size, may_go_on=partial(may_go_on, file.grant), record_served=served)
        return _proven(_beating(body, stored.size, job), sha256)

    def keep(upload: str) -> None:
        memory.upload = file.upload = upload
        file.save(update_fields=["upload"])

    if not may_go_on(file.grant):
        raise GiveUp(_("The right to read is not in force."))
    memory = Memory(file.upload, keep)
    outgoing = Outgoing(file.name, stored.size, sha256, chunks)
    try:
        checked = _sending(partial(sender.send, outgoing, memory), job)
    except GiveUp:
        if file.upload and isinstance(sender, Bucket | Sftp):
            sender.abort(file.name, file.upload)
            keep("")
        raise
    file.receipt = {"name": file.name, "size": stored.size, "sha256": sha256, **checked}
    file.arrived_at = timezone.now()
    with transaction.atomic():
        file.save(update_fields=["receipt", "arrived_at"])
        audit.record("push.file_arrived", subject=row, actor=SYSTEM, details=file.receipt)


def _sending(send: Any, job: Job) -> dict[str, Any]:
    """Send, and tell what may pass from what will not; at the last attempt nothing passes any more."""
    try:
        return dict(send())
    except Refused as refusal:
        raise GiveUp(str(refusal)) from refusal
    except ConnectionAbortedError as ended:
        raise GiveUp(_("The right to read ended on the way.")) from ended
    except (NotNow, FetchFailed) as failure:
        passing = isinstance(failure, NotNow) or failure.transient
        if not passing or job.attempts >= MOST_ATTEMPTS:
            raise GiveUp(str(failure)) from failure
        raise


def _beating(chunks: Iterator[bytes], size: int, job: Job) -> Iterator[bytes]:
    done = 0
    for number, chunk in enumerate(chunks):
        if number % CHUNKS_A_BEAT == 0:
            extend_lease(job, progress=min(99, done * 100 // max(size, 1)))
        done += len(chunk)
        yield chunk


def _proven(chunks: Iterator[bytes], sha256: str) -> Iterator[bytes]:
    """Pass the chunks on, the last one only when all together have the digest that was agreed."""
    digest, held = hashlib.sha256(), next(chunks, b"")
    for chunk in chunks:
        digest.update(held)
        yield held
        held = chunk
    digest.update(held)
    if digest.hexdigest() != sha256:
        raise Refused(_("The stored bytes are not the ones that were delivered."))
    yield held


def _manifest(row: Push, job: Job) -> dict[str, Any]:
    delivery, agreement = row.delivery, row.delivery.order.agreement
    new = NewVersion.objects.select_related("since").filter(delivery=delivery).first()
    told = {"since": new.since.release_number, "changes": summarise(new_id=new.pk, job=job)} if new else {}
    return {
        "agreement": agreement.number,
        "product": agreement.body["product"]["number"],
        "release": delivery.entitlement.version.release_number,
        **told,
        "delivery": str(delivery.pk),
        "delivered_at": delivery.delivered_at and delivery.delivered_at.isoformat(),
        "files": [
            {name: entry[name] for name in ("name", "size", "sha256", "sm3")} for entry in delivery.receipt["files"]
        ],
    }


@transaction.atomic
def _finish(row: Push) -> None:
    lock_order(row.delivery.order_id, SYSTEM)
    now = timezone.now()
    receipts = list(row.files.order_by("id").values_list("receipt", flat=True))
    advance(row, to=Push.State.PUSHED, actor=SYSTEM, details={"files": receipts}, pushed_at=now)
    delivery = Delivery.objects.get(pk=row.delivery_id)
    pushed = {"target": row.target.name, "kind": row.target.kind, "at": now.isoformat(), "files": receipts}
    delivery.receipt = {**delivery.receipt, "pushed": [*delivery.receipt.get("pushed", []), pushed]}
    delivery.save(update_fields=["receipt"])
