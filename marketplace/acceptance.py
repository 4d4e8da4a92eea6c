"""The buyer's answer to a delivery: accept, reject with a reason, or let silence accept it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.access import Permission, find, require
from kernel.actors import SYSTEM, Actor
from kernel.problems import Problem
from kernel.states import advance
from marketplace.acceptance_clock import stop_clock
from marketplace.entitlements import end_right, has_ended
from marketplace.locks import lock_order
from marketplace.milestone_rows import give_up_milestones
from marketplace.milestones import close_if_ended
from marketplace.models import Delivery, Dispute, Entitlement, Milestone, Order
from marketplace.settlement_runs import release_of, settle_when_released
from settlements import escrow


@transaction.atomic
def accept_delivery(*, delivery_id: UUID, actor: Actor, reason: str = "") -> Delivery:
    """Accept a delivery and let its escrow be divided, at once or on the venue's day of release.

    Raises `not_found` if the actor cannot see it, `illegal_state` if it does not await acceptance.
    """
    delivery = _lock(delivery_id, actor)
    require(actor, Permission.DELIVERY_ACCEPT, organization_id=delivery.organization_id)

    advance(delivery, to=Delivery.State.ACCEPTED, actor=actor, reason=reason, decided_at=timezone.now())
    stop_clock(delivery)
    if delivery.kind != Delivery.Kind.ORDERED:  # paid with the order
        return delivery
    order = delivery.order
    if order.milestones.exists():  # paid step by step
        close_if_ended(order, actor=actor)
        return delivery
    advance(order, to=Order.State.ACCEPTED, actor=actor, reason=reason, release_at=release_of(order, timezone.now()))
    settle_when_released(order)
    return delivery


@transaction.atomic
def reject_delivery(*, delivery_id: UUID, reason: str, actor: Actor) -> Delivery:
    """Reject a delivery for a stated reason: reading ends at once and all the money goes back to the buyer.

    Of a subscription's new version only the right to that version ends, of a result only its reading. Raises
    `not_found` if the actor cannot see it, `illegal_state` if it does not await acceptance, `dispute_open` while the
    order is disputed: the dispute decides.
    """
    delivery = _lock(delivery_id, actor)
    require(actor, Permission.DELIVERY_ACCEPT, organization_id=delivery.organization_id)
    if Dispute.objects.open().filter(order=delivery.order_id).exists():
        raise Problem("dispute_open")
    ordered = delivery.kind == Delivery.Kind.ORDERED
    if ordered and delivery.order.milestones.filter(state__in=(Milestone.State.ACCEPTED, Milestone.State.SETTLED)):
        raise Problem("milestone_accepted")

    advance(
        delivery,
        to=Delivery.State.REJECTED,
        actor=actor,
        reason=reason,
        decided_at=timezone.now(),
        rejection_reason=reason,
    )
    stop_clock(delivery)
    if delivery.is_new_version and not has_ended(delivery.entitlement):
        advance(delivery.entitlement, to=Entitlement.State.REVOKED, actor=actor, reason=reason)
    if delivery.kind != Delivery.Kind.ORDERED:
        return delivery
    give_up_milestones(delivery.order, reason=reason, actor=actor)
    advance(delivery.order, to=Order.State.REJECTED, actor=actor, reason=reason)
    end_right(delivery.entitlement, reason=reason, actor=actor)
    escrow.refund_order(order_id=delivery.order_id, actor=actor, reason=reason)
    return delivery


@transaction.atomic
def accept_in_silence(*, delivery_id: UUID) -> None:
    """Accept a delivery whose buyer has let the venue's acceptance days pass.

    Does nothing if it was answered meanwhile, or while the buyer's right to read is suspended, other bytes are reported
    to have arrived than were sent, or a dispute is open: the days begin anew afterwards.
    """
    lock_order(Delivery.objects.values_list("order_id", flat=True).get(pk=delivery_id), SYSTEM)
    delivery = Delivery.objects.select_related("venue", "entitlement").get(pk=delivery_id)
    if delivery.state != Delivery.State.DELIVERED or delivery.entitlement.state == Entitlement.State.SUSPENDED:
        return
    if delivery.accept_by is None or delivery.accept_by > timezone.now() or delivery.arrived_otherwise:
        return
    if Dispute.objects.open().filter(order=delivery.order_id).exists():
        return
    days = delivery.venue.acceptance_working_days
    accept_delivery(delivery_id=delivery_id, actor=SYSTEM, reason=_("No answer within %d working days.") % days)


def _lock(delivery_id: UUID, actor: Actor) -> Delivery:
    delivery = find(Delivery.objects.visible_to(actor), pk=delivery_id)
    delivery.order = lock_order(delivery.order_id, actor, "venue", "buyer", "provider")
    return delivery
